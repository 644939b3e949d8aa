"""Rendering: the same bytes each time, PDF/A, refusals, speed."""

import io
import re
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from scripts.samples import bao_cao, cong_van, long_body
from securedoc.core.digests import Digest
from securedoc.documents import finalising, report
from securedoc.documents.body import Align, Body, Cell, Paragraph, Picture, Row, Span, Table
from securedoc.documents.engine import Drawing
from securedoc.documents.fonts import FontSet, choose
from securedoc.documents.layout import Style, preview, render
from securedoc.documents.skeleton import write_docx
from securedoc.errors import DocumentFailed, DocumentRefused, PolicyRefused
from tests.support.documents import LETTER, MARKS, REPORT, nd30
from tests.support.docxforge import docx, inline_picture, paragraph, png, with_picture

STYLE = Style(nd30(), MARKS["mat"])
FALLBACK = FontSet("Libertinus Serif", None, (), None)


def text(words: str) -> Body:
    """Return a body of one paragraph."""
    return Body((Paragraph((Span(words),)),))


def test_the_same_input_gives_the_same_bytes() -> None:
    first, second = (render(long_body(), REPORT, STYLE).final for _ in range(2))

    assert first.pdf == second.pdf
    assert first.digest == Digest.of(first.pdf)


def test_the_day_in_the_pdf_is_the_day_of_the_document() -> None:
    pdf = render(text("x"), replace(REPORT, issued_on=date(2027, 2, 5)), STYLE).final.pdf

    assert b"2027-02-05T00:00:00" in pdf
    assert b"(D:20270205" in pdf


def test_the_pdf_says_that_it_is_pdf_a_2b_and_embeds_every_font() -> None:
    pdf = render(bao_cao(), REPORT, STYLE).final.pdf

    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in pdf
    assert len(set(re.findall(rb"/FontFile[23]? \d+ 0 R", pdf))) >= 3
    assert b"/OutputIntent" in pdf


def test_the_subject_does_not_stand_in_the_metadata() -> None:
    pdf = render(text("x"), REPORT, STYLE).final.pdf

    assert REPORT.subject.encode("utf-16-be") not in pdf
    assert REPORT.subject.encode() not in pdf


def test_engine_fonts_and_pages_are_recorded() -> None:
    final = render(long_body(), REPORT, STYLE, removed=("docx.rsids",)).final

    assert final.engine.startswith("typst 0.")
    assert final.pages == 3
    assert len(final.fonts) == 4
    assert all(re.fullmatch(r"\S+\.ttf sha256:[0-9a-f]{64}", font) for font in final.fonts)
    assert final.removed == ("docx.rsids",)


def test_a_character_without_a_glyph_is_refused_by_name() -> None:
    with pytest.raises(DocumentRefused, match=r"Tinos|Times|Liberation") as caught:
        render(text("mật 中"), REPORT, STYLE)

    assert "U+4E2D" in str(caught.value)


def test_a_character_of_the_frame_without_a_glyph_is_refused_by_name() -> None:
    with pytest.raises(DocumentRefused, match=r"U\+4E2D"):
        render(text("x"), replace(REPORT, signer_name="中"), STYLE)


def test_the_built_in_font_refuses_what_it_lacks() -> None:
    with pytest.raises(DocumentRefused, match=r"Libertinus Serif has no glyph for U\+4E2D"):
        render(text("mật 中"), REPORT, replace(STYLE, fonts=FALLBACK))


def test_without_a_times_font_the_built_in_one_is_used_and_said(tmp_path: Path) -> None:
    fonts = choose((tmp_path,))

    result = render(text("Ủy ban nhân dân, đặc biệt"), REPORT, replace(STYLE, fonts=fonts))

    assert [warning.check for warning in result.warnings] == ["documents.font"]
    assert result.final.fonts == ("Libertinus Serif (built in)",)


def test_fonts_that_are_not_there_are_said_and_recorded() -> None:
    look = '<w:rFonts w:ascii="{0}" w:hAnsi="{0}"/>'
    draft = docx(
        paragraph("Văn bản MẪU", run=look.format("Arial"))
        + paragraph("x", run=look.format("Times New Roman"))
    )

    done = finalising.finalise(draft, REPORT, STYLE)

    family = STYLE.fonts.family
    assert f"Arial -> {family}" in done.final.fonts
    assert family == "Times New Roman" or f"Times New Roman -> {family}" in done.final.fonts
    (warning,) = done.warnings
    assert warning.check == "documents.font-substituted"
    assert warning.detail is not None
    assert warning.detail.facts["fonts"] == "Arial"


def test_finalising_names_what_it_removed() -> None:
    draft = docx(
        paragraph("Nội dung"), parts={"customXml/item1.xml": "<x/>", "docProps/thumbnail.jpeg": b"x"}
    )

    result = finalising.finalise(draft, REPORT, STYLE)

    assert result.final.removed == ("docx.custom-xml", "docx.thumbnail")


