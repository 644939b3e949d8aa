"""Tables of a DOCX as a grid of cells, each with its span and its borders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from securedoc.documents.body import Align, Borders, Cell, Paragraph, Row, Table, Vertical
from securedoc.documents.inlines import SILENT
from securedoc.documents.measures import align_of, points
from securedoc.documents.styles import Styles
from securedoc.documents.unsupported import refuse
from securedoc.documents.wordxml import Node, whole

MAX_COLUMNS: Final = 60
MAX_ROWS: Final = 5000
_DEFAULT_WIDTH_PT: Final = 60.0
_BORDER_SIDES: Final = (
    ("top", ("w:top",), "w:insideH"),
    ("right", ("w:right", "w:end"), "w:insideV"),
    ("bottom", ("w:bottom",), "w:insideH"),
    ("left", ("w:left", "w:start"), "w:insideV"),
)
_MAX_BORDER_PT: Final = 3.0
_USUAL_EIGHTHS: Final = 4

ReadParagraphs = Callable[[Node], tuple[Paragraph, ...]]


@dataclass(slots=True)
class _Place:
    """A cell while the rows below may still lengthen it."""

    node: Node
    row: int
    column: int
    columns: int
    rows: int = 1
    paragraphs: tuple[Paragraph, ...] = field(default=())


def read_table(node: Node, styles: Styles, paragraphs: ReadParagraphs, number: int) -> Table:
    """Read one table; `number` says where it stands, for messages.

    Raises:
        DocumentRefused: nested tables, rows that do not fit the columns, text hidden in merged cells.
    """
    rows = _descend(node, "w:tr", number)
    grid = node.child("w:tblGrid")
    widths = [points(column.attributes.get("w:w")) or 0.0 for column in grid.all("w:gridCol")] if grid else []
    if not rows or len(rows) > MAX_ROWS or len(widths) > MAX_COLUMNS:
        refuse("table-size", number)
    places = _placed(rows, paragraphs, number)
    if not places:
        refuse("table-shape", number)
    columns = max(place.column + place.columns for place in places)
    if columns > MAX_COLUMNS:
        refuse("table-size", number)
    _require_whole(places, len(rows), columns, number)
    layers = styles.table_layers(node.child("w:tblPr"))
    made = [
        Row(
            tuple(_cell(place, layers, len(rows), columns) for place in places if place.row == index),
            header=_is_header(row),
        )
        for index, row in enumerate(rows)
    ]
    align = align_of(layers)
    return Table(
        tuple(_widths(widths, columns)),
        tuple(made),
        Align.LEFT if align in (None, Align.JUSTIFY) else align,
    )


def _descend(node: Node, wanted: str, number: int) -> list[Node]:
    """Return the rows of a table or cells of a row, also those inside content controls."""
    found: list[Node] = []
    for child in node.children:
        if child.name == wanted:
            found.append(child)
        elif child.name in ("w:sdt", "w:sdtContent", "w:customXml"):
            found += _descend(child, wanted, number)
        elif child.name not in SILENT and child.name not in _TABLE_PROPERTIES:
            refuse(child.name, number)
    return found


_TABLE_PROPERTIES: Final = frozenset({"w:tblPr", "w:tblGrid", "w:tblPrEx", "w:trPr", "w:tcPr"})


def _placed(rows: Sequence[Node], paragraphs: ReadParagraphs, number: int) -> list[_Place]:
    """Put every cell at its row and column, and let merged ones grow downwards."""
    places: list[_Place] = []
    above: dict[int, _Place] = {}
    for index, row in enumerate(rows):
        column = _skipped(row, "w:gridBefore")
        if column or _skipped(row, "w:gridAfter"):
            refuse("table-shape", number)
        growing: dict[int, _Place] = {}
        for cell in _descend(row, "w:tc", number):
            properties = cell.child("w:tcPr") or Node("w:tcPr", {})
            place = _Place(cell, index, column, whole(properties.value("w:gridSpan")) or 1)
            if properties.child("w:hMerge") or place.columns > MAX_COLUMNS:
                refuse("table-shape", number)
            if (properties.value("w:textDirection") or "lrTb") not in ("lrTb", "lrTbV"):
                refuse("cell-direction", number)
            merge = properties.child("w:vMerge")
            place.paragraphs = paragraphs(cell)
            if merge is not None and merge.attributes.get("w:val", "continue") != "restart":
                place = _grown(above.get(column), place, number)
            else:
                places.append(place)
            if merge is not None:
                growing[column] = place
            column += place.columns
        above = growing
    return places


def _grown(head: _Place | None, place: _Place, number: int) -> _Place:
    if head is None or head.columns != place.columns:
        refuse("table-shape", number)
    if any(paragraph.inlines for paragraph in place.paragraphs):
        # Editors do not show what stands in the covered part of a merged cell.
        refuse("hidden-cell", number)
    head.rows += 1
    return head


def _skipped(row: Node, element: str) -> int:
    given = row.at("w:trPr") and row.child("w:trPr")
    skipped = given.value(element) if given else None
    return whole(skipped) or 0


def _is_header(row: Node) -> bool:
    properties = row.child("w:trPr")
    return bool(properties and properties.flag("w:tblHeader"))


def _require_whole(places: Sequence[_Place], rows: int, columns: int, number: int) -> None:
    """Check that the cells cover every place of the grid."""
    if sum(place.columns * place.rows for place in places) != rows * columns:
        refuse("table-shape", number)


def _widths(given: Sequence[float], columns: int) -> list[float]:
    """Return a width for each column; a grid that says nothing useful gives equal ones."""
    if len(given) == columns and all(width > 0 for width in given):
        return list(given)
    return [_DEFAULT_WIDTH_PT] * columns


def _cell(place: _Place, layers: Sequence[Node], rows: int, columns: int) -> Cell:
    properties = place.node.child("w:tcPr") or Node("w:tcPr", {})
    outer = {
        "top": place.row == 0,
        "right": place.column + place.columns == columns,
        "bottom": place.row + place.rows == rows,
        "left": place.column == 0,
    }
    own = properties.child("w:tcBorders")
    widths: dict[str, float] = {}
    for side, names, inside in _BORDER_SIDES:
        width = _border([own] if own else [], names)
        if width is None:
            table_borders = [borders for layer in layers if (borders := layer.child("w:tblBorders"))]
            width = _border(table_borders, names if outer[side] else (inside,))
        widths[side] = width or 0.0
    vertical = properties.value("w:vAlign") or "top"
    return Cell(
        paragraphs=place.paragraphs,
        columns=place.columns,
        rows=place.rows,
        vertical=Vertical(vertical) if vertical in ("center", "bottom") else Vertical.TOP,
        borders=Borders(**widths),
    )


def _border(layers: Sequence[Node], names: tuple[str, ...]) -> float | None:
    """Return the nearest layer's thickness of a border, None where none speaks of it."""
    for layer in reversed(layers):
        for name in names:
            border = layer.child(name)
            if border is None:
                continue
            if border.attributes.get("w:val", "nil") in ("nil", "none"):
                return 0.0
            eighths = whole(border.attributes.get("w:sz")) or _USUAL_EIGHTHS
            return min(eighths / 8, _MAX_BORDER_PT)
    return None
