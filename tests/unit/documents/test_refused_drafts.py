"""What a draft may not hold: each is refused by name."""

import pytest

from securedoc.documents.intake import read_docx
from securedoc.errors import DocumentRefused
from tests.support.docxforge import (
    NUMBERING,
    cell,
    docx,
    inline_picture,
    listed,
    numbered,
    paragraph,
    png,
    row,
    table,
    with_picture,
)

ANCHOR = "<w:p><w:r><w:drawing><wp:anchor/></w:drawing></w:r></w:p>"
SHAPE = (
    "<w:p><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wp:inline>"
    "<a:graphic><a:graphicData>"
    "<wps:wsp/></a:graphicData></a:graphic></wp:inline></w:drawing></mc:Choice></mc:AlternateContent>"
    "</w:r></w:p>"
)
NESTED = f"<w:tc>{table(row(cell('x'), cell('y')))}<w:p/></w:tc>"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (ANCHOR, "paragraph 1 holds a floating picture"),
        (SHAPE, "paragraph 1 holds a text box or a shape"),
        ("<w:p><w:r><w:pict/></w:r></w:p>", "old-style drawing"),
        ("<w:p><w:r><w:object/></w:r></w:p>", "an embedded object"),
        ("<w:p><m:oMath/></w:p>", "an equation"),
        (paragraph("a") + "<w:p><w:r><w:footnoteReference/></w:r></w:p>", "paragraph 2 holds a footnote"),
        ("<w:p><w:r><w:endnoteReference/></w:r></w:p>", "an endnote"),
        ('<w:p><w:r><w:br w:type="column"/></w:r></w:p>', "a column break"),
        ('<w:p><w:fldSimple w:instr="DATE"/></w:p>', "a field DATE"),
        ('<w:p><w:fldSimple w:instr="TOC \\o"/></w:p>', "a field TOC"),
        ('<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r></w:p>', "not well formed"),
        ('<w:p><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>', "not well formed"),
        ('<w:p><w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r></w:p>', "a symbol font"),
        (paragraph("x", '<w:framePr w:w="1"/>'), "text frame"),
        ("<w:p><w:bdo/></w:p>", "turns the direction"),
        ("<w:p><w:unheardOf/></w:p>", "holds w:unheardOf, which is not supported"),
        (table(row(NESTED, cell("z"))), "holds a table"),
        (table(row(cell("x", '<w:textDirection w:val="btLr"/>'), cell("y"))), "turned on its side"),
        (
            table(
                row(cell("x", '<w:vMerge w:val="restart"/>'), cell("y")),
                row(cell("kín", "<w:vMerge/>"), cell("z")),
            ),
            "hides text in a merged cell",
        ),
        (table(row(cell("x"), cell("y")), row(cell("z"))), "do not fit its columns"),
        (table(row()), "do not fit its columns"),
        (table(), "larger than 60 columns"),
        (table(row(cell("x"), properties='<w:gridBefore w:val="1"/>')), "do not fit its columns"),
        (table(row(cell("x")) + "<w:p/>"), "holds w:p, which is not supported"),
        ("<w:tbl><w:tr>" + cell("x") * 61 + "</w:tr></w:tbl>", "larger than 60 columns"),
        ("<w:altChunk/>", "holds w:altChunk, which is not supported"),
        (table(row("<w:tc><w:altChunk/></w:tc>")), "holds w:altChunk, which is not supported"),
        ("<w:p><w:r><w:instrText>REF</w:instrText></w:r></w:p>", "not well formed"),
        (
            '<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:t>x</w:t></w:r></w:p>',
            "not well formed",
        ),
        (table(row(cell("x")), columns=80), "larger than 60 columns"),
        (table(row(cell("x", '<w:gridSpan w:val="99999"/>'))), "do not fit its columns"),
        (
            paragraph("x", '<w:sectPr><w:pgSz w:orient="landscape"/></w:sectPr>') + paragraph("y"),
            "in landscape",
        ),
        (paragraph("x") + '<w:sectPr><w:cols w:num="2"/></w:sectPr>', "several text columns"),
    ],
)
def test_what_cannot_be_taken_over_is_refused_by_name(body: str, said: str) -> None:
    with pytest.raises(DocumentRefused, match=said):
        read_docx(docx(body))


