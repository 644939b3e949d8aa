"""One transaction: entries, what they project to, the tree, and the signed checkpoint at its end."""

from collections.abc import Collection, Mapping
from datetime import datetime

from securedoc.core.documents import DocumentId, document_id
from securedoc.core.entries import Act, Confirmation, Entry
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId
from securedoc.core.protocols import NoteSigner
from securedoc.errors import LedgerRefused
from securedoc.formats.checkpoint import Checkpoint
from securedoc.formats.merkle import Frontier, leaf_hash
from securedoc.ledger import entrybytes, erasure, projections, signing
from securedoc.ledger.facts import FactError
from securedoc.ledger.rows import Head
from securedoc.ledger.store import Store


class Writing:
    """A write transaction of the ledger; made by `Ledger.writing`, gone when it ends."""

    def __init__(self, store: Store, origin: str, frontier: Frontier, who: OfficerId, at: datetime) -> None:
        self._store = store
        self._origin = origin
        self._frontier = frontier
        self._began = frontier.size
        self.who = who
        self.at = at
        """The time of every entry of this transaction."""

    def append(
        self, act: Act, about: DocumentId | None, facts: JsonObject, second: Confirmation | None = None
    ) -> Entry:
        """Append an entry and change the tables by it.

        Raises:
            LedgerRefused: a fact is missing, a number or row was given before, the document is not
                there, or the abstract of its level must not be written. Nothing of the transaction stays.
        """
        entry = Entry(self._frontier.size, self.at, self.who, act, about, facts, second, self._began)
        try:
            body = entrybytes.encode(entry)
        except entrybytes.EntryError as error:
            raise LedgerRefused("the facts of {act} cannot be written", act=act.value) from error
        self._append(entry, body)
        return entry

    def _append(self, entry: Entry, body: bytes) -> None:
        leaf = leaf_hash(body)
        values = (entry.sequence, body, leaf, entry.act.value, entry.about)
        self._store.run("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", values)
        for level, place, node in self._frontier.append(leaf):
            self._store.run("INSERT INTO nodes VALUES (?, ?, ?)", (level, place, node))
        project(self._store, entry)

    def next_number(self, book: str, year: int) -> int:
        """Return the next number of a series; voided numbers stay used.

        Raises:
            LedgerRefused: the book is closed.
        """
        self._refuse_closed(book, year)
        sql = "SELECT coalesce(max(number), 0) + 1 FROM numbers WHERE book = ? AND year = ?"
        return int(self._store.value(sql, (book, year)))

    def next_row(self, book: str, year: int) -> int:
        """Return the number of the next row of a book.

        Raises:
            LedgerRefused: the book is closed.
        """
        self._refuse_closed(book, year)
        sql = "SELECT coalesce(max(row), 0) + 1 FROM book_rows WHERE book = ? AND year = ?"
        return int(self._store.value(sql, (book, year)))

    def _refuse_closed(self, book: str, year: int) -> None:
        # The tables refuse it too; this says it in words, with the next step.
        sql = "SELECT entry FROM closed_books WHERE book = ? AND year = ?"
        closed = self._store.value(sql, (book, year))
        if closed is not None:
            raise LedgerRefused(
                "the book {book} of {year} is closed, by entry {entry}",
                book=book,
                year=year,
                entry=closed,
                hint="nothing is entered in a closed book; the next year has a book of its own",
            )

    def next_document(self, year: int) -> DocumentId:
        """Return the next document identifier of a year."""
        first, beyond = document_id(year, 0), f"D-{year:04d}-Z"
        last = self._store.value("SELECT max(id) FROM documents WHERE id > ? AND id < ?", (first, beyond))
        return document_id(year, 1 if last is None else int(last[-6:]) + 1)

    def next_print(self, year: int) -> str:
        """Return the next identifier of a print in a year."""
        first, beyond = f"P-{year:04d}-", f"P-{year:04d}-Z"
        last = self._store.value(
            "SELECT max(print) FROM prints WHERE print > ? AND print < ?", (first, beyond)
        )
        return f"P-{year:04d}-{1 if last is None else int(last[-6:]) + 1:06d}"

    def next_request(self, year: int) -> str:
        """Return the next identifier of a request in a year."""
        first, beyond = f"R-{year:04d}-", f"R-{year:04d}-Z"
        last = self._store.value(
            "SELECT max(request) FROM requests WHERE request > ? AND request < ?", (first, beyond)
        )
        return f"R-{year:04d}-{1 if last is None else int(last[-6:]) + 1:06d}"

    def destroy_document_keys(self, documents: Collection[DocumentId]) -> None:
        """Destroy the keys of documents; call it in the transaction of the entries that say so."""
        erasure.destroy_keys(self._store, documents)

    def put_document_key(
        self, document: DocumentId, wrapped: bytes, sealed_to: Mapping[OfficerId, bytes]
    ) -> None:
        """Keep a document's wrapped key, and its copies sealed to single officers, beside the history.

        Raises:
            LedgerRefused: the document is not there, it has a key, or an officer is not enrolled.
        """
        self._store.run("INSERT INTO document_keys VALUES (?, ?)", (document, wrapped))
        for officer, sealed in sealed_to.items():
            values = (document, officer, sealed)
            self._store.run("INSERT INTO document_key_copies VALUES (?, ?, ?)", values)

    def seal(self, signer: NoteSigner) -> Head | None:
        """Sign the checkpoint of what was appended; None where nothing was. The last step before COMMIT."""
        if self._frontier.size == self._began:
            return None
        stated = Checkpoint(self._origin, self._frontier.size, self._frontier.root())
        note = signing.sign(stated, signer)
        self._store.run("INSERT INTO checkpoints VALUES (?, ?, ?)", (stated.size, self.who, note))
        return Head(stated, note, self.who)


def project(store: Store, entry: Entry) -> None:
    """Change the tables by one entry; the same when it is written and when it is replayed.

    Raises:
        LedgerRefused: a fact is missing, or the entry is about something that is not there.
    """
    try:
        for sql, values in projections.statements(entry):
            # Every change is of something that an earlier entry made.
            if store.run(sql, values) == 0:
                raise LedgerRefused(
                    "{act} is about something that the ledger does not hold", act=entry.act.value
                )
    except FactError as error:
        raise LedgerRefused(
            "{act} lacks the fact {fact}, or it is of the wrong type", act=entry.act.value, fact=error.name
        ) from error
