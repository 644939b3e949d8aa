"""What is read from a draft, and what is refused by name."""

import unicodedata
from dataclasses import replace

import pytest

from securedoc.documents.body import (
    Align,
    Body,
    Borders,
    ListMark,
    PageBreak,
    Paragraph,
    Script,
    Span,
    Table,
    Vertical,
)
from securedoc.documents.intake import read_docx
from securedoc.documents.wordxml import MAX_ELEMENTS, MAX_XML_BYTES, parse_xml
from securedoc.errors import DocumentMalformed, DocumentRefused
from tests.support.docxforge import (
    NUMBERING,
    W,
    cell,
    document,
    docx,
    empty_cell,
    listed,
    numbered,
    paragraph,
    rels,
    row,
    styled,
    table,
)

SECTION = '<w:sectPr><w:type w:val="{kind}"/><w:pgSz w:w="11906" w:h="16838"/></w:sectPr>'


def only(body: Body) -> Paragraph:
    """Return the one paragraph of a body."""
    (block,) = body.blocks
    assert isinstance(block, Paragraph)
    return block


def table_of(body: Body) -> Table:
    """Return the one table of a body."""
    (block,) = body.blocks
    assert isinstance(block, Table)
    return block


# --- runs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ("<w:b/>", Span("x", bold=True)),
        ('<w:b w:val="0"/>', Span("x")),
        ("<w:i/>", Span("x", italic=True)),
        ('<w:u w:val="single"/>', Span("x", underline=True)),
        ('<w:u w:val="none"/>', Span("x")),
        ("<w:strike/>", Span("x", strike=True)),
        ("<w:dstrike/>", Span("x", strike=True)),
        ('<w:vertAlign w:val="superscript"/>', Span("x", script=Script.SUPER)),
        ('<w:vertAlign w:val="subscript"/>', Span("x", script=Script.SUB)),
        ("<w:caps/>", Span("X")),
        ('<w:sz w:val="23"/>', Span("x", size_pt=11.5)),
    ],
)
def test_the_look_of_a_run_is_kept(properties: str, expected: Span) -> None:
    body = read_docx(docx(paragraph("x", run=properties)))

    assert only(body).inlines == (expected,)


def test_runs_of_one_look_become_one_span() -> None:
    body = read_docx(docx("<w:p><w:r><w:t>Bí </w:t></w:r><w:r><w:t>mật</w:t></w:r></w:p>"))

    assert only(body).inlines == (Span("Bímật"),)  # the space stood outside xml:space="preserve"


def test_letters_are_composed_even_where_the_tone_has_a_run_of_its_own() -> None:
    apart = unicodedata.normalize("NFD", "ậ")
    runs = "".join(
        f"<w:r><w:rPr><w:b w:val='{n % 2}'/></w:rPr><w:t>{c}</w:t></w:r>" for n, c in enumerate(apart)
    )

    body = read_docx(docx(f"<w:p>{runs}</w:p>"))

    assert only(body).inlines == (Span("ậ"),)


def test_breaks_tabs_and_hyphens_stay() -> None:
    run = (
        "<w:t>a</w:t><w:br/><w:t>b</w:t><w:tab/><w:t>c</w:t>"
        "<w:noBreakHyphen/><w:cr/><w:softHyphen/><w:t>d</w:t>"
    )

    body = read_docx(docx(f"<w:p><w:r>{run}</w:r></w:p>"))

    assert only(body).text() == "a\nb\tc\u2011\nd"


def test_links_content_controls_and_tags_keep_their_words() -> None:
    runs = (
        '<w:hyperlink r:id="r1"><w:r><w:t>một</w:t></w:r></w:hyperlink>'
        "<w:sdt><w:sdtPr/><w:sdtContent><w:r><w:t>hai</w:t></w:r></w:sdtContent></w:sdt>"
        "<w:smartTag><w:r><w:t>ba</w:t></w:r></w:smartTag>"
        '<w:fldSimple w:instr=" REF x "><w:r><w:t>bốn</w:t></w:r></w:fldSimple>'
    )

    body = read_docx(docx(f"<w:p>{runs}</w:p><w:sdt><w:sdtContent>{paragraph('năm')}</w:sdtContent></w:sdt>"))

    assert body.text() == "mộthaibabốn\nnăm"


