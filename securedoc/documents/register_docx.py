"""Writes a register as DOCX: A4 on its side, a cover, one table whose head is repeated, page n of N."""

import io
import zipfile
from datetime import UTC, datetime, time
from typing import Any, Final
from xml.sax.saxutils import escape

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml.ns import nsdecls, qn
from docx.oxml.parser import OxmlElement, parse_xml
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph

from securedoc.documents.register import Register

_FONT: Final = "Times New Roman"
_WIDTH_MM: Final = 297 - 25 - 15
_TWIPS_A_MM: Final = 1440 / 25.4
_BODY: Final = "word/document.xml"
_HEAD: Final = '<w:pPr><w:jc w:val="center"/></w:pPr>'
_SPACE: Final = '<w:br/><w:t xml:space="preserve"> </w:t><w:br/>'


def write(register: Register) -> bytes:
    """Return the register as DOCX."""
    document = docx.Document()
    _page(document)
    _cover(document, register)
    _footer(document, register)
    _table(document, register)
    _closing(document, register)
    core = document.core_properties
    core.title, core.author, core.comments = register.title, register.agency, ""
    core.created = core.modified = datetime.combine(register.day, time.min, UTC).replace(tzinfo=None)
    buffer = io.BytesIO()
    document.save(buffer)
    return _with_rows(buffer, register)


def _page(document: Document) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin, section.right_margin = Mm(25), Mm(15)
    section.top_margin = section.bottom_margin = Mm(18)
    style = document.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(11)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _FONT)


def _cover(document: Document, register: Register) -> None:
    if register.superior:
        _line(document, register.superior.upper(), 13)
    _line(document, register.agency.upper(), 14, bold=True)
    for _ in range(5):
        _line(document, "", 14)
    _line(document, register.title, 24, bold=True)
    _line(document, "", 14)
    last = None
    for words in register.cover:
        last = _line(document, words, 14)
    (last or _line(document, "", 14)).add_run().add_break(WD_BREAK.PAGE)


def _line(document: Document, words: str, size: int, *, bold: bool = False) -> Paragraph:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run(words)
    run.font.size, run.font.bold = Pt(size), bold
    return paragraph


def _footer(document: Document, register: Register) -> None:
    paragraph = document.sections[0].footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if register.words.training:
        paragraph.add_run(register.words.training + "    ").bold = True
    paragraph.add_run(register.words.page + " ")
    _field(paragraph, "PAGE")
    paragraph.add_run("/")
    _field(paragraph, "NUMPAGES")


def _field(paragraph: Paragraph, name: str) -> None:
    for kind in ("begin", None, "end"):
        element: Any = OxmlElement("w:instrText" if kind is None else "w:fldChar")
        if kind is None:
            element.text = name
        else:
            element.set(qn("w:fldCharType"), kind)
        paragraph.add_run()._r.append(element)  # noqa: SLF001 - python-docx has no fields


def _with_rows(saved: io.BytesIO, register: Register) -> bytes:
    """Put the rows into the first table of the saved DOCX.

    As text: held as objects, a year of 20,000 rows would take more memory than the machine may have.
    """
    twips, signed = _twips(register), [column.signed for column in register.columns]
    rows = "".join(_row(row, twips, signed=signed) for row in register.rows).encode("utf-8")
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(saved) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            data = old.read(info)
            if info.filename == _BODY:
                before, end, after = data.partition(b"</w:tbl>")
                data = before + rows + end + after
            new.writestr(info, data)
    return buffer.getvalue()


def _twips(register: Register) -> list[int]:
    share = register.widths()
    return [round(width / sum(share) * _WIDTH_MM * _TWIPS_A_MM) for width in share]


def _table(document: Document, register: Register) -> None:
    """Add the table with its head; the rows come when it is saved."""
    twips = _twips(register)
    heads = [[column.title for column in register.columns], [f"({c.number})" for c in register.columns]]
    rows = [_row(texts, twips, head=True) for texts in heads]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in twips)
    borders = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    xml = (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(twips)}" w:type="dxa"/>'
        f'<w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type="fixed"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )
    body = document.element.body
    body.insert(len(body) - 1, parse_xml(xml))  # before the properties of the section


def _row(
    texts: tuple[str, ...] | list[str],
    twips: list[int],
    *,
    head: bool = False,
    signed: list[bool] | None = None,
) -> str:
    properties = "<w:cantSplit/><w:tblHeader/>" if head else "<w:cantSplit/>"
    form = '<w:rPr><w:b/><w:sz w:val="19"/></w:rPr>' if head else '<w:rPr><w:sz w:val="20"/></w:rPr>'
    cells = []
    for index, (words, width) in enumerate(zip(texts, twips, strict=True)):
        room = _SPACE if signed is not None and signed[index] else ""
        text = "<w:br/>".join(
            f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in _clean(words).split("\n")
        )
        cells.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
            f"<w:p>{_HEAD if head else ''}<w:r>{form}{text}{room}</w:r></w:p></w:tc>"
        )
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def _clean(words: str) -> str:
    """Leave out what XML cannot hold; the officer's words were refused with such characters in them."""
    return "".join(c for c in words if c in "\t\n" or ord(c) >= ord(" "))


def _closing(document: Document, register: Register) -> None:
    for words in register.words.closing:
        document.add_paragraph().add_run(words).italic = True
    signers = register.words.signers
    table = document.add_table(1, len(signers))
    for cell, who in zip(table.rows[0].cells, signers, strict=True):
        paragraph = cell.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.add_run(who).bold = True
        for _ in range(5):
            cell.add_paragraph()
