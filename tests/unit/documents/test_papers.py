"""Envelopes, slips and the sheet of stamps: what stands on them, in true size, and what does not."""

import io
from datetime import date
from types import SimpleNamespace
from typing import Any

import pdfplumber
import pytest

from securedoc.core.documents import document_id
from securedoc.documents import papers
from securedoc.documents.papers import ENVELOPES, Paper
from securedoc.errors import DocumentRefused, PolicyRefused
from securedoc.issuing.papers import delivery, envelopes, proposal_of, stamp_sheet
from securedoc.policy import packs
from tests.unit.documents.test_forms import CARD, DAY, VAULT

POLICY = packs.pack("vn-2026")
DOCUMENT = document_id(2027, 1)
MM = 72 / 25.4


def pages(paper: Paper) -> list[Any]:
    return list(pdfplumber.open(io.BytesIO(paper.pdf())).pages)


def text(page: Any) -> str:
    return page.extract_text() or ""


def an_office(level: str = "mat", number: str = "05/BC-UBND") -> Any:
    """Return what an office says to whoever draws papers of its one document."""
    row = SimpleNamespace(
        level=level,
        number_text=number,
        date=DAY if number else None,
        type_key="bao-cao",
        recipients=("Cơ quan MẪU A", "Cơ quan MẪU B"),
    )
    return SimpleNamespace(
        policy=POLICY,
        card=VAULT,
        ledger=SimpleNamespace(document=lambda _: row),
        permit=lambda *_: None,
        today=lambda: DAY,
        who=SimpleNamespace(name="Trần Thị Văn Thư"),
    )


@pytest.mark.parametrize(("level", "letter"), [("mat", "C"), ("toi-mat", "B")])
def test_an_envelope_carries_the_letter_of_its_level_and_not_its_name(level: str, letter: str) -> None:
    drawn = pages(envelopes(an_office(level), DOCUMENT, to=(), size="c5", named=False))

    assert len(drawn) == 2
    for page, name in zip(drawn, ("Cơ quan MẪU A", "Cơ quan MẪU B"), strict=True):
        assert (round(page.width / MM), round(page.height / MM)) == (229, 162)
        said = text(page)
        assert name in said
        assert "Số: 05/BC-UBND" in said
        assert letter in said.split()
        assert "MẬT" not in said


def test_the_highest_level_goes_in_two_envelopes_and_only_the_inner_one_says_so() -> None:
    inner, outer = pages(
        envelopes(an_office("tuyet-mat"), DOCUMENT, to=("Nguyễn Văn Mẫu",), size="c4", named=True)
    )

    assert "TUYỆT MẬT" in text(inner)
    assert "CHỈ NGƯỜI CÓ TÊN MỚI ĐƯỢC BÓC BÌ" in text(inner)
    assert "TUYỆT MẬT" not in text(outer)
    assert "A" in text(outer).split()
    assert "CHỈ NGƯỜI" not in text(outer)


@pytest.mark.parametrize("size", sorted(ENVELOPES))
def test_nothing_leaves_an_envelope_of_any_size(size: str) -> None:
    for page in pages(
        envelopes(an_office("tuyet-mat"), DOCUMENT, to=("Cơ quan MẪU " * 12,), size=size, named=True)
    ):
        words = page.extract_words()
        assert min(word["x0"] for word in words) > 0
        assert max(word["x1"] for word in words) < page.width
        assert max(word["bottom"] for word in words) < page.height


def test_an_envelope_of_another_size_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(PolicyRefused, match="no envelope a9"):
        envelopes(an_office(), DOCUMENT, to=(), size="a9", named=False)


def test_what_has_no_number_is_not_sent() -> None:
    with pytest.raises(DocumentRefused, match="has no number yet"):
        envelopes(an_office(number=""), DOCUMENT, to=(), size="c5", named=False)
    with pytest.raises(DocumentRefused, match="has no number yet"):
        delivery(an_office(number=""), DOCUMENT, to=())


def test_a_slip_names_number_date_level_and_copy_and_never_the_subject() -> None:
    first, second = (text(page) for page in pages(delivery(an_office(), DOCUMENT, to=())))

    for words in ("PHIẾU GỬI", "Cơ quan MẪU A", "05/BC-UBND", "05/02/2027", "Báo cáo", "Mật", "NGƯỜI NHẬN"):
        assert words in first
    assert "02" in second.split()
    assert CARD.subject not in first


def test_a_proposal_holds_what_the_form_asks_for() -> None:
    (page,) = pages(proposal_of(POLICY, VAULT, CARD, DAY))

    said = " ".join(text(page).split())
    for words in (
        "PHIẾU ĐỀ XUẤT ĐỘ MẬT CỦA VĂN BẢN",
        CARD.subject,
        "Độ mật đề xuất: Mật",
        "không được phép",
        "01 Cơ quan MẪU A",
        "03 Lưu: VT",
        "NGƯỜI CÓ THẨM QUYỀN",
        "Người đứng đầu cơ quan, tổ chức ban hành",
    ):
        assert words in said


def test_the_sheet_of_stamps_shows_each_in_its_true_size() -> None:
    drawn = pages(stamp_sheet(POLICY, DAY))

    rects = {
        (round(rect["width"] / MM, 1), round(rect["height"] / MM, 1)) for page in drawn for rect in page.rects
    }
    for stamp in POLICY.marks.values():
        if stamp.width_mm == stamp.height_mm or stamp.width_mm is None or stamp.height_mm is None:
            continue
        line = stamp.line_pt / MM
        assert (round(stamp.width_mm - line, 1), round(stamp.height_mm - line, 1)) in rects, stamp.key
    rule = max((line for line in drawn[0].lines if line["height"] < 1), key=lambda line: line["width"])
    assert rule["width"] / MM == pytest.approx(100, abs=0.05)
    assert all(stamp.key in "\n".join(map(text, drawn)) for stamp in POLICY.marks.values())


def test_the_same_paper_gives_the_same_bytes() -> None:
    assert stamp_sheet(POLICY, DAY).pdf() == stamp_sheet(POLICY, DAY).pdf()


def test_a_letter_without_a_glyph_is_refused_by_name() -> None:
    with pytest.raises(DocumentRefused, match=r"U\+4E2D"):
        Paper("MẪU", papers.A4, (papers.text("中"),), date(2027, 1, 1)).pdf()


def test_a_crooked_table_and_papers_of_two_sizes_are_mistakes_of_ours() -> None:
    with pytest.raises(ValueError, match="number of cells"):
        papers.table(("a", "b"), (("1",),), (1.0, 1.0))
    with pytest.raises(ValueError, match="of one size"):
        papers.in_one([Paper("a", sheet, (), DAY) for sheet in (papers.A4, ENVELOPES["c5"])])
