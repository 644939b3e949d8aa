"""Names and places of the signature fields that a document of ours has."""

from dataclasses import dataclass
from typing import Final

AUTHOR_FIELD: Final = "NguoiKy"
"""Field of the person who signs; certifies the document."""
SEAL_FIELD: Final = "CoQuan"
"""Field of the office's seal; comes last and locks the document, but for the stamps that come later."""

MARK_PREFIX: Final = "Dau-"
"""Begins the name of a field that is kept for a stamp; the office signs in it when the stamp is put on."""

INITIAL_FIELD: Final = "KyNhay"
"""Fields of those who sign before the author, without a picture; a number follows, from 1."""

_CENTIPOINTS: Final = 100


def mark_field(slot: str) -> str:
    """Return the field kept for the stamps of a place."""
    return MARK_PREFIX + slot


def initial_field(place: int) -> str:
    """Name the field of the officer in that place of the order, from 0."""
    return f"{INITIAL_FIELD}{place + 1}"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in points, origin at the bottom left."""

    page: int
    """From 0."""
    x0: float
    y0: float
    x1: float
    y1: float

    def __post_init__(self) -> None:
        if self.page < 0 or not (self.x0 < self.x1 and self.y0 < self.y1):
            raise ValueError("a box has a page and a positive size")

    @classmethod
    def of_centipoints(cls, values: tuple[int, int, int, int, int]) -> "Box":
        """Read the five whole numbers a ledger entry keeps: page, then hundredths of a point."""
        page, *corners = values
        x0, y0, x1, y1 = (corner / _CENTIPOINTS for corner in corners)
        return cls(page, x0, y0, x1, y1)

    def as_centipoints(self) -> tuple[int, int, int, int, int]:
        """Return the five whole numbers a ledger entry keeps."""
        x0, y0, x1, y1 = (round(c * _CENTIPOINTS) for c in (self.x0, self.y0, self.x1, self.y1))
        return self.page, x0, y0, x1, y1