def test_a_list_that_counts_in_another_way_is_refused_by_name() -> None:
    other = NUMBERING.replace("upperRoman", "chineseCounting")

    with pytest.raises(DocumentRefused, match="counts in the form chineseCounting"):
        read_docx(numbered(other, listed(1, 0)))


def test_a_turned_picture_is_refused_by_name() -> None:
    turned = inline_picture(transform='<a:xfrm rot="5400000"/>')

    with pytest.raises(DocumentRefused, match="turned or mirrored"):
        read_docx(with_picture(png(), body=turned))


def test_a_picture_that_is_not_in_the_file_is_refused_by_name() -> None:
    with pytest.raises(DocumentRefused, match="lies outside the file"):
        read_docx(docx(inline_picture()))


@pytest.mark.parametrize("kind", ["ins", "del", "moveFrom", "moveTo"])
def test_tracked_changes_are_refused(kind: str) -> None:
    tracked = f"<w:p><w:{kind} w:id='1'><w:r><w:t>x</w:t></w:r></w:{kind}></w:p>"

    with pytest.raises(DocumentRefused, match="1 tracked changes"):
        read_docx(docx(tracked))


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ("<w:vanish/>", "hidden text"),
        ('<w:color w:val="FFFFFF"/>', "the colour of its ground"),
        ('<w:highlight w:val="black"/>', "the colour of its ground"),
        ('<w:color w:val="000000"/><w:shd w:fill="000000"/>', "the colour of its ground"),
        ('<w:color w:val="FF0000"/><w:shd w:fill="ff0000"/>', "the colour of its ground"),
        ('<w:sz w:val="2"/>', "too small to read"),
        ('<w:rFonts w:ascii=".VnTime" w:hAnsi=".VnTime"/>', "before Unicode"),
        ('<w:rFonts w:ascii="VNI-Times"/>', "before Unicode"),
    ],
)
def test_words_that_a_reader_cannot_see_or_read_are_refused(run: str, said: str) -> None:
    with pytest.raises(DocumentRefused, match=said):
        read_docx(docx(paragraph("x", run=run)))


def test_a_row_that_the_editor_hides_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="hidden text"):
        read_docx(docx(table(row(cell("x"), cell("y"), properties="<w:hidden/>"))))


def test_a_picture_that_the_editor_hides_is_refused() -> None:
    hidden = inline_picture().replace("<wp:docPr", '<wp:docPr hidden="1"')

    with pytest.raises(DocumentRefused, match="hidden text"):
        read_docx(with_picture(png(), body=hidden))


@pytest.mark.parametrize(
    "run", ['<w:highlight w:val="yellow"/>', '<w:color w:val="FFFFFF"/><w:shd w:fill="1F3864"/>']
)
def test_text_on_a_ground_of_another_colour_is_not_hidden(run: str) -> None:
    assert read_docx(docx(paragraph("x", run=run))).text() == "x"


def test_words_of_which_a_reader_may_have_seen_others_are_refused() -> None:
    run = "<mc:AlternateContent><mc:Choice><w:t>a</w:t></mc:Choice><mc:Fallback><w:t>b</w:t></mc:Fallback>"

    with pytest.raises(DocumentRefused, match="other words for other editors"):
        read_docx(docx(f"<w:p><w:r>{run}</mc:AlternateContent></w:r></w:p>"))


def test_white_text_on_a_dark_cell_is_not_hidden() -> None:
    dark = '<w:tcPr><w:shd w:val="clear" w:fill="1F3864"/></w:tcPr>'
    white = paragraph("TT", run='<w:color w:val="FFFFFF"/>')
    head = f"<w:tc>{dark}{white}</w:tc>"

    assert read_docx(docx(table(row(head, cell("y"))))).text() == "TT\ny"


def test_text_turned_by_control_characters_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="turn the direction"):
        read_docx(docx(paragraph("số \u202e12")))
