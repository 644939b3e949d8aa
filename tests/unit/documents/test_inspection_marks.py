"""What the pages of a PDF draw without showing it, each page built here."""

import io
from collections.abc import Callable

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    RectangleObject,
)

from securedoc.core.findings import State
from securedoc.documents import inspection_marks
from securedoc.documents.inspection_pdf import inspect_pdf
from securedoc.documents.observations import Observation
from tests.support.signing import document

SHOWN = b"BT /F1 12 Tf 72 700 Td (thay duoc) Tj ET"


def page(content: bytes, change: Callable[[PdfWriter], object] | None = None) -> bytes:
    """Return a PDF of one page with this content."""
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    writer.metadata = None
    stream = DecodedStreamObject()
    stream.set_data(content)
    writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)
    if change is not None:
        change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def in_a_form(content: bytes) -> Callable[[PdfWriter], object]:
    """Return what puts `content` into a form that the page draws as /X."""

    def change(writer: PdfWriter) -> None:
        form = DecodedStreamObject()
        form.set_data(content)
        form.update(
            {
                NameObject("/Type"): NameObject("/XObject"),
                NameObject("/Subtype"): NameObject("/Form"),
                NameObject("/BBox"): ArrayObject([NumberObject(one) for one in (0, 0, 595, 842)]),
            }
        )
        objects = DictionaryObject({NameObject("/X"): writer._add_object(form)})
        resources = DictionaryObject({NameObject("/XObject"): objects})
        writer.pages[0][NameObject("/Resources")] = resources

    return change


def cropped(writer: PdfWriter) -> None:
    writer.pages[0].cropbox = RectangleObject((0, 400, 595, 842))


def hidden_note(writer: PdfWriter) -> None:
    note = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Square"),
            NameObject("/Rect"): ArrayObject([FloatObject(one) for one in (0, 0, 50, 50)]),
            NameObject("/F"): NumberObject(2),
        }
    )
    writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(note)])


HIDING: dict[str, tuple[str, bytes]] = {
    "render mode 3": ("pdf.invisible-text", page(b"BT /F1 12 Tf 3 Tr 72 700 Td (an) Tj ET")),
    "invisible in a form": ("pdf.invisible-text", page(b"/X Do", in_a_form(b"BT /F1 9 Tf 3 Tr (an) Tj ET"))),
    "white by grey": ("pdf.white-text", page(b"1 g BT /F1 12 Tf 72 700 Td (trang) Tj ET")),
    "white by colour": ("pdf.white-text", page(b"1 1 1 rg BT /F1 12 Tf 72 700 Td [(tr) 3 (ang)] TJ ET")),
    "white by ink": ("pdf.white-text", page(b"0 0 0 0 k BT /F1 12 Tf 72 700 Td (trang) Tj ET")),
    "a tiny font": ("pdf.tiny-text", page(b"BT /F1 0.5 Tf 72 700 Td (nho) Tj ET")),
    "a shrunken page": ("pdf.tiny-text", page(b"q .01 0 0 .01 72 700 cm BT /F1 12 Tf (nho) Tj ET Q")),
    "above the page": ("pdf.off-page", page(b"BT /F1 12 Tf 72 2000 Td (ngoai) Tj ET")),
    "left of the page": ("pdf.off-page", page(b"BT /F1 12 Tf 1 0 0 1 -300 10 Tm (ngoai) Tj ET")),
    "line after line": (
        "pdf.off-page",
        page(b"BT /F1 12 Tf 500 TL 72 700 Td (a) Tj T* (b) Tj T* (ngoai) Tj ET"),
    ),
    "a page cut off": ("pdf.cropped", page(SHOWN, cropped)),
    "a note that is not shown": ("pdf.hidden-note", page(SHOWN, hidden_note)),
    "a second file behind": ("pdf.outside", page(SHOWN) + b"PK\x03\x04 an archive"),
    "something in front": ("pdf.outside", b"#!/bin/sh\n" + page(SHOWN)),
}


def checks(pdf: bytes) -> dict[str, Observation]:
    return {one.finding.check: one for one in inspect_pdf(pdf)}


@pytest.mark.parametrize("name", HIDING)
def test_what_a_page_hides_is_found(name: str) -> None:
    check, pdf = HIDING[name]

    assert check in checks(pdf)


@pytest.mark.parametrize(
    "content",
    [
        SHOWN,
        b"q 1 g 0 0 100 100 re f Q " + SHOWN,
        b"1 g 0 g " + SHOWN,
        b"q BT 3 Tr ET Q " + SHOWN,
        b"BT /F1 1 Tf 12 0 0 12 72 700 Tm (thay) Tj ET",
        b"BT 3 Tr 72 700 Td (  ) Tj ET",
    ],
)
def test_what_is_seen_is_not_called_hidden(content: bytes) -> None:
    assert checks(page(content)) == {}


def test_an_ordinary_document_of_ours_hides_nothing() -> None:
    assert not [name for name in checks(document()) if name != "pdf.metadata"]


def test_a_page_that_cannot_be_read_is_unknown_and_not_clean() -> None:
    looping = page(b"/X Do", in_a_form(b"/X Do"))

    # The form names itself through the page's resources: readers stop somewhere, and so do we.
    seen = checks(looping)["pdf.unread-pages"]

    assert seen.finding.state is State.UNKNOWN


@pytest.mark.parametrize("bound", ["MAX_CONTENT_BYTES", "MAX_STREAM_BYTES"])
def test_more_content_than_a_bound_is_said(bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection_marks, bound, 10)

    assert "pdf.unread-pages" in checks(page(SHOWN))


def test_reading_leaves_the_file_alone() -> None:
    pdf = page(SHOWN)

    inspect_pdf(pdf)

    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1
