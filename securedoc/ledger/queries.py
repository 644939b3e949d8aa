"""What can be asked of the ledger; nothing here changes it."""

from collections.abc import Collection, Iterator

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, DocumentState, Kind, SealedObject
from securedoc.core.entries import Act, Entry
from securedoc.core.people import Officer, OfficerId
from securedoc.errors import DocumentMissing, DocumentRefused, LedgerMissing, LedgerUntrusted
from securedoc.formats.checkpoint import Checkpoint
from securedoc.ledger import entrybytes, rows, search, signing
from securedoc.ledger.cosigning import Cosignature
from securedoc.ledger.destructionqueries import DestructionQueries
from securedoc.ledger.inventoryqueries import InventoryQueries
from securedoc.ledger.rows import (
    DOCUMENT_COLUMNS,
    BookRow,
    DocumentKey,
    DocumentRow,
    EditRow,
    Head,
    MediumRow,
    NumberRow,
    SnapshotRow,
)
from securedoc.ledger.search import SearchQuery, SearchResult
from securedoc.ledger.store import Row, Store

_NAMED = (
    "SELECT id FROM documents WHERE id = ?1",
    "SELECT id FROM documents WHERE number_text = ?1 AND number_text <> '' LIMIT 3",
    "SELECT id FROM documents WHERE id >= ?1 AND id < ?1 || 'Z' ORDER BY id LIMIT 3",
    (
        "SELECT id FROM documents WHERE number_text >= ?1 AND number_text < ?1 || char(1114111)"
        " AND number_text <> '' ORDER BY number_text LIMIT 3"
    ),
)
_NEWEST = 9_007_199_254_740_991


