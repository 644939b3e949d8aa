"""What can be asked about custody and the books: who holds which copy, now or on a past day."""

import datetime as dt
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act, Entry
from securedoc.core.jsonvalue import JsonObject
from securedoc.errors import LedgerUntrusted
from securedoc.ledger import entrybytes
from securedoc.ledger.paperqueries import PaperQueries
from securedoc.ledger.store import Row

_MOVE: Final = "SELECT entry, document, copy, kind, holder, at, until, returned, returned_at FROM moves"
_NEVER: Final = "9999"
_OF_RETURN: Final = ("returned_on", "back_at", "checked_on_return")
_REGISTER: Final = (
    "SELECT b.row, b.document, e.seq, e.body,"
    " r.seq, r.body, d.subject, d.level IN (SELECT level FROM levels_without_abstract)"
    " FROM book_rows b JOIN entries e ON e.seq = b.entry JOIN documents d ON d.id = b.document"
    " LEFT JOIN moves m ON m.entry = b.entry LEFT JOIN entries r ON r.seq = m.returned"
    " WHERE b.book = ? AND b.year = ? ORDER BY b.row"
)


@dataclass(frozen=True, slots=True)
class MoveRow:
    """One copy given out of the office's keeping."""

    entry: int
    document: DocumentId
    copy: str
    """`2` of those issued, or `s2` of those made afterwards."""
    kind: str
    """`handover`, `loan` or `carry`."""
    holder: str
    at: dt.datetime
    until: dt.date | None
    returned: int | None
    """Sequence number of the entry that brought it back."""
    returned_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class MadeCopyRow:
    """One copy made of a document after it was issued or received."""

    document: DocumentId
    copy: str
    entry: int
    at: dt.datetime
    kind: str
    """Key of the kind of copy in the policy: `sao-y`."""
    recipient: str
    """Whom it was made for."""


