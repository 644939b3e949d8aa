"""Search: every word must match, by its beginning, without case or diacritics; newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from securedoc.core.documents import DocumentState, Level
from securedoc.errors import LedgerRefused
from securedoc.ledger import rows
from securedoc.ledger.folding import words
from securedoc.ledger.rows import DocumentRow
from securedoc.ledger.searchmarks import mark
from securedoc.ledger.store import Store

COUNTED: Final = 1000
"""Hits are counted up to here: counting half a million would take longer than anybody waits."""
MAX_WORDS: Final = 16

_ANYTHING = "marks : 0l0 *"
_TEXT_COLUMNS = "{subject number correspondents type}"
_COMMON = frozenset({None, DocumentState.REGISTERED, DocumentState.RECEIVED})
_MONTHS_BY_NAME = 36
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What to look for; every condition that is given must hold."""

    text: str = ""
    book: str | None = None
    level: Level | None = None
    state: DocumentState | None = None
    from_date: date | None = None
    to_date: date | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What was found."""

    total: int
    """How many documents match, counted up to `COUNTED`."""
    hits: tuple[DocumentRow, ...]


def search(store: Store, query: SearchQuery) -> SearchResult:
    """Find documents.

    Raises:
        LedgerRefused: more words than anybody means, or a limit that is none.
    """
    if query.limit < 1:
        raise LedgerRefused("a search shows at least one document")
    match = " AND ".join(_conditions(query))
    if not match and query.state is not None:
        match = _ANYTHING
    if not match:
        raise LedgerRefused("there is nothing to search for", hint="give a word, a book, a level or a date")
    exact, values = _exactly(query)
    if query.state in _COMMON:
        # Most documents are of this state: read the index from its newest end and look each one up.
        found = (
            "FROM search_index CROSS JOIN documents ON documents.created = search_index.rowid"
            f" WHERE search_index MATCH ?{exact}"
        )
    else:
        # Few are: read those and ask the index about each.
        found = (
            "FROM documents INDEXED BY documents_by_state CROSS JOIN search_index"
            f" ON search_index.rowid = documents.created WHERE search_index MATCH ?{exact}"
        )
    counted = f"SELECT count(*) FROM (SELECT 1 {found} LIMIT {COUNTED})"  # noqa: S608 - constants
    shown = f"SELECT {rows.DOCUMENT_COLUMNS} {found}"
    order = "search_index.rowid" if query.state in _COMMON else "documents.created"
    hits = store.rows(f"{shown} ORDER BY {order} DESC LIMIT ?", (match, *values, query.limit))
    total = store.value(counted, (match, *values))
    return SearchResult(total, tuple(rows.document_row(row) for row in hits))


def _conditions(query: SearchQuery) -> Iterator[str]:
    sought = words(query.text)
    if len(sought) > MAX_WORDS:
        raise LedgerRefused("a search has at most {limit} words", limit=MAX_WORDS)
    if query.text.strip() and not sought:
        raise LedgerRefused("there is no letter or digit in what is searched for")
    # The words are a-z and 0-9 after folding: nothing in them can be an operator of the index.
    yield from (f'{_TEXT_COLUMNS} : "{word}" *' for word in sought)
    narrowing = {"l": query.level, "b": query.book}
    yield from (f'marks : "{mark(kind, key)}"' for kind, key in narrowing.items() if key is not None)
    if query.from_date is not None or query.to_date is not None:
        yield f"marks : ({' OR '.join(_periods(query))})"


def _periods(query: SearchQuery) -> Iterator[str]:
    """Name the months, or the years of a longer time, that the dates sought fall in."""
    first, last = query.from_date or date(1945, 1, 1), query.to_date or date(2100, 12, 31)
    begins, ends = (each.year * _MONTHS + each.month - 1 for each in (first, last))
    if ends - begins < _MONTHS_BY_NAME:
        names = [f"{month // _MONTHS:04d}-{month % _MONTHS + 1:02d}" for month in range(begins, ends + 1)]
        yield from (f'"{mark("m", name)}"' for name in names or ["none"])
    else:
        yield from (f'"{mark("y", f"{year:04d}")}"' for year in range(first.year, last.year + 1))


def _exactly(query: SearchQuery) -> tuple[str, list[str]]:
    """Return the comparisons that the tables make: of states, and of dates to the day."""
    conditions = {
        " AND documents.state = ?": None if query.state is None else query.state.value,
        " AND documents.date >= ?": None if query.from_date is None else query.from_date.isoformat(),
        " AND documents.date <= ?": None if query.to_date is None else query.to_date.isoformat(),
    }
    given = {sql: value for sql, value in conditions.items() if value is not None}
    return "".join(given), list(given.values())
