"""Makes the printable register of one book and year out of the ledger."""

from datetime import date
from typing import Final

from securedoc.books import rows as filling
from securedoc.books.counting import Period
from securedoc.books.rows import Say
from securedoc.core.entries import Act
from securedoc.core.officetime import OFFICE_TIME, day_of
from securedoc.core.text import message
from securedoc.documents.register import Register, RegisterColumn, RegisterWords
from securedoc.office.office import Office
from securedoc.policy.model import Book
from securedoc.policy.vocabulary import CoverField

_BY_HAND: Final = "………"


def make(office: Office, book: Book, year: int, say: Say, *, period: Period | None = None) -> Register:
    """Return the register of a book: its cover filled in, the columns that are signed left for ink.

    `period`: of the statistics, where it is not the policy's own.

    Raises:
        LedgerUntrusted: an entry behind it is malformed.
    """
    # Each recipient on a line of its own, as the form asks: there the signatures stand.
    rows = tuple(filling.rows(office, book, year, say, between="\n", period=period))
    columns = tuple(RegisterColumn(one.number, one.title, one.signed) for one in book.columns)
    days = (period.first, period.last) if period is not None else _period(office, book, year)
    training = say(message("TRAINING: this vault holds no real secrets")) if office.card.training else ""
    words = RegisterWords(
        page=say(message("Page")),
        sheets=(say(message("Cover")), say(message("Register"))),
        training=training,
        closing=_closing(office, book, year, len(rows), say),
        signers=(say(message("Kept by")), say(message("Head of the agency"))),
    )
    return Register(
        superior=office.card.superior if CoverField.SUPERIOR in book.cover else "",
        agency=office.card.office,
        title=book.title,
        cover=_cover(book, year, len(rows), days, say),
        columns=columns,
        rows=rows,
        words=words,
        day=office.today(),
    )


def _cover(book: Book, year: int, count: int, period: tuple[date, date] | None, say: Say) -> tuple[str, ...]:
    """Return the lines of the cover in the order in which the policy names them."""
    from_to = (_BY_HAND, _BY_HAND) if period is None else tuple(f"{day:%d/%m/%Y}" for day in period)
    serials = (_BY_HAND, _BY_HAND) if not count else ("01", f"{count:02d}")
    lines = {
        CoverField.YEAR: say(message("Year: {year}", year=year)),
        CoverField.PERIOD: say(message("From {first} to {last}", first=from_to[0], last=from_to[1])),
        CoverField.SERIALS: say(message("From number {first} to {last}", first=serials[0], last=serials[1])),
        CoverField.BOOK_NUMBER: say(message("Book no.: {number}", number=_BY_HAND)),
    }
    return tuple(lines[one] for one in book.cover if one in lines)


def _period(office: Office, book: Book, year: int) -> tuple[date, date] | None:
    """Return the days of the first and the last row; None where the book has no rows of its own."""
    ends = [row.entry for row in office.ledger.register(book.key, year)]
    if not ends:
        return None
    first, last = (day_of(office.ledger.entry(entry).at) for entry in (ends[0], ends[-1]))
    return first, last


def _closing(office: Office, book: Book, year: int, count: int, say: Say) -> tuple[str, ...]:
    lines = [say(message("This book has {count} rows.", count=count))]
    closed = office.ledger.closed_books().get((book.key, year))
    if closed is not None:
        entry = office.ledger.entry(closed)
        day = entry.at.astimezone(OFFICE_TIME)
        if entry.act is Act.BOOK_IMPORTED:
            words = message(
                "Taken over on {day} by entry {entry}; digest of the file: {digest}",
                day=f"{day:%d/%m/%Y}",
                entry=closed,
                digest=str(entry.facts.get("source")),
            )
            return (*lines, say(words))
        lines.append(
            say(
                message(
                    "Closed on {day} by entry {entry}; digest of its rows: {digest}",
                    day=f"{day:%d/%m/%Y}",
                    entry=closed,
                    digest=str(entry.facts.get("digest")),
                )
            )
        )
    return tuple(lines)
