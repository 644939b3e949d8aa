"""Pages on their side and footnotes in the embedded engine."""

import io

import pdfplumber
import pytest

from securedoc.documents import finalising
from securedoc.documents.body import Align, Body, Cell, Note, PageBreak, Paragraph, Row, Span, Table
from securedoc.documents.intake import read_docx
from securedoc.documents.layout import Style, render
from securedoc.documents.skeleton import write_docx
from securedoc.errors import DocumentRefused
from tests.support.documents import MARKS, REPORT, nd30
from tests.support.docxforge import W, docx, paragraph, rels

STYLE = Style(nd30(), MARKS["mat"])
MM = 72 / 25.4


def text(words: str) -> Paragraph:
    return Paragraph((Span(words),))


def wide() -> Table:
    cells = tuple(Cell((text(f"cột {number}"),)) for number in range(8))
    return Table((90.0,) * 8, tuple(Row(cells) for _ in range(3)), Align.LEFT)


LYING = Body((text("Trang đứng MẪU"), PageBreak(lying=True), wide(), PageBreak(), text("Lại đứng")))


def sizes(pdf: bytes) -> list[tuple[int, int]]:
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        return [(round(page.width / MM), round(page.height / MM)) for page in opened.pages]


def test_pages_lie_and_stand_as_the_draft_says() -> None:
    assert sizes(render(LYING, REPORT, STYLE).final.pdf) == [(210, 297), (297, 210), (210, 297)]


def test_a_lying_page_carries_number_level_and_notice_and_a_table_has_its_whole_width() -> None:
    with pdfplumber.open(io.BytesIO(render(LYING, REPORT, STYLE).final.pdf)) as opened:
        page = opened.pages[1]
        words = page.extract_words()

    assert words[0]["text"] == "2"
    assert {"MẬT", "HUẤN"} <= {word["text"] for word in words}
    assert max(word["x1"] for word in words if word["text"] == "7") > 240 * MM


def test_a_body_with_lying_pages_is_read_as_it_was_written() -> None:
    read = read_docx(write_docx(LYING)).blocks

    assert [block if isinstance(block, PageBreak) else type(block) for block in read] == [
        block if isinstance(block, PageBreak) else type(block) for block in LYING.blocks
    ]


def test_recipients_and_signature_stand_on_an_upright_page() -> None:
    made = render(Body(LYING.blocks[:3]), REPORT, STYLE)

    assert sizes(made.final.pdf) == [(210, 297), (297, 210), (210, 297)]
    assert made.signature_box.page == 2


def test_a_draft_that_begins_lying_is_refused() -> None:
    section = '<w:sectPr><w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/></w:sectPr>'

    with pytest.raises(DocumentRefused, match="landscape"):
        finalising.finalise(docx(paragraph("MẪU") + section), REPORT, STYLE)


def noted(note: str, reference: str = "<w:footnoteReference w:id='2'/>") -> bytes:
    body = (
        f"<w:p><w:r><w:t>Văn bản MẪU</w:t></w:r><w:r>{reference}</w:r>"
        "<w:r><w:t xml:space='preserve'> đi tiếp</w:t></w:r></w:p>"
    )
    notes = f'<w:footnotes xmlns:w="{W}"><w:footnote w:id="2">{note}</w:footnote></w:footnotes>'
    arrows = rels(("rId1", "footnotes", "footnotes.xml", False))
    return docx(body, parts={"word/footnotes.xml": notes, "word/_rels/document.xml.rels": arrows})


PLAIN = "<w:p><w:r><w:footnoteRef/></w:r><w:r><w:t xml:space='preserve'> Chú thích MẪU</w:t></w:r></w:p>"


def test_a_footnote_stands_at_the_foot_of_its_page_under_a_rule() -> None:
    made = finalising.finalise(noted(PLAIN), REPORT, STYLE)

    with pdfplumber.open(io.BytesIO(made.final.pdf)) as opened:
        page = opened.pages[0]
        words = {word["text"]: word for word in page.extract_words()}
        note = next(
            char
            for char in page.chars
            if round(char["size"]) == 11 and char["text"] == "C" and char["top"] > 600
        )
    assert words["thích"]["top"] > 250 * MM
    assert "1Chú" in words
    assert words["tiếp"]["top"] < 150 * MM
    assert round(note["size"], 1) == 11


def test_a_footnote_is_read_at_its_place() -> None:
    (block,) = read_docx(noted(PLAIN)).blocks

    assert isinstance(block, Paragraph)
    assert block.inlines == (Span("Văn bản MẪU"), Note((Span("Chú thích MẪU"),)), Span(" đi tiếp"))


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        (noted(PLAIN, "<w:footnoteReference w:id='9'/>"), "paragraph 1 holds a footnote"),
        (noted("<w:tbl/>"), "holds more than words"),
        (noted("<w:p><w:r><w:footnoteReference w:id='2'/></w:r></w:p>"), "holds a footnote"),
    ],
)
def test_a_footnote_that_is_not_words_is_refused(draft: bytes, said: str) -> None:
    with pytest.raises(DocumentRefused, match=said):
        finalising.finalise(draft, REPORT, STYLE)


def test_a_letter_of_a_footnote_without_a_glyph_is_refused() -> None:
    with pytest.raises(DocumentRefused, match=r"U\+4E2D"):
        finalising.finalise(noted("<w:p><w:r><w:t>中</w:t></w:r></w:p>"), REPORT, STYLE)