def test_the_result_of_a_harmless_field_stays_and_the_field_goes() -> None:
    def mark(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    link = '<w:r><w:instrText> HYPERLINK "http://192.0.2.1" </w:instrText></w:r>'
    words = "<w:r><w:t>tại đây</w:t></w:r>"

    body = read_docx(docx(f"<w:p>{mark('begin')}{link}{mark('separate')}{words}{mark('end')}</w:p>"))

    assert body.text() == "tại đây"


def test_rows_cells_and_paragraphs_in_content_controls_are_read() -> None:
    inner = f"<w:sdt><w:sdtContent>{paragraph('x')}</w:sdtContent></w:sdt>"
    controlled = f"<w:sdt><w:sdtContent>{row(f'<w:tc>{inner}</w:tc>')}</w:sdtContent></w:sdt>"

    assert read_docx(docx(table(controlled, columns=1))).text() == "x"


def test_a_paragraph_that_starts_a_page_says_so() -> None:
    body = read_docx(docx(paragraph("a") + paragraph("b", "<w:pageBreakBefore/>")))

    assert body.blocks[1] == PageBreak()


def test_a_document_part_without_a_body_is_malformed() -> None:
    empty = f"<w:document xmlns:w='{W}'/>"

    with pytest.raises(DocumentMalformed, match="has no text"):
        read_docx(docx(parts={"word/document.xml": empty}))


def test_nobody_sees_zero_width_characters_and_they_are_left_out() -> None:
    body = read_docx(docx(paragraph("Bí\u200b mật\ufeff")))

    assert body.text() == "Bí mật"


def test_styles_are_taken_together_up_their_chain() -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="Base"><w:rPr><w:b/></w:rPr>'
        '<w:pPr><w:jc w:val="center"/></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="Up"><w:basedOn w:val="Base"/>'
        '<w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>'
        '<w:style w:type="character" w:styleId="Slanted"><w:rPr><w:i/></w:rPr></w:style>'
    )
    text = paragraph("x", '<w:pStyle w:val="Up"/>', '<w:rStyle w:val="Slanted"/>')

    body = read_docx(styled(styles, text))

    found = only(body)
    assert found.inlines == (Span("x", bold=True, italic=True),)
    assert (found.align, found.heading) == (Align.CENTER, 2)


def test_a_style_based_on_itself_ends() -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="A"><w:basedOn w:val="B"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="B"><w:basedOn w:val="A"/></w:style>'
    )

    assert read_docx(styled(styles, paragraph("x", '<w:pStyle w:val="A"/>'))).text() == "x"


# --- paragraphs and lists ------------------------------------------------------------------------


def test_the_measures_of_a_paragraph_are_kept_in_points() -> None:
    properties = (
        '<w:keepNext/><w:spacing w:before="120" w:after="60" w:line="360" w:lineRule="auto"/>'
        '<w:ind w:left="720" w:right="200" w:hanging="360"/><w:jc w:val="both"/>'
    )

    found = only(read_docx(docx(paragraph("x", properties))))

    assert found == Paragraph(
        (Span("x"),),
        align=Align.JUSTIFY,
        left_pt=36.0,
        right_pt=10.0,
        first_pt=-18.0,
        before_pt=6.0,
        after_pt=3.0,
        line_spacing=1.5,
        keep_with_next=True,
    )


@pytest.mark.parametrize("value", ["nan", "inf", "-9e99", "many", ""])
def test_measures_that_make_no_sense_are_bounded_or_ignored(value: str) -> None:
    found = only(read_docx(docx(paragraph("x", f'<w:ind w:left="{value}"/>'))))

    assert -500 <= found.left_pt <= 500


def test_list_labels_are_counted_as_an_editor_shows_them() -> None:
    items = [(1, 0), (1, 1), (1, 1), (1, 2), (1, 2), (1, 0), (1, 1), (2, 0), (3, 0), (3, 0)]

    body = read_docx(numbered(NUMBERING, "".join(listed(*item) for item in items)))

    labels = [mark.text for found in body.paragraphs() if (mark := found.mark)]
    assert labels == ["I.", "I.1.", "I.2.", "a)", "b)", "II.", "II.1.", "•", "V.", "VI."]


