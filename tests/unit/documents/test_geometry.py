"""The official frame, measured in the PDF: decree 30/2020/NĐ-CP, Appendix I."""

import io
from dataclasses import replace

import pdfplumber
import pytest

from scripts.samples import bao_cao, cong_van, long_body, quyet_dinh
from securedoc.core.documents import Frame
from securedoc.documents.body import Align, Body, Cell, PageBreak, Paragraph, Picture, Row, Span, Table
from tests.support.documents import DECISION, LETTER, REPORT, nd30
from tests.support.docxforge import png
from tests.support.measuring import (
    AGENCY_MIDDLE,
    BOTTOM,
    LEFT,
    MM,
    NATION_MIDDLE,
    NEAR,
    RIGHT,
    TEXT_MIDDLE,
    TOP,
    baseline,
    left,
    line_of,
    look,
    middle,
    page_chars,
    rendered,
    right,
    shapes,
)

BODY = bao_cao()


@pytest.mark.parametrize(
    ("words", "size", "style"),
    [
        ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 12, "Bold"),
        ("Độc lập - Tự do - Hạnh phúc", 13, "Bold"),
        ("ỦY BAN NHÂN DÂN XÃ TÂN HÒA", 12, "Bold"),
        ("TỈNH SƠN THANH", 12, "Regular"),
        ("Số: 05/BC-UBND", 13, "Regular"),
        ("Tân Hòa, ngày 05 tháng 02 năm 2027", 13, "Italic"),
        ("BÁO CÁO", 14, "Bold"),
        ("Công tác bảo vệ bí mật nhà nước năm 2026", 14, "Bold"),
        ("Toàn bộ văn bản có nội dung", 14, "Regular"),
    ],
)
def test_each_part_of_the_head_has_its_size_and_style(words: str, size: float, style: str) -> None:
    assert look(line_of(page_chars(REPORT, BODY)[0], words)) == (size, style)


@pytest.mark.parametrize(
    ("words", "size", "style"),
    [
        ("Nơi nhận:", 12, "BoldItalic"),
        ("- Công an tỉnh (Bản số 02);", 11, "Regular"),
        ("không được phép sao, chụp.", 11, "Regular"),
        ("TTB.03", 11, "Regular"),
        ("TM. ỦY BAN NHÂN DÂN", 14, "Bold"),
        ("CHỦ TỊCH", 14, "Bold"),
        ("Nguyễn Văn An", 14, "Bold"),
    ],
)
def test_each_part_of_the_end_has_its_size_and_style(words: str, size: float, style: str) -> None:
    assert look(line_of(page_chars(REPORT, BODY)[-1], words)) == (size, style)


def test_the_paper_is_a4() -> None:
    with pdfplumber.open(io.BytesIO(rendered(REPORT, BODY).final.pdf)) as pdf:
        sizes = {(round(page.width / MM, 1), round(page.height / MM, 1)) for page in pdf.pages}

    assert sizes == {(210.0, 297.0)}


@pytest.mark.parametrize(
    ("frame", "body"),
    [(REPORT, BODY), (LETTER, cong_van()), (DECISION, quyet_dinh()), (REPORT, long_body())],
    ids=["report", "letter", "decision", "long"],
)
def test_no_word_leaves_the_margins(frame: Frame, body: Body) -> None:
    plain = replace(frame, training=False, mark_text="M")

    for page in page_chars(plain, body):
        words = [
            char
            for char in page
            if char["text"].strip() and TOP - 2 < 297 - float(char["matrix"][5]) / MM < BOTTOM + 1
        ]
        assert left(words) > LEFT - NEAR
        assert right(words) < RIGHT + NEAR


