"""Puts a copy's number on each page of a PDF that goes to the printer: in clear, and as a small code."""

import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Any, Final, NoReturn

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import NameObject

from securedoc.core.copies import CodeKind
from securedoc.documents import apart, overlaying
from securedoc.documents.apart import Place
from securedoc.documents.engine import Drawing
from securedoc.documents.fonts import FontSet, choose
from securedoc.documents.pdffaults import PARSER_FAILS
from securedoc.errors import DocumentFailed, DocumentMalformed, DocumentRefused

MAX_FILE_BYTES: Final = 256 * 1024 * 1024
MAX_PAGES: Final = 999
MAX_TEXT: Final = 40
MAX_CODE: Final = 64

MODULE_MM: Final = 0.6  # docs/copy-marks.md: 0.4 is lost on a second photocopy, 0.5 has no margin
_TEXT_MM: Final = 27.0
_GAP_MM: Final = 1.5  # more than the quiet zone of a Data Matrix, one module
_QR_GAP_MM: Final = 2.4  # the quiet zone of a QR code, four modules
_PLAIN_HEIGHT_MM: Final = 4.5
_SMALL_PT: Final = 7.0  # bold: 6 pt are not legible on a second photocopy
_GROUP: Final = 4
_GROUPS_A_LINE: Final = 4

# A mark has no date of its own: the ledger says when the copy was printed.
_DAY: Final = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class PageMark:
    """What one page of one copy says of itself."""

    text: str
    """`Bản số 02/05`, in clear."""
    code: str | None
    """What the small code says, one per page; None: no code by policy."""


def marked(pdf: bytes, marks: Sequence[PageMark], *, code: CodeKind) -> bytes:
    """Return `pdf` with one mark a page, for printing only; the same input gives the same bytes.

    What is returned is not a signed file any more: only what is drawn is carried over. Each mark is
    put where the page is empty, the lower left corner first, and every code is read back.

    Raises:
        DocumentMalformed: not a PDF, damaged, or not as many pages as marks.
        DocumentRefused: protected, beyond a bound, or a page without room for its mark.
        DocumentFailed: a code cannot be read back from its page.
        ValueError: there are no marks, or one that cannot be drawn.
    """
    overlays = _Overlays.of(marks, code)
    if len(pdf) > MAX_FILE_BYTES:
        raise DocumentRefused("the file is larger than {limit} bytes", limit=MAX_FILE_BYTES)
    # pypdf tells the log what it repairs; nothing but our own words goes to stderr.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(pdf), strict=False)
        pages = _pages(reader, len(marks))
    except PARSER_FAILS as error:
        _damaged(error)
    places = apart.free_places(pdf, len(marks), overlays.width_mm, overlays.height_mm)
    try:
        done = _written(reader, pages, places, overlays)
    except PARSER_FAILS as error:
        _damaged(error)
    _read_back(done, marks, places, overlays, code)
    return done


def _damaged(error: Exception) -> NoReturn:
    raise DocumentMalformed(
        "the PDF is damaged, or protected in a way that cannot be read",
        hint="get the file again from where it came",
    ) from error


@dataclass(frozen=True, slots=True)
class _Overlays:
    """The drawn marks, all of one size."""

    pdf: bytes
    width_mm: float
    height_mm: float

    @classmethod
    def of(cls, marks: Sequence[PageMark], kind: CodeKind, fonts: FontSet | None = None) -> "_Overlays":
        """Draw the marks.

        Raises:
            DocumentRefused: the font lacks a character.
            ValueError: there are none, too many, or one that cannot be drawn.
        """
        fonts = fonts or choose()
        _check(marks)
        fonts.require("".join(mark.text + (mark.code or "") for mark in marks))
        drawn = [_described(mark, kind) for mark in marks]
        side_mm = max(len(one["rows"]) for one in drawn) * MODULE_MM
        gap_mm = 0.0 if side_mm == 0 else _QR_GAP_MM if kind is CodeKind.QR else _GAP_MM
        data: dict[str, object] = {
            "marks": drawn,
            "module": MODULE_MM,
            "width": side_mm + gap_mm + _TEXT_MM,
            "height": max(side_mm, _PLAIN_HEIGHT_MM),
            "room": _TEXT_MM,
            "small": _SMALL_PT,
        }
        pdf = Drawing(_template(), data, fonts, _DAY).pdf()
        return cls(pdf, side_mm + gap_mm + _TEXT_MM, max(side_mm, _PLAIN_HEIGHT_MM))


