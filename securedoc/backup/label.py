"""The label of a registered stick: whose it is, who keeps it, and how secret what it holds is."""

from collections.abc import Callable

from securedoc.core.documents import DocumentState
from securedoc.core.officetime import OFFICE_TIME, day_of
from securedoc.core.text import message
from securedoc.documents.label import Label
from securedoc.errors import BackupMissing
from securedoc.ledger.rows import MediumRow
from securedoc.office.office import Office

Translate = Callable[[str], str]


def label_of(office: Office, untrusted_medium: str, translate: Translate) -> Label:
    """Return the label of the medium of that identifier or label.

    Raises:
        BackupMissing: none of that name is registered.
    """
    row = _row(office, untrusted_medium)
    at = office.ledger.entry(row.entry).at.astimezone(OFFICE_TIME)
    lines = (
        (message("keeper"), row.keeper),
        (message("medium"), row.medium),
        (message("vault"), office.vault_id[:8]),
        (message("registered on"), day_of(at).isoformat()),
        (message("file system"), " ".join(part for part in (row.filesystem, row.volume_id) if part)),
    )
    training = message("TRAINING: this vault holds no real secrets").said(translate)
    return Label(
        office=office.card.office,
        label=row.label,
        mark=highest_mark(office),
        lines=tuple((name.said(translate), value) for name, value in lines),
        day=day_of(at),
        training=training if office.card.training else "",
    )


def highest_mark(office: Office) -> str:
    """Return the marking of the highest level among the vault's documents; empty where there is none.

    A stick holds all of them, sealed; the law marks the carrier by the highest of what it carries.
    """
    levels = {row.level for row in office.ledger.documents() if row.state is not DocumentState.DISCARDED}
    if not levels:
        return ""
    highest = max(levels, key=lambda level: office.policy.level(level).rank)
    return office.policy.mark_text(highest)


def _row(office: Office, untrusted_medium: str) -> MediumRow:
    for row in office.ledger.media():
        if untrusted_medium in {row.medium, row.label}:
            return row
    raise BackupMissing(
        "no medium {medium} is registered", medium=untrusted_medium, hint="see: securedoc media list"
    )
