"""LibreOffice as the second engine: what the first refuses, the same frame, nothing left."""

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pdfplumber
import pypdfium2
import pytest
from PIL import Image, ImageChops

from scripts import samples
from securedoc.core.documents import Frame
from securedoc.documents import finalising, writerengine
from securedoc.documents.body import Body
from securedoc.documents.finalising import Engine
from securedoc.documents.fonts import FontSet
from securedoc.documents.layout import Rendered, Style
from securedoc.documents.skeleton import write_docx
from securedoc.errors import DocumentFailed, DocumentRefused, HostMissing
from securedoc.system import libreoffice, passingspace, process, sandbox, workspace
from tests.support.documents import LETTER, MARKS, REPORT, nd30
from tests.support.docxforge import W, cell, docx, paragraph, png, rels, row, table, with_picture
from tests.support.system import needs_bwrap

needs_writer = pytest.mark.skipif(process.find("soffice") is None, reason="soffice is not installed")
pytestmark = [needs_writer, needs_bwrap]

STYLE = Style(nd30(), MARKS["mat"])
MM = 72 / 25.4

FOOTNOTE = (
    f'<w:footnotes xmlns:w="{W}"><w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r><w:r>'
    "<w:t>Chú thích MẪU ở chân trang</w:t></w:r></w:p></w:footnote></w:footnotes>"
)
TEXT_BOX = (
    '<w:p><w:r><w:drawing><wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" relativeHeight="2"'
    ' behindDoc="0" locked="0" layoutInCell="1" allowOverlap="1"><wp:simplePos x="0" y="0"/>'
    '<wp:positionH relativeFrom="column"><wp:posOffset>0</wp:posOffset></wp:positionH>'
    '<wp:positionV relativeFrom="paragraph"><wp:posOffset>0</wp:posOffset></wp:positionV>'
    '<wp:extent cx="2000000" cy="600000"/><wp:wrapTopAndBottom/><wp:docPr id="1" name="x"/>'
    '<a:graphic><a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape">'
    '<wps:wsp><wps:cNvSpPr txBox="1"/><wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="2000000" cy="600000"/>'
    '</a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></wps:spPr><wps:txbx><w:txbxContent>'
    "<w:p><w:r><w:t>Khung chữ MẪU</w:t></w:r></w:p></w:txbxContent></wps:txbx><wps:bodyPr/></wps:wsp>"
    "</a:graphicData></a:graphic></wp:anchor></w:drawing></w:r></w:p>"
)
UPRIGHT = '<w:pgSz w:w="11906" w:h="16838"/>'
LYING = '<w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/>'


def section(size: str) -> str:
    return f"<w:p><w:pPr><w:sectPr>{size}</w:sectPr></w:pPr></w:p>"


def hard() -> bytes:
    """Return a draft that holds much of what the first engine refuses."""
    reference = '<w:p><w:r><w:t>Có chú thích</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
    inner = table(row(cell("bảng trong")), columns=1)
    grid = "<w:tblGrid><w:gridCol w:w='5000'/></w:tblGrid>"
    outer = f"<w:tbl>{grid}<w:tr><w:tc>{inner}<w:p/></w:tc></w:tr></w:tbl>"
    body = (
        paragraph("Văn bản MẪU")
        + reference
        + TEXT_BOX
        + section(UPRIGHT)
        + paragraph("Trang nằm ngang")
        + section(LYING)
        + paragraph("Trang đứng")
        + outer
        + f"<w:sectPr>{UPRIGHT}</w:sectPr>"
    )
    arrows = rels(("rId1", "footnotes", "footnotes.xml", False))
    return docx(body, parts={"word/footnotes.xml": FOOTNOTE, "word/_rels/document.xml.rels": arrows})


def written(draft: bytes, style: Style = STYLE) -> Rendered:
    return finalising.finalise(draft, REPORT, style, Engine.LIBREOFFICE)


@pytest.fixture(scope="module")
def difficult() -> Rendered:
    return written(hard())


