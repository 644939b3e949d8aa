"""What holds for any body: it survives being written and read, and none of its words is lost."""

import re
import unicodedata
from xml.sax.saxutils import escape

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from scripts.samples import cong_van
from securedoc.documents.body import (
    Align,
    Body,
    Borders,
    Cell,
    ListMark,
    PageBreak,
    Paragraph,
    Row,
    Span,
    Table,
)
from securedoc.documents.inspection_pdf import inspect_pdf
from securedoc.documents.intake import read_docx
from securedoc.documents.layout import Style, render
from securedoc.documents.numbering import lettered, roman
from securedoc.documents.skeleton import write_docx
from securedoc.errors import DocumentError
from tests.support.documents import LETTER, MARKS, nd30
from tests.support.docxforge import docx, table

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyẤẬẵỡỮỵ 0123456789.,;:!?()“”–\u00a0#*_$<>&\"'"
WORDS = st.text(LETTERS, min_size=1, max_size=30).map(lambda text: unicodedata.normalize("NFC", text))
HALF_POINTS = st.integers(-40, 144).map(lambda value: value / 2)
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def spans(draw: st.DrawFn) -> tuple[Span, ...]:
    """Draw spans of which no two neighbours look the same."""
    made: list[Span] = []
    for text in draw(st.lists(WORDS, max_size=4)):
        bold = not made[-1].bold if made else draw(st.booleans())
        made.append(
            Span(
                text,
                bold=bold,
                italic=draw(st.booleans()),
                underline=draw(st.booleans()),
                strike=draw(st.booleans()),
                size_pt=draw(st.sampled_from([None, 9.0, 11.5, 12.0])),
            )
        )
    return tuple(made)


