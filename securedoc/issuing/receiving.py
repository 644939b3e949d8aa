"""Registers an incoming document."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from securedoc.core.documents import DocumentId, DocumentState, Kind, Level
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.errors import PolicyRefused
from securedoc.ledger.search import SearchQuery
from securedoc.office.objectfacts import facts_of
from securedoc.office.office import Office
from securedoc.office.wording import field, one_line
from securedoc.policy.vocabulary import BookUse

FARTHEST_DATE: Final = timedelta(days=31)
"""A paper may be dated ahead of its day; beyond this it is a slip of the keys."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What is written on the paper that came in."""

    sender: str
    number_text: str
    dated: date
    level: Level
    type_key: str
    subject: str | None
    copies: int
    unit: str
    note: str
    scan: bytes | None


@dataclass(frozen=True, slots=True)
class Received:
    """Where it stands in the incoming book."""

    document: DocumentId
    book: str
    book_title: str
    year: int
    row: int
    twins: tuple[DocumentId, ...]
    """Registered before from the same sender with the same number and date: perhaps the same paper."""


def receive(office: Office, incoming: Incoming) -> Received:
    """Register an incoming document, and seal its scan where there is one.

    Raises:
        PolicyRefused: the officer may not; the level's abstracts must not be written in a book,
            or its documents must not be digitised; words that cannot be read, a date far ahead.
    """
    policy = office.policy
    office.permit("receive", incoming.level)
    policy.document_type(incoming.type_key)
    subject = None if incoming.subject is None else one_line(incoming.subject) or None
    policy.refuse_abstract(incoming.level, subject)
    sender, number_text = field(incoming.sender), field(incoming.number_text)
    if incoming.scan is not None:
        office.permit("digitise", incoming.level)
    arrived = office.today()
    if incoming.dated - arrived > FARTHEST_DATE:
        raise PolicyRefused(
            "an incoming document is not dated so far ahead: {date}",
            date=incoming.dated.isoformat(),
            hint="look at the date on the paper, then at the clock of this machine",
        )
    form = policy.book_for(BookUse.INCOMING)
    book = form.key
    with office.write() as writing, office.new_document_key() as key:
        twins = _twins(office, sender, number_text, incoming.dated)
        document = writing.next_document(arrived.year)
        row = writing.next_row(book, arrived.year)
        made = () if incoming.scan is None else (office.seal(document, 1, Kind.SCAN, incoming.scan, key),)
        facts: JsonObject = {
            "book": book,
            "year": arrived.year,
            "row": row,
            "arrived": arrived.isoformat(),
            "from": sender,
            "number_text": number_text,
            "date": incoming.dated.isoformat(),
            "type": incoming.type_key,
            "level": incoming.level,
            "subject": subject,
            "copies": incoming.copies,
            "unit": one_line(incoming.unit) or office.card.unit,
            "note": one_line(incoming.note),
            "ends": policy.term_end(incoming.level, incoming.dated).isoformat(),
            "objects": facts_of(made),
        }
        writing.append(Act.DOCUMENT_RECEIVED, document, facts)
        if made:
            office.keep_document_key(writing, document, office.session.officer, key)
    return Received(document, book, form.title, arrived.year, row, twins)


def _twins(office: Office, sender: str, number_text: str, dated: date) -> tuple[DocumentId, ...]:
    """Find what came before under the same number (decree 30/2020, Appendix VI: alert on duplicates)."""
    found = office.ledger.search(
        SearchQuery(text=number_text, state=DocumentState.RECEIVED, from_date=dated, to_date=dated)
    )
    return tuple(row.id for row in found.hits if (row.sender, row.number_text) == (sender, number_text))
