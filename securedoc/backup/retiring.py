"""Takes a medium out of use: an entry, and no backup is written to it again."""

from typing import Final

from securedoc.backup import media, reminding
from securedoc.core.entries import Act
from securedoc.core.media import MediumState
from securedoc.errors import BackupRefused
from securedoc.ledger.rows import MediumRow
from securedoc.office.office import Office

MAX_WHY: Final = 200


def retire(office: Office, medium: str, why: str) -> MediumRow:
    """Take a medium, named by identifier or label, out of use, and return how it stands now.

    Also one whose sanitising did not end well, once it was destroyed: the reason says so.

    Raises:
        PolicyRefused: this officer may not.
        BackupMissing: there is no such medium.
        BackupRefused: it is out of use already, or the reason does not do.
    """
    office.permit("media")
    if not why.strip() or len(why) > MAX_WHY or not why.isprintable():
        raise BackupRefused("a reason is one line of at most {limit} characters", limit=MAX_WHY)
    row = media.by_id(office, medium)
    if row.state in {MediumState.RETIRED, MediumState.SANITISED, MediumState.DESTROYED}:
        raise BackupRefused(
            "{label} is out of use already", label=row.label, hint="see: securedoc media list"
        )
    with office.write() as writing:
        writing.append(Act.MEDIUM_RETIRED, None, {"medium": row.medium, "why": why})
    reminding.keep_note(office)
    return media.by_id(office, row.medium)
