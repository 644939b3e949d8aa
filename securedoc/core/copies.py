"""Numbered copies of a document, as far as everybody must speak of them alike."""

import re
from enum import StrEnum
from typing import Final


class CodeKind(StrEnum):
    """Which small code stands on the pages of a printed copy."""

    DATA_MATRIX = "data-matrix"
    QR = "qr"
    NONE = "none"
    """The copy's number in clear alone."""


MADE: Final = "s"
"""Begins the name of a copy that was made after the document was issued: `s2`, bản sao số 2."""

_NAME: Final = re.compile("s?[1-9][0-9]{0,3}")


def copy_name(untrusted_text: str) -> str:
    """Read which copy is meant: `2` of those issued, `s2` of those made afterwards; `02` and `S02` too.

    Raises:
        ValueError: it is something else.
    """
    text = untrusted_text.strip().casefold()
    begin = MADE if text.startswith(MADE) else ""
    name = begin + text.removeprefix(MADE).lstrip("0")
    if not _NAME.fullmatch(name):
        raise ValueError("not the name of a copy")
    return name


def serial(copy: str) -> str:
    """Spell a copy as it stands on paper: `02`, and `S02` for one that was made afterwards."""
    begin = MADE.upper() if copy.startswith(MADE) else ""
    return f"{begin}{int(copy.removeprefix(MADE)):02d}"