def pages_of(pdf: bytes) -> list[str]:
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        return [page.extract_text() or "" for page in opened.pages]


def test_what_the_first_engine_refuses_by_name_the_second_lays_out(difficult: Rendered) -> None:
    with pytest.raises(DocumentRefused, match="floating"):
        finalising.finalise(hard(), REPORT, STYLE)

    text = "\n".join(pages_of(difficult.final.pdf))

    for words in (
        "Có chú thích",
        "Chú thích MẪU ở chân trang",
        "Khung chữ MẪU",
        "Trang nằm ngang",
        "bảng trong",
    ):
        assert words in text
    assert difficult.final.engine.startswith("libreoffice ")
    assert "typst " in difficult.final.engine


def test_a_page_on_its_side_stays_on_its_side_and_carries_the_level(difficult: Rendered) -> None:
    with pdfplumber.open(io.BytesIO(difficult.final.pdf)) as opened:
        sizes = [(round(page.width / MM), round(page.height / MM)) for page in opened.pages]
        feet = [
            page.crop((0, page.height - 60, page.width, page.height)).extract_text() for page in opened.pages
        ]

    assert sizes == [(210, 297), (297, 210), (210, 297)]
    assert all("MẬT" in foot for foot in feet)


def test_the_whole_frame_stands_round_it(difficult: Rendered) -> None:
    first, *_, last = pages_of(difficult.final.pdf)

    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in first
    assert "Số: 05/BC-UBND" in first
    assert "Nguyễn Văn An" in last
    assert "Nơi nhận:" in last
    assert difficult.signature_box.page == 2


def test_the_same_draft_gives_the_same_bytes(difficult: Rendered) -> None:
    assert written(hard()).final.digest == difficult.final.digest


def test_it_says_that_it_is_pdf_a_and_embeds_every_font(difficult: Rendered) -> None:
    pdf = difficult.final.pdf

    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        names = {char["fontname"].partition("+")[2] for page in opened.pages for char in page.chars}
    assert all(name.startswith(STYLE.fonts.family.replace(" ", "")) for name in names)


@pytest.mark.parametrize(
    ("name", "body", "frame"),
    [
        ("report", samples.bao_cao(), REPORT),
        pytest.param("letter", samples.cong_van(), LETTER, marks=pytest.mark.slow),
        pytest.param("long", samples.long_body(), REPORT, marks=pytest.mark.slow),
    ],
)
def test_both_engines_draw_the_same_pages(name: str, body: Body, frame: Frame) -> None:
    """The frame is the same to the pixel; the text breaks at the same pages with nearly the same ink."""
    draft = write_docx(body)
    frame = replace(frame, training=False)  # the watermark is not text
    one = finalising.finalise(draft, frame, STYLE)
    other = finalising.finalise(draft, frame, STYLE, Engine.LIBREOFFICE)

    assert one.final.pages == other.final.pages, name
    # The same letters on each page, wherever its lines break.
    assert [Counter("".join(page.split())) for page in pages_of(one.final.pdf)] == [
        Counter("".join(page.split())) for page in pages_of(other.final.pdf)
    ]
    pairs = list(zip(drawn(one.final.pdf), drawn(other.final.pdf), strict=True))
    head = (0, 0, pairs[0][0].width, round(60 * PX))
    # Shades of grey at the edges of letters differ by rounding; black and white do not.
    assert max_difference(pairs[0][0].crop(head), pairs[0][1].crop(head)) < 48
    for left, right in pairs:
        assert abs(ink(left) - ink(right)) < 0.12 * ink(left)
    assert one.signature_box.page == other.signature_box.page
    assert one.signature_box.y0 == pytest.approx(other.signature_box.y0, abs=30)


PX = 75 / 25.4


def max_difference(one: Image.Image, other: Image.Image) -> int:
    _, most = ImageChops.difference(one, other).getextrema()
    return int(most)  # type: ignore[arg-type]  # of a grey picture: two numbers