def test_justified_lines_reach_both_margins() -> None:
    body = Body((Paragraph((Span(" ".join(["chữ"] * 100)),)),))
    chars = [char for char in page_chars(replace(REPORT, training=False), body)[0] if char["text"] in "chữ"]
    running = [char for char in chars if look([char]) == (14, "Regular")]

    bases = sorted({round(baseline([char]), 2) for char in running})
    lines = [[char for char in running if round(baseline([char]), 2) == base] for base in bases]

    assert [left(line) for line in lines[1:]] == pytest.approx([LEFT] * (len(lines) - 1), abs=NEAR)
    assert [right(line) for line in lines[:-1]] == pytest.approx([RIGHT] * (len(lines) - 1), abs=NEAR)


def test_the_first_line_of_the_head_is_at_the_top_margin() -> None:
    chars = page_chars(REPORT, BODY)[0]

    expected = TOP + 0.891 * 12 / MM
    assert baseline(line_of(chars, "CỘNG HÒA")) == pytest.approx(expected, abs=NEAR)
    assert baseline(line_of(chars, "ỦY BAN NHÂN DÂN")) == pytest.approx(expected, abs=NEAR)


def test_the_two_columns_of_the_head_are_centred() -> None:
    chars = page_chars(REPORT, BODY)[0]

    assert middle(line_of(chars, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")) == pytest.approx(
        NATION_MIDDLE, abs=NEAR
    )
    assert middle(line_of(chars, "Độc lập - Tự do - Hạnh phúc")) == pytest.approx(NATION_MIDDLE, abs=NEAR)
    assert middle(line_of(chars, "ỦY BAN NHÂN DÂN XÃ TÂN HÒA")) == pytest.approx(AGENCY_MIDDLE, abs=NEAR)
    assert middle(line_of(chars, "Số: 05/BC-UBND")) == pytest.approx(AGENCY_MIDDLE, abs=NEAR)
    assert middle(line_of(chars, "BÁO CÁO")) == pytest.approx(TEXT_MIDDLE, abs=NEAR)


def test_number_and_date_stand_on_one_line() -> None:
    chars = page_chars(REPORT, BODY)[0]

    assert baseline(line_of(chars, "Số: 05")) == pytest.approx(
        baseline(line_of(chars, "Tân Hòa, ngày")), abs=0.05
    )


@pytest.mark.parametrize(
    ("words", "share", "at"),
    [
        ("Độc lập - Tự do - Hạnh phúc", 1.0, NATION_MIDDLE),
        ("ỦY BAN NHÂN DÂN XÃ TÂN HÒA", 0.4, AGENCY_MIDDLE),
        ("Công tác bảo vệ bí mật nhà nước năm 2026", 0.4, TEXT_MIDDLE),
    ],
)
def test_a_rule_has_its_share_of_the_line_over_it(words: str, share: float, at: float) -> None:
    above = line_of(page_chars(REPORT, BODY)[0], words)
    width = right(above) - left(above)

    found = [
        line
        for line in shapes(REPORT, BODY)[0]
        if abs((line["x0"] + line["x1"]) / 2 / MM - at) < NEAR
        and 0.5 < line["top"] / MM - baseline(above) < 4
    ]

    assert len(found) == 1
    assert (found[0]["x1"] - found[0]["x0"]) / MM == pytest.approx(width * share, abs=NEAR)
    # It keeps clear of the dots under ộ, ậ, ụ.
    assert found[0]["top"] / MM - baseline(above) > 0.216 * 13 / MM


@pytest.mark.parametrize(
    ("frame", "body", "width"),
    [(REPORT, BODY, 20.0), (LETTER, cong_van(), 30.0), (DECISION, quyet_dinh(), 40.0)],
    ids=["mat", "toi-mat", "tuyet-mat"],
)
def test_the_level_mark_is_a_double_border_of_exact_size(frame: Frame, body: Body, width: float) -> None:
    line_mm = 0.5 / MM
    boxes = [
        (rect["x0"] / MM, rect["top"] / MM, rect["width"] / MM, rect["height"] / MM)
        for rect in shapes(frame, body)[1]
        if rect["stroking_color"] not in (None, (0,), (0, 0, 0)) and 4 < rect["height"] / MM < 9
    ]

    (outer, inner) = sorted(boxes, key=lambda box: -box[2])
    # A rectangle is drawn along the middle of its line.
    assert outer[2] + line_mm == pytest.approx(width, abs=0.1)
    assert outer[3] + line_mm == pytest.approx(8.0, abs=0.1)
    assert inner[0] - outer[0] - line_mm == pytest.approx(1.0, abs=0.05)
    assert inner[1] - outer[1] - line_mm == pytest.approx(1.0, abs=0.05)
    assert outer[2] - inner[2] == pytest.approx(2 * (1.0 + line_mm), abs=0.05)
    assert outer[0] - line_mm / 2 == pytest.approx(LEFT, abs=NEAR)


def test_the_level_mark_stands_under_the_number_with_its_words_inside() -> None:
    chars = page_chars(DECISION, quyet_dinh())[0]
    words = line_of([char for char in chars if char["size"] == pytest.approx(13)], "TUYỆT MẬT")
    boxes = [rect for rect in shapes(DECISION, quyet_dinh())[1] if 7 < rect["height"] / MM < 9]

    (outer,) = boxes
    assert outer["top"] / MM > baseline(line_of(chars, "Số: 02"))
    assert outer["bottom"] / MM < baseline(line_of(chars, "QUYẾT ĐỊNH")) - 3
    assert middle(words) == pytest.approx((outer["x0"] + outer["x1"]) / 2 / MM, abs=NEAR)
    assert words[0]["non_stroking_color"][0] > 0.7


def test_a_letter_has_its_abstract_under_the_number_and_its_addressees_under_the_colon() -> None:
    chars = page_chars(LETTER, cong_van())[0]
    number, about = line_of(chars, "Số: 12/UBND-VP"), line_of(chars, "V/v triển khai")
    addressed = line_of(chars, "Kính gửi:")
    first = line_of(chars, "- Công an tỉnh Sơn Thanh;")
    second = line_of(chars, "- Bộ Chỉ huy Quân sự tỉnh Sơn Thanh.")

    assert look(about) == (12, "Regular")
    assert 3 < baseline(about) - baseline(number) < 8
    assert look(addressed) == (14, "Regular")
    assert left(first) == left(second) == pytest.approx(addressed[-1]["x0"] / MM, abs=NEAR)


def test_one_addressee_stands_on_the_line_of_kinh_gui() -> None:
    frame = replace(LETTER, recipients_to=("Công an tỉnh Sơn Thanh",))

    chars = page_chars(frame, cong_van())[0]

    assert middle(line_of(chars, "Kính gửi: Công an tỉnh Sơn Thanh")) == pytest.approx(TEXT_MIDDLE, abs=NEAR)


def test_pages_are_numbered_from_the_second_in_the_top_margin() -> None:
    pages = page_chars(replace(REPORT, training=False), long_body())

    upper = [[char for char in page if baseline([char]) < TOP - 2] for page in pages]
    assert ["".join(char["text"] for char in chars) for chars in upper] == ["", "2", "3"]
    assert look(upper[1]) == (13, "Regular")
    assert middle(upper[1]) == pytest.approx(TEXT_MIDDLE, abs=NEAR)
    assert baseline(upper[1]) == pytest.approx(12 + 0.39 * 13 / MM, abs=1)


def test_every_page_says_its_level_and_that_it_is_for_training() -> None:
    for page in page_chars(REPORT, long_body()):
        foot = [char for char in page if baseline([char]) > BOTTOM + 1]
        assert line_of(foot, "MẬT")[0]["size"] == pytest.approx(9)
        assert right(line_of(foot, "MẬT")) == pytest.approx(RIGHT, abs=NEAR)
        assert middle(line_of(foot, nd30().words.training)) == pytest.approx(TEXT_MIDDLE, abs=NEAR)
        assert any(char["text"] == "M" and char["size"] > 100 for char in page)


def test_a_real_document_says_nothing_of_training() -> None:
    for page in page_chars(replace(REPORT, training=False), long_body()):
        assert not any(char["size"] > 100 for char in page)
        assert "HUẤN" not in "".join(char["text"] for char in page)


def test_running_text_is_indented_and_spaced_as_the_decree_says() -> None:
    words = " ".join(["chữ"] * 60)
    body = Body((Paragraph((Span(words),)), Paragraph((Span(words),))))
    chars = [char for char in page_chars(replace(REPORT, training=False), body)[0] if char["text"] == "c"]
    running = [char for char in chars if look([char]) == (14, "Regular")]

    bases = sorted({round(baseline([char]), 2) for char in running})
    starts = [
        min(char["x0"] / MM for char in running if round(baseline([char]), 2) == base) for base in bases
    ]
    pitch = 14 * 1.15 * 1.1 / MM
    per = len(bases) // 2
    assert starts[0] == starts[per] == pytest.approx(LEFT + 12.7, abs=NEAR)
    assert starts[1] == pytest.approx(LEFT, abs=NEAR)
    assert bases[1] - bases[0] == pytest.approx(pitch, abs=0.05)
    assert bases[per] - bases[per - 1] == pytest.approx(pitch + 6 / MM, abs=0.05)


def test_recipients_and_signer_stand_level() -> None:
    chars = page_chars(REPORT, BODY)[-1]
    recipients, signer = line_of(chars, "Nơi nhận:"), line_of(chars, "TM. ỦY BAN NHÂN DÂN")

    assert baseline(recipients) == pytest.approx(baseline(signer), abs=1)
    assert left(recipients) == pytest.approx(LEFT, abs=NEAR)
    assert middle(signer) == pytest.approx(LEFT + 83 + 41, abs=NEAR)


def test_the_signature_fits_between_title_and_name() -> None:
    result = rendered(REPORT, BODY)
    chars = page_chars(REPORT, BODY)[result.signature_box.page]
    box = result.signature_box
    title, name = line_of(chars, "CHỦ TỊCH"), line_of(chars, "Nguyễn Văn An")

    assert 297 - box.y1 / MM > baseline(title)
    assert 297 - box.y0 / MM < baseline(name) - 2
    assert (box.x0 + box.x1) / 2 / MM == pytest.approx(middle(title), abs=NEAR)
    assert (box.x1 - box.x0) / MM == pytest.approx(50, abs=0.05)
    assert not [
        char
        for char in chars
        if char["size"] < 100
        and box.x0 < (char["x0"] + char["x1"]) / 2 < box.x1
        and box.y0 < char["matrix"][5] < box.y1
    ]


def test_the_seal_covers_a_third_of_the_signature_from_its_left() -> None:
    result = rendered(LETTER, cong_van())
    signature, seal = result.signature_box, result.seal_box

    assert (seal.x1 - signature.x0) / (signature.x1 - signature.x0) == pytest.approx(1 / 3, abs=0.01)
    assert (seal.x1 - seal.x0) / MM == pytest.approx(36, abs=0.05)
    assert seal.y0 + seal.y1 == pytest.approx(signature.y0 + signature.y1)
    assert seal.page == signature.page
    assert result.seal_box.in_centipoints()[0] == seal.page


def test_the_recipients_keep_clear_of_the_seal() -> None:
    frame = replace(LETTER, recipients_notes=("Số lượng: 03 bản; người soạn thảo: Nguyễn Thị Hương Giang;",))
    seal = rendered(frame, cong_van()).seal_box

    small = [char for char in page_chars(frame, cong_van())[seal.page] if char["size"] == pytest.approx(11)]

    assert right(small) * MM < seal.x0


@pytest.mark.parametrize("lines", range(14, 40, 2))
def test_the_signer_never_stands_alone_on_a_page(lines: int) -> None:
    paragraphs = tuple(Paragraph((Span(f"Đoạn {n} kết thúc."),)) for n in range(lines))
    result = rendered(replace(REPORT, training=False), Body(paragraphs))

    chars = page_chars(replace(REPORT, training=False), Body(paragraphs))[-1]

    assert line_of(chars, f"Đoạn {lines - 1} kết thúc.")
    assert line_of(chars, "TM. ỦY BAN NHÂN DÂN")
    assert line_of(chars, "Nguyễn Văn An")
    assert result.final.pages == result.signature_box.page + 1


def test_a_long_list_of_recipients_runs_over_pages_and_stays_whole() -> None:
    names = tuple(f"- Xã Tân Hòa {n} (Bản số {n});" for n in range(100))

    pages = page_chars(replace(REPORT, recipients_block=names, training=False), BODY)

    text = "".join(char["text"] for page in pages for char in page)
    assert all(f"- Xã Tân Hòa {n} (" in text for n in range(100))


def test_a_word_wider_than_its_line_breaks_instead_of_leaving_the_paper() -> None:
    words = ("x" * 300, "Xem http://" + "a" * 150 + " sau", "…" * 200)
    code = Cell((Paragraph((Span("Số-hiệu/UBND-VP-KT-TH-2026"),)),))
    table = Table((40.0, 60.0, 300.0), (Row((code, code, code)),), Align.LEFT)
    body = Body((*(Paragraph((Span(word),)) for word in words), table, Paragraph((Span("Hết."),))))

    page = page_chars(replace(REPORT, training=False), body)[0]

    assert right([char for char in page if char["text"].strip()]) < RIGHT + NEAR
    first_two = [char for char in page if char["size"] == pytest.approx(12) and char["text"] in "ốệKTH"]
    assert left(first_two) > LEFT
    edges = [LEFT, LEFT + 40 / MM, LEFT + 100 / MM]
    for char in first_two:
        cell_left = max(edge for edge in edges if edge <= char["x0"] / MM + NEAR)
        cell_right = next((edge for edge in edges if edge > cell_left), RIGHT)
        assert char["x1"] / MM < cell_right + NEAR


def test_a_picture_taller_than_a_page_is_made_to_fit() -> None:
    tall = Body((Paragraph((Picture(png(), 300.0, 1500.0),)), Paragraph((Span("Hết."),))))

    with pdfplumber.open(io.BytesIO(rendered(REPORT, tall).final.pdf)) as pdf:
        (image,) = [image for page in pdf.pages for image in page.images]

    assert image["height"] / MM < BOTTOM - TOP
    assert image["bottom"] / MM < BOTTOM + NEAR
    assert image["width"] / image["height"] == pytest.approx(0.2, abs=0.01)


def test_a_head_that_would_fill_the_page_is_not_repeated() -> None:
    rows = tuple(Row((Cell((Paragraph((Span(f"Hàng {n}."),)),)),), header=n < 40) for n in range(60))

    pages = page_chars(replace(REPORT, training=False), Body((Table((200.0,), rows),)))

    assert sum("Hàng0." in "".join(char["text"] for char in page).replace(" ", "") for page in pages) == 1


def test_a_cell_that_reaches_out_of_the_head_takes_its_rows_along() -> None:
    def made(words: str, rows: int = 1) -> Cell:
        return Cell((Paragraph((Span(words),)),), rows=rows)

    head = Row((made("TT", 2), made("Nội dung")), header=True)
    rest = tuple(Row((made(str(n)), made("x"))) for n in range(100))
    body = Body((Table((60.0, 300.0), (head, Row((made("Phụ"),)), *rest)),))

    pages = page_chars(replace(REPORT, training=False), body)

    assert all(line_of(page, "Phụ") for page in pages[:2])


def test_a_table_longer_than_a_page_repeats_its_head() -> None:
    table = next(block for block in long_body().blocks if not isinstance(block, (Paragraph, PageBreak)))
    longer = replace(table, rows=table.rows[:2] + table.rows[2:] * 8)

    pages = page_chars(replace(REPORT, training=False), Body((longer, Paragraph((Span("Hết./."),)))))

    assert len(pages) > 2
    for page in pages[:-1]:
        assert line_of(page, "Ghi chú")
