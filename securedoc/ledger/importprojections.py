"""What taking over an old register does to the tables: documents from before this ledger was."""

from collections.abc import Iterator
from typing import Final

from securedoc.core.documents import DocumentState
from securedoc.core.entries import Act, Entry
from securedoc.formats import canonical
from securedoc.ledger.custodyprojections import book_row
from securedoc.ledger.facts import FactError, Facts
from securedoc.ledger.folding import fold
from securedoc.ledger.searchmarks import marks
from securedoc.ledger.store import Statement

_DOCUMENT: Final = (
    "INSERT INTO documents (created, id, changed, state, type, level, subject, list_basis, recipients,"
    " copies, copying_permitted, drafter, drafter_name, unit, version, book, year, number, number_text, date,"
    " row, signer_name, sender, arrived, ends)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, ?, 0, NULL, '', ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def _document_imported(entry: Entry, facts: Facts) -> Iterator[Statement]:
    if entry.about is None:
        raise FactError("about")
    outgoing = facts.flag("outgoing")
    state = DocumentState.REGISTERED if outgoing else DocumentState.RECEIVED
    subject, recipients = facts.maybe_text("subject"), facts.texts("recipients")
    book, year, number = facts.text("book"), facts.integer("year"), facts.maybe_integer("number")
    text, day, level, sender = (
        facts.text("number_text"),
        facts.day("date"),
        facts.text("level"),
        facts.text("from"),
    )
    kind = facts.text("type")
    named = entry.sequence, entry.about, entry.sequence, state.value, kind, level, subject
    told = canonical.encode(recipients).decode(), facts.integer("copies"), facts.text("unit")
    placed = book, year, number, text, day, facts.integer("row")
    rest = facts.text("signer_name"), sender, facts.maybe_day("arrived"), facts.maybe_day("ends")
    yield _DOCUMENT, (*named, *told, *placed, *rest)
    if number is not None:
        used = book, year, number, text, entry.about, entry.sequence
        yield "INSERT INTO numbers VALUES (?, ?, ?, ?, 'used', ?, ?)", used
    people = " ".join(recipients) if outgoing else sender
    folded = fold(subject or ""), fold(text), fold(people), fold(kind)
    searched = entry.sequence, *folded, marks(level, book, day)
    yield "INSERT INTO search_text VALUES (?, ?, ?, ?, ?, ?)", searched
    yield book_row(entry, facts)


IMPORTS: Final = {Act.DOCUMENT_IMPORTED: _document_imported}
