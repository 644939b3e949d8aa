"""The mark of a printed copy: where it stands, what it says, and what of a page it leaves alone."""

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pdfplumber
import pytest
from PIL import ImageChops
from pypdf import PdfReader, PdfWriter
from pypdf.generic import FloatObject, NameObject

from securedoc.core.copies import CodeKind
from securedoc.documents import matrix, scanning
from securedoc.documents.copymarks import MODULE_MM, PageMark, marked
from securedoc.documents.report import Column, Report, Section
from securedoc.errors import DocumentFailed, DocumentMalformed, DocumentRefused, SecuredocError
from tests.support.marks import MM, filled, marks, page, report, scanned, written
from tests.support.signing import office

DM = CodeKind.DATA_MATRIX
EDGE = 18  # millimetres of the page's lower end that a mark may touch


def read(pdf: bytes) -> list[set[str]]:
    return [set(matrix.read(picture)) for picture in scanned(pdf)]


def test_every_page_says_its_own_code() -> None:
    pdf, count = report()

    done = marked(pdf, marks(count), code=DM)

    assert read(done) == [{mark.code} for mark in marks(count)]


def test_a_qr_code_is_read_as_well() -> None:
    pdf, count = report()

    assert read(marked(pdf, marks(count), code=CodeKind.QR)) == [{mark.code} for mark in marks(count)]


def test_number_and_code_stand_in_clear_with_an_embedded_font() -> None:
    pdf, count = report()

    done = marked(pdf, marks(count), code=DM)

    for sheet, mark in zip(pdfplumber.open(io.BytesIO(done)).pages, marks(count), strict=True):
        corner = sheet.crop((0, sheet.height - 22 * MM, 60 * MM, sheet.height)).extract_text()
        assert mark.text in corner
        assert (mark.code or "-") in corner.replace(" ", "").replace("\n", "")
    resources: Any = PdfReader(io.BytesIO(done)).pages[0]["/Resources"]
    fonts: list[Any] = [
        font.get_object()["/DescendantFonts"][0]["/FontDescriptor"]
        for font in resources["/XObject"]["/SecuredocMark"]["/Resources"]["/Font"].values()
    ]
    assert fonts
    assert all("/FontFile2" in font or "/FontFile3" in font for font in fonts)


def test_without_a_code_by_policy_the_number_alone_stands_there() -> None:
    pdf, count = report()
    plain = [PageMark("Bản số 02/05", None)] * count

    for done in (marked(pdf, plain, code=DM), marked(pdf, marks(count), code=CodeKind.NONE)):
        assert read(done) == [set()] * count
        assert "Bản số 02/05" in PdfReader(io.BytesIO(done)).pages[-1].extract_text()


def test_one_page_may_have_a_code_and_the_next_none() -> None:
    pdf, count = report()
    mixed = [marks(count)[0], *[PageMark("Bản số 02/05", None)] * (count - 1)]

    assert read(marked(pdf, mixed, code=DM)) == [{mixed[0].code}, *[set()] * (count - 1)]


def test_the_same_input_gives_the_same_bytes() -> None:
    pdf, count = report()

    assert marked(pdf, marks(count), code=DM) == marked(pdf, marks(count), code=DM)


def test_nothing_of_the_page_is_covered_moved_or_scaled() -> None:
    pdf, count = report()

    for before, after in zip(
        scanned(pdf, 120), scanned(marked(pdf, marks(count), code=DM), 120), strict=True
    ):
        added = ImageChops.difference(before, after).getbbox()
        assert added is not None
        left, top, right, bottom = (side / 120 * 25.4 for side in added)
        assert (left, bottom) == pytest.approx((8, 292), abs=0.5)
        assert right < 52
        assert top > 297 - 20
        # Where something was added, nothing had been.
        assert sum(before.crop(added).histogram()[:200]) == 0


def test_what_is_seen_of_a_signature_is_printed_too() -> None:
    pdf = office().sealed()
    count = len(PdfReader(io.BytesIO(pdf)).pages)

    done = marked(pdf, marks(count), code=DM)

    for before, after in zip(scanned(pdf, 100), scanned(done, 100), strict=True):
        changed = ImageChops.difference(before, after)
        assert changed.crop((0, 0, before.width, before.height - round(30 / 25.4 * 100))).getbbox() is None
    reader = PdfReader(io.BytesIO(done))
    assert "/AcroForm" not in reader.root_object
    assert all(
        note.get_object()["/Subtype"] == "/Stamp"
        for sheet in reader.pages
        for note in sheet.get("/Annots", [])
    )


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize(
    ("crop", "origin"), [(None, (0, 0)), ((10, 20, 200, 280), (0, 0)), ((10, 20, 200, 280), (-50, 30))]
)
def test_a_turned_or_cut_page_has_its_mark_where_the_reader_sees_the_corner(
    rotate: int, crop: tuple[float, float, float, float] | None, origin: tuple[float, float]
) -> None:
    pdf = page(rotate=rotate, crop_mm=crop, origin_mm=origin)

    (seen,) = scanned(marked(pdf, marks(1), code=DM))

    assert scanning.codes(seen) == {marks(1)[0].code}
    left, _, _, bottom = seen.point(lambda value: 255 - value).getbbox() or (0, 0, 0, 0)
    assert left / 200 * 25.4 == pytest.approx(8, abs=0.5)
    assert (seen.height - bottom) / 200 * 25.4 == pytest.approx(5, abs=0.5)