@dataclass(frozen=True, slots=True)
class RecallRow:
    """A document whose copies were asked back."""

    entry: int
    document: DocumentId
    at: dt.datetime
    until: dt.date


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """Somebody who is to be told of a change of level or term."""

    entry: int
    """Of the change."""
    item: int
    document: DocumentId
    holder: str
    due: dt.date
    sent: int | None
    """Sequence number of the entry that says so."""


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One row of a book."""

    row: int
    document: DocumentId
    entry: int
    facts: JsonObject
    """Of the entry that wrote it, and of the one that ended it."""


class CustodyQueries(PaperQueries):
    """The questions about custody, over one store."""

    def moves(
        self, document: DocumentId | None = None, *, out_only: bool = False, at: dt.datetime | None = None
    ) -> tuple[MoveRow, ...]:
        """Return moves, oldest first: all, those not brought back, or those that were out at a moment."""
        # One condition a question, so that each finds its index: stock-taking asks for every document.
        wanted = ["1"]
        values: list[str] = []
        if document is not None:
            wanted.append("document = ?")
            values.append(document)
        if out_only:
            wanted.append("returned IS NULL")
        if at is not None:
            moment = spelled(at)
            wanted += ["at <= ?", "coalesce(returned_at, ?) > ?"]
            values += [moment, _NEVER, moment]
        found = self._store.rows(f"{_MOVE} WHERE {' AND '.join(wanted)} ORDER BY entry", values)
        return tuple(map(_move, found))

    def move_out(self, document: DocumentId, copy: str) -> MoveRow | None:
        """Return where a copy is, or None where the office keeps it."""
        sql = f"{_MOVE} WHERE document = ? AND copy = ? AND returned IS NULL"
        row = self._store.row(sql, (document, copy))
        return None if row is None else _move(row)

    def made_copies(self, document: DocumentId, at: dt.datetime | None = None) -> tuple[MadeCopyRow, ...]:
        """Return the copies made of a document, up to a moment where one is given, in their order."""
        found = self._store.rows(
            "SELECT document, copy, entry, at, kind, recipient FROM made_copies"
            " WHERE document = ?1 AND (?2 IS NULL OR at <= ?2) ORDER BY length(copy), copy",
            (document, None if at is None else spelled(at)),
        )
        return tuple(
            MadeCopyRow(DocumentId(row[0]), row[1], row[2], _moment(row[3]), row[4], row[5]) for row in found
        )

    def recalls(self, document: DocumentId | None = None) -> tuple[RecallRow, ...]:
        """Return what was asked back, oldest first."""
        sql = "SELECT entry, document, at, until FROM recalls"
        of_one = "" if document is None else " WHERE document = ?"
        found = self._store.rows(f"{sql}{of_one} ORDER BY entry", () if document is None else (document,))
        return tuple(
            RecallRow(row[0], DocumentId(row[1]), _moment(row[2]), dt.date.fromisoformat(row[3]))
            for row in found
        )

    def recalled_out(self) -> Iterator[tuple[RecallRow, MoveRow]]:
        """Yield each copy that was asked back and did not come, with the recall that asked first."""
        asked: dict[DocumentId, list[RecallRow]] = {}
        for one in self.recalls():
            asked.setdefault(one.document, []).append(one)
        for move in self.moves(out_only=True):
            after = (one for one in asked.get(move.document, ()) if one.entry > move.entry)
            first = next(after, None)
            if first is not None:
                yield first, move

    def notices(self, document: DocumentId | None = None, *, waiting: bool = False) -> tuple[NoticeRow, ...]:
        """Return who is to be told, oldest change first: all, or those who were not told yet."""
        found = self._store.rows(
            "SELECT entry, item, document, holder, due, sent FROM notices"
            " WHERE (?1 IS NULL OR document = ?1) AND (NOT ?2 OR sent IS NULL) ORDER BY entry, item",
            (document, waiting),
        )
        return tuple(
            NoticeRow(row[0], row[1], DocumentId(row[2]), row[3], dt.date.fromisoformat(row[4]), row[5])
            for row in found
        )

    def register(self, book: str, year: int) -> Iterator[RegisterRow]:
        """Yield the rows of a book in their order, as later entries about them left them."""
        for row in self._store.rows(_REGISTER, (book, year)):
            place, document, sequence, body, returned, back, subject, unmentionable = row
            facts = dict(_facts(sequence, body))
            if returned is not None:
                ended = _facts(returned, back)
                facts |= {name: ended.get(name) for name in _OF_RETURN}
            # A level that was raised since may forbid what the entry could still say.
            facts["subject"] = None if unmentionable else facts.get("subject", subject)
            yield RegisterRow(place, DocumentId(document), sequence, facts)

    def acts_since(self, acts: Collection[Act], first: int) -> Iterator[Entry]:
        """Yield the entries of these acts from sequence number `first` on, oldest first."""
        places = ", ".join("?" * len(acts))
        sql = f"SELECT seq, body FROM entries WHERE seq >= ? AND act IN ({places}) ORDER BY seq"  # noqa: S608
        for sequence, body in self._store.rows(sql, (first, *(act.value for act in acts))):
            yield _entry(sequence, body)

    def closed_books(self) -> dict[tuple[str, int], int]:
        """Return the closed books, by key and year, and the entry that closed each."""
        found = self._store.rows("SELECT book, year, entry FROM closed_books")
        return {(book, year): entry for book, year, entry in found}


def spelled(moment: dt.datetime) -> str:
    """Spell a moment as the tables hold it."""
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _facts(sequence: int, body: bytes) -> JsonObject:
    # That the bytes are canonical is checked where the history is; a book of 20,000 rows is only read here.
    try:
        entry = json.loads(body)
    except ValueError as error:
        raise LedgerUntrusted("entry {n} is malformed", n=sequence) from error
    facts = entry.get("facts") if isinstance(entry, dict) else None
    if not isinstance(facts, dict) or entry.get("seq") != sequence:
        raise LedgerUntrusted("entry {n} is malformed", n=sequence)
    return facts


def _entry(sequence: int, body: bytes) -> Entry:
    try:
        return entrybytes.decode(body)
    except entrybytes.EntryError as error:
        raise LedgerUntrusted("entry {n} is malformed", n=sequence) from error


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _move(row: Row) -> MoveRow:
    entry, document, copy, kind, holder, at, until, returned, returned_at = row
    return MoveRow(
        *(entry, DocumentId(document), copy, kind, holder, _moment(at)),
        until=None if until is None else dt.date.fromisoformat(until),
        returned=returned,
        returned_at=None if returned_at is None else _moment(returned_at),
    )
