"""When the next backup is due, by the policy's interval."""

from datetime import datetime

from securedoc.core.entries import Act
from securedoc.office.office import Office
from securedoc.policy.schedule import Due, due

__all__ = ["Due", "due", "last_backup", "next_backup"]


def last_backup(office: Office) -> datetime | None:
    """Return when the last backup was recorded; None when there never was one."""
    last = office.ledger.last(Act.BACKUP_WRITTEN)
    return None if last is None else last.at


def next_backup(office: Office) -> Due:
    """Tell when the next backup of this vault is due, and whether it is overdue."""
    return due(last_backup(office), office.policy.backup.interval_days, office.now())
