"""Closes the book of a year: two officers, and nothing is entered in it after that."""

from dataclasses import dataclass
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject, JsonValue
from securedoc.errors import LedgerRefused
from securedoc.formats import canonical
from securedoc.office import consent
from securedoc.office.deferred import Second
from securedoc.office.office import Office
from securedoc.policy.vocabulary import BookUse

_WITHOUT_ROWS: Final = frozenset({BookUse.STATISTICS, BookUse.MEDIA, BookUse.PROPOSAL})
"""They are computed when they are shown: there is nothing to close."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A book that takes no more rows."""

    book: str
    title: str
    year: int
    rows: int
    digest: Digest
    entry: int
    early: bool
    """The year is not over: the office has no such book until the next one begins."""


def close(office: Office, key: str, year: int, second: Second) -> Closed:
    """Close a book.

    Raises:
        PolicyRefused: the officer may not, nobody confirmed, or there is no such book.
        LedgerRefused: it is closed already, has no rows of its own, its year has not begun, or a number
            of it waits for its document.
    """
    office.permit("book-close")
    book = office.policy.book(key)
    if book.use in _WITHOUT_ROWS:
        raise LedgerRefused("{title} has no rows of its own to close", title=book.title)
    today = office.today()
    if year > today.year:
        raise LedgerRefused("the year {year} has not begun", year=year)
    _require_closable(office, key, year)
    rows = _rows(office, key, year)
    digest = _digest(office, rows)
    facts: JsonObject = {
        "book": key,
        "year": year,
        "rows": len(rows),
        "last": rows[-1][1] if rows else None,
        "digest": str(digest),
    }
    confirmed = consent.second(office, "book-close", Act.BOOK_CLOSED, None, facts, session=second)
    with office.write() as writing:
        # Once more inside the transaction: what was consented to is this book, with these rows.
        _require_closable(office, key, year)
        if _rows(office, key, year) != rows:
            raise LedgerRefused(
                "the book {book} of {year} was changed in the meantime",
                book=key,
                year=year,
                hint="look at it, then try again",
            )
        entry = writing.append(Act.BOOK_CLOSED, None, facts, confirmed)
    return Closed(key, book.title, year, len(rows), digest, entry.sequence, year == today.year)


def _require_closable(office: Office, key: str, year: int) -> None:
    _require_open(office, key, year)
    _require_no_reserved(office, key, year)


def _rows(office: Office, key: str, year: int) -> list[list[int]]:
    return [[row.row, row.entry] for row in office.ledger.register(key, year)]


def _digest(office: Office, rows: list[list[int]]) -> Digest:
    """Return the digest of the book: of each row's number, its entry's number, and the entry's bytes."""
    said: list[JsonValue] = [
        [place, entry, str(Digest.of(office.ledger.entry_bytes(entry)))] for place, entry in rows
    ]
    return Digest.of(canonical.encode(said))


def _require_open(office: Office, key: str, year: int) -> None:
    closed = office.ledger.closed_books().get((key, year))
    if closed is not None:
        raise LedgerRefused(
            "the book {book} of {year} is closed already, by entry {entry}", book=key, year=year, entry=closed
        )


def _require_no_reserved(office: Office, key: str, year: int) -> None:
    waiting = [row for row in office.ledger.numbers(key, year) if row.state == "reserved"]
    if waiting:
        raise LedgerRefused(
            "{count} numbers of this book wait for their documents, first {number} of {document}",
            count=len(waiting),
            number=waiting[0].text,
            document=waiting[0].document,
            hint="issue them, or give them up with: securedoc void ID --why TEXT",
        )
