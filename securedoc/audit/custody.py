"""Checks that what went out or was asked back came back, that holders were told, and books closed."""

from collections.abc import Iterator

from securedoc.audit.outcomes import Outcome, failed, passed
from securedoc.core.findings import Severity
from securedoc.core.text import message
from securedoc.errors import LedgerIncomplete
from securedoc.office.office import Office


def custody(office: Office) -> Iterator[Outcome]:
    """Find copies that are out too long, holders nobody told, and books of former years left open."""
    late = [*_out_too_long(office), *_not_told(office)]
    yield from late
    if not late:
        count = len(office.ledger.moves(out_only=True))
        words = message(
            "{count} copies are out, none beyond its day; every holder was told in time", count=count
        )
        yield passed("custody.overdue", words)
    yield from _open_books(office)


def _out_too_long(office: Office) -> Iterator[Outcome]:
    today = office.today()
    asked = {move.entry: recall.until for recall, move in office.ledger.recalled_out()}
    for move in office.ledger.moves(out_only=True):
        days = [day for day in (move.until, asked.get(move.entry)) if day is not None and day < today]
        if days:
            error = LedgerIncomplete(
                "copy {copy} of {document} is with {holder}, and was due back on {day}",
                copy=move.copy,
                document=move.document,
                holder=move.holder,
                day=min(days).isoformat(),
                hint="get it back, then: securedoc return {document} --copy {copy}",
            )
            yield failed("custody.overdue", error, about=move.document, severity=Severity.MEDIUM)


def _not_told(office: Office) -> Iterator[Outcome]:
    for notice in office.ledger.notices(waiting=True):
        if notice.due < office.today():
            error = LedgerIncomplete(
                "{holder} was to be told about {document} by {day}, and nobody entered it",
                holder=notice.holder,
                document=notice.document,
                day=notice.due.isoformat(),
                hint="tell them, then: securedoc level told {document} --to NAME",
            )
            yield failed("custody.notice", error, about=notice.document, severity=Severity.MEDIUM)


def _open_books(office: Office) -> Iterator[Outcome]:
    closed, this_year = office.ledger.closed_books(), office.today().year
    left = [
        (book, year)
        for book, year, _ in office.ledger.books()
        if year < this_year and (book, year) not in closed
    ]
    for book, year in left:
        error = LedgerIncomplete(
            "the book {book} of {year} was never closed",
            book=book,
            year=year,
            hint="print it, then: securedoc book close {book} --year {year} --second OFFICER",
        )
        yield failed("books.closed", error, about=f"{book}/{year}", severity=Severity.LOW)
    if not left:
        yield passed("books.closed", message("no book of a former year is open"))
