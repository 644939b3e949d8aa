"""Enters that a medium was destroyed physically: two officers, witnesses, and nobody is reminded any more."""

from collections.abc import Sequence

from securedoc.backup import media, reminding
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.media import MediumState
from securedoc.errors import BackupRefused, PolicyRefused
from securedoc.ledger.rows import MediumRow
from securedoc.office import consent, wording
from securedoc.office.deferred import Second
from securedoc.office.office import Office


def enter_destroyed(
    office: Office, medium: str, method: str, witnesses: Sequence[str], second: Second
) -> MediumRow:
    """Enter that a medium, named by identifier or label, was destroyed; return how it stands now.

    Raises:
        PolicyRefused: this officer may not, too few looked on, or nobody confirmed.
        BackupMissing: there is no such medium.
        BackupRefused: it is in use still, or was destroyed before.
        Asked: a second officer was asked, and it waits.
    """
    office.permit("sanitise")
    row = media.by_id(office, medium)
    if row.state in {MediumState.REGISTERED, MediumState.DESTROYED}:
        raise BackupRefused(
            "{label} cannot be entered as destroyed: it is {state}",
            label=row.label,
            state=row.state.value,
            hint="take it out of use first: securedoc media retire MEDIUM --why TEXT",
        )
    names = [wording.field(name) for name in witnesses]
    least = office.policy.destruction.least_witnesses
    if len(set(names)) < least:
        raise PolicyRefused(
            "{count} witnesses are named, and {least} must look on",
            count=len(set(names)),
            least=least,
            hint="name each with --witness",
        )
    facts: JsonObject = {"medium": row.medium, "method": wording.field(method), "witnesses": names}
    confirmed = consent.second(office, "sanitise", Act.MEDIUM_DESTROYED, None, facts, session=second)
    with office.write() as writing:
        writing.append(Act.MEDIUM_DESTROYED, None, facts, confirmed)
    reminding.keep_note(office)
    return media.by_id(office, row.medium)
