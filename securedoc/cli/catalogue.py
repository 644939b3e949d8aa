"""Finds one sentence in a compiled gettext catalogue without reading the others."""

import struct

_HEAD = struct.Struct("<5I")
"""Magic number, format, count, then where the tables of sentences and of translations begin."""
_PLACE = struct.Struct("<2I")
"""Length and offset of one text."""


class Catalogue:
    """A catalogue in memory; a look-up is a binary search, so that `--help` pays for what it says alone."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        _, _, self._count, self._sentences, self._translations = _HEAD.unpack_from(data)

    def translate(self, english: str) -> str:
        """Return the translation, or the English where there is none."""
        wanted = english.encode()
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            found = self._text(self._sentences, middle)
            if found == wanted and wanted:
                return self._text(self._translations, middle).decode()
            low, high = (middle + 1, high) if found < wanted else (low, middle)
        return english

    def _text(self, table: int, index: int) -> bytes:
        length, offset = _PLACE.unpack_from(self._data, table + _PLACE.size * index)
        return self._data[offset : offset + length]
