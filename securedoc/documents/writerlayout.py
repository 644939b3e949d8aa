"""Puts what the second engine drew into the official frame, which the first engine draws as always."""

import io
import logging
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pypdf import PdfReader, PdfWriter

from securedoc.core.digests import Digest
from securedoc.core.documents import FinalDocument, Frame
from securedoc.documents import apart, engine, layout, writerengine
from securedoc.documents.body import Body, Paragraph, Span
from securedoc.documents.engine import Drawing
from securedoc.documents.layout import PT_PER_MM, Rendered, Style
from securedoc.documents.package import Package
from securedoc.documents.pdffaults import PARSER_FAILS
from securedoc.documents.writerdraft import Piece, WriterDraft
from securedoc.errors import DocumentFailed, DocumentRefused

MAX_PAGES: Final = 1000
_GAP_MM: Final = 4.5
"""From the last line of the text to the recipients."""
_CLEAR_MM: Final = 2.0


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A page: its size, and where on it the end of the document begins."""

    width_mm: float
    height_mm: float
    end_mm: float | None = None


def render(package: Package, frame: Frame, style: Style, *, removed: tuple[str, ...] = ()) -> Rendered:
    """Lay an inspected draft out with the second engine, in the same frame and with the same marks.

    Raises:
        DocumentMalformed: the draft is damaged.
        DocumentRefused: it holds what neither engine takes over, or a character that the font lacks.
        HostMissing: LibreOffice is not installed.
        DocumentFailed: it took too long, or made nothing that can be used.
    """
    draft = WriterDraft(package, style.profile)
    pieces = draft.pieces(frame)
    style.fonts.require("".join(draft.text))
    heights = _heights(pieces, frame, style)
    bodies = [
        writerengine.to_pdf(draft.docx(piece, head), style.fonts)
        for piece, head in zip(pieces, heights.heads, strict=True)
    ]
    for piece, pdf in zip(pieces, bodies, strict=True):
        _require_whole(piece, pdf)
    sheets = [_sheets(pdf) for pdf in bodies]
    sheets[0] = _with_end(sheets[0], bodies[0], heights, style)
    drawing = _hollow(pieces, frame, style, sheets)
    pdf = _merged(drawing.pdf(), bodies, sheets)
    signature, seal, marks, pages = layout.places_of(drawing, style)
    if pages != sum(map(len, sheets)):
        raise DocumentFailed(
            "the frame does not fit the pages that LibreOffice drew", hint="leave --engine out"
        )
    named = frozenset(draft.fonts)
    final = FinalDocument(
        pdf=pdf,
        digest=Digest.of(pdf),
        pages=pages,
        engine=f"{writerengine.version(bodies[0])}, {engine.version()}",
        fonts=(*style.fonts.record, *layout.substitutions(named, style)),
        removed=removed,
    )
    return Rendered(final, signature, seal, marks, layout.warnings_of(style, named))


def _require_whole(piece: Piece, pdf: bytes) -> None:
    """Hold the letters of a piece against those on its pages: what the engine passed over is not missed.

    Raises:
        DocumentFailed: some are missing.
    """
    # Numbers of lists and notes come in addition; letters may have been set in capitals.
    missing = _letters(piece.words()) - _letters("".join(apart.words(pdf)))
    if missing:
        raise DocumentFailed(
            "LibreOffice left out {count} letters of the draft",
            count=missing.total(),
            hint="take out text boxes and drawings one by one, and try again",
        )


def _letters(text: str) -> Counter[str]:
    return Counter(letter for letter in unicodedata.normalize("NFC", text.casefold()) if letter.isalnum())


# ---------------------------------------------------------------- heights


@dataclass(frozen=True, slots=True)
class _Heights:
    """What the frame needs, in millimetres."""

    heads: tuple[float, ...]
    end: float
    contact: float
    """Of the address at the foot of the first page; 0 where there is none."""


def _heights(pieces: Sequence[Piece], frame: Frame, style: Style) -> _Heights:
    told: Any = _hollow(pieces, frame, style, None).value("heights")
    try:
        heads = tuple(float(high) / PT_PER_MM for high in told["heads"])
        return _Heights(heads, float(told["end"]) / PT_PER_MM, float(told["contact"]) / PT_PER_MM)
    except (TypeError, KeyError, ValueError) as error:
        raise DocumentFailed(
            "the layout template does not tell how high the frame is",
            hint="restore the layout file from the installation",
        ) from error


def _hollow(
    pieces: Sequence[Piece], frame: Frame, style: Style, sheets: Sequence[Sequence[_Sheet]] | None
) -> Drawing:
    """Return the frame alone; without `sheets` it only tells how high it is."""
    empty = replace(frame, issues="")  # the issued document is among the pieces
    drawing = layout.drawing(Body((Paragraph((Span(""),)),)), empty, style)
    parts = [
        {
            "kind": piece.kind,
            "label": piece.label,
            "title": list(piece.title),
            "pages": [
                {"width_mm": sheet.width_mm, "height_mm": sheet.height_mm, "end_mm": sheet.end_mm}
                for sheet in (sheets[number] if sheets else ())
            ],
        }
        for number, piece in enumerate(pieces)
    ]
    style.fonts.require("".join(word for piece in pieces for word in (piece.label, *piece.title)))
    words: Any = drawing.data["frame"]
    return replace(
        drawing,
        data={
            **drawing.data,
            "frame": {**words, "issues": frame.issues},
            "hollow": {"measure": sheets is None, "parts": parts},
        },
    )


# ---------------------------------------------------------------- pages


def _sheets(pdf: bytes) -> list[_Sheet]:
    sheets = [
        _Sheet(float(page.mediabox.width) / PT_PER_MM, float(page.mediabox.height) / PT_PER_MM)
        for page in _reader(pdf).pages
    ]
    if not 0 < len(sheets) <= MAX_PAGES:
        raise DocumentRefused("a document has between 1 and {most} pages", most=MAX_PAGES)
    return sheets


def _with_end(sheets: list[_Sheet], pdf: bytes, heights: _Heights, style: Style) -> list[_Sheet]:
    """Find room for recipients and signature under the text of the last page, or begin one for them."""
    page = style.profile.page
    # Notes of the last page stand at its foot, and count; nothing of ours does yet.
    extents = apart.extents(pdf, 0.0)
    if len(extents) != len(sheets):
        raise DocumentFailed("the pages that LibreOffice drew cannot be counted")
    if heights.contact:
        lowest = sheets[0].height_mm - page.bottom_mm - heights.contact - _CLEAR_MM
        if extents[0].filled_mm > lowest:
            raise DocumentRefused(
                "the text of the first page reaches down to the address at its foot",
                hint="leave --contact out, or put a page break before what stands there",
            )
    last, filled = sheets[-1], extents[-1].filled_mm
    # Only the empty row of the head may stand on the first page: it draws nothing.
    used = max(filled - page.top_mm, heights.heads[0] if len(sheets) == 1 else 0.0)
    # Over the address, where the whole document is one page.
    foot = heights.contact + _CLEAR_MM if heights.contact and len(sheets) == 1 else 0.0
    room = last.height_mm - page.top_mm - page.bottom_mm - foot - used - _GAP_MM
    upright = last.width_mm < last.height_mm
    if upright and room >= heights.end:
        return [*sheets[:-1], replace(last, end_mm=used + _GAP_MM)]
    return [*sheets, _Sheet(page.width_mm, page.height_mm, 0.0)]


def _merged(frame: bytes, bodies: Sequence[bytes], sheets: Sequence[Sequence[_Sheet]]) -> bytes:
    """Draw each page of the text over its page of the frame; the frame's file says what the whole is."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        writer = PdfWriter(clone_from=io.BytesIO(frame))
        number = 0
        for body, pages in zip(bodies, sheets, strict=True):
            drawn = _reader(body).pages
            for index in range(len(pages)):
                if index < len(drawn):
                    writer.pages[number].merge_page(drawn[index])
                number += 1
        for page in writer.pages:
            page.compress_content_streams()
        out = io.BytesIO()
        writer.write(out)
    except PARSER_FAILS as error:
        raise DocumentFailed("the pages that LibreOffice drew cannot be put into the frame") from error
    return out.getvalue()


def _reader(pdf: bytes) -> PdfReader:
    try:
        return PdfReader(io.BytesIO(pdf))
    except PARSER_FAILS as error:
        raise DocumentFailed("LibreOffice made a PDF that cannot be read") from error
