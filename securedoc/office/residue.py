"""Which media still hold keys of destroyed documents, as far as the ledger knows; none is plugged in."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from securedoc.core.documents import DocumentId
from securedoc.core.media import MediumState
from securedoc.ledger.rows import MediumRow
from securedoc.office.office import Office


@dataclass(frozen=True, slots=True)
class Held:
    """A medium on which a destroyed document can still be opened."""

    medium: str
    label: str
    keeper: str
    state: MediumState
    snapshots: tuple[int, ...]
    """Whose ledger copy still has a key."""
    documents: tuple[DocumentId, ...]
    since: datetime
    """When the first of these documents was destroyed."""


def media(office: Office, documents: Collection[DocumentId] | None = None) -> tuple[Held, ...]:
    """Return the media that hold keys of these destroyed documents, or of any.

    A snapshot holds a document's key when its copy of the ledger ends after the document was made and before
    it was destroyed: the copy has every entry up to its size, and the keys of all of them.
    """
    gone = destroyed(office, documents)
    found = (_held(office, medium, gone) for medium in office.ledger.media()) if gone else ()
    return tuple(one for one in found if one is not None)


def of_medium(office: Office, medium: str) -> Held | None:
    """Return what one medium still holds; None where it holds nothing of the kind."""
    gone = destroyed(office, None)
    rows = [row for row in office.ledger.media() if row.medium == medium]
    return _held(office, rows[0], gone) if gone and rows else None


def _held(office: Office, medium: MediumRow, gone: Mapping[DocumentId, tuple[int, int]]) -> Held | None:
    if medium.state is MediumState.SANITISED:
        return None
    snapshots: set[int] = set()
    held: set[DocumentId] = set()
    for snapshot in office.ledger.snapshots(medium.medium):
        if snapshot.pruned is not None:
            continue
        of_it = {one for one, (created, destroyed) in gone.items() if created < snapshot.size <= destroyed}
        if of_it:
            snapshots.add(snapshot.snapshot)
            held |= of_it
    if not held:
        return None
    return Held(
        medium=medium.medium,
        label=medium.label,
        keeper=medium.keeper,
        state=medium.state,
        snapshots=tuple(sorted(snapshots)),
        documents=tuple(sorted(held)),
        since=min(office.ledger.entry(gone[one][1]).at for one in held),
    )


def destroyed(
    office: Office, documents: Collection[DocumentId] | None = None
) -> dict[DocumentId, tuple[int, int]]:
    """Return when each destroyed document was made and destroyed, as sequence numbers."""
    found = {}
    for row in office.ledger.destructions(open_only=False):
        for item in row.items:
            if item.destroyed is not None and (documents is None or item.document in documents):
                found[item.document] = (office.ledger.document(item.document).created, item.destroyed)
    return found


def due_at(office: Office, held: Held) -> datetime:
    """Return until when a medium must be brought in."""
    return held.since + timedelta(days=office.policy.destruction.residue_days)
