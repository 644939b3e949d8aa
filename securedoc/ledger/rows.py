"""What the ledger answers: rows of its tables as values."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, DocumentState, Level
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.media import MediumState
from securedoc.core.people import Officer, OfficerId, PublicKeys, Role
from securedoc.formats.checkpoint import Checkpoint
from securedoc.ledger.store import Row


@dataclass(frozen=True, slots=True)
class Head:
    """A checkpoint of the ledger and the note that signs it."""

    checkpoint: Checkpoint
    note: bytes
    signer: OfficerId


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document as the entries about it leave it."""

    id: DocumentId
    state: DocumentState
    type_key: str
    level: Level
    subject: str | None
    list_basis: str
    recipients: tuple[str, ...]
    copies: int
    copying_permitted: bool
    drafter: OfficerId | None
    drafter_name: str
    unit: str
    version: int
    """The highest version of any of its objects; 0 where it has none."""
    book: str | None
    year: int | None
    number: int | None
    """Its number in our own series; None for what came in."""
    number_text: str
    date: dt.date | None
    row: int | None
    digest: Digest | None
    signer: OfficerId | None
    signer_name: str
    sender: str
    arrived: dt.date | None
    ends: dt.date | None
    created: int
    """Sequence number of the entry that made it."""
    changed: int
    """Sequence number of the last entry that changed it."""


_COLUMNS = """
    id state type level subject list_basis recipients copies copying_permitted drafter drafter_name unit
    version book year number number_text date row digest signer signer_name sender arrived ends created
    changed
"""
DOCUMENT_COLUMNS: Final = ", ".join(f"documents.{name}" for name in _COLUMNS.split())


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """A document's key, wrapped, and the copies of it sealed to single officers."""

    wrapped: bytes
    sealed_to: Mapping[OfficerId, bytes]


@dataclass(frozen=True, slots=True)
class BookRow:
    """One row of a book."""

    book: str
    year: int
    row: int
    document: DocumentId
    entry: int
    columns: JsonObject
    """The facts of the entry that wrote it."""


@dataclass(frozen=True, slots=True)
class NumberRow:
    """One number of a series; a number once given is never given again."""

    book: str
    year: int
    number: int
    text: str
    state: str
    """`reserved`, `used` or `voided`."""
    document: DocumentId


@dataclass(frozen=True, slots=True)
class MediumRow:
    """A registered medium."""

    medium: str
    label: str
    keeper: str
    filesystem: str | None
    volume_id: str | None
    device_serial: str | None
    identity: Digest | None
    entry: int
    state: MediumState
    changed: int
    """Sequence number of the entry that brought it into this state."""

    @property
    def in_use(self) -> bool:
        """Whether backups may be written to it."""
        return self.state is MediumState.REGISTERED


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """A backup that was written, and its last verification."""

    medium: str
    snapshot: int
    manifest: Digest
    size: int
    root: str
    objects: int
    new_objects: int
    bytes: int
    read_back: bool
    entry: int
    pruning: int | None
    """Sequence number of the entry that said it would be removed from the medium."""
    pruned: int | None
    """Sequence number of the entry that said it was."""
    verified: int | None
    """Sequence number of the last entry that verified it."""
    defects: int | None
    """How many defects that verification found."""


@dataclass(frozen=True, slots=True)
class EditRow:
    """An editing session."""

    session: str
    document: DocumentId
    editor: str
    state: str
    """`open`, `closed` or `salvaged`."""
    opened: int
    closed: int | None
    saves: int


def document_row(row: Row) -> DocumentRow:
    """Read a row of `DOCUMENT_COLUMNS`."""
    named, state, type_key, level, subject, basis, recipients, copies, copying, drafter, *rest = row
    drafter_name, unit, version, book, year, number, number_text, day, place, digest, *rest = rest
    signer, signer_name, sender, arrived, ends, created, changed = rest
    return DocumentRow(
        id=DocumentId(named),
        state=DocumentState(state),
        type_key=type_key,
        level=Level(level),
        subject=subject,
        list_basis=basis,
        recipients=tuple(json.loads(recipients)),
        copies=copies,
        copying_permitted=bool(copying),
        drafter=drafter,
        drafter_name=drafter_name,
        unit=unit,
        version=version,
        book=book,
        year=year,
        number=number,
        number_text=number_text,
        date=_day(day),
        row=place,
        digest=_digest(digest),
        signer=signer,
        signer_name=signer_name,
        sender=sender,
        arrived=_day(arrived),
        ends=_day(ends),
        created=created,
        changed=changed,
    )


def officer_row(row: Row) -> Officer:
    """Read a row of the table of officers."""
    named, entry, role, name, title, hpke, ed25519, mldsa44, certificate = row
    keys = PublicKeys(hpke, ed25519, mldsa44)
    return Officer(OfficerId(named), Role(role), name, title, keys, certificate, entry)


def medium_row(row: Row) -> MediumRow:
    """Read a row of the table of media."""
    medium, entry, label, keeper, filesystem, volume, serial, identity, state, changed = row
    known = _digest(identity)
    return MediumRow(
        medium, label, keeper, filesystem, volume, serial, known, entry, MediumState(state), changed
    )


def snapshot_row(row: Row) -> SnapshotRow:
    """Read a row of the table of snapshots, with the last verification behind it."""
    medium, snapshot, entry, manifest, size, root, objects, new, written, read_back, *later = row
    counted = (size, root, objects, new, written, bool(read_back), entry, *later)
    return SnapshotRow(medium, snapshot, Digest.parse(manifest), *counted)


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def _digest(text: str | None) -> Digest | None:
    return None if text is None else Digest.parse(text)
