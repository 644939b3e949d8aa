"""Writes a body as a DOCX that carries nothing else: no names, no dates, the same bytes each time."""

import io
import zipfile
from dataclasses import dataclass, field
from importlib import resources
from typing import Final, Protocol

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Pt
from docx.text.paragraph import Paragraph as WordParagraph
from docx.text.run import Run

from securedoc.documents.body import Align, Body, Note, PageBreak, Paragraph, Picture, Script, Span, Table
from securedoc.documents.docx_lists import ListWriter
from securedoc.documents.docx_tables import write_table

_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip can hold
_CONTENT_TYPES: Final = "[Content_Types].xml"
_ALIGNS: Final = {
    Align.LEFT: WD_ALIGN_PARAGRAPH.LEFT,
    Align.CENTER: WD_ALIGN_PARAGRAPH.CENTER,
    Align.RIGHT: WD_ALIGN_PARAGRAPH.RIGHT,
    Align.JUSTIFY: WD_ALIGN_PARAGRAPH.JUSTIFY,
}
_DEEPEST_HEADING: Final = 6


def write_docx(body: Body) -> bytes:
    """Return `body` as DOCX; reading it gives the same body, writing it again the same bytes."""
    document = docx.Document(io.BytesIO(_template()))
    writer = _Writer(document)
    lying = False
    for block in body.blocks:
        if isinstance(block, Table):
            write_table(document, block, writer.write_into)
        elif isinstance(block, PageBreak):
            lying = _break_page(document, block, lying=lying)
        else:
            writer.write_into(document.add_paragraph(), block)
    writer.lists.store(document)
    saved = io.BytesIO()
    document.save(saved)
    return _fixed(saved.getvalue())


def _break_page(document: Document, block: PageBreak, *, lying: bool) -> bool:
    """Begin a page, in a section of its own where it turns on its side or back; tell whether it lies."""
    if block.lying == lying:
        document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        return lying
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE if block.lying else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = section.page_height, section.page_width
    return block.lying


@dataclass(slots=True)
class _Writer:
    """Writes paragraphs; lists need to know which items came before."""

    document: Document
    lists: ListWriter = field(default_factory=ListWriter)

    def write_into(self, written: WordParagraph, paragraph: Paragraph) -> None:
        """Fill an empty paragraph of the DOCX."""
        if paragraph.heading:
            written.style = f"Heading {min(paragraph.heading, _DEEPEST_HEADING)}"
        if paragraph.mark:
            self.lists.number(written, paragraph.mark)
        _set_measures(written, paragraph)
        for inline in paragraph.inlines:
            if isinstance(inline, Note):
                raise ValueError("a body with footnotes is read, never written")  # noqa: TRY004 - the body is wrong
            if isinstance(inline, Picture):
                _add_picture(written, inline)
            else:
                _add_span(written, inline)


def _set_measures(written: WordParagraph, paragraph: Paragraph) -> None:
    form = written.paragraph_format
    if paragraph.align:
        form.alignment = _ALIGNS[paragraph.align]
    if paragraph.left_pt:
        form.left_indent = Pt(paragraph.left_pt)
    if paragraph.right_pt:
        form.right_indent = Pt(paragraph.right_pt)
    if paragraph.first_pt is not None:
        form.first_line_indent = Pt(paragraph.first_pt)
    if paragraph.before_pt is not None:
        form.space_before = Pt(paragraph.before_pt)
    if paragraph.after_pt is not None:
        form.space_after = Pt(paragraph.after_pt)
    if paragraph.line_spacing is not None:
        form.line_spacing = paragraph.line_spacing
    if paragraph.keep_with_next:
        form.keep_with_next = True


def _add_span(written: WordParagraph, span: Span) -> None:
    run = written.add_run()
    _add_text(run, span.text)
    run.bold = span.bold or None
    run.italic = span.italic or None
    run.underline = span.underline or None
    run.font.strike = span.strike or None
    if span.script is Script.SUPER:
        run.font.superscript = True
    if span.script is Script.SUB:
        run.font.subscript = True
    if span.size_pt is not None:
        run.font.size = Pt(span.size_pt)
        _add_complex_size(run)


def _add_text(run: Run, text: str) -> None:
    """Add text whose newlines are line breaks; python-docx makes tabs of tabs itself."""
    for index, line in enumerate(text.split("\n")):
        if index:
            run.add_break()
        run.add_text(line)


class _HasValue(Protocol):
    def set(self, key: str, value: str) -> None: ...


def _add_complex_size(run: Run) -> None:
    """Give the size for complex scripts too: python-docx sets only the plain one."""
    size = run.font.size
    properties = run._r.get_or_add_rPr()  # noqa: SLF001 - python-docx has no public way
    element: _HasValue = OxmlElement("w:szCs")
    element.set(qn("w:val"), str(round((size or Pt(0)).pt * 2)))
    properties.append(element)


def _add_picture(written: WordParagraph, picture: Picture) -> None:
    shape = written.add_run().add_picture(
        io.BytesIO(picture.data), width=Pt(picture.width_pt), height=Pt(picture.height_pt)
    )
    if picture.description:
        shape._inline.docPr.set("descr", picture.description)  # noqa: SLF001 - python-docx has no public way


def _template() -> bytes:
    """Zip our own template: python-docx's brings a thumbnail, a theme and somebody's name."""
    folder = resources.files("securedoc.documents").joinpath("templates/docx")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, source in (
            (_CONTENT_TYPES, "content_types.xml"),
            ("_rels/.rels", "package.rels"),
            ("word/document.xml", "document.xml"),
            ("word/styles.xml", "styles.xml"),
            ("word/numbering.xml", "numbering.xml"),
            ("word/_rels/document.xml.rels", "document.rels"),
        ):
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), folder.joinpath(source).read_bytes())
    return out.getvalue()


def _fixed(saved: bytes) -> bytes:
    """Zip the parts again in a fixed order with a fixed time."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved)) as before, zipfile.ZipFile(out, "w") as after:
        for name in sorted(before.namelist(), key=lambda name: (name != _CONTENT_TYPES, name)):
            info = zipfile.ZipInfo(name, _LONG_AGO)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            after.writestr(info, before.read(name), compresslevel=9)
    return out.getvalue()
