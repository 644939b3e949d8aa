"""The body of a document as we understand it: what the officer typed, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Align(StrEnum):
    """How lines of a paragraph or a table stand between the margins."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"
    JUSTIFY = "justify"


class Script(StrEnum):
    """Whether text stands on the line, above it or below it."""

    NORMAL = "normal"
    SUPER = "super"
    SUB = "sub"


class Vertical(StrEnum):
    """Where text stands in a table cell."""

    TOP = "top"
    CENTER = "center"
    BOTTOM = "bottom"


@dataclass(frozen=True, slots=True)
class Span:
    """Text in one style; a newline in it is a line break, a tab a tab."""

    text: str
    bold: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    script: Script = Script.NORMAL
    size_pt: float | None = None
    """As the draft gives it; laid out in tables only, for running text has the decree's size."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image in the line of text, already decoded and encoded again by us."""

    data: bytes
    width_pt: float
    height_pt: float
    description: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote, at the place in the text that it belongs to."""

    inlines: tuple[Span, ...]


Inline = Span | Picture | Note


@dataclass(frozen=True, slots=True)
class ListMark:
    """The label of a list item, as a reader sees it: `1.`, `a)`, `-`."""

    text: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph; a measure of None leaves it to the layout."""

    inlines: tuple[Inline, ...] = ()
    align: Align | None = None
    left_pt: float = 0.0
    right_pt: float = 0.0
    first_pt: float | None = None
    """First line against the others: positive indents, negative hangs."""
    before_pt: float | None = None
    after_pt: float | None = None
    line_spacing: float | None = None
    """Times the single line."""
    heading: int | None = None
    """Outline level from 1."""
    mark: ListMark | None = None
    keep_with_next: bool = False

    def text(self) -> str:
        """Return the paragraph's words, its label first."""
        words = "".join(inline.text for inline in self.inlines if isinstance(inline, Span))
        return f"{self.mark.text} {words}" if self.mark else words


@dataclass(frozen=True, slots=True)
class Borders:
    """Thickness of a cell's four borders in pt; 0 draws none."""

    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    left: float = 0.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell and how many columns and rows it spans."""

    paragraphs: tuple[Paragraph, ...] = (Paragraph(),)
    columns: int = 1
    rows: int = 1
    vertical: Vertical = Vertical.TOP
    borders: Borders = Borders()


@dataclass(frozen=True, slots=True)
class Row:
    """The cells that start in this row; places covered from above or from the left are left out."""

    cells: tuple[Cell, ...]
    header: bool = False
    """Repeated at the top of each page."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; cells fill `widths_pt` columns exactly."""

    widths_pt: tuple[float, ...]
    rows: tuple[Row, ...]
    align: Align = Align.CENTER

    def placed(self) -> Iterator[tuple[int, int, Cell]]:
        """Walk the cells with their row and column in the grid."""
        taken: set[tuple[int, int]] = set()
        for index, row in enumerate(self.rows):
            column = 0
            for cell in row.cells:
                while (index, column) in taken:
                    column += 1
                yield index, column, cell
                taken |= {
                    (index + down, column + aside)
                    for down in range(cell.rows)
                    for aside in range(cell.columns)
                }
                column += cell.columns


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows starts a page."""

    lying: bool = False
    """On its side; holds until the next page break."""


Block = Paragraph | Table | PageBreak


@dataclass(frozen=True, slots=True)
class Body:
    """Paragraphs, tables and page breaks in order."""

    blocks: tuple[Block, ...]
    fonts: frozenset[str] = field(default=frozenset(), compare=False)
    """Named by the draft that it was read from; text has the font of the layout."""

    def paragraphs(self) -> Iterator[Paragraph]:
        """Walk all paragraphs, those in tables included, in reading order."""
        for block in self.blocks:
            if isinstance(block, Paragraph):
                yield block
            elif isinstance(block, Table):
                for row in block.rows:
                    for cell in row.cells:
                        yield from cell.paragraphs

    def text(self) -> str:
        """Return every visible word, a line each paragraph and each footnote after its own."""
        lines: list[str] = []
        for paragraph in self.paragraphs():
            lines.append(paragraph.text())
            notes = [inline for inline in paragraph.inlines if isinstance(inline, Note)]
            lines += ["".join(span.text for span in note.inlines) for note in notes]
        return "\n".join(lines)
