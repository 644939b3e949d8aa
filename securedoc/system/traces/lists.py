"""Reads lists that programs keep, entry by entry, and writes them again without some."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from securedoc.system.traces.places import Form

MOST_BYTES: Final = 32 * 1024 * 1024
"""Of a list that is taken apart; a larger one is left to its owner."""
_PERCENT: Final = re.compile(rb"%([0-9a-fA-F]{2})")
_ELEMENTS: Final = {
    Form.XBEL: (re.compile(rb"<bookmark[\s>]"), b"</bookmark>"),
    Form.XCU: (re.compile(rb"<item[\s>]"), b"</item>"),
}


def entries(form: Form, data: bytes) -> Iterator[bytes]:
    """Yield the entries of a list, as they stand."""
    for begin, end in _spans(form, data):
        yield data[begin:end]


def without(form: Form, data: bytes, named: Callable[[bytes], bool]) -> tuple[bytes, int]:
    """Return the list without the entries that are `named`, and how many those were; all else as it was."""
    kept, at, taken = [], 0, 0
    for begin, end in _spans(form, data):
        if named(data[begin:end]):
            kept.append(data[at:begin])
            at = end
            taken += 1
    return b"".join([*kept, data[at:]]), taken


def _spans(form: Form, data: bytes) -> Iterator[tuple[int, int]]:
    if form in _ELEMENTS:
        return _elements(data, *_ELEMENTS[form])
    return _lines(data, blocks=form is Form.BLOCKS)


def _elements(data: bytes, opening: "re.Pattern[bytes]", closing: bytes) -> Iterator[tuple[int, int]]:
    """Yield where elements are that do not hold their own kind, with the space around and the line end."""
    after = 0
    while match := opening.search(data, after):
        end = data.find(closing, match.end())
        if end < 0:
            return
        begin = match.start()
        while begin > after and data[begin - 1] in b" \t":
            begin -= 1
        end += len(closing)
        after = end + (data[end : end + 1] == b"\r")
        after = after + 1 if data[after : after + 1] == b"\n" else end
        yield begin, after


def _lines(data: bytes, *, blocks: bool) -> Iterator[tuple[int, int]]:
    """Yield where lines are; of `blocks`, with the indented lines after each."""
    begin = end = 0
    for line in data.splitlines(keepends=True):
        if end > begin and not (blocks and line[:1] in {b" ", b"\t"}):
            yield begin, end
            begin = end
        end += len(line)
    if end > begin:
        yield begin, end


def unquoted(entry: bytes) -> bytes:
    """Return an entry with the names in it as files have them: `%20` is a space."""
    return _PERCENT.sub(lambda match: bytes((int(match[1], 16),)), entry)
