"""Draws a stamp at its size and letters to several holders, each on a page of its own, as one PDF/A."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib import resources
from typing import Final

from securedoc.documents.engine import Drawing
from securedoc.documents.fonts import FontSet, choose

_TEMPLATE: Final = "templates/letter.typ"


@dataclass(frozen=True, slots=True)
class StampBox:
    """A rectangular stamp as the policy measures it."""

    lines: tuple[str, ...]
    sizes: tuple[tuple[float, bool], ...]
    """Of each line: points, and whether it is bold."""
    width_mm: float
    height_mm: float
    gap_mm: float
    """Between two borders; 0 for a single one."""
    line_pt: float
    colour: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter."""

    to: str
    subject: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Papers:
    """The stamp on a page of its own, then the letters."""

    superior: str
    agency: str
    place_and_date: str
    title: str
    stamp_title: str
    stamp_lines: tuple[str, ...]
    stamp: StampBox | None
    """None: no source gives its size, and it is spelled out only."""
    letters: tuple[Letter, ...]
    signer: str
    training: str
    page: str
    day: date
    fonts: FontSet = field(default_factory=choose)

    def pdf(self) -> bytes:
        """Draw them as PDF/A-2b.

        Raises:
            DocumentRefused: a character that the font does not have; it is named.
            DocumentFailed: the layout engine could not draw it.
        """
        self.fonts.require("".join(self._texts()))
        template = resources.files("securedoc.documents").joinpath(_TEMPLATE).read_text("utf-8")
        data = {
            "superior": self.superior,
            "agency": self.agency,
            "place": self.place_and_date,
            "title": self.title,
            "stamp_title": self.stamp_title,
            "stamp_lines": self.stamp_lines,
            "stamp": None if self.stamp is None else asdict(self.stamp),
            "letters": [asdict(letter) for letter in self.letters],
            "signer": self.signer,
            "training": self.training,
            "page": self.page,
        }
        return Drawing(template, data, self.fonts, self.day).pdf()

    def _texts(self) -> Iterator[str]:
        yield from (self.superior, self.agency, self.place_and_date, self.title, self.stamp_title)
        yield from (*self.stamp_lines, self.signer, self.training, self.page)
        for letter in self.letters:
            yield from (letter.to, letter.subject, *letter.paragraphs)
