"""Copies for paper: particulars under the last line, marks on the first and last page, nothing that acts."""

import io
from dataclasses import replace
from datetime import date

import pdfplumber
import pytest

from scripts.samples import bao_cao, long_body
from securedoc.core.documents import Frame
from securedoc.documents import copies
from securedoc.documents.copies import CopyMarks
from securedoc.documents.layout import Style, render
from securedoc.errors import DocumentMalformed, PolicyRefused
from securedoc.issuing.copyframing import CopyOrder, frame_of, number_text
from securedoc.policy import packs
from securedoc.signing.fields import AUTHOR_FIELD
from tests.support.documents import MARKS, REPORT, nd30
from tests.support.signing import office
from tests.unit.documents.test_forms import CARD, SIGNER, VAULT

POLICY = packs.pack("vn-2026")
STYLE = Style(nd30(), MARKS["mat"])
ORDER = CopyOrder(
    *("sao-y", 5, 3, 10), recipients=("Cơ quan MẪU A",), authority="Chủ tịch UBND xã Mẫu", on=date(2027, 3, 1)
)
MM = 72 / 25.4


def ordered(kind: str = "sao-y") -> tuple[Frame, CopyMarks]:
    return frame_of(POLICY, VAULT, CARD, replace(ORDER, kind=kind), signer=SIGNER)


def made(pdf: bytes, kind: str = "sao-y") -> list[str]:
    with pdfplumber.open(io.BytesIO(copies.make(pdf, *ordered_style(kind)))) as opened:
        return [page.extract_text() or "" for page in opened.pages]


def ordered_style(kind: str) -> tuple[Frame, Style, CopyMarks]:
    frame, marks = ordered(kind)
    return frame, STYLE, marks


SHORT = render(bao_cao(), replace(REPORT, training=False), STYLE).final.pdf
LONG = render(long_body(), REPORT, STYLE).final.pdf


@pytest.mark.parametrize(
    ("kind", "heading", "number"),
    [
        ("sao-y", "SAO Y", "05/SY-UBND"),
        ("sao-luc", "SAO LỤC", "05/SL-UBND"),
        ("trich-sao", "TRÍCH SAO", "05/TrS-UBND"),
    ],
)
def test_a_copy_says_its_kind_number_place_signer_and_recipients(
    kind: str, heading: str, number: str
) -> None:
    last = made(SHORT, kind)[-1]

    for words in (
        heading,
        f"Số: {number}",
        "Mẫu, ngày 01 tháng 3 năm 2027",
        "Nguyễn Văn An",
        "- Cơ quan MẪU A;",
    ):
        assert words in last


def test_the_marks_stand_on_the_first_and_the_last_page() -> None:
    pages = made(SHORT)

    assert "BẢN SAO SỐ: 03" in pages[0]
    assert "BẢN SAO BÍ MẬT NHÀ NƯỚC" in pages[-1]
    assert "số lượng: 10 bản" in pages[-1]
    assert "Thẩm quyền sao: Chủ tịch UBND xã Mẫu" in pages[-1]
    assert "BẢN SAO BÍ MẬT NHÀ NƯỚC" not in pages[0]


def test_they_stand_under_the_last_line_where_there_is_room_else_on_a_sheet_of_their_own() -> None:
    assert len(made(SHORT)) == 2
    assert "Nguyễn Văn An" in made(SHORT)[1]

    pages = made(LONG)

    assert len(pages) == 4
    assert "SAO Y" in pages[3]
    assert "MẬT" in pages[3]
    assert pages[3].startswith("4")


def test_nothing_of_the_document_is_covered() -> None:
    before = pdfplumber.open(io.BytesIO(SHORT)).pages[-1]
    after = pdfplumber.open(io.BytesIO(copies.make(SHORT, *ordered_style("sao-y")))).pages[-1]

    above = [word for word in before.extract_words() if word["bottom"] < 270 * MM]
    lowest = max(word["bottom"] for word in above)
    added = next(word for word in after.extract_words() if word["text"] == "SAO")
    assert added["top"] > lowest
    kept = {(word["text"], round(word["x0"]), round(word["top"])) for word in after.extract_words()}
    assert all((word["text"], round(word["x0"]), round(word["top"])) in kept for word in above)


def test_the_same_copy_gives_the_same_bytes() -> None:
    assert copies.make(SHORT, *ordered_style("sao-y")) == copies.make(SHORT, *ordered_style("sao-y"))


def test_a_signed_document_is_copied_as_it_looks_and_signs_nothing() -> None:
    copied = copies.make(office().sealed(), *ordered_style("sao-y"))

    assert AUTHOR_FIELD.encode() not in copied
    assert b"/ByteRange" not in copied
    assert b"/AcroForm" not in copied


def test_a_kind_that_is_not_numbered_is_refused() -> None:
    with pytest.raises(PolicyRefused, match="no kind of copy chup"):
        number_text(POLICY, VAULT, replace(ORDER, kind="chup"))


def test_what_is_no_pdf_is_refused() -> None:
    with pytest.raises(DocumentMalformed):
        copies.make(b"MAU", *ordered_style("sao-y"))
