"""What can be asked about custody and the books: who holds which copy, now or on a past day."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from securedoc.core.documents import DocumentId
from securedoc.ledger.paperqueries import PaperQueries
from securedoc.ledger.store import Row

_MOVE: Final = "SELECT entry, document, copy, kind, holder, at, until, returned, returned_at FROM moves"
_NEVER: Final = "9999"


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


class CustodyQueries(PaperQueries):
    """The questions about custody, over one store."""

    def moves(
        self, document: DocumentId | None = None, *, out_only: bool = False, at: dt.datetime | None = None
    ) -> tuple[MoveRow, ...]:
        """Return moves, oldest first: all, those not brought back, or those that were out at a moment."""
        moment = None if at is None else spelled(at)
        found = self._store.rows(
            f"{_MOVE} WHERE (?1 IS NULL OR document = ?1)"
            f"{' AND returned IS NULL' if out_only else ''}"
            " AND (?2 IS NULL OR (at <= ?2 AND coalesce(returned_at, ?3) > ?2)) ORDER BY entry",
            (document, moment, _NEVER),
        )
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
        found = self._store.rows(
            "SELECT entry, document, at, until FROM recalls WHERE ?1 IS NULL OR document = ?1 ORDER BY entry",
            (document,),
        )
        return tuple(
            RecallRow(row[0], DocumentId(row[1]), _moment(row[2]), dt.date.fromisoformat(row[3]))
            for row in found
        )

    def recalled_out(self) -> Iterator[tuple[RecallRow, MoveRow]]:
        """Yield each copy that was asked back and did not come, with the recall that asked first."""
        out = self.moves(out_only=True)
        asked = self.recalls()
        for move in out:
            after = [one for one in asked if one.document == move.document and one.entry > move.entry]
            if after:
                yield after[0], move

    def closed_books(self) -> dict[tuple[str, int], int]:
        """Return the closed books, by key and year, and the entry that closed each."""
        found = self._store.rows("SELECT book, year, entry FROM closed_books")
        return {(book, year): entry for book, year, entry in found}


def spelled(moment: dt.datetime) -> str:
    """Spell a moment as the tables hold it."""
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")


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