def test_a_landscape_book_is_marked() -> None:
    rows = tuple((str(number), "MẪU") for number in range(60))
    book = Report(
        "Sổ", "Năm", (Section("", (), (Column("a"), Column("b")), rows),), date(2026, 1, 1), landscape=True
    )
    pdf = book.pdf()
    count = len(PdfReader(io.BytesIO(pdf)).pages)

    assert read(marked(pdf, marks(count), code=DM)) == [{mark.code} for mark in marks(count)]


@pytest.mark.parametrize(
    ("content", "turned"),
    [
        (filled(0, 0, 80, 40), False),  # along the lower edge
        (filled(0, 0, 210, 30), True),  # up the left edge
        (filled(0, 0, 210, 30) + filled(0, 0, 30, 297), True),  # up the right edge
        (filled(0, 0, 210, 260), False),  # along the upper edge
    ],
)
def test_a_corner_in_use_is_left_alone_and_another_place_taken(content: bytes, *, turned: bool) -> None:
    pdf = page(content=content)

    done = marked(pdf, marks(1), code=DM)

    (before,), (after,) = scanned(pdf), scanned(done)
    added = ImageChops.difference(before, after).getbbox()
    assert added is not None
    assert before.crop(added).getextrema() == (255, 255)
    assert (added[3] - added[1] > added[2] - added[0]) is turned
    assert scanning.codes(after) == {marks(1)[0].code}


def test_a_page_without_an_empty_edge_is_refused_by_its_number() -> None:
    writer = PdfWriter()
    for pdf in (page(), page(content=filled(0, 0, 210, 297))):
        writer.append(io.BytesIO(pdf))

    with pytest.raises(DocumentRefused, match="page 2 has no empty place"):
        marked(written(writer), marks(2), code=DM)


def test_a_watermark_under_the_mark_is_no_obstacle() -> None:
    pdf = page(content=b"0.92 g 0 0 600 850 re f\n")

    assert read(marked(pdf, marks(1), code=DM)) == [{marks(1)[0].code}]


def test_drawing_that_is_left_unfinished_does_not_move_the_mark() -> None:
    with pytest.raises(DocumentFailed, match="page 1 cannot be read back"):
        marked(page(content=b"q 0.2 0 0 0.2 300 300 cm q\n"), marks(1), code=DM)


@pytest.mark.parametrize("wrong", [0, 2, 5])
def test_another_number_of_pages_than_marks_is_refused(wrong: int) -> None:
    pdf = page(pages=3)

    with pytest.raises(SecuredocError) as caught:
        marked(pdf, marks(wrong), code=DM)
    assert isinstance(caught.value, DocumentMalformed | DocumentRefused)


def _own_units(writer: PdfWriter) -> None:
    writer.pages[0][NameObject("/UserUnit")] = FloatObject(2)


def _locked(writer: PdfWriter) -> None:
    writer.encrypt("mat khau", algorithm="RC4-128")


@pytest.mark.parametrize(("change", "said"), [(_own_units, "units of its own"), (_locked, "encrypted")])
def test_what_cannot_be_marked_truly_is_refused(change: Callable[[PdfWriter], None], said: str) -> None:
    writer = PdfWriter(clone_from=io.BytesIO(page()))
    change(writer)

    with pytest.raises(DocumentRefused, match=said):
        marked(written(writer), marks(1), code=DM)


@pytest.mark.parametrize("size", [(40, 40), (5000, 297), (59, 300)])
def test_paper_that_no_printer_has_is_refused(size: tuple[float, float]) -> None:
    with pytest.raises(DocumentRefused, match="no paper"):
        marked(page(*size), marks(1), code=DM)


@pytest.mark.parametrize(
    "mark",
    [
        PageMark("", "SD1ABC"),
        PageMark("Bản số 1\n", "SD1ABC"),
        PageMark("x" * 41, "SD1ABC"),
        PageMark("Bản số 1", ""),
        PageMark("Bản số 1", "SD1\x00"),
        PageMark("Bản số 1", "SD1 ABC"),
        PageMark("Bản số 1", "A" * 65),
    ],
)
def test_a_mark_that_cannot_be_drawn_is_a_bug_of_the_caller(mark: PageMark) -> None:
    with pytest.raises(ValueError, match="copy mark"):
        marked(page(), [mark], code=DM)


def test_a_letter_that_the_font_lacks_is_an_error_and_no_gap() -> None:
    with pytest.raises(DocumentRefused, match=r"no glyph for U\+4E2D"):
        marked(page(), [PageMark("Bản số 中", None)], code=DM)


def test_modules_are_as_large_as_was_measured_to_survive() -> None:
    assert MODULE_MM >= 0.6