def drawn(pdf: bytes) -> Iterator[Image.Image]:
    document = pypdfium2.PdfDocument(pdf)
    for page in document:
        yield page.render(scale=75 / 72, grayscale=True).to_pil().convert("L")


def ink(page: Image.Image) -> int:
    return sum(count for level, count in enumerate(page.histogram()) if level < 128)


def test_an_annex_gets_its_head_and_its_own_numbers() -> None:
    body = (
        paragraph("Nội dung MẪU")
        + paragraph("Phụ lục I", "<w:jc w:val='center'/>")
        + paragraph("Danh mục MẪU", "<w:jc w:val='center'/>")
        + paragraph("Mục một")
        + "<w:p><w:r><w:br w:type='page'/></w:r></w:p>"
        + paragraph("Mục hai")
    )
    frame = replace(REPORT, reference="(Kèm theo Báo cáo số 05/BC-UBND)")

    done = finalising.finalise(docx(body), frame, STYLE, Engine.LIBREOFFICE)

    main, annex, more = pages_of(done.final.pdf)
    assert "Nguyễn Văn An" in main
    assert "DANH MỤC MẪU" in annex
    assert "(Kèm theo Báo cáo số 05/BC-UBND)" in annex
    assert annex.count("Phụ lục I") == 1
    assert more.splitlines()[0].strip() == "2"


def test_a_document_that_a_decision_issues_gets_its_head() -> None:
    body = paragraph("Điều 1.") + paragraph("QUY CHẾ") + paragraph("Bảo mật MẪU") + paragraph("Chương I")
    frame = replace(REPORT, issues="QUY CHẾ", reference="(Kèm theo Quyết định MẪU)")

    decision, issued = pages_of(finalising.finalise(docx(body), frame, STYLE, Engine.LIBREOFFICE).final.pdf)

    assert "Nguyễn Văn An" in decision
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in issued
    assert issued.count("QUY CHẾ") == 1
    assert "(Kèm theo Quyết định MẪU)" in issued


@pytest.mark.slow
@pytest.mark.parametrize("engine", list(Engine))
def test_two_hundred_pages_are_laid_out_by_either_engine(engine: Engine) -> None:
    blocks = samples.long_body().blocks * 70

    done = finalising.finalise(write_docx(Body(blocks)), REPORT, STYLE, engine)

    assert done.final.pages >= 200
    assert done.signature_box.page == done.final.pages - 1


def test_pictures_are_decoded_and_encoded_again_before_it_sees_them() -> None:
    done = written(with_picture(png()))

    assert b"/Subtype /Image" in done.final.pdf or b"/Subtype/Image" in done.final.pdf


def test_fonts_that_are_not_there_are_named_in_warning_and_record() -> None:
    draft = docx(paragraph("Văn bản MẪU", run='<w:rFonts w:ascii="Arial" w:hAnsi="Arial"/>'))

    done = written(draft)

    assert f"Arial -> {STYLE.fonts.family}" in done.final.fonts
    assert [warning.check for warning in done.warnings] == ["documents.font-substituted"]


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ("<w:fldSimple w:instr='DATE'><w:r><w:t>x</w:t></w:r></w:fldSimple>", "a field DATE"),
        (
            "<w:fldSimple w:instr='INCLUDETEXT /etc/passwd'><w:r><w:t>x</w:t></w:r></w:fldSimple>",
            "INCLUDETEXT",
        ),
        ("<w:r><w:sym w:font='Wingdings' w:char='F04A'/></w:r>", "symbol font"),
        ("<w:r><w:t>中</w:t></w:r>", r"U\+4E2D"),
    ],
)
def test_what_it_would_compute_or_cannot_draw_is_refused_by_name(inner: str, said: str) -> None:
    with pytest.raises(DocumentRefused, match=said):
        written(docx(f"<w:p>{inner}</w:p>"))


