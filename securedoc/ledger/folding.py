"""Words as people type them when they search: no case, no diacritics, `đ` as `d`."""

import re
import unicodedata
from functools import lru_cache

_MARKS = re.compile("[\u0300-\u036f]+")
_WORD = re.compile(r"[a-z0-9]+")
# Letters that Unicode does not decompose into a letter and a mark.
_LETTERS = str.maketrans({"đ": "d", "ð": "d", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe"})
_LONGEST = 64


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Return the words of `text`, folded and parted by single spaces."""
    return " ".join(words(text))


def words(text: str) -> list[str]:
    """Return the folded words of `text`; whatever is not a letter or digit parts them.

    A word that stays outside a-z and 0-9 is spelled by its code points, so that it is found too.
    """
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold())).translate(_LETTERS)
    if plain.isascii():
        return [word[:_LONGEST] for word in _WORD.findall(plain)]
    spelled = "".join(c if c.isascii() or not c.isalnum() else f"u{ord(c):x}" for c in plain)
    return [word[:_LONGEST] for word in _WORD.findall(spelled)]
