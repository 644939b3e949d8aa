"""Renders a body once and measures the PDF in millimetres."""

import io
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import pdfplumber

from securedoc.core.documents import Frame
from securedoc.documents.body import Body
from securedoc.documents.layout import Rendered, Style, render
from tests.support.documents import MARKS, nd30

MM = 72 / 25.4
NEAR = 0.3
"""Millimetres by which a measure may be off."""
LEFT, RIGHT, TOP, BOTTOM = 30.0, 195.0, 20.0, 277.0
AGENCY_MIDDLE, NATION_MIDDLE, TEXT_MIDDLE = 66.5, 149.0, 112.5

Chars = list[Mapping[str, Any]]


@lru_cache(maxsize=16)
def rendered(frame: Frame, body: Body) -> Rendered:
    """Lay a body out."""
    return render(body, frame, Style(nd30(), MARKS[frame.level]))


@lru_cache(maxsize=16)
def page_chars(frame: Frame, body: Body) -> tuple[Chars, ...]:
    """Return the characters of each page."""
    with pdfplumber.open(io.BytesIO(rendered(frame, body).final.pdf)) as pdf:
        return tuple(list(page.chars) for page in pdf.pages)


@lru_cache(maxsize=16)
def shapes(frame: Frame, body: Body) -> tuple[list[Any], list[Any]]:
    """Return the rules and the rectangles of the first page."""
    with pdfplumber.open(io.BytesIO(rendered(frame, body).final.pdf)) as pdf:
        return pdf.pages[0].lines, pdf.pages[0].rects


def line_of(chars: Chars, words: str) -> Chars:
    """Return the characters that spell `words`, spaces left out, in reading order."""
    wanted = words.replace(" ", "")
    kept = [char for char in chars if char["text"].strip()]
    spelled = "".join(char["text"] for char in kept)
    assert wanted in spelled, f"not on the page: {words}"
    return kept[spelled.index(wanted) : spelled.index(wanted) + len(wanted)]


def left(chars: Chars) -> float:
    """Return the left edge."""
    return min(float(char["x0"]) for char in chars) / MM


def right(chars: Chars) -> float:
    """Return the right edge."""
    return max(float(char["x1"]) for char in chars) / MM


def middle(chars: Chars) -> float:
    """Return the middle between both edges."""
    return (left(chars) + right(chars)) / 2


def baseline(chars: Chars) -> float:
    """Millimetres from the upper edge of the paper to the base of the first letter."""
    return 297 - float(chars[0]["matrix"][5]) / MM


def look(chars: Chars) -> tuple[float, str]:
    """Return size and style of the first letter."""
    name = chars[0]["fontname"].rpartition("+")[2]
    return round(chars[0]["size"], 2), name.partition("-")[2] or "Regular"
