"""Reads lists that programs keep, entry by entry, and writes them again without some."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from securedoc.system.traces.places import Form

MOST_BYTES: Final = 32 * 1024 * 1024
"""Of a list that is taken apart; a larger one is left to its owner."""
_PERCENT: Final = re.compile(rb"%([0-9a-fA-F]{2})")
# The shortest text between opening and end: elements of these two kinds do not hold their own kind.
_ENTRIES: Final = {
    Form.XBEL: re.compile(rb"[ \t]*<bookmark\b.*?</bookmark>[ \t]*\r?\n?", re.DOTALL),
    Form.XCU: re.compile(rb"[ \t]*<item\b.*?</item>[ \t]*\r?\n?", re.DOTALL),
    Form.LINES: re.compile(rb"[^\n]*\n|[^\n]+\Z"),
    Form.BLOCKS: re.compile(rb"(?:[^\n]*\n|[^\n]+\Z)(?:[ \t][^\n]*(?:\n|\Z))*"),
}


def entries(form: Form, data: bytes) -> Iterator[bytes]:
    """Yield the entries of a list, as they stand."""
    for match in _ENTRIES[form].finditer(data):
        yield match[0]


def without(form: Form, data: bytes, named: Callable[[bytes], bool]) -> tuple[bytes, int]:
    """Return the list without the entries that are `named`, and how many those were; all else as it was."""
    taken = 0

    def keep(match: "re.Match[bytes]") -> bytes:
        nonlocal taken
        if named(match[0]):
            taken += 1
            return b""
        return match[0]

    return _ENTRIES[form].sub(keep, data), taken


def unquoted(entry: bytes) -> bytes:
    """Return an entry with the names in it as files have them: `%20` is a space."""
    return _PERCENT.sub(lambda match: bytes((int(match[1], 16),)), entry)
