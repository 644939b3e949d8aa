"""When the next backup, drill and rehearsal are due, by the policy's intervals."""

from datetime import datetime

from securedoc.core.entries import Act, Entry
from securedoc.office.office import Office
from securedoc.policy.schedule import Due, due

__all__ = ["Due", "drill_failed", "due", "last_backup", "next_backup", "next_drill", "next_rehearsal"]

BY_SHARES = "shares"
"""How a drill was opened when it rehearsed the emergency: with recovery shares, no officer's passphrase."""


def last_backup(office: Office) -> datetime | None:
    """Return when the last backup was recorded; None when there never was one."""
    last = office.ledger.last(Act.BACKUP_WRITTEN)
    return None if last is None else last.at


def next_backup(office: Office) -> Due:
    """Tell when the next backup of this vault is due, and whether it is overdue."""
    return due(last_backup(office), office.policy.backup.interval_days, office.now())


def next_drill(office: Office) -> Due:
    """Tell when the next drill is due; one that failed is due again at once."""
    last = office.ledger.last(Act.BACKUP_DRILLED)
    return _after(last, office.policy.backup.drill_interval_days, office.now())


def next_rehearsal(office: Office) -> Due:
    """Tell when the emergency is to be rehearsed next: a drill that only recovery shares opened."""
    drills = office.ledger.newest(Act.BACKUP_DRILLED)
    last = next((entry for entry in drills if entry.facts.get("opened_by") == BY_SHARES), None)
    return _after(last, office.policy.backup.rehearsal_interval_days, office.now())


def drill_failed(office: Office) -> bool:
    """Tell whether the last drill found something wrong."""
    last = office.ledger.last(Act.BACKUP_DRILLED)
    return last is not None and _failures(last) > 0


def _after(last: Entry | None, every_days: int, now: datetime) -> Due:
    if last is not None and _failures(last):
        return Due(last.at, last.at, overdue=True)
    return due(None if last is None else last.at, every_days, now)


def _failures(drilled: Entry) -> int:
    found = drilled.facts.get("failures")
    # What is no number was written by another program; it proves no drill.
    return found if isinstance(found, int) else 1
