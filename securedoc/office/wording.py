"""Takes one line of words from a person: what stands in a book or on paper must read as it was meant."""

import unicodedata
from typing import Final

from securedoc.errors import PolicyRefused
from securedoc.system.terminal import visible

MAX_WORDS: Final = 500
"""Of a name or a note that stands in one field of a book."""


def one_line(untrusted_text: str) -> str:
    """Return the words with single blanks between them, spelled with composed letters.

    Characters that cannot be seen are refused, not dropped: they turn the reading direction or
    make two numbers look alike, and whoever pasted them shall know.

    Raises:
        PolicyRefused: it holds a character that cannot be seen.
    """
    text = " ".join(unicodedata.normalize("NFC", untrusted_text).split())
    for character in text:
        if visible(character) != character:
            raise PolicyRefused(
                "the words hold a character that cannot be seen: U+{code}",
                code=f"{ord(character):04X}",
                hint="type the words again instead of pasting them",
            )
    return text


def field(untrusted_text: str) -> str:
    """Return the words of a field that must not be empty.

    Raises:
        PolicyRefused: it is empty, too long, or holds a character that cannot be seen.
    """
    text = one_line(untrusted_text)
    if not 0 < len(text) <= MAX_WORDS:
        raise PolicyRefused(
            "a name or a number has 1 to {limit} characters, this one has {count}",
            limit=MAX_WORDS,
            count=len(text),
        )
    return text