def _check(marks: Sequence[PageMark]) -> None:
    if not 0 < len(marks) <= MAX_PAGES:
        raise DocumentRefused(
            "a copy of {pages} pages cannot be marked; at most {limit}",
            pages=len(marks),
            limit=MAX_PAGES,
            hint="print the document in parts",
        )
    for mark in marks:
        if not 0 < len(mark.text) <= MAX_TEXT or not mark.text.isprintable():
            raise ValueError("the words of a copy mark are one short line")
        if mark.code is not None and not (
            0 < len(mark.code) <= MAX_CODE and mark.code.isascii() and mark.code.isalnum()
        ):
            raise ValueError("the code of a copy mark is a few ASCII letters and digits")


def _described(mark: PageMark, kind: CodeKind) -> dict[str, Any]:
    if mark.code is None or kind is CodeKind.NONE:
        return {"text": mark.text, "lines": [], "rows": []}
    from securedoc.documents import matrix  # noqa: PLC0415 - loaded only where a code is drawn

    rows = [list(matrix.dark_runs(row)) for row in matrix.modules(mark.code, kind)]
    groups = [mark.code[at : at + _GROUP] for at in range(0, len(mark.code), _GROUP)]
    lines = [" ".join(groups[at : at + _GROUPS_A_LINE]) for at in range(0, len(groups), _GROUPS_A_LINE)]
    return {"text": mark.text, "lines": lines, "rows": rows}


@lru_cache(maxsize=1)
def _template() -> str:
    return resources.files("securedoc.documents").joinpath("templates/copymark.typ").read_text("utf-8")


def _pages(reader: PdfReader, wanted: int) -> list[PageObject]:
    if reader.is_encrypted:
        raise DocumentRefused(
            "the PDF is encrypted: no copy mark can be put on it", hint="ask for the file without a password"
        )
    pages = [page for page, _ in zip(reader.pages, range(wanted + 1), strict=False)]
    if len(pages) != wanted:
        raise DocumentMalformed(
            "the PDF does not have the {count} pages that are to be marked",
            count=wanted,
            hint="count the pages again; nothing was printed",
        )
    for number, page in enumerate(pages, start=1):
        if float(page.user_unit) != 1.0:
            raise DocumentRefused(
                "page {page} counts in units of its own: a copy mark would have no true size",
                page=number,
                hint="ask for the file in another form",
            )
    return pages


def _written(
    reader: PdfReader, pages: list[PageObject], places: Sequence[Place], overlays: _Overlays
) -> bytes:
    writer = PdfWriter()
    drawn = PdfReader(io.BytesIO(overlays.pdf))
    for page, place, overlay in zip(pages, places, drawn.pages, strict=True):
        overlaying.leave_what_is_drawn(page)
        added = writer.add_page(page)
        form = overlaying.as_form(writer, overlay)
        overlaying.put(writer, added, form, _matrix(added, place, overlays))
    layers = reader.root_object.get("/OCProperties")
    if layers is not None:  # which layers are off decides what is printed
        writer.root_object[NameObject("/OCProperties")] = layers.clone(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _matrix(page: PageObject, place: Place, overlays: _Overlays) -> tuple[float, ...]:
    """Return what takes the mark's coordinates to those of the page, however it is turned and cut."""
    box = page.cropbox
    x0, y0, x1, y1 = (float(value) for value in (box.left, box.bottom, box.right, box.top))
    pt = 72 / 25.4
    u, v = place.x_mm * pt, place.y_mm * pt
    seen = (
        (0.0, 1.0, -1.0, 0.0, u + overlays.height_mm * pt, v) if place.turned else (1.0, 0.0, 0.0, 1.0, u, v)
    )
    to_page = {
        0: (1.0, 0.0, 0.0, 1.0, x0, y0),
        90: (0.0, 1.0, -1.0, 0.0, x1, y0),
        180: (-1.0, 0.0, 0.0, -1.0, x1, y1),
        270: (0.0, -1.0, 1.0, 0.0, x0, y1),
    }[page.rotation % 360]
    return _after(seen, to_page)


def _after(first: tuple[float, ...], then: tuple[float, ...]) -> tuple[float, ...]:
    a, b, c, d, e, f = first
    p, q, r, s, t, w = then
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + w)


def _read_back(
    done: bytes, marks: Sequence[PageMark], places: Sequence[Place], overlays: _Overlays, kind: CodeKind
) -> None:
    """Read every code from the page it was put on, as a printer would draw it."""
    if kind is CodeKind.NONE or all(mark.code is None for mark in marks):
        return
    read = apart.codes_at(done, places, overlays.width_mm, overlays.height_mm)
    for number, (mark, said) in enumerate(zip(marks, read, strict=True), start=1):
        if said != (() if mark.code is None else (mark.code,)):
            raise DocumentFailed(
                "the copy code of page {page} cannot be read back from it",
                page=number,
                hint="nothing was printed; report this, and print with a policy that asks for no code",
            )
