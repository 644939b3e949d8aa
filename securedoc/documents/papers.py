"""Papers that go with documents: envelopes, slips, the sheet of stamps, as PDF of their own size."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Final

from securedoc.core.layouts import StampShape
from securedoc.documents.engine import Drawing
from securedoc.documents.fonts import FontSet, choose

Block = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Paper and margins, in millimetres."""

    width: float
    height: float
    top: float
    bottom: float
    left: float
    right: float


A4: Final = Sheet(210.0, 297.0, 20.0, 20.0, 30.0, 15.0)
ENVELOPES: Final = {
    "dl": Sheet(220.0, 110.0, 8.0, 8.0, 12.0, 12.0),
    "c5": Sheet(229.0, 162.0, 10.0, 10.0, 15.0, 15.0),
    "c4": Sheet(324.0, 229.0, 12.0, 12.0, 20.0, 20.0),
}
"""Of ISO 269, lying: DL for a folded sheet, C5 for A5, C4 for A4 unfolded."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper, ready to be drawn."""

    title: str
    """In the metadata; never the subject of a document."""
    sheet: Sheet
    blocks: tuple[Block, ...]
    day: date
    training: str = ""
    size_pt: float = 13.0
    fonts: FontSet = field(default_factory=choose)

    def pdf(self) -> bytes:
        """Draw it as PDF/A-2b; the same paper gives the same bytes.

        Raises:
            DocumentRefused: a character that the font does not have; it is named.
            DocumentFailed: the layout engine could not draw it.
        """
        return self._drawing().pdf()

    def images(self, ppi: float) -> tuple[bytes, ...]:
        """Draw its pages as PNG.

        Raises:
            DocumentRefused: a character that the font does not have; it is named.
        """
        return self._drawing().images(ppi)

    def _drawing(self) -> Drawing:
        words = "".join(_words([self.title, self.training, list(self.blocks)]))
        # Some words are set in capitals that are not in the data.
        self.fonts.require(words + words.upper())
        data: dict[str, object] = {
            **asdict(self.sheet),
            "title": self.title,
            "training": self.training,
            "notice_dy": -self.sheet.bottom / 3,
            "size": self.size_pt,
            "blocks": list(self.blocks),
        }
        return Drawing(_template(), data, self.fonts, self.day)


@dataclass(frozen=True, slots=True)
class Head:
    """Over a slip: agency at left, nation at right."""

    superior: str
    agency: str
    nation: str
    motto: str
    number: str = ""
    place: str = ""

    def block(self) -> Block:
        """Return it as a block."""
        return {"kind": "head", **asdict(self)}


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs a slip, and where."""

    title: str
    name: str
    note: str
    """How it is signed."""


def title(text: str) -> Block:
    """Return a title in the middle."""
    return {"kind": "title", "text": text}


def text(words: str) -> Block:
    """Return a paragraph."""
    return {"kind": "text", "text": words}


def filled(name: str, value: str = "") -> Block:
    """Return a line with a name and its value, or room to write it by hand."""
    return {"kind": "field", "name": name, "value": value}


def table(head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float]) -> Block:
    """Return a table whose head is repeated on each page.

    Raises:
        ValueError: a row has another number of cells than the head.
    """
    if any(len(row) != len(head) for row in rows) or len(widths) != len(head):
        raise ValueError("a row has another number of cells than its table has columns")
    return {
        "kind": "table",
        "head": list(head),
        "rows": [list(row) for row in rows],
        "widths": list(widths),
    }


def signatures(signers: Sequence[Signer]) -> Block:
    """Return places for signatures beside one another."""
    return {"kind": "signatures", "signers": [asdict(signer) for signer in signers]}


def stamped(stamp: StampShape) -> Block:
    """Return a stamp in the run of the text."""
    return {"kind": "stamp", "stamp": asdict(stamp)}


def captioned(words: str, stamp: StampShape) -> Block:
    """Return a stamp in its true size, with what it is beside it."""
    return {"kind": "captioned", "text": words, "stamp": asdict(stamp)}


def scale(words: str) -> Block:
    """Return a rule of 100 mm, by which a printer is found that scales."""
    return {"kind": "scale", "text": words}


PAGE_BREAK: Final[Block] = {"kind": "break"}


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands on an envelope."""

    sender: tuple[str, ...]
    number: str
    """Number and notation of what is in it; several are one under another."""
    addressee: tuple[str, ...]
    stamps: tuple[StampShape, ...]
    """From the upper right corner downwards."""
    size: str
    day: date
    training: str = ""

    def paper(self) -> Paper:
        """Lay it out: sender at the upper left, marks at the upper right, addressee in the middle.

        Raises:
            KeyError: there is no such size.
        """
        sheet = ENVELOPES[self.size]
        middle = sheet.width * 0.38
        blocks = [
            _words_at(sheet.left, sheet.top, middle, self.sender, 12.0, bold=True),
            _words_at(sheet.left, sheet.top + 20, middle, (self.number,), 12.0),
            _words_at(
                middle,
                sheet.height * 0.45,
                sheet.width - middle - sheet.right,
                self.addressee,
                14.0,
                bold=True,
            ),
        ]
        below = sheet.top
        for stamp in self.stamps:
            blocks.append(
                _at(sheet.width - sheet.right - stamp.width_mm, below, stamp.width_mm, stamp=asdict(stamp))
            )
            below += stamp.height_mm + 3
        return Paper(self.number, sheet, tuple(blocks), self.day, self.training)


def in_one(papers: Sequence[Paper]) -> Paper:
    """Return papers of one size as pages of one.

    Raises:
        ValueError: there are none, or they differ in size.
    """
    first = papers[0] if papers else None
    if first is None or any(paper.sheet != first.sheet for paper in papers):
        raise ValueError("papers of one size make one file")
    blocks: list[Block] = []
    for number, paper in enumerate(papers):
        blocks += [PAGE_BREAK] if number else []
        blocks += paper.blocks
    return replace(first, blocks=tuple(blocks))


def _words_at(  # noqa: PLR0913 - where words stand, and how
    x: float, y: float, width: float, lines: Sequence[str], size: float, *, bold: bool = False
) -> Block:
    return _at(x, y, width, lines=list(lines), size=size, bold=bold)


def _at(x: float, y: float, width: float, **more: object) -> Block:
    usual: dict[str, object] = {"stamp": None, "lines": [], "size": 12.0, "bold": False, "align": "left"}
    return {"kind": "at", "x": x, "y": y, "width": width, **usual, **more}


def _words(value: object) -> Iterator[str]:
    """Yield every text in nested values: what the font must be able to draw."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _words(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _words(inner)


@lru_cache(maxsize=1)
def _template() -> str:
    return resources.files("securedoc.documents").joinpath("templates/paper.typ").read_text("utf-8")
