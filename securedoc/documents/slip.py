"""A slip for the paper register: where the ledger stood, to be read by eye, aloud, or as a QR code."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from typing import Final

from securedoc.core.copies import CodeKind
from securedoc.documents import matrix
from securedoc.documents.engine import Drawing
from securedoc.documents.fonts import FontSet, choose

WIDTH_MM: Final = 105
HEIGHT_MM: Final = 148
"""A6: it is glued into the register, or kept in an envelope."""

_TEMPLATE: Final = "templates/slip.typ"


@dataclass(frozen=True, slots=True)
class Slip:
    """What stands on a slip."""

    title: str
    office: str
    lines: Sequence[tuple[str, str]]
    """A name and a value each."""
    words_title: str
    words: Sequence[str]
    """The root's digest, to be read aloud."""
    code: str
    """What the QR code says: lines of ASCII; they stand beside it to be typed."""
    code_title: str
    how: str
    """What to do with the slip."""
    signatures: Sequence[str]
    """Who signs it by hand."""
    day: date
    training: str = ""
    fonts: FontSet = field(default_factory=choose)

    def pdf(self) -> bytes:
        """Draw the slip as PDF/A-2b; the same slip gives the same bytes.

        Raises:
            DocumentRefused: a character that the font does not have; it is named.
            DocumentFailed: the layout engine could not draw it.
        """
        said = [self.title, self.office, self.words_title, self.how, self.training, *self.words]
        said += [self.code_title, self.code.replace("\n", "")]
        said += [*self.signatures, *(word for line in self.lines for word in line)]
        self.fonts.require("".join(said))
        rows = matrix.modules(self.code, CodeKind.QR)
        template = resources.files("securedoc.documents").joinpath(_TEMPLATE).read_text("utf-8")
        data = {
            "title": self.title,
            "office": self.office,
            "lines": [list(line) for line in self.lines],
            "words_title": self.words_title,
            "words": list(self.words),
            "side": len(rows),
            "rows": [list(matrix.dark_runs(row)) for row in rows],
            "code_title": self.code_title,
            "code": self.code.splitlines(),
            "how": self.how,
            "signatures": list(self.signatures),
            "training": self.training,
            "width": WIDTH_MM,
            "height": HEIGHT_MM,
        }
        return Drawing(template, data, self.fonts, self.day).pdf()
