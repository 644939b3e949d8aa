"""Describes a body in the plain values that the Typst templates read."""

import re
from dataclasses import dataclass, replace
from typing import Final

from securedoc.documents.body import Align, Block, Body, Cell, Inline, Note, PageBreak, Paragraph, Span, Table

_SMALLEST_TABLE_TEXT_PT: Final = 8.0
_LARGEST_TABLE_TEXT_PT: Final = 14.0
_TALLEST_HEAD_ROWS: Final = 6  # a head that fills the page would leave no room for its table
_TALLEST_PICTURE_SHARE: Final = 0.9
_LONG_WORD: Final = re.compile(r"\S{8}")  # no Vietnamese syllable has 8 letters


@dataclass(frozen=True, slots=True)
class Room:
    """What the frame leaves for a body."""

    width_pt: float
    height_pt: float
    first_line_pt: float
    inset_pt: float
    """Between a cell's border and its text."""
    lying_width_pt: float
    """Of a page on its side."""
    lying_height_pt: float


def described(body: Body, room: Room) -> list[dict[str, object]]:
    """Return the body as JSON values; a paragraph without own measures gets the frame's."""
    made: list[dict[str, object]] = []
    here = room
    for block in body.blocks:
        if isinstance(block, PageBreak):
            here = (
                replace(room, width_pt=room.lying_width_pt, height_pt=room.lying_height_pt)
                if block.lying
                else room
            )
        made.append(_block(block, here))
    return made


def _block(block: Block, room: Room) -> dict[str, object]:
    if isinstance(block, PageBreak):
        return {"kind": "break", "lying": block.lying}
    if isinstance(block, Table):
        return _table(block, room)
    return _paragraph(block, room, Align.JUSTIFY)


def _paragraph(paragraph: Paragraph, room: Room, usual: Align) -> dict[str, object]:
    align = paragraph.align or usual
    # A centred line is not moved aside by the first-line indent that running text has.
    indent = room.first_line_pt if align in (Align.LEFT, Align.JUSTIFY) and paragraph.left_pt == 0 else 0.0
    width_pt = max(room.width_pt - paragraph.left_pt - paragraph.right_pt, room.width_pt / 4)
    return {
        "kind": "paragraph",
        "inlines": [_inline(inline, replace(room, width_pt=width_pt)) for inline in paragraph.inlines],
        "align": align.value,
        "left": paragraph.left_pt,
        "right": paragraph.right_pt,
        "first": indent if paragraph.first_pt is None else paragraph.first_pt,
        "before": paragraph.before_pt,
        "after": paragraph.after_pt,
        "spacing": paragraph.line_spacing,
        "heading": paragraph.heading,
        "mark": paragraph.mark.text if paragraph.mark else None,
        "keep": paragraph.keep_with_next,
        "room": width_pt,
        "long-words": bool(_LONG_WORD.search(paragraph.text())),
    }


def _inline(inline: Inline, room: Room) -> dict[str, object]:
    if isinstance(inline, Span):
        size = inline.size_pt
        return {
            "kind": "text",
            "text": inline.text,
            "bold": inline.bold,
            "italic": inline.italic,
            "underline": inline.underline,
            "strike": inline.strike,
            "script": inline.script.value,
            "size": None if size is None else min(max(size, _SMALLEST_TABLE_TEXT_PT), _LARGEST_TABLE_TEXT_PT),
        }
    if isinstance(inline, Note):
        return {"kind": "note", "items": [_inline(span, room) for span in inline.inlines]}
    # A picture larger than its room shrinks, in proportion.
    tallest_pt = room.height_pt * _TALLEST_PICTURE_SHARE
    share = min(1.0, room.width_pt / inline.width_pt, tallest_pt / inline.height_pt)
    return {
        "kind": "picture",
        "data": list(inline.data),
        "width": inline.width_pt * share,
        "height": inline.height_pt * share,
        "alt": inline.description or None,
    }


def _table(table: Table, room: Room) -> dict[str, object]:
    share = min(1.0, room.width_pt / sum(table.widths_pt))
    widths = [width * share for width in table.widths_pt]
    rows: list[list[dict[str, object]]] = [[] for _ in table.rows]
    for row, column, cell in table.placed():
        inside_pt = sum(widths[column : column + cell.columns]) - 2 * room.inset_pt
        rows[row].append(_cell(cell, replace(room, width_pt=max(inside_pt, 1.0), first_line_pt=0.0)))
    return {
        "kind": "table",
        "widths": widths,
        "align": table.align.value,
        "head": _head_rows(table),
        "rows": rows,
    }


def _head_rows(table: Table) -> int:
    """Count the rows repeated on each page: those at the top, and all that their cells reach into."""
    count = 0
    while count < len(table.rows) and table.rows[count].header:
        count += 1
    for row, _, cell in table.placed():
        if row < count:
            count = max(count, row + cell.rows)
    return count if count < len(table.rows) and count <= _TALLEST_HEAD_ROWS else 0


def _cell(cell: Cell, room: Room) -> dict[str, object]:
    borders = cell.borders
    return {
        "columns": cell.columns,
        "rows": cell.rows,
        "vertical": cell.vertical.value,
        "top": borders.top,
        "right": borders.right,
        "bottom": borders.bottom,
        "left": borders.left,
        "paragraphs": [_paragraph(paragraph, room, Align.LEFT) for paragraph in cell.paragraphs],
    }
