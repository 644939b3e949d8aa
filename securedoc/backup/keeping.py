"""Hands a medium to another keeper: an entry, so that everybody is told whom to ask for it."""

from securedoc.backup import media, reminding
from securedoc.core.entries import Act
from securedoc.errors import BackupRefused
from securedoc.ledger.rows import MediumRow
from securedoc.office.office import Office


def hand(office: Office, medium: str, keeper: str) -> MediumRow:
    """Enter who keeps a medium from now on, named by identifier or label, and return how it stands.

    What the medium says of itself stays as it was signed when it was registered.

    Raises:
        PolicyRefused: this officer may not.
        BackupMissing: there is no such medium.
        BackupRefused: it is out of use, that person keeps it already, or the name does not do.
    """
    office.permit("media")
    media.require_words(keeper)
    row = media.by_id(office, medium)
    if not row.in_use:
        raise BackupRefused(
            "{label} is out of use already", label=row.label, hint="see: securedoc media list"
        )
    if row.keeper == keeper:
        raise BackupRefused(
            "{label} is kept by {keeper} already", label=row.label, keeper=keeper, hint="nothing was changed"
        )
    with office.write() as writing:
        facts = {"medium": row.medium, "keeper": keeper, "before": row.keeper}
        writing.append(Act.MEDIUM_HANDED, None, facts)
    reminding.keep_note(office)
    return media.by_id(office, row.medium)
