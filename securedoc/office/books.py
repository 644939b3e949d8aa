"""Fills the columns of a book from the facts of its rows."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from securedoc.core.jsonvalue import JsonObject, JsonValue
from securedoc.core.officetime import OFFICE_TIME
from securedoc.policy.model import Book
from securedoc.policy.policy import Policy
from securedoc.policy.vocabulary import BookFact


def cells(policy: Policy, book: Book, facts: JsonObject, between: str = "; ") -> tuple[str, ...]:
    """Return the text of each column of `book` for one row, in the form's order.

    `between` parts the items of a list.
    """
    return tuple(
        ", ".join(
            part for part in (_cell(policy, fact, facts.get(fact), between) for fact in column.facts) if part
        )
        for column in book.columns
    )


_DAYS: Final = frozenset(
    {BookFact.DATE, BookFact.ARRIVED, BookFact.MOVED_ON, BookFact.RETURNED_ON, BookFact.MADE_ON}
)
_MOMENTS: Final = frozenset({BookFact.OUT_AT, BookFact.BACK_AT})


def _cell(policy: Policy, fact: BookFact, value: JsonValue, between: str) -> str:
    if value is None or fact is BookFact.NONE:
        return ""
    if fact in _DAYS:
        return date.fromisoformat(str(value)).strftime("%d/%m/%Y")
    if fact in _MOMENTS:
        return datetime.fromisoformat(str(value)).astimezone(OFFICE_TIME).strftime("%H:%M %d/%m/%Y")
    if fact is BookFact.ROW:
        return f"{value:02d}" if isinstance(value, int) else str(value)
    if isinstance(value, str):
        return _name(policy, fact, value)
    return _plain(value, between)


def _name(policy: Policy, fact: BookFact, key: str) -> str:
    """Return what a key is called; a key that only an older policy had stays as it is."""
    match fact:
        case BookFact.TYPE if key in policy.types:
            return policy.types[key].name
        case BookFact.LEVEL if key in policy.levels:
            return policy.levels[key].name
        case BookFact.COPY_KIND if key in policy.copying.kinds:
            return policy.copying.kinds[key].name
        case _:
            return key


def _plain(value: JsonValue, between: str) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return between.join(str(part) for part in value)
    return str(value)