def test_the_address_at_the_foot_is_never_drawn_over_text() -> None:
    frame = replace(LETTER, contact="Số 1 đường MẪU; điện thoại 0000")
    short, long = docx(paragraph("MẪU")), docx("".join(paragraph(f"Đoạn MẪU {n}") for n in range(60)))

    done = finalising.finalise(short, frame, STYLE, Engine.LIBREOFFICE)

    assert "Số 1 đường MẪU" in pages_of(done.final.pdf)[0]
    with pytest.raises(DocumentRefused, match="reaches down to the address"):
        finalising.finalise(long, frame, STYLE, Engine.LIBREOFFICE)


def test_a_draft_that_types_the_official_head_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="types the official head itself"):
        written(docx(paragraph("Độc lập - Tự do - Hạnh phúc") + paragraph("MẪU")))


def test_letters_that_it_leaves_out_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = writerengine.to_pdf
    monkeypatch.setattr(writerengine, "to_pdf", lambda _, fonts: real(docx(paragraph("Văn bản")), fonts))

    with pytest.raises(DocumentFailed, match="left out 3 letters"):
        written(docx(paragraph("Văn bản MẪU")))


def test_what_stands_in_for_a_drawing_in_older_programs_is_not_drawn() -> None:
    choice = TEXT_BOX.replace("<w:drawing>", '<mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>')
    both = choice.replace(
        "</w:drawing>",
        "</w:drawing></mc:Choice><mc:Fallback><w:t>Khung chữ MẪU</w:t></mc:Fallback></mc:AlternateContent>",
    )

    said = "".join(pages_of(written(docx(paragraph("MẪU") + both)).final.pdf))

    assert said.count("Khung chữ MẪU") == 1


def test_no_page_is_drawn_without_a_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "probe", lambda: "none here")

    with pytest.raises(DocumentRefused, match="in a sandbox only"):
        written(docx())


def test_it_sees_neither_a_home_nor_a_vault_nor_a_network(tmp_path: Path) -> None:
    room, secret = tmp_path / "room", tmp_path / "vault.json"
    (room / "tmp").mkdir(parents=True)
    secret.write_text("MAU")
    look = f"cat {secret}; ls /root /home /etc/passwd; touch /usr/x; "
    look += "tail -n +3 /proc/net/dev | cut -d: -f1; echo done"

    argv = sandbox.wrap_bare(["/bin/sh", "-c", look], workspace=room, temporary=room / "tmp", shown=())
    done = process.run(argv, cwd=room, timeout_s=30)

    assert done.output.split() == [b"lo", b"done"]
    assert done.errors.count(b"No such file") == 4
    assert b"Read-only" in done.errors


def test_without_the_program_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libreoffice, "PROGRAMS", ("no-such-program",))

    with pytest.raises(HostMissing, match="LibreOffice is not installed"):
        written(docx())


def test_it_is_not_given_fonts_that_nobody_checked() -> None:
    built_in = FontSet("Libertinus Serif", None, (), None)

    with pytest.raises(DocumentRefused, match="no Times font is installed"):
        written(docx(), replace(STYLE, fonts=built_in))


def test_it_is_ended_with_all_it_started_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writerengine, "TIMEOUT_S", 0.4)

    with pytest.raises(DocumentFailed, match="it was ended"):
        written(docx())

    assert workspace.named(passingspace.PREFIX) == ()
    assert not running("soffice.bin")


def test_what_a_killed_layout_left_in_memory_is_swept() -> None:
    gone = workspace.create(f"{passingspace.PREFIX}999999x1x0", budget_bytes=1024 * 1024)
    (gone.path / "document.docx").write_bytes(b"MAU")

    assert passingspace.sweep() == 1
    assert not gone.path.exists()


def running(name: str) -> bool:
    """Tell whether a program that this test may have started runs with our workspace in its arguments."""
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = command.read_bytes()
        except OSError:
            continue
        if name.encode() in words and passingspace.PREFIX.encode() in words:
            return True
    return False
