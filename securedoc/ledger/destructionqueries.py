"""What can be asked about requests and about the destruction of documents."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from securedoc.core.documents import DocumentId
from securedoc.core.people import OfficerId
from securedoc.errors import DocumentMissing, LedgerMissing
from securedoc.ledger.store import Row, Store

_REQUEST: Final = (
    "SELECT request, entry, officer, consent_to, act, document, until, state, changed, approver, signature"
    " FROM requests"
)
_DESTRUCTION: Final = (
    "SELECT request, urgent, proposed, decided, begun, ended, reported,"
    " (SELECT state FROM requests r WHERE r.request = destructions.request) FROM destructions"
)


@dataclass(frozen=True, slots=True)
class RequestRow:
    """An act of two people that one has asked for."""

    request: str
    entry: int
    officer: OfficerId
    """Who asked."""
    right: str
    act: str
    document: DocumentId | None
    until: datetime | None
    """None for what never waited."""
    state: str
    """`waiting`, `approved`, `refused` or `done`; it also expires."""
    changed: int
    approver: OfficerId | None
    signature: bytes | None

    def expired(self, now: datetime) -> bool:
        """Tell whether its time ran out before it was used."""
        return self.until is not None and self.state in {"waiting", "approved"} and now > self.until


@dataclass(frozen=True, slots=True)
class DestructionItem:
    """One document of a destruction."""

    document: DocumentId
    destroyed: int | None


@dataclass(frozen=True, slots=True)
class DestructionRow:
    """A destruction: the sequence numbers of its entries, as far as it has come."""

    request: str
    urgent: bool
    proposed: int | None
    decided: int | None
    begun: int | None
    ended: int | None
    reported: int | None
    request_state: str
    items: tuple[DestructionItem, ...]

    @property
    def documents(self) -> tuple[DocumentId, ...]:
        """What it is about."""
        return tuple(item.document for item in self.items)

    @property
    def stage(self) -> str:
        """`proposed`, `refused`, `decided`, `begun`, `destroyed` (evidence is missing) or `ended`."""
        if self.ended is not None:
            return "ended"
        if self.begun is not None:
            return "destroyed" if all(item.destroyed is not None for item in self.items) else "begun"
        if self.decided is not None:
            return "decided"
        return "refused" if self.request_state == "refused" else "proposed"


@dataclass(frozen=True, slots=True)
class KeyOnMedium:
    """A snapshot that still opens a document that was destroyed."""

    medium: str
    snapshot: int
    document: DocumentId
    destroyed: int
    """Sequence number of the entry that says so."""


class DestructionQueries:
    """The questions, over one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def requests(self, *, waiting_only: bool = True) -> tuple[RequestRow, ...]:
        """Return requests, oldest first: those that wait or are approved and not used, or all."""
        wanted = " WHERE state IN ('waiting', 'approved')" if waiting_only else ""
        return tuple(map(_request, self._store.rows(f"{_REQUEST}{wanted} ORDER BY entry")))

    def request(self, request: str) -> RequestRow:
        """Return one request.

        Raises:
            LedgerMissing: there is none of that number.
        """
        row = self._store.row(f"{_REQUEST} WHERE request = ?", (request,))
        if row is None:
            raise LedgerMissing("there is no request {request}", request=request, hint="see: request list")
        return _request(row)

    def destructions(self, *, open_only: bool = True, begun_only: bool = False) -> tuple[DestructionRow, ...]:
        """Return destructions in the order of their numbers: all, those not ended, or those cut off."""
        wanted = " WHERE ended IS NULL" if open_only or begun_only else ""
        wanted += " AND begun IS NOT NULL" if begun_only else ""
        found = list(self._store.rows(f"{_DESTRUCTION}{wanted} ORDER BY request"))
        return tuple(self._destruction(row) for row in found)

    def destruction(self, request: str) -> DestructionRow:
        """Return one destruction.

        Raises:
            LedgerMissing: there is none of that number.
        """
        row = self._store.row(f"{_DESTRUCTION} WHERE request = ?", (request,))
        if row is None:
            raise LedgerMissing(
                "there is no destruction {request}", request=request, hint="see: securedoc destroy list"
            )
        return self._destruction(row)

    def destructions_of(self, document: DocumentId) -> tuple[DestructionRow, ...]:
        """Return the destructions that a document is or was part of."""
        sql = "SELECT request FROM destruction_items WHERE document = ? ORDER BY request"
        return tuple(self.destruction(row[0]) for row in list(self._store.rows(sql, (document,))))

    def destroyed_by(self, document: DocumentId) -> tuple[DestructionRow, int] | None:
        """Return the destruction that took a document, and the entry that says so."""
        for row in self.destructions_of(document):
            for item in row.items:
                if item.document == document and item.destroyed is not None:
                    return row, item.destroyed
        return None

    def refuse_destroyed(self, document: DocumentId) -> None:
        """Go on only with a document that was not destroyed.

        Raises:
            DocumentMissing: it was; under which dossier and by which entry.
        """
        found = self.destroyed_by(document)
        if found is not None:
            raise DocumentMissing(
                "{document} was destroyed under dossier {dossier}, entry {entry}; nobody can open it",
                document=document,
                dossier=found[0].request,
                entry=found[1],
                hint="its history stays: securedoc show {document}",
            )

    def reports_owed(self) -> tuple[str, ...]:
        """Return the urgent destructions that nobody has reported."""
        sql = "SELECT request FROM destructions WHERE urgent = 1 AND reported IS NULL ORDER BY request"
        return tuple(row[0] for row in self._store.rows(sql))

    def keys_on_media(self) -> tuple[KeyOnMedium, ...]:
        """Return which snapshots on which media hold a key of which destroyed document.

        A snapshot does when its copy of the ledger ends after the document was made and before it was
        destroyed: the copy has every entry up to its size, and the keys of all of them.
        """
        found = self._store.rows(
            "SELECT s.medium, s.snapshot, i.document, i.destroyed FROM snapshots s"
            " JOIN destruction_items i ON i.destroyed >= s.size JOIN documents d ON d.id = i.document"
            " WHERE s.pruned IS NULL AND d.created < s.size ORDER BY s.medium, s.snapshot, i.document"
        )
        return tuple(KeyOnMedium(row[0], row[1], DocumentId(row[2]), row[3]) for row in found)

    def destroyed_after(self, size: int) -> tuple[tuple[DocumentId, int], ...]:
        """Return what was destroyed of what a ledger of that size holds, by which entry; 0 is any size."""
        found = self._store.rows(
            "SELECT i.document, i.destroyed FROM destruction_items i JOIN documents d ON d.id = i.document"
            " WHERE i.destroyed IS NOT NULL AND (? = 0 OR (i.destroyed >= ? AND d.created < ?))"
            " ORDER BY i.document",
            (size, size, size),
        )
        return tuple((DocumentId(row[0]), row[1]) for row in found)

    def held_its_key(self, medium: str, snapshot: int, before: int) -> bool:
        """Tell whether a snapshot held the key of a document that was destroyed before entry `before`."""
        found = self._store.value(
            "SELECT count(*) FROM snapshots s JOIN destruction_items i ON i.destroyed >= s.size"
            " JOIN documents d ON d.id = i.document"
            " WHERE s.medium = ? AND s.snapshot = ? AND d.created < s.size AND i.destroyed < ?",
            (medium, snapshot, before),
        )
        return bool(found)

    def keyless(self) -> tuple[DocumentId, ...]:
        """Return documents that have sealed objects and no key, and that nobody destroyed."""
        return self._documents(
            "SELECT DISTINCT document FROM objects WHERE document NOT IN (SELECT document FROM document_keys)"
            " AND document NOT IN (SELECT id FROM documents WHERE state = 'destroyed') ORDER BY document"
        )

    def still_keyed(self) -> tuple[DocumentId, ...]:
        """Return destroyed documents whose key is still there."""
        return self._documents(
            "SELECT id FROM documents WHERE state = 'destroyed' AND (id IN (SELECT document FROM"
            " document_keys) OR id IN (SELECT document FROM document_key_copies)) ORDER BY id"
        )

    def _documents(self, sql: str) -> tuple[DocumentId, ...]:
        return tuple(DocumentId(row[0]) for row in self._store.rows(sql))

    def _destruction(self, row: Row) -> DestructionRow:
        request, urgent, *stages, state = row
        sql = "SELECT document, destroyed FROM destruction_items WHERE request = ? ORDER BY document"
        items = [
            DestructionItem(DocumentId(document), destroyed)
            for document, destroyed in self._store.rows(sql, (request,))
        ]
        proposed, decided, begun, ended, reported = stages
        return DestructionRow(
            request, bool(urgent), proposed, decided, begun, ended, reported, state, tuple(items)
        )


def _request(row: Row) -> RequestRow:
    request, entry, officer, right, act, document, until, state, changed, approver, signature = row
    return RequestRow(
        request=request,
        entry=entry,
        officer=OfficerId(officer),
        right=right,
        act=act,
        document=None if document is None else DocumentId(document),
        until=datetime.fromisoformat(until) if until else None,
        state=state,
        changed=changed,
        approver=None if approver is None else OfficerId(approver),
        signature=signature,
    )
