"""Which media still hold keys of destroyed documents, as far as the ledger knows; none is plugged in."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from securedoc.core.documents import DocumentId
from securedoc.core.media import MediumState
from securedoc.ledger.destructionqueries import KeyOnMedium
from securedoc.office import unrecorded
from securedoc.office.office import Office

_GONE: Final = frozenset({MediumState.SANITISED, MediumState.DESTROYED})


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
    """Return the media that hold keys of these destroyed documents, or of any."""
    by_medium: dict[str, list[KeyOnMedium]] = {}
    for key in (*office.ledger.keys_on_media(), *_unrecorded(office)):
        if documents is None or key.document in documents:
            by_medium.setdefault(key.medium, []).append(key)
    return tuple(
        Held(
            medium=row.medium,
            label=row.label,
            keeper=row.keeper,
            state=row.state,
            snapshots=tuple(sorted({key.snapshot for key in by_medium[row.medium]})),
            documents=tuple(sorted({key.document for key in by_medium[row.medium]})),
            since=office.ledger.entry(min(key.destroyed for key in by_medium[row.medium])).at,
        )
        for row in office.ledger.media()
        if row.medium in by_medium and row.state not in _GONE
    )


def _unrecorded(office: Office) -> Iterator[KeyOnMedium]:
    """Yield what may lie on a medium since a backup was cut off: whole without its entry, or in part."""
    for row in office.ledger.media():
        left = unrecorded.of(office.place, row.medium)
        for document, entry in office.ledger.destroyed_after(left.size) if left else ():
            yield KeyOnMedium(row.medium, left.snapshot if left else 0, document, entry)


def of_medium(office: Office, medium: str) -> Held | None:
    """Return what one medium still holds; None where it holds nothing of the kind."""
    return next((held for held in media(office) if held.medium == medium), None)


def due_at(office: Office, held: Held) -> datetime:
    """Return until when a medium must be brought in."""
    return held.since + timedelta(days=office.policy.destruction.residue_days)
