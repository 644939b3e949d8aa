"""Which media still hold keys of destroyed documents, as far as the ledger knows; none is plugged in."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from securedoc.core.documents import DocumentId
from securedoc.core.media import MediumState
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
    gone = _destroyed(office, documents)
    found = []
    for medium in office.ledger.media():
        if medium.state is MediumState.SANITISED or not gone:
            continue
        snapshots, held = set(), set()
        for snapshot in office.ledger.snapshots(medium.medium):
            for document, (created, destroyed) in gone.items():
                if created < snapshot.size <= destroyed:
                    snapshots.add(snapshot.snapshot)
                    held.add(document)
        if held:
            since = min(office.ledger.entry(gone[document][1]).at for document in held)
            found.append(
                Held(
                    medium.medium,
                    medium.label,
                    medium.keeper,
                    medium.state,
                    tuple(sorted(snapshots)),
                    tuple(sorted(held)),
                    since,
                )
            )
    return tuple(found)


def _destroyed(office: Office, documents: Collection[DocumentId] | None) -> dict[DocumentId, tuple[int, int]]:
    """Return when each document was made and destroyed, as sequence numbers."""
    found = {}
    for row in office.ledger.destructions(open_only=False):
        for item in row.items:
            if item.destroyed is not None and (documents is None or item.document in documents):
                found[item.document] = (office.ledger.document(item.document).created, item.destroyed)
    return found


def due_at(office: Office, held: Held) -> datetime:
    """Return until when a medium must be brought in."""
    return held.since + timedelta(days=office.policy.destruction.residue_days)
