"""Writes tables of a body into a DOCX: grid, spans, borders, header rows."""

from collections.abc import Callable
from typing import Any, Final

from docx.document import Document
from docx.enum.table import WD_ALIGN_VERTICAL, WD_TABLE_ALIGNMENT
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Pt
from docx.table import Table as WordTable
from docx.table import _Cell
from docx.text.paragraph import Paragraph as WordParagraph

from securedoc.documents.body import Align, Borders, Cell, Paragraph, Table, Vertical

_ALIGNS: Final = {
    Align.LEFT: WD_TABLE_ALIGNMENT.LEFT,
    Align.CENTER: WD_TABLE_ALIGNMENT.CENTER,
    Align.RIGHT: WD_TABLE_ALIGNMENT.RIGHT,
    Align.JUSTIFY: WD_TABLE_ALIGNMENT.LEFT,
}
_VERTICALS: Final = {
    Vertical.TOP: WD_ALIGN_VERTICAL.TOP,
    Vertical.CENTER: WD_ALIGN_VERTICAL.CENTER,
    Vertical.BOTTOM: WD_ALIGN_VERTICAL.BOTTOM,
}

WriteParagraph = Callable[[WordParagraph, Paragraph], None]


def write_table(document: Document, table: Table, write: WriteParagraph) -> None:
    """Add `table` at the end of the document."""
    written = document.add_table(len(table.rows), len(table.widths_pt))
    written.autofit = False
    written.alignment = _ALIGNS[table.align]
    _set_widths(written, table)
    for at_row, at_column, cell in table.placed():
        _write_cell(written, (at_row, at_column), cell, write)
    for index, row in enumerate(table.rows):
        if row.header:
            written.rows[index]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001


def _set_widths(written: WordTable, table: Table) -> None:
    """Set the grid and every cell: editors disagree on which of them counts."""
    for column, width in zip(written.columns, table.widths_pt, strict=True):
        column.width = Pt(width)
    for row in written.rows:
        for cell, width in zip(row.cells, table.widths_pt, strict=True):
            cell.width = Pt(width)


def _write_cell(written: WordTable, place: tuple[int, int], cell: Cell, write: WriteParagraph) -> None:
    row, column = place
    first = written.cell(row, column)
    if cell.rows > 1 or cell.columns > 1:
        first = first.merge(written.cell(row + cell.rows - 1, column + cell.columns - 1))
    first.vertical_alignment = _VERTICALS[cell.vertical]
    for down in range(cell.rows):
        # A cell that reaches down is several cells in the file, each with its borders.
        part = _Cell(written.rows[row + down]._tr.tc_at_grid_offset(column), written)  # noqa: SLF001
        _set_borders(part, cell.borders)
    for index, paragraph in enumerate(cell.paragraphs):
        write(first.paragraphs[0] if index == 0 else first.add_paragraph(), paragraph)


def _set_borders(cell: _Cell, borders: Borders) -> None:
    properties: Any = cell._tc.get_or_add_tcPr()  # noqa: SLF001 - python-docx has no public way
    element: Any = OxmlElement("w:tcBorders")
    for side, width in (
        ("top", borders.top),
        ("left", borders.left),
        ("bottom", borders.bottom),
        ("right", borders.right),
    ):
        border: Any = OxmlElement(f"w:{side}")
        border.set(qn("w:val"), "single" if width else "nil")
        if width:
            border.set(qn("w:sz"), str(round(width * 8)))
            border.set(qn("w:color"), "000000")
        element.append(border)
    # The schema wants borders before the vertical alignment.
    align = properties.find(qn("w:vAlign"))
    if align is None:
        properties.append(element)
    else:
        align.addprevious(element)