@pytest.mark.parametrize("motto", ["Độc lập - Tự do - Hạnh phúc", "ĐỘC LẬP – TỰ DO – HẠNH PHÚC"])
def test_a_draft_that_types_the_official_head_is_refused(motto: str) -> None:
    draft = docx(paragraph("UBND XÃ TÂN HÒA") + paragraph(motto) + paragraph("Nội dung"))

    with pytest.raises(DocumentRefused, match="types the official head itself"):
        finalising.finalise(draft, REPORT, STYLE)


def test_a_wide_picture_is_made_to_fit() -> None:
    wide = Body((Paragraph((Picture(png(), 900.0, 300.0),), Align.CENTER),))

    assert render(wide, REPORT, STYLE).final.pages == 1


def test_a_picture_is_laid_out() -> None:
    result = finalising.finalise(with_picture(png("RGBA"), body=inline_picture()), REPORT, STYLE)

    assert b"/Subtype /Image" in result.final.pdf or b"/Subtype/Image" in result.final.pdf


def test_a_table_wider_than_the_page_is_made_to_fit() -> None:
    cells = tuple(Cell((Paragraph((Span("chữ"),)),)) for _ in range(6))
    wide = Body((Table((200.0,) * 6, (Row(cells),)),))

    assert render(wide, REPORT, STYLE).final.pages == 1


def test_three_pages_are_finalised_in_time() -> None:
    draft = write_docx(long_body())
    finalising.finalise(draft, REPORT, STYLE)

    spent = []
    for number in range(3):
        frame = replace(REPORT, number_line=f"Số: {number + 10}/BC-UBND")
        started = time.process_time()
        finalising.finalise(draft, frame, STYLE)
        spent.append(time.process_time() - started)

    assert min(spent) < 0.4


def test_a_preview_is_the_first_pages_as_images() -> None:
    one = preview(cong_van(), LETTER, STYLE)
    two = preview(long_body(), REPORT, STYLE, pages=2)

    assert (len(one), len(two)) == (1, 2)
    with Image.open(io.BytesIO(one[0])) as image:
        assert image.format == "PNG"
        assert image.width == pytest.approx(210 / 25.4 * 110, abs=2)


@pytest.mark.parametrize(
    "template",
    [
        '#import "@preview/cetz:0.3.0"',
        '#include "a.typ"',
        '#read("/etc/passwd")',
        '#plugin("x.wasm")',
        '#json("x")',
    ],
)
def test_a_template_that_reaches_out_is_refused(template: str) -> None:
    with pytest.raises(PolicyRefused, match="reads files or packages"):
        Drawing(template, {}, choose(), date(2027, 1, 1)).pdf()


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("#data.frame.number_line", "gives 0 values labelled places"),
        ("#metadata((signature: (), pages: 1)) <places>", "does not tell where the signature goes"),
        ("#metadata(1) <places>", "does not tell where the signature goes"),
    ],
)
def test_a_template_that_does_not_tell_of_the_signature_is_refused(template: str, said: str) -> None:
    profile = replace(nd30(), template=template)

    with pytest.raises(DocumentFailed, match=said):
        render(text("x"), REPORT, replace(STYLE, profile=profile))


def test_what_the_engine_cannot_draw_is_an_error_without_the_text() -> None:
    profile = replace(nd30(), template="#panic(data.frame.subject)")

    with pytest.raises(DocumentFailed) as caught:
        render(text("x"), REPORT, replace(STYLE, profile=profile))

    assert REPORT.subject not in str(caught.value)


# --- reports -------------------------------------------------------------------------------------


def a_report(**changes: object) -> report.Report:
    """Return a small report."""
    columns = (report.Column("Mục"), report.Column("Nội dung", 3.0, "center"))
    rows = tuple((f"ledger.{n}", "đạt #panic() *x*") for n in range(80))
    section = report.Section("Kết quả", ("Đã kiểm tra.",), columns, rows)
    made = report.Report("BÁO CÁO", "Tân Hòa", (section,), date(2027, 2, 5), training="HUẤN LUYỆN")
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_report_is_drawn_the_same_each_time() -> None:
    assert a_report().pdf() == a_report().pdf()
    assert a_report(landscape=True).pdf() != a_report().pdf()


def test_a_report_with_a_crooked_row_is_a_mistake_of_ours() -> None:
    crooked = report.Section("x", (), (report.Column("a"),), (("1", "2"),))

    with pytest.raises(ValueError, match="another number of cells"):
        a_report(sections=(crooked,)).pdf()


def test_a_report_refuses_a_character_without_a_glyph() -> None:
    with pytest.raises(DocumentRefused, match=r"U\+4E2D"):
        a_report(title="中").pdf()
