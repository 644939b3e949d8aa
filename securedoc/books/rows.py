"""Fills every book of the policy with its rows, in the official columns and order."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from securedoc.books import counting
from securedoc.books.counting import Period, report_period
from securedoc.core.copies import serial
from securedoc.core.documents import DocumentId
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.media import MediumState
from securedoc.core.officetime import day_of
from securedoc.core.text import Message, message
from securedoc.ledger.rows import DocumentRow, MediumRow
from securedoc.office.books import cells
from securedoc.office.office import Office
from securedoc.policy.model import Book
from securedoc.policy.vocabulary import BookUse

Say = Callable[[Message], str]
"""Puts a sentence into the language of the book."""

_MEDIUM_STATES: Final = {
    MediumState.REGISTERED: message("in use"),
    MediumState.RETIRED: message("out of use"),
    MediumState.SANITISING: message("being overwritten"),
    MediumState.SANITISED: message("overwritten"),
    MediumState.UNSANITISED: message("not overwritten: to be destroyed"),
}


def rows(  # noqa: PLR0913 - which rows, and how they are spelled
    office: Office,
    book: Book,
    year: int,
    say: Say,
    *,
    between: str = "; ",
    period: Period | None = None,
) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a book of one year: the text of each column, in the form's order."""
    for facts in _facts(office, book, year, say, period):
        yield cells(office.policy, book, facts, between)


def _facts(office: Office, book: Book, year: int, say: Say, period: Period | None) -> Iterator[JsonObject]:
    match book.use:
        case BookUse.STATISTICS:
            yield from _statistics(office, period or report_period(office, dt.date(year, 1, 1)))
        case BookUse.MEDIA:
            yield from _media(office, year, say)
        case BookUse.PROPOSAL:
            yield from _proposals(office, year)
        case BookUse.COPYING:
            for row in office.ledger.register(book.key, year):
                yield {**row.facts, "recipients": _who_got_which(row.facts), "copy_serials": None}
        case BookUse.HANDOVER | BookUse.LOANS | BookUse.CARRYING:
            for row in office.ledger.register(book.key, year):
                yield {**row.facts, "note": _noted(row.facts, say)}
        case _:
            for row in office.ledger.register(book.key, year):
                yield row.facts


def _noted(facts: JsonObject, say: Say) -> str:
    """Return the remark of a move: which copy, until when, and what the officer noted."""
    noted = [say(message("copy no. {copy}", copy=serial(str(facts["copy"]))))]
    until = facts.get("until")
    if until is not None:
        day = dt.date.fromisoformat(str(until)).strftime("%d/%m/%Y")
        noted.append(say(message("due {day}", day=day)))
    return "; ".join([*noted, *([str(facts["note"])] if facts.get("note") else [])])


def _who_got_which(facts: JsonObject) -> list[str]:
    """Return each copy made and whom it is for."""
    made = facts.get("made")
    if not isinstance(made, list | tuple):
        return []
    return [f"{serial(str(each['copy']))}: {each['for']}" for each in made if isinstance(each, Mapping)]


def _statistics(office: Office, period: Period) -> Iterator[JsonObject]:
    """Yield the numbers of a period, or of so much of it as is past: a row for each level."""
    last = min(period.last, office.today())
    said = f"{period.first:%d/%m/%Y} – {last:%d/%m/%Y}"
    for level, one in counting.count(office, Period(period.first, last)).items():
        yield {"period": said, "level": level, **{name: getattr(one, name) for name in counting.COUNTS}}


def _media(office: Office, year: int, say: Say) -> Iterator[JsonObject]:
    number = 0
    for medium in office.ledger.media():
        day = _day_of(office, medium.entry)
        if day.year == year:
            number += 1
            yield _medium(office, medium, number, day, say)


def _medium(office: Office, medium: MediumRow, number: int, day: dt.date, say: Say) -> JsonObject:
    ended = None if medium.in_use else _day_of(office, medium.changed).isoformat()
    return {
        "row": number,
        "date": day.isoformat(),
        "medium": medium.medium,
        "label": medium.label,
        "keeper": medium.keeper,
        "device": medium.device_serial,
        "state": say(_MEDIUM_STATES[medium.state]),
        "returned_on": ended,
    }


def _proposals(office: Office, year: int) -> Iterator[JsonObject]:
    for row in reversed(office.ledger.documents()):
        if row.drafter is not None and _year_of(row.id) == year:
            yield _proposal(row)


def _proposal(row: DocumentRow) -> JsonObject:
    return {
        "type": row.type_key,
        "subject": row.subject,
        "unit": row.unit,
        "drafter_name": row.drafter_name,
        "level": row.level,
        "list_basis": row.list_basis,
        "copies": row.copies,
        "recipients": list(row.recipients),
    }


def _year_of(document: DocumentId) -> int:
    return int(document.split("-")[1])


def _day_of(office: Office, entry: int) -> dt.date:
    return day_of(office.ledger.entry(entry).at)