def test_a_list_gives_its_items_their_indents() -> None:
    found = only(read_docx(numbered(NUMBERING, listed(1, 0))))

    assert (found.mark, found.left_pt, found.first_pt) == (ListMark("I."), 36.0, -18.0)


def test_a_list_that_does_not_exist_makes_no_label() -> None:
    assert only(read_docx(numbered(NUMBERING, listed(9, 0)))).mark is None


def test_a_page_break_inside_a_paragraph_splits_it() -> None:
    run = '<w:r><w:t>trước</w:t><w:br w:type="page"/><w:t>sau</w:t></w:r>'

    body = read_docx(docx(f"<w:p>{run}</w:p>"))

    assert body.blocks == (Paragraph((Span("trước"),)), PageBreak(), Paragraph((Span("sau"),)))


@pytest.mark.parametrize(("kind", "breaks"), [("nextPage", 1), ("continuous", 0)])
def test_a_section_begins_a_page_when_it_says_so(kind: str, breaks: int) -> None:
    first = paragraph("a", SECTION.format(kind="nextPage"))

    body = read_docx(docx(first + paragraph("b") + SECTION.format(kind=kind)))

    assert sum(isinstance(block, PageBreak) for block in body.blocks) == breaks


def test_empty_paragraphs_at_both_ends_are_left_out_and_others_stay() -> None:
    body = read_docx(docx("<w:p/>" + paragraph("a") + "<w:p/>" + paragraph("b") + "<w:p/>"))

    assert [found.text() for found in body.paragraphs()] == ["a", "", "b"]


# --- tables --------------------------------------------------------------------------------------


def test_merged_cells_keep_their_spans() -> None:
    body = read_docx(
        docx(
            table(
                row(cell("ngang", '<w:gridSpan w:val="2"/>'), properties="<w:tblHeader/>"),
                row(cell("dọc", '<w:vMerge w:val="restart"/><w:vAlign w:val="center"/>'), cell("1")),
                row(empty_cell("<w:vMerge/>"), cell("2")),
            )
        )
    )

    found = table_of(body)
    spans = [[(made.columns, made.rows) for made in line.cells] for line in found.rows]
    assert spans == [[(2, 1)], [(1, 2), (1, 1)], [(1, 1)]]
    assert [line.header for line in found.rows] == [True, False, False]
    assert found.rows[1].cells[0].vertical is Vertical.CENTER
    assert found.widths_pt == (100.0, 100.0)


def test_borders_come_from_the_cell_then_from_the_table() -> None:
    outer = "".join(f'<w:{side} w:val="single" w:sz="8"/>' for side in ("top", "left", "bottom", "right"))
    borders = f'<w:tblBorders>{outer}<w:insideV w:val="single" w:sz="4"/></w:tblBorders>'
    own = '<w:tcBorders><w:top w:val="nil"/></w:tcBorders>'

    found = table_of(read_docx(docx(table(row(cell("a", own), cell("b")), properties=borders))))

    first, second = found.rows[0].cells
    assert first.borders == Borders(top=0.0, right=0.5, bottom=1.0, left=1.0)
    assert second.borders == Borders(top=1.0, right=1.0, bottom=1.0, left=0.5)


# --- bounds of the XML ---------------------------------------------------------------------------


def test_more_elements_than_the_bound_are_refused() -> None:
    with pytest.raises(DocumentRefused, match="elements"):
        parse_xml(b"<a>" + b"<b/>" * (MAX_ELEMENTS + 1) + b"</a>", "x.xml")


def test_a_part_larger_than_the_bound_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="larger than"):
        parse_xml(b"<a>" + b" " * MAX_XML_BYTES + b"</a>", "x.xml")


def test_strict_and_transitional_names_are_the_same_element() -> None:
    strict = document(paragraph("x")).replace(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    )

    assert read_docx(docx(parts={"word/document.xml": strict})).text() == "x"


def test_parts_are_found_whatever_their_case() -> None:
    body = read_docx(
        docx(
            paragraph("x"),
            parts={
                "word/Styles.xml": "<w:styles xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'/>",
                "word/_rels/document.xml.rels": rels(("rId1", "styles", "/word/styles.xml", False)),
            },
        )
    )

    assert replace(only(body), align=None).text() == "x"
