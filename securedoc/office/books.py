"""Fills the columns of a book from the facts of its rows."""

from collections.abc import Sequence
from datetime import date

from securedoc.core.jsonvalue import JsonObject, JsonValue
from securedoc.policy.model import Book
from securedoc.policy.policy import Policy
from securedoc.policy.vocabulary import BookFact


def cells(policy: Policy, book: Book, facts: JsonObject) -> tuple[str, ...]:
    """Return the text of each column of `book` for one row, in the form's order."""
    return tuple(
        ", ".join(part for part in (_cell(policy, fact, facts.get(fact)) for fact in column.facts) if part)
        for column in book.columns
    )


def _cell(policy: Policy, fact: BookFact, value: JsonValue) -> str:
    if value is None or fact is BookFact.NONE:
        return ""
    match fact:
        case BookFact.TYPE:
            return policy.document_type(str(value)).name
        case BookFact.LEVEL:
            return policy.level(str(value)).name
        case BookFact.DATE | BookFact.ARRIVED:
            return date.fromisoformat(str(value)).strftime("%d/%m/%Y")
        case BookFact.ROW:
            return f"{value:02d}" if isinstance(value, int) else str(value)
        case _:
            return _plain(value)


def _plain(value: JsonValue) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(str(part) for part in value)
    return str(value)
