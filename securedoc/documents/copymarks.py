"""Stands the mark of a numbered copy on each page of a PDF that is made for printing only."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from pypdf import PdfReader, PdfWriter

from securedoc.core.copies import CodeKind
from securedoc.documents.engine import Drawing
from securedoc.documents.fonts import choose

_TEMPLATE: Final = """
#set page(width: data.width * 1pt, height: data.height * 1pt, margin: (x: 20mm, bottom: 8mm), fill: none)
#set text(font: data.font, size: 10pt, lang: "vi", hyphenate: false)
#for (n, line) in data.lines.enumerate() {
  if n > 0 { pagebreak() }
  place(bottom + left, line)
}
"""


@dataclass(frozen=True, slots=True)
class PageMark:
    """What one page of a copy carries."""

    text: str
    code: str | None


def marked(pdf: bytes, marks: Sequence[PageMark], *, code: CodeKind) -> bytes:
    """Return a new PDF for printing, with one mark on each page."""
    del code
    source = PdfReader(io.BytesIO(pdf))
    if len(source.pages) != len(marks):
        raise ValueError("one mark a page")
    box = source.pages[0].mediabox
    fonts = choose()
    fonts.require("".join(mark.text for mark in marks))
    data: dict[str, object] = {
        "width": float(box.width),
        "height": float(box.height),
        "lines": [mark.text for mark in marks],
    }
    drawn = PdfReader(io.BytesIO(Drawing(_TEMPLATE, data, fonts, date(2000, 1, 1)).pdf()))
    writer = PdfWriter(clone_from=source)
    for page, over in zip(writer.pages, drawn.pages, strict=True):
        page.merge_page(over)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
