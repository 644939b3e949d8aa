"""Spells the words by which a search is narrowed: level, book, month; each a single token of the index."""

from functools import lru_cache

from securedoc.ledger.folding import words


def marks(level: str, book: str | None, day: str | None) -> str:
    """Return the words by which a search is narrowed: each one a single token."""
    return " ".join([mark("l", level), *placed(book, day)])


def placed(book: str | None, day: str | None) -> list[str]:
    """Return the words for a book, and for the year and month of a day."""
    booked = [] if book is None else [mark("b", book)]
    return booked if day is None else [*booked, mark("y", day[:4]), mark("m", day[:7])]


@lru_cache(maxsize=1024)
def mark(kind: str, key: str) -> str:
    """Spell one narrowing word; `0` first, so that no word of a text is ever taken for it by prefix."""
    return f"0{kind}0" + "".join(words(key))
