"""Describes a body in the plain values that the Typst templates read."""

from typing import Final

from securedoc.documents.body import Align, Block, Body, Cell, Inline, PageBreak, Paragraph, Row, Span, Table

_SMALLEST_TABLE_TEXT_PT: Final = 8.0
_LARGEST_TABLE_TEXT_PT: Final = 14.0


def described(body: Body, first_line_pt: float, text_width_pt: float) -> list[dict[str, object]]:
    """Return the body as JSON values; a paragraph without own measures gets the frame's."""
    return [_block(block, first_line_pt, text_width_pt) for block in body.blocks]


def _block(block: Block, first_line_pt: float, text_width_pt: float) -> dict[str, object]:
    if isinstance(block, PageBreak):
        return {"kind": "break"}
    if isinstance(block, Table):
        return _table(block, text_width_pt)
    return _paragraph(block, first_line_pt, text_width_pt, Align.JUSTIFY)


def _paragraph(paragraph: Paragraph, first_line_pt: float, room_pt: float, usual: Align) -> dict[str, object]:
    align = paragraph.align or usual
    # A centred line is not moved aside by the first-line indent that running text has.
    indent = first_line_pt if align in (Align.LEFT, Align.JUSTIFY) and paragraph.left_pt == 0 else 0.0
    return {
        "kind": "paragraph",
        "inlines": [_inline(inline, room_pt) for inline in paragraph.inlines],
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
    }


def _inline(inline: Inline, room_pt: float) -> dict[str, object]:
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
    # A picture wider than its room shrinks, in proportion.
    share = min(1.0, room_pt / inline.width_pt)
    return {
        "kind": "picture",
        "data": list(inline.data),
        "width": inline.width_pt * share,
        "height": inline.height_pt * share,
        "alt": inline.description or None,
    }


def _table(table: Table, text_width_pt: float) -> dict[str, object]:
    share = min(1.0, text_width_pt / sum(table.widths_pt))
    widths = [width * share for width in table.widths_pt]
    return {
        "kind": "table",
        "widths": widths,
        "align": table.align.value,
        "rows": [_row(row, text_width_pt) for row in table.rows],
    }


def _row(row: Row, room_pt: float) -> dict[str, object]:
    return {"header": row.header, "cells": [_cell(cell, room_pt) for cell in row.cells]}


def _cell(cell: Cell, room_pt: float) -> dict[str, object]:
    borders = cell.borders
    return {
        "columns": cell.columns,
        "rows": cell.rows,
        "vertical": cell.vertical.value,
        "top": borders.top,
        "right": borders.right,
        "bottom": borders.bottom,
        "left": borders.left,
        "paragraphs": [_paragraph(paragraph, 0.0, room_pt, Align.LEFT) for paragraph in cell.paragraphs],
    }