LABELS = st.one_of(
    st.sampled_from(["-", "•", "+", "đ)", "1.1.", "Điều 1."]),
    st.integers(1, 60).map(lambda count: f"{count}."),
    st.integers(1, 26).map(lambda count: f"{lettered(count)})"),
    st.integers(1, 30).map(lambda count: f"{roman(count).upper()}."),
)
PARAGRAPHS = st.builds(
    Paragraph,
    inlines=spans(),
    align=st.sampled_from([None, *Align]),
    left_pt=HALF_POINTS.filter(lambda value: value >= 0),
    first_pt=st.one_of(st.none(), HALF_POINTS),
    before_pt=st.one_of(st.none(), st.just(6.0)),
    line_spacing=st.sampled_from([None, 1.0, 1.5]),
    heading=st.sampled_from([None, None, 1, 3]),
    mark=st.one_of(st.none(), st.builds(ListMark, LABELS, st.integers(0, 3))),
)
CELLS = st.builds(
    Cell,
    paragraphs=st.lists(PARAGRAPHS, min_size=1, max_size=2).map(tuple),
    borders=st.sampled_from([Borders(), Borders(0.5, 0.5, 0.5, 0.5), Borders(top=1.0)]),
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Draw a table without merged cells."""
    columns = draw(st.integers(1, 4))
    row = st.lists(CELLS, min_size=columns, max_size=columns).map(lambda cells: Row(tuple(cells)))
    return Table((72.0,) * columns, tuple(draw(st.lists(row, min_size=1, max_size=3))), Align.CENTER)


@st.composite
def bodies(draw: st.DrawFn) -> Body:
    """Draw a body that begins and ends with words."""
    ends = PARAGRAPHS.filter(lambda paragraph: bool(paragraph.inlines))
    inner = st.one_of(PARAGRAPHS, PARAGRAPHS, tables(), st.just(PageBreak()))
    return Body((draw(ends), *draw(st.lists(inner, max_size=6)), draw(ends)))


@SETTINGS
@given(bodies())
def test_a_body_is_read_back_as_it_was_written(body: Body) -> None:
    assert read_docx(write_docx(body)) == body


# --- no word is lost -----------------------------------------------------------------------------

WRAPPERS = (
    "{}",
    "<w:hyperlink>{}</w:hyperlink>",
    "<w:smartTag>{}</w:smartTag>",
    "<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>",
    '<w:fldSimple w:instr=" REF a ">{}</w:fldSimple>',
    "<w:ins>{}</w:ins>",
    "<w:del>{}</w:del>",
    "<m:oMath>{}</m:oMath>",
    "<w:unknown>{}</w:unknown>",
    "<w:bookmarkStart/>{}<w:bookmarkEnd/>",
)
LOOKS = ("", "<w:b/>", "<w:caps/>", "<w:vanish/>", '<w:color w:val="FFFFFF"/>', '<w:sz w:val="2"/>')
TEXT_HOLDERS = (
    "<w:t xml:space='preserve'>{}</w:t>",
    "<w:t>{}</w:t>",
    "<w:delText>{}</w:delText>",
    "<w:rubyBase>{}</w:rubyBase>",
)


@st.composite
def runs(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a run in some wrapper: its XML and its words."""
    words = draw(WORDS)
    holder = draw(st.sampled_from(TEXT_HOLDERS)).format(escape(words))
    run = f"<w:r><w:rPr>{draw(st.sampled_from(LOOKS))}</w:rPr>{holder}</w:r>"
    return draw(st.sampled_from(WRAPPERS)).format(run), words


@SETTINGS
@given(st.lists(st.lists(runs(), max_size=3), min_size=1, max_size=4), st.booleans())
def test_every_word_of_a_draft_is_taken_over_or_the_draft_is_refused(
    paragraphs: list[list[tuple[str, str]]],
    in_table: bool,  # noqa: FBT001 - hypothesis gives it by place
) -> None:
    xml = "".join(f"<w:p>{''.join(run for run, _ in made)}</w:p>" for made in paragraphs)
    if in_table:
        xml = table(f"<w:tr><w:tc>{xml}</w:tc></w:tr>", columns=1)
    words = "".join(text for made in paragraphs for _, text in made)

    try:
        body = read_docx(docx(xml + "<w:p/>"))
    except DocumentError:
        return

    def letters(text: str) -> str:
        return "".join(text.split()).casefold()

    assert letters(body.text()) == letters(words)


Edits = list[tuple[int, int, bytes]]
DRAFT = write_docx(cong_van())
PDF = render(cong_van(), LETTER, Style(nd30(), MARKS["toi-mat"])).final.pdf
EDITS = st.lists(
    st.tuples(st.integers(0, 1 << 20), st.integers(0, 12), st.binary(max_size=12)), min_size=1, max_size=5
)


def edited(whole: bytes, edits: Edits) -> bytes:
    """Replace pieces of a file."""
    for place, length, piece in edits:
        at = place % (len(whole) + 1)
        whole = whole[:at] + piece + whole[at + length :]
    return whole


@settings(parent=SETTINGS, max_examples=200)
@given(EDITS)
@example([(0, 0, b"")])
def test_damage_anywhere_in_a_draft_is_an_error_of_ours_or_harmless(
    edits: Edits,
) -> None:
    try:
        read_docx(edited(DRAFT, edits))
    except DocumentError as error:
        assert error.exit_code in (32, 33)  # noqa: PT017 - a harmless change is as good


@SETTINGS
@given(EDITS)
def test_damage_anywhere_in_a_pdf_is_an_error_of_ours_or_harmless(
    edits: Edits,
) -> None:
    try:
        inspect_pdf(edited(PDF, edits))
    except DocumentError as error:
        assert error.exit_code in (32, 33)  # noqa: PT017 - a harmless change is as good


RICH = (
    "<w:p><w:pPr><w:pStyle w:val='A'/><w:jc w:val='both'/><w:ind w:left='10' w:hanging='20'/>"
    "<w:spacing w:line='20' w:lineRule='auto' w:before='1'/><w:outlineLvl w:val='1'/>"
    "<w:numPr><w:ilvl w:val='0'/><w:numId w:val='1'/></w:numPr></w:pPr>"
    "<w:r><w:rPr><w:sz w:val='20'/><w:b w:val='1'/></w:rPr><w:t>x</w:t></w:r></w:p>"
    "<w:tbl><w:tblPr><w:jc w:val='left'/></w:tblPr><w:tblGrid><w:gridCol w:w='200'/></w:tblGrid><w:tr><w:tc>"
    "<w:tcPr><w:gridSpan w:val='1'/><w:vMerge w:val='restart'/><w:vAlign w:val='top'/>"
    "<w:tcBorders><w:top w:val='single' w:sz='4'/></w:tcBorders></w:tcPr><w:p/></w:tc></w:tr></w:tbl>"
    "<w:sectPr><w:cols w:num='1'/><w:type w:val='nextPage'/></w:sectPr>"
)
NONSENSE = st.one_of(
    st.sampled_from(["", "-1", "²", "٣", "9" * 5000, "1e999", "nan", "0x10", "1_0", " 1 ", "true", "\ufeff"]),
    st.text(LETTERS, max_size=5),
    st.integers().map(str),
)


@SETTINGS
@given(st.data())
def test_no_attribute_of_a_draft_can_break_the_reader(data: st.DataObject) -> None:
    places = [found.start() for found in re.finditer("='", RICH)]
    place = data.draw(st.sampled_from(places)) + 2
    end = RICH.index("'", place)
    value = escape(data.draw(NONSENSE), {"'": "&apos;", '"': "&quot;"})

    try:
        read_docx(docx(RICH[:place] + value + RICH[end:]))
    except DocumentError as error:
        assert error.exit_code in (32, 33)  # noqa: PT017 - to be taken as harmless is as good
