"""What a change of level does to the tables: level, term and abstract, and who is to be told."""

from collections.abc import Iterator
from typing import Final

from securedoc.core.documents import DocumentState
from securedoc.core.entries import Act, Entry
from securedoc.ledger.facts import FactError, Facts
from securedoc.ledger.searchmarks import mark
from securedoc.ledger.store import Statement

# The abstract goes where the new level allows none: what stood in an earlier entry stays there alone.
_LEVEL: Final = (
    "UPDATE documents SET changed = ?1, level = ?2, ends = ?3,"
    " subject = CASE WHEN ?2 IN (SELECT level FROM levels_without_abstract) THEN NULL ELSE subject END"
    " WHERE id = ?4"
)
_SEARCH: Final = (
    "UPDATE search_text SET marks = trim(replace(' ' || marks || ' ', ?1, ?2)),"
    " subject = CASE WHEN ?3 IN (SELECT level FROM levels_without_abstract) THEN '' ELSE subject END"
    " WHERE created = (SELECT created FROM documents WHERE id = ?4)"
)


def _level_changed(entry: Entry, facts: Facts) -> Iterator[Statement]:
    old, new, ends = facts.text("from"), facts.text("to"), facts.maybe_day("ends")
    yield _LEVEL, (entry.sequence, new, ends, _about(entry))
    yield _SEARCH, (f" {mark('l', old)} ", f" {mark('l', new)} ", new, _about(entry))
    yield from _notices(entry, facts)


def _term_extended(entry: Entry, facts: Facts) -> Iterator[Statement]:
    sql = "UPDATE documents SET changed = ?, ends = ? WHERE id = ?"
    yield sql, (entry.sequence, facts.day("ends"), _about(entry))
    yield from _notices(entry, facts)


def _document_declassified(entry: Entry, facts: Facts) -> Iterator[Statement]:
    sql = "UPDATE documents SET changed = ?, ends = NULL, state = ? WHERE id = ?"
    yield sql, (entry.sequence, DocumentState.DECLASSIFIED.value, _about(entry))
    yield from _notices(entry, facts)


def _notice_sent(entry: Entry, facts: Facts) -> Iterator[Statement]:
    where = facts.integer("of"), facts.integer("item"), _about(entry)
    sql = "UPDATE notices SET sent = ? WHERE entry = ? AND item = ? AND document = ? AND sent IS NULL"
    yield sql, (entry.sequence, *where)


LEVELS: Final = {
    Act.LEVEL_CHANGED: _level_changed,
    Act.TERM_EXTENDED: _term_extended,
    Act.DOCUMENT_DECLASSIFIED: _document_declassified,
    Act.NOTICE_SENT: _notice_sent,
}


def _notices(entry: Entry, facts: Facts) -> Iterator[Statement]:
    for item, each in enumerate(facts.each("notices"), 1):
        values = entry.sequence, item, _about(entry), each.text("holder"), each.day("due")
        yield "INSERT INTO notices VALUES (?, ?, ?, ?, ?, NULL)", values


def _about(entry: Entry) -> str:
    if entry.about is None:
        raise FactError("about")
    return entry.about
