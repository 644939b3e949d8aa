"""Takes over an office's register of a former year: all of it in one transaction, or nothing."""

from dataclasses import dataclass
from typing import Final

from securedoc.books import reading
from securedoc.books.reading import OldBook, OldRow, Problem
from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.text import message
from securedoc.documents import sheet_reading
from securedoc.errors import LedgerRefused, PolicyRefused
from securedoc.office import consent
from securedoc.office.deferred import Second
from securedoc.office.office import Office
from securedoc.policy import packs
from securedoc.policy.model import Book
from securedoc.policy.vocabulary import BookUse

SHOWN_IN_ERROR: Final = 5


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file says, and what was taken over of it."""

    book: str
    title: str
    year: int
    rows: int
    problems: tuple[Problem, ...]
    source: Digest
    entry: int | None
    """Of the import; None: nothing was written."""


def look(office: Office, key: str, year: int, untrusted: bytes) -> Taken:
    """Read a file and list everything that is wrong with it; nothing is written.

    Raises:
        PolicyRefused: the officer may not, or this book is not taken over.
        DocumentMalformed, DocumentRefused: the file cannot be read, or has other columns.
    """
    form, old = _read(office, key, year, untrusted)
    return Taken(key, form.title, year, len(old.rows), tuple(old.problems), Digest.of(untrusted), None)


def take_over(office: Office, key: str, year: int, untrusted: bytes, second: Second) -> Taken:
    """Enter every row of a file, marked as imported, in one transaction, and close the book.

    Raises:
        LedgerRefused: a row has a problem; nothing was written.
        see `look` for the rest; PolicyRefused also where nobody confirmed.
    """
    form, old = _read(office, key, year, untrusted)
    source = Digest.of(untrusted)
    if old.problems:
        raise LedgerRefused(
            "{count} problems: nothing was taken over",
            count=len(old.problems),
            hint="list them with --dry-run, mend the file, then try again",
        )
    facts: JsonObject = {"book": key, "year": year, "rows": len(old.rows), "source": str(source)}
    confirmed = consent.second(office, "book-import", Act.BOOK_IMPORTED, None, facts, session=second)
    office.progress.start(message("taking over rows"), len(old.rows))
    with office.write() as writing:
        _require_empty(office, key, year)
        document = writing.next_document(year)
        for row in old.rows:
            writing.append(Act.DOCUMENT_IMPORTED, document, _facts(office, form, year, row, source))
            document = _next(document)
            office.progress.advance(1)
        # Last, since it closes the book: the office's paper of that year is ended.
        entry = writing.append(Act.BOOK_IMPORTED, None, facts, confirmed).sequence
    office.progress.finish()
    return Taken(key, form.title, year, len(old.rows), (), source, entry)


def _read(office: Office, key: str, year: int, untrusted: bytes) -> tuple[Book, OldBook]:
    office.permit("book-import")
    form = office.policy.book(key)
    if form.use not in reading.TAKEN_OVER:
        raise PolicyRefused(
            "{title} is not taken over from a file",
            title=form.title,
            hint="only the outgoing and the incoming book are",
        )
    if year >= office.today().year:
        raise PolicyRefused(
            "a book of a former year is taken over, not of {year}", year=year, hint="this year's goes on here"
        )
    old = reading.read(sheet_reading.read(untrusted), _forms(form), office.policy, year)
    if office.ledger.closed_books().get((key, year)) is not None or any(office.ledger.register(key, year)):
        words = message("there is a book {book} of {year} already", book=key, year=year)
        old.problems.insert(0, Problem(0, "", words))
    return form, old


def _forms(form: Book) -> list[Book]:
    """Return the forms that this book has had: an old book keeps the columns of its time."""
    others = [pack.books.get(form.key) for pack in map(packs.pack, packs.available())]
    return [form, *(one for one in others if one is not None and one.columns != form.columns)]


def _require_empty(office: Office, key: str, year: int) -> None:
    # Once more inside the transaction: of two who import at once, the second is refused.
    if any(office.ledger.register(key, year)):
        raise LedgerRefused("there is a book {book} of {year} already", book=key, year=year)


def _facts(office: Office, form: Book, year: int, row: OldRow, source: Digest) -> JsonObject:
    if row.date is None:
        raise ValueError("a row without a date was not refused")
    determined = row.date
    return {
        "book": form.key,
        "year": year,
        "row": row.row,
        "number": row.number if form.use is BookUse.OUTGOING else None,
        "number_text": row.number_text,
        "date": determined.isoformat(),
        "arrived": None if row.arrived is None else row.arrived.isoformat(),
        "from": row.sender,
        "type": row.type_key,
        "level": row.level,
        "subject": row.subject,
        "signer_name": row.signer_name,
        "recipients": list(row.recipients),
        "copies": row.copies,
        "unit": row.unit or office.card.unit,
        "note": row.note,
        "ends": office.policy.term_end(row.level, determined).isoformat(),
        "source": str(source),
        "outgoing": form.use is BookUse.OUTGOING,
    }


def _next(document: DocumentId) -> DocumentId:
    head, _, serial = document.rpartition("-")
    return DocumentId(f"{head}-{int(serial) + 1:06d}")
