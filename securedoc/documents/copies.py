"""Makes a copy of a document for paper: its pages, its marks, and under them what the copy says of itself."""

import io
import logging
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from pypdf import PageObject, PdfReader, PdfWriter

from securedoc.core.documents import Frame
from securedoc.core.layouts import StampShape
from securedoc.documents import apart, layout, overlaying, pdfpages
from securedoc.documents.apart import Extent
from securedoc.documents.body import Body, Paragraph, Span
from securedoc.documents.engine import Drawing
from securedoc.documents.layout import PT_PER_MM, Style
from securedoc.documents.pdffaults import PARSER_FAILS
from securedoc.errors import DocumentFailed, DocumentMalformed, DocumentRefused

_GAP_MM: Final = 6.0
_PAPER_NEAR_MM: Final = 1.0


@dataclass(frozen=True, slots=True)
class CopyMarks:
    """What stands on a copy of a secret besides the particulars that the decree asks for."""

    first: StampShape
    """BẢN SAO SỐ, in the upper margin of the first page."""
    last: StampShape
    """BẢN SAO BÍ MẬT NHÀ NƯỚC, at the end."""


def make(pdf: bytes, frame: Frame, style: Style, marks: CopyMarks) -> bytes:
    """Return `pdf` as a copy to be printed: the same input gives the same bytes.

    `frame.type_name` is the kind of copy, `SAO Y`. The particulars stand on the last sheet, under what
    it holds, or on a sheet of their own where there is no room. Signatures are carried over as they look.

    Raises:
        DocumentMalformed: it is damaged, or has no pages.
        DocumentRefused: it is protected, or the font lacks a character.
        DocumentFailed: the layout engine could not draw it.
    """
    count = pdfpages.measure(pdf).count
    drawing = _drawing(frame, style, marks, None)
    high_mm = _height_mm(drawing)
    extents = apart.extents(pdf, style.profile.page.bottom_mm)
    if len(extents) != count:
        raise DocumentMalformed("the pages of this document cannot be counted")
    page = style.profile.page
    at_mm = extents[-1].filled_mm - page.top_mm + _GAP_MM
    shared = _is_upright(extents[-1], style) and (
        at_mm + high_mm <= page.height_mm - page.top_mm - page.bottom_mm
    )
    at_mm, own_page = (max(at_mm, 0.0), None) if shared else (0.0, count + 1)
    overlays = _drawing(frame, style, marks, at_mm, own_page).pdf()
    return _written(pdf, overlays, shared=shared)


def _drawing(
    frame: Frame, style: Style, marks: CopyMarks, at_mm: float | None, own_page: int | None = None
) -> Drawing:
    words = [line.text for stamp in (marks.first, marks.last) for line in stamp.lines]
    style.fonts.require("".join(words))
    drawn = layout.drawing(Body((Paragraph((Span(""),)),)), frame, style)
    copy = {"first": asdict(marks.first), "last": asdict(marks.last), "at_mm": at_mm, "own_page": own_page}
    return replace(drawn, data={**drawn.data, "copy": copy})


def _height_mm(drawing: Drawing) -> float:
    told: Any = drawing.value("copy-height")
    if not isinstance(told, int | float):
        raise DocumentFailed(
            "the layout template does not tell how high the copy's particulars are",
            hint="restore the layout file from the installation",
        )
    return told / PT_PER_MM


def _is_upright(extent: Extent, style: Style) -> bool:
    page = style.profile.page
    return (
        abs(extent.width_mm - page.width_mm) < _PAPER_NEAR_MM
        and abs(extent.height_mm - page.height_mm) < _PAPER_NEAR_MM
    )


def _written(pdf: bytes, overlays: bytes, *, shared: bool) -> bytes:
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader, drawn = PdfReader(io.BytesIO(pdf), strict=False), PdfReader(io.BytesIO(overlays)).pages
        if reader.is_encrypted:
            raise DocumentRefused(
                "the PDF is encrypted: no copy mark can be put on it",
                hint="ask for the file without a password",
            )
        writer = PdfWriter()
        for page in reader.pages:
            overlaying.leave_what_is_drawn(page)
            writer.add_page(page)
        _put(writer, writer.pages[0], drawn[0])
        if not shared:
            box = drawn[1].mediabox
            writer.add_blank_page(float(box.width), float(box.height))
        _put(writer, writer.pages[-1], drawn[1])
        out = io.BytesIO()
        writer.write(out)
    except PARSER_FAILS as error:
        raise DocumentMalformed(
            "the PDF is damaged, or protected in a way that cannot be read",
            hint="get the file again from where it came",
        ) from error
    return out.getvalue()


def _put(writer: PdfWriter, page: PageObject, overlay: PageObject) -> None:
    box = page.cropbox
    upright = (1.0, 0.0, 0.0, 1.0, float(box.left), float(box.top) - float(overlay.mediabox.height))
    overlaying.put(writer, page, overlaying.as_form(writer, overlay), upright)
