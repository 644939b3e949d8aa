"""Labels for the cases of sticks, as PDF of the label's own size."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from typing import Final

from securedoc.documents.engine import Drawing
from securedoc.documents.fonts import FontSet, choose

WIDTH_MM: Final = 90
HEIGHT_MM: Final = 54
"""Of a visiting card: cases and envelopes for sticks have room for it."""

_TEMPLATE: Final = "templates/label.typ"


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on a label."""

    office: str
    label: str
    """In large letters."""
    mark: str
    """The marking of the highest level of what is on the stick; empty for none."""
    lines: Sequence[tuple[str, str]]
    """A name and a value each."""
    day: date
    training: str = ""
    fonts: FontSet = field(default_factory=choose)

    def pdf(self) -> bytes:
        """Draw the label as PDF/A-2b; the same label gives the same bytes.

        Raises:
            DocumentRefused: a character that the font does not have; it is named.
            DocumentFailed: the layout engine could not draw it.
        """
        words = [
            self.office,
            self.label,
            self.mark,
            self.training,
            *(word for line in self.lines for word in line),
        ]
        self.fonts.require("".join(words))
        template = resources.files("securedoc.documents").joinpath(_TEMPLATE).read_text("utf-8")
        data = {
            "office": self.office,
            "label": self.label,
            "mark": self.mark,
            "lines": [list(line) for line in self.lines],
            "training": self.training,
            "width": WIDTH_MM,
            "height": HEIGHT_MM,
        }
        return Drawing(template, data, self.fonts, self.day).pdf()
