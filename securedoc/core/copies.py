"""Numbered copies of a document, as far as everybody must speak of them alike."""

from enum import StrEnum


class CodeKind(StrEnum):
    """Which small code stands on the pages of a printed copy."""

    DATA_MATRIX = "data-matrix"
    QR = "qr"
    NONE = "none"
    """The copy's number in clear alone."""