class Queries(InventoryQueries, DestructionQueries):
    """The questions, over one store. Inside a transaction they see what it has written."""

    def __init__(self, store: Store, origin: str) -> None:
        super().__init__(store)
        self.origin = origin

    @property
    def size(self) -> int:
        """How many entries there are."""
        return int(self._store.value("SELECT coalesce(max(seq), -1) + 1 FROM entries"))

    def head(self) -> Head:
        """Return the last checkpoint.

        Raises:
            LedgerUntrusted: there is none, or it is malformed.
        """
        row = self._store.row("SELECT size, signer, note FROM checkpoints ORDER BY size DESC LIMIT 1")
        if row is None:
            raise LedgerUntrusted("the ledger has no checkpoint", hint="restore it from the last backup")
        return self._head(row)

    def head_note(self) -> bytes | None:
        """Return the note of the last checkpoint as it is stored; nothing of it is looked at."""
        found: bytes | None = self._store.value("SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1")
        return found

    def checkpoint_after(self, sequence: int) -> Head:
        """Return the checkpoint of the transaction that wrote an entry.

        Raises:
            LedgerMissing: no checkpoint covers it.
        """
        row = self._store.row(
            "SELECT size, signer, note FROM checkpoints WHERE size > ? ORDER BY size LIMIT 1", (sequence,)
        )
        if row is None:
            raise LedgerMissing("there is no entry {n}", n=sequence)
        return self._head(row)

    def checkpoint_at(self, size: int) -> Head:
        """Return the checkpoint of exactly `size` entries.

        Raises:
            LedgerMissing: no transaction ended there.
        """
        row = self._store.row("SELECT size, signer, note FROM checkpoints WHERE size = ?", (size,))
        if row is None:
            raise LedgerMissing("no checkpoint has {n} entries", n=size)
        return self._head(row)

    def entry(self, sequence: int) -> Entry:
        """Return one entry.

        Raises:
            LedgerMissing: there is none of that number.
        """
        row = self._store.row("SELECT seq, body FROM entries WHERE seq = ?", (sequence,))
        if row is None:
            raise LedgerMissing("there is no entry {n}", n=sequence)
        return _entry(row)

    def entry_bytes(self, sequence: int) -> bytes:
        """Return the exact bytes of one entry, as they are hashed into the tree.

        Raises:
            LedgerMissing: there is none of that number.
        """
        found = self._store.value("SELECT body FROM entries WHERE seq = ?", (sequence,))
        if found is None:
            raise LedgerMissing("there is no entry {n}", n=sequence)
        return bytes(found)

    def entries(
        self, since: int = 0, document: DocumentId | None = None, limit: int | None = None
    ) -> Iterator[Entry]:
        """Yield the entries from `since` on, oldest first; of one document where it is given."""
        sql = "SELECT seq, body FROM entries WHERE seq >= ?1"
        of_document = "" if document is None else " AND document = ?3"
        values = (since, -1 if limit is None else limit) + (() if document is None else (document,))
        for row in self._store.rows(f"{sql}{of_document} ORDER BY seq LIMIT ?2", values):
            entry = _entry(row)
            yield entry if document is None else _require_particulars(entry, entry.act, document)

    def latest(self, document: DocumentId, act: Act) -> Entry | None:
        """Return the last entry of an act about a document."""
        row = self._store.row(
            "SELECT seq, body FROM entries WHERE document = ? AND act = ? ORDER BY seq DESC LIMIT 1",
            (document, act.value),
        )
        return None if row is None else _require_particulars(_entry(row), act, document)

    def last(self, act: Act) -> Entry | None:
        """Return the last entry of an act that is about no document."""
        row = self._store.row(
            "SELECT seq, body FROM entries WHERE document IS NULL AND act = ? ORDER BY seq DESC LIMIT 1",
            (act.value,),
        )
        return None if row is None else _require_particulars(_entry(row), act, None)

    def of_acts(self, acts: Collection[Act]) -> Iterator[Entry]:
        """Yield the entries of these acts, oldest first."""
        places = ", ".join("?" * len(acts))
        sql = f"SELECT seq, body FROM entries WHERE act IN ({places}) ORDER BY seq"  # noqa: S608
        for row in self._store.rows(sql, tuple(act.value for act in acts)):
            yield _entry(row)

    def newest(self, act: Act) -> Iterator[Entry]:
        """Yield the entries of an act that is about no document, the last one first."""
        sql = "SELECT seq, body FROM entries WHERE document IS NULL AND act = ? ORDER BY seq DESC"
        for row in self._store.rows(sql, (act.value,)):
            yield _require_particulars(_entry(row), act, None)

    def document(self, document: DocumentId) -> DocumentRow:
        """Return one document.

        Raises:
            DocumentMissing: there is none of that identifier.
        """
        row = self._store.row(f"SELECT {DOCUMENT_COLUMNS} FROM documents WHERE id = ?", (document,))  # noqa: S608
        if row is None:
            raise DocumentMissing("there is no document {document}", document=document)
        return rows.document_row(row)

    def find(self, text: str) -> DocumentId:
        """Return the document that an identifier, a number or an unambiguous prefix names.

        Raises:
            DocumentMissing: nothing is named so.
            DocumentRefused: more than one document is.
        """
        for sql in _NAMED:
            found = [DocumentId(row[0]) for row in self._store.rows(sql, (text,))] if text else []
            if len(found) == 1:
                return found[0]
            if found:
                raise DocumentRefused(
                    "{text} names more than one document: {first}, {second}",
                    text=text,
                    first=found[0],
                    second=found[1],
                    hint="give the identifier",
                )
        raise DocumentMissing("there is no document {document}", document=text, hint="see `securedoc search`")

    def documents(
        self, *states: DocumentState, before: int | None = None, limit: int | None = None
    ) -> tuple[DocumentRow, ...]:
        """Return documents in these states (all, where none is given), newest first.

        `before`: only those whose `created` is smaller, for reading page by page.
        """
        wanted = [each.value for each in states or DocumentState]
        places = ", ".join("?" * len(wanted))
        sql = (
            f"SELECT {DOCUMENT_COLUMNS} FROM documents WHERE created < ? AND state IN ({places})"  # noqa: S608
            " ORDER BY created DESC LIMIT ?"
        )
        values = (_NEWEST if before is None else before, *wanted, -1 if limit is None else limit)
        return tuple(map(rows.document_row, self._store.rows(sql, values)))

    def objects(self, document: DocumentId | None = None) -> Iterator[SealedObject]:
        """Yield the sealed objects of a document, oldest version first; of all where none is given.

        All of them are those that should be in the vault: a destroyed document has none there.
        """
        sql = "SELECT document, version, kind, digest, size FROM objects"
        order = " ORDER BY document, version, kind"
        if document is None:
            there = " WHERE document NOT IN (SELECT id FROM documents WHERE state = 'destroyed')"
            found = self._store.rows(sql + there + order)
        else:
            found = self._store.rows(f"{sql} WHERE document = ?{order}", (document,))
        for named, version, kind, digest, size in found:
            yield SealedObject(DocumentId(named), version, Kind(kind), Digest.parse(digest), size)

    def object_sizes(self) -> Iterator[tuple[Digest, int]]:
        """Yield digest and size of every sealed object, in no order, without the rest."""
        for digest, size in self._store.rows("SELECT digest, size FROM objects"):
            yield Digest.parse(digest), size

    def document_key(self, document: DocumentId) -> DocumentKey:
        """Return a document's wrapped key.

        Raises:
            DocumentMissing: there is no key: no such document, or it was destroyed.
        """
        wrapped = self._store.value("SELECT wrapped FROM document_keys WHERE document = ?", (document,))
        if wrapped is None:
            self.refuse_destroyed(document)
            raise DocumentMissing("there is no key for document {document}", document=document)
        copies = self._store.rows(
            "SELECT officer, sealed FROM document_key_copies WHERE document = ?", (document,)
        )
        return DocumentKey(wrapped, {OfficerId(officer): sealed for officer, sealed in copies})

    def officers(self) -> tuple[Officer, ...]:
        """Return everybody who was ever enrolled, in the order of enrolment."""
        return tuple(map(rows.officer_row, self._store.rows("SELECT * FROM officers ORDER BY entry, id")))

    def officer(self, officer: OfficerId) -> Officer:
        """Return one officer, as the tables have it; `trusted_officer` proves it.

        Raises:
            LedgerMissing: nobody was enrolled under this identifier.
        """
        row = self._store.row("SELECT * FROM officers WHERE id = ?", (officer,))
        if row is None:
            raise LedgerMissing("there is no officer {officer}", officer=officer)
        return rows.officer_row(row)

    def books(self) -> tuple[tuple[str, int, int], ...]:
        """Return every book: its key, its year, how many rows it has."""
        found = self._store.rows("SELECT book, year, max(row) FROM book_rows GROUP BY book, year")
        return tuple((book, year, count) for book, year, count in found)

    def book(self, book: str, year: int) -> Iterator[BookRow]:
        """Yield the rows of a book in their order."""
        for place, document, sequence, body in self._store.rows(
            "SELECT row, book_rows.document, seq, body FROM book_rows JOIN entries ON seq = entry"
            " WHERE book = ? AND year = ? ORDER BY row",
            (book, year),
        ):
            facts = _entry((sequence, body)).facts
            yield BookRow(book, year, place, DocumentId(document), sequence, facts)

    def numbers(self, book: str, year: int) -> Iterator[NumberRow]:
        """Yield the numbers of a series in their order, voided ones too."""
        for row in self._store.rows(
            "SELECT book, year, number, text, state, document FROM numbers"
            " WHERE book = ? AND year = ? ORDER BY number",
            (book, year),
        ):
            yield NumberRow(*row)

    def media(self) -> tuple[MediumRow, ...]:
        """Return the registered media in the order of registration."""
        return tuple(map(rows.medium_row, self._store.rows("SELECT * FROM media ORDER BY entry")))

    def snapshots(self, medium: str | None = None) -> tuple[SnapshotRow, ...]:
        """Return the backups that were written, newest first; on one medium where it is given."""
        found = self._store.rows(
            "SELECT snapshots.*, (SELECT max(v.entry) FROM verifications v WHERE v.medium = snapshots.medium"
            " AND v.snapshot = snapshots.snapshot) AS last, (SELECT v.defects FROM verifications v"
            " WHERE v.medium = snapshots.medium AND v.snapshot = snapshots.snapshot"
            " ORDER BY v.entry DESC LIMIT 1)"
            " FROM snapshots WHERE ?1 IS NULL OR snapshots.medium = ?1 ORDER BY snapshots.entry DESC",
            (medium,),
        )
        return tuple(map(rows.snapshot_row, found))

    def cosignatures(self, witness: OfficerId) -> tuple[Cosignature, ...]:
        """Return what a witness said, by the size of the tree; not proven yet."""
        sql = "SELECT size, root, signature FROM cosignatures WHERE witness = ? ORDER BY size"
        return tuple(
            Cosignature(witness, Checkpoint(self.origin, size, root), blob)
            for size, root, blob in self._store.rows(sql, (witness,))
        )

    def confirmed(self, medium: str) -> dict[int, int]:
        """Return the confirmed snapshots of a medium, and which entry confirmed each."""
        found = self._store.rows("SELECT snapshot, entry FROM confirmations WHERE medium = ?", (medium,))
        return {snapshot: entry for snapshot, entry in found}  # noqa: C416 - rows are of any width

    def verified(self, medium: str) -> int | None:
        """Return which entry last verified a medium; None when none did."""
        [[entry]] = self._store.rows("SELECT max(entry) FROM verifications WHERE medium = ?", (medium,))
        return None if entry is None else int(entry)

    def editing(self, *, open_only: bool = True) -> tuple[EditRow, ...]:
        """Return editing sessions, oldest first."""
        sql = "SELECT session, document, editor, state, opened, closed, saves FROM edits"
        wanted = " WHERE state = 'open'" if open_only else ""
        return tuple(EditRow(*row) for row in self._store.rows(f"{sql}{wanted} ORDER BY opened"))

    def search(self, query: SearchQuery) -> SearchResult:
        """Find documents by the words and conditions of `query`.

        Raises:
            LedgerRefused: there is nothing to search for, or too much.
        """
        return search.search(self._store, query)

    def _head(self, row: Row) -> Head:
        stated, _ = signing.read(row[2], self.origin)
        if stated.size != row[0]:
            raise LedgerUntrusted("a checkpoint of the ledger stands at another size than its own")
        return Head(stated, row[2], OfficerId(row[1]))


def _entry(row: Row) -> Entry:
    sequence, body = row
    try:
        entry = entrybytes.decode(body)
    except entrybytes.EntryError as error:
        raise LedgerUntrusted("entry {n} is malformed", n=sequence) from error
    if entry.sequence != sequence:
        raise LedgerUntrusted("entry {n} carries another number", n=sequence)
    return entry


def _require_particulars(entry: Entry, act: Act, document: DocumentId | None) -> Entry:
    # The columns that entries are looked up by can be edited by whoever holds the ledger key; the
    # bytes that are signed cannot: another document's entry must not pass for this one's.
    if (entry.act, entry.about) != (act, document):
        raise LedgerUntrusted("entry {n} is stored beside another's particulars", n=entry.sequence)
    return entry
