"""What custody does to the tables: copies made, moved and brought back, recalls, books closed."""

from collections.abc import Iterator
from typing import Final

from securedoc.core.entries import Act, Entry
from securedoc.ledger.facts import FactError, Facts
from securedoc.ledger.store import Statement

_BROUGHT_BACK: Final = (
    "UPDATE moves SET returned = ?, returned_at = ?"
    " WHERE entry = ? AND document = ? AND copy = ? AND returned IS NULL"
)


def moment(entry: Entry) -> str:
    """Spell the time of an entry so that texts are ordered as times are."""
    return entry.at.isoformat(timespec="microseconds")


def book_row(entry: Entry, facts: Facts) -> Statement:
    """Return what enters a row of a book."""
    place = facts.text("book"), facts.integer("year"), facts.integer("row")
    return "INSERT INTO book_rows VALUES (?, ?, ?, ?, ?)", (*place, _about(entry), entry.sequence)


def _copy_handed(entry: Entry, facts: Facts) -> Iterator[Statement]:
    yield from _moved(entry, facts, "handover", None)


def _copy_lent(entry: Entry, facts: Facts) -> Iterator[Statement]:
    yield from _moved(entry, facts, "loan", facts.day("until"))


def _copy_carried(entry: Entry, facts: Facts) -> Iterator[Statement]:
    yield from _moved(entry, facts, "carry", facts.day("until"))


def _copy_returned(entry: Entry, facts: Facts) -> Iterator[Statement]:
    where = facts.integer("move"), _about(entry), facts.text("copy")
    yield _BROUGHT_BACK, (entry.sequence, moment(entry), *where)


def _document_recalled(entry: Entry, facts: Facts) -> Iterator[Statement]:
    values = entry.sequence, _about(entry), moment(entry), facts.day("until")
    yield "INSERT INTO recalls VALUES (?, ?, ?, ?)", values


def _copies_made(entry: Entry, facts: Facts) -> Iterator[Statement]:
    kind = facts.text("copy_kind")
    for each in facts.each("made"):
        made = _about(entry), each.text("copy"), entry.sequence, moment(entry), kind, each.text("for")
        yield "INSERT INTO made_copies VALUES (?, ?, ?, ?, ?, ?)", made
    yield book_row(entry, facts)


def _book_closed(entry: Entry, facts: Facts) -> Iterator[Statement]:
    values = facts.text("book"), facts.integer("year"), entry.sequence, facts.integer("rows")
    yield "INSERT INTO closed_books VALUES (?, ?, ?, ?)", values


CUSTODY: Final = {
    Act.CUSTODY_HANDED: _copy_handed,
    Act.CUSTODY_LENT: _copy_lent,
    Act.CUSTODY_CARRIED: _copy_carried,
    Act.CUSTODY_RETURNED: _copy_returned,
    Act.DOCUMENT_RECALLED: _document_recalled,
    Act.COPIES_MADE: _copies_made,
    Act.BOOK_CLOSED: _book_closed,
    Act.BOOK_IMPORTED: _book_closed,  # a book of a former year is taken over whole
}


def _moved(entry: Entry, facts: Facts, kind: str, until: str | None) -> Iterator[Statement]:
    moved = _about(entry), facts.text("copy"), kind, facts.text("holder"), moment(entry), until
    yield "INSERT INTO moves VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)", (entry.sequence, *moved)
    yield book_row(entry, facts)


def _about(entry: Entry) -> str:
    if entry.about is None:
        raise FactError("about")
    return entry.about
