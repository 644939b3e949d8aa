"""Every type of document by its model form: what each opens with, who signs where, which pages."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any

import pdfplumber
import pytest

from securedoc.core.digests import Digest
from securedoc.core.documents import Card, Extras, Level
from securedoc.core.people import Officer, PublicKeys, Role, officer_id
from securedoc.documents.body import Align, Body, PageBreak, Paragraph, Span
from securedoc.documents.layout import Rendered, render
from securedoc.documents.modeltext import model_body
from securedoc.documents.parts import split
from securedoc.errors import DocumentRefused, PolicyRefused
from securedoc.issuing.framing import frame_of, framing_of
from securedoc.issuing.samples import sample
from securedoc.office.card import VaultCard
from securedoc.policy import packs
from tests.support.documents import REPORT, nd30

POLICY = packs.pack("vn-2026")
DAY = date(2027, 2, 5)
MM = 72 / 25.4
VAULT = VaultCard(
    *("0" * 32, "Ủy ban nhân dân xã Mẫu", "Mẫu", "UBND", "Ủy ban nhân dân tỉnh Thử", "VP"),
    training=True,
    policy_pack="vn-2026",
    policy_version="1.0",
    policy_digest=Digest.of(b""),
    created=datetime(2027, 1, 1, tzinfo=UTC),
)
SIGNER = Officer(
    officer_id("binh"), Role.SIGNER, "Nguyễn Văn An", "Chủ tịch", PublicKeys(b"", b"", b""), b"", 0
)
CARD = Card(
    *("bao-cao", Level("mat"), "Công tác MẪU năm 2026", "", ("Cơ quan MẪU A", "Cơ quan MẪU B"), 3),
    copying_permitted=False,
    drafter=officer_id("dung"),
    drafter_name="Trần Văn Soạn",
    unit="VP",
)


@lru_cache(maxsize=64)
def drawn(card: Card, body: Body | None = None) -> Rendered:
    """Lay a card out as the program does, with its model text or another."""
    framing = framing_of(POLICY, card)
    number = framing.number_text(card, 5, VAULT.symbol)
    frame = frame_of(framing, VAULT, card, signer=SIGNER, number_text=number, on=DAY)
    issues = POLICY.document_type(card.extras.issues).name.upper() if card.extras.issues else ""
    return render(body or model_body(framing.form, issues=issues), frame, framing.style(card))


def card(type_key: str, **extras: str) -> Card:
    return replace(CARD, type_key=type_key, extras=Extras(**extras))


@lru_cache(maxsize=64)
def pages(pdf: bytes) -> tuple[str, ...]:
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        return tuple(page.extract_text() or "" for page in opened.pages)


def text(made: Rendered) -> str:
    return "\n".join(pages(made.final.pdf))


def words_at(made: Rendered, wanted: str, page: int = 0) -> dict[str, Any]:
    """Return the first word on a page that is `wanted`."""
    with pdfplumber.open(io.BytesIO(made.final.pdf)) as opened:
        return next(word for word in opened.pages[page].extract_words() if word["text"] == wanted)


@pytest.mark.parametrize("type_key", sorted(POLICY.types))
def test_each_of_the_29_types_is_laid_out_by_a_form_of_its_own(type_key: str) -> None:
    made = drawn(card(type_key))

    kind, form = POLICY.types[type_key], nd30().forms[type_key]
    assert form.model == kind.form
    said = text(made)
    if kind.frame != "letter":
        assert kind.name.upper() in said
    assert f"/{kind.abbreviation}-UBND" in said or "05/UBND" in said
    assert "HUẤN LUYỆN" in said
    with pdfplumber.open(io.BytesIO(made.final.pdf)) as opened:
        for page in opened.pages:
            edges = [word for word in page.extract_words() if 20 * MM < word["top"] < 277 * MM]
            assert min(word["x0"] for word in edges) > 29.5 * MM
            assert max(word["x1"] for word in edges) < 195.5 * MM


def test_there_is_a_form_for_every_type_and_for_no_other() -> None:
    assert set(nd30().forms) == {*POLICY.types, "quyet-dinh-ban-hanh"}
    assert {form.model for form in nd30().forms.values()} == {"", *(f"1.{n}" for n in range(1, 11))}


def test_the_same_card_gives_the_same_bytes() -> None:
    first = drawn(card("giay-moi")).final.pdf
    drawn.cache_clear()

    assert drawn(card("giay-moi")).final.pdf == first


@pytest.mark.parametrize(
    ("type_key", "said"),
    [
        ("quyet-dinh", "ỦY BAN NHÂN DÂN XÃ MẪU\nCăn cứ"),
        ("quyet-dinh", "QUYẾT ĐỊNH:"),
        ("nghi-quyet", "QUYẾT NGHỊ:"),
        ("cong-dien", "Ủy ban nhân dân xã Mẫu điện:"),
        ("giay-moi", "Ủy ban nhân dân xã Mẫu trân trọng kính mời:"),
        ("giay-gioi-thieu", "trân trọng giới thiệu:"),
        ("bien-ban", "THƯ KÝ CHỦ TỌA"),
        ("giay-nghi-phep", "(Chữ ký, dấu)"),
        ("hop-dong", "ĐẠI DIỆN BÊN B ĐẠI DIỆN BÊN A"),
        ("cong-van", "Kính gửi:"),
        ("to-trinh", "Kính gửi:"),
    ],
)
def test_a_form_says_what_its_model_says(type_key: str, said: str) -> None:
    assert said in text(drawn(card(type_key)))


@pytest.mark.parametrize(
    ("type_key", "unsaid"),
    [
        ("bien-ban", "ngày 05 tháng 02"),
        ("giay-gioi-thieu", "Công tác MẪU năm 2026"),
        ("giay-nghi-phep", "Công tác MẪU năm 2026"),
        ("bao-cao", "Kính gửi"),
        ("bao-cao", "ỦY BAN NHÂN DÂN XÃ MẪU\nCăn cứ"),
    ],
)
def test_and_nothing_that_it_does_not_say(type_key: str, unsaid: str) -> None:
    assert unsaid not in text(drawn(card(type_key)))


def test_two_sign_minutes_beside_one_another_and_the_recipients_stand_below() -> None:
    made = drawn(card("bien-ban", partner="Lê Thị Quyên"))

    secretary, chair = words_at(made, "Quyên"), words_at(made, "Nguyễn")
    assert secretary["top"] == pytest.approx(chair["top"], abs=0.5)
    assert secretary["x1"] < chair["x0"]
    assert words_at(made, "Nơi")["top"] > secretary["bottom"]
    assert made.signature_box.x0 / MM > 105


def test_urgency_stands_under_the_level_and_circulation_over_the_nation() -> None:
    made = drawn(card("bao-cao", urgency="hoa-toc", circulation="thu-hoi", until="01/03/2027"))

    level, urgency = words_at(made, "MẬT"), words_at(made, "HỎA")
    recall, nation = words_at(made, "THU"), words_at(made, "CỘNG")
    assert urgency["top"] > level["bottom"]
    assert urgency["top"] - level["bottom"] < 8 * MM
    assert recall["bottom"] < nation["top"]
    assert recall["x0"] > 110 * MM
    assert "01/03/2027" in text(made)


def test_the_address_stands_at_the_foot_of_the_first_page_alone() -> None:
    long = Body(tuple(Paragraph((Span("Nội dung MẪU " * 40),)) for _ in range(12)))

    made = drawn(card("cong-van", contact="Số 1 đường Mẫu; điện thoại 0000"), long)

    first, *others = pages(made.final.pdf)
    assert "Số 1 đường Mẫu" in first
    assert others
    assert all("Số 1 đường Mẫu" not in other for other in others)
    assert words_at(made, "đường")["bottom"] > 262 * MM


def test_capacity_and_authority_are_taken_as_they_are_said() -> None:
    said = text(
        drawn(card("quyet-dinh", capacity="KT. CHỦ TỊCH", authority="Chủ tịch Ủy ban nhân dân xã Mẫu"))
    )

    assert "KT. CHỦ TỊCH" in said
    assert "CHỦ TỊCH ỦY BAN NHÂN DÂN XÃ MẪU\nCăn cứ" in said


# --- annexes and issued documents ------------------------------------------------------------------


def paragraph(words: str, **how: Any) -> Paragraph:
    return Paragraph((Span(words),), **how)


TWO_ANNEXES = Body(
    (
        paragraph("Nội dung MẪU"),
        PageBreak(),
        paragraph("Phụ lục I"),
        paragraph("Danh mục MẪU", align=Align.CENTER),
        paragraph("Mục một"),
        PageBreak(),
        paragraph("Mục hai"),
        paragraph("PHỤ LỤC II"),
        paragraph("Bảng MẪU"),
        paragraph("Cuối"),
    )
)


def test_annexes_begin_pages_numbered_for_themselves_after_the_signature() -> None:
    made = drawn(CARD, TWO_ANNEXES)

    main, first, second, other = pages(made.final.pdf)
    assert "Nguyễn Văn An" in main
    assert made.signature_box.page == 0
    reference = "(Kèm theo Báo cáo số 05/BC-UBND ngày 05"
    assert "Phụ lục I\nDANH MỤC MẪU\n" + reference in first
    assert second.startswith("2\nMục hai")
    assert other.startswith("PHỤ LỤC II\nBẢNG MẪU\n" + reference)
    assert made.final.pages == 4


def test_a_word_in_a_sentence_begins_no_annex() -> None:
    body = Body((paragraph("Xem Phụ lục I kèm theo."), paragraph("Phụ lục này có hai phần.")))

    assert split(body, REPORT, nd30()).annexes == ()


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ((paragraph("Phụ lục"),), "has no title"),
        ((paragraph("Phụ lục"), paragraph("Danh mục")), "holds nothing"),
        (
            (
                paragraph("Phụ lục"),
                paragraph("Danh mục"),
                paragraph("(Kèm theo Báo cáo số 5)"),
                paragraph("x"),
            ),
            "types the reference",
        ),
    ],
)
def test_an_annex_that_is_not_as_it_should_be_is_refused_by_name(blocks: tuple[Any, ...], said: str) -> None:
    with pytest.raises(DocumentRefused, match=said):
        split(Body((paragraph("Nội dung"), *blocks)), REPORT, nd30())


def test_a_decision_issues_a_document_with_a_head_of_its_own() -> None:
    made = drawn(card("quyet-dinh", issues="quy-che"))

    decision, issued = pages(made.final.pdf)
    assert "Nguyễn Văn An" in decision
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in issued
    assert "QUY CHẾ" in issued
    assert "(Kèm theo Quyết định số 05/QĐ-UBND" in issued
    assert "Số: 05" not in issued
    assert not issued.startswith("2")


def test_a_decision_without_what_it_issues_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="no line QUY CHẾ"):
        drawn(card("quyet-dinh", issues="quy-che"), Body((paragraph("Điều 1."),)))


# --- places for later stamps -----------------------------------------------------------------------


@pytest.mark.parametrize("level", ["mat", "toi-mat", "tuyet-mat"])
@pytest.mark.parametrize("type_key", ["bao-cao", "cong-van", "quyet-dinh"])
def test_places_for_later_stamps_cover_nothing_and_stay_within_the_margins(level: str, type_key: str) -> None:
    made = drawn(replace(card(type_key), level=Level(level)))

    boxes = dict(made.mark_boxes)
    assert set(boxes) == {"giai-mat", "gia-han", "dieu-chinh"}
    with pdfplumber.open(io.BytesIO(made.final.pdf)) as opened:
        page = opened.pages[0]
        for box in boxes.values():
            top, bottom = page.height - box.y1, page.height - box.y0
            assert box.page == 0
            assert box.x0 > 29.9 * MM
            assert box.x1 < 196.1 * MM
            for word in page.extract_words():
                if len(word["text"]) < 2 and word["bottom"] - word["top"] > 50:
                    continue  # a letter of the watermark
                beside = word["x1"] <= box.x0 or word["x0"] >= box.x1
                assert beside or word["bottom"] <= top + 1 or word["top"] >= bottom - 1, word["text"]
    edges = sorted((box.x0, box.x1) for box in boxes.values())
    assert all(left[1] <= right[0] for left, right in pairwise(edges))


# --- the Party's frame -----------------------------------------------------------------------------


def test_a_party_document_has_the_frame_of_the_party() -> None:
    said = text(drawn(card("quyet-dinh", layout="dang", capacity="T/M ĐẢNG ỦY")))

    assert "ĐẢNG CỘNG SẢN VIỆT NAM" in said
    assert "CỘNG HÒA XÃ HỘI" not in said
    assert "Độc lập" not in said
    assert "Số 05-QĐ/UBND" in said
    assert "\n*\n" in said or " *\n" in said or "\n* " in said
    assert "-----" in said
    assert "T/M ĐẢNG ỦY" in said
    assert "./." not in said


def test_a_type_that_the_party_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(PolicyRefused, match="no form for Giấy nghỉ phép"):
        drawn(card("giay-nghi-phep", layout="dang"))


def test_a_sample_needs_no_vault_and_says_on_each_page_what_it_is() -> None:
    for page in pages(sample(POLICY, "quyet-dinh+quy-che", "nd30", DAY)):
        assert "HUẤN LUYỆN – KHÔNG PHẢI TÀI LIỆU THẬT" in page


def test_an_officer_is_not_needed_for_a_preview() -> None:
    framing = framing_of(POLICY, CARD)

    frame = frame_of(framing, VAULT, CARD, signer=None, number_text="…/BC-UBND", on=DAY)

    assert frame.signer_title == POLICY.signature.title
    assert not frame.signer_name
