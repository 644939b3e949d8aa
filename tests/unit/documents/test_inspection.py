"""What inspection finds in DOCX and PDF, and what is done about it."""

import io
from collections.abc import Callable

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from scripts.samples import bao_cao
from securedoc.core.findings import Severity
from securedoc.documents.body import Body, Paragraph, Span
from securedoc.documents.inspection import inspect_docx
from securedoc.documents.inspection_pdf import inspect, inspect_pdf
from securedoc.documents.intake import read_docx
from securedoc.documents.layout import Style, render
from securedoc.documents.observations import Action
from securedoc.documents.skeleton import write_docx
from securedoc.errors import DocumentMalformed
from tests.support.documents import MARKS, REPORT, nd30
from tests.support.docxforge import W, docx, paragraph, png, rels, with_picture

CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>Nguyễn Văn A</dc:creator></cp:coreProperties>'
)
SETTINGS = f'<w:settings xmlns:w="{W}">{{}}</w:settings>'
COMMENT = f'<w:comments xmlns:w="{W}"><w:comment>{paragraph("góp ý")}</w:comment></w:comments>'
FOOTER = f'<w:ftr xmlns:w="{W}">{paragraph("chân trang")}</w:ftr>'


def found_in(draft: bytes) -> dict[str, Action]:
    """Return what is found by its check."""
    return {seen.finding.check: seen.action for seen in inspect_docx(draft)}


@pytest.mark.parametrize(
    ("part", "data", "check"),
    [
        ("docProps/core.xml", CORE, "docx.metadata"),
        ("docProps/custom.xml", "<x/>", "docx.metadata"),
        ("docProps/thumbnail.jpeg", b"x", "docx.thumbnail"),
        ("customXml/item1.xml", "<x/>", "docx.custom-xml"),
        ("word/fonts/font1.odttf", b"x", "docx.embedded-font"),
        ("word/printerSettings/printerSettings1.bin", b"x", "docx.printer"),
        ("word/glossary/document.xml", "<x/>", "docx.glossary"),
        ("word/settings.xml", SETTINGS.format("<w:rsids/>"), "docx.rsids"),
        ("word/settings.xml", SETTINGS.format("<w:docVars/>"), "docx.doc-vars"),
        ("word/comments.xml", COMMENT, "docx.comments"),
        ("word/footer1.xml", FOOTER, "docx.header-footer"),
        ("word/strange/part.bin", b"x", "docx.unexpected-part"),
    ],
)
def test_what_only_betrays_is_removed(part: str, data: str | bytes, check: str) -> None:
    draft = docx(paragraph("Nội dung"), parts={part: data})

    assert found_in(draft) == {check: Action.REMOVE}
    assert read_docx(draft) == Body((Paragraph((Span("Nội dung"),)),))


def test_a_link_is_removed_and_its_words_stay() -> None:
    body = '<w:p><w:hyperlink r:id="r1"><w:r><w:t>trang</w:t></w:r></w:hyperlink></w:p>'
    arrows = rels(("r1", "hyperlink", "http://192.0.2.1/", True))
    draft = docx(body, parts={"word/_rels/document.xml.rels": arrows})

    assert found_in(draft) == {"docx.hyperlink": Action.REMOVE}
    assert read_docx(draft).text() == "trang"


def test_a_comment_is_removed_and_the_words_it_hangs_on_stay() -> None:
    marked = (
        '<w:p><w:commentRangeStart w:id="0"/><w:r><w:t>chữ</w:t></w:r><w:commentRangeEnd w:id="0"/>'
        '<w:r><w:commentReference w:id="0"/></w:r></w:p>'
    )

    body = read_docx(docx(marked, parts={"word/comments.xml": COMMENT}))

    assert body.text() == "chữ"


def test_a_mail_merge_source_is_refused() -> None:
    draft = docx(parts={"word/settings.xml": SETTINGS.format("<w:mailMerge/>")})

    assert found_in(draft) == {"docx.mail-merge": Action.REFUSE}


def test_the_worst_comes_first() -> None:
    draft = docx(
        parts={"word/vbaProject.bin": b"x", "docProps/core.xml": CORE, "docProps/thumbnail.png": b"x"}
    )

    severities = [seen.finding.severity for seen in inspect_docx(draft)]

    assert severities[0] is Severity.CRITICAL
    assert severities == sorted(severities, key=list(Severity).index)


def test_names_of_people_are_not_quoted() -> None:
    (seen,) = inspect_docx(docx(parts={"docProps/core.xml": CORE}))

    assert "Nguyễn" not in str(seen.finding.detail)


def test_metadata_of_pictures_is_found() -> None:
    marked = png().replace(b"IDAT", b"tIME", 1)

    assert "docx.image-metadata" in found_in(with_picture(marked))


@pytest.mark.parametrize(
    "data",
    [b"", b"\x89PNG\r\n\x1a\n\xff\xff", b"\xff\xd8\xff", b"\xff\xd8\xff\xe1\0\0" * 9],
)
def test_damaged_pictures_do_not_stop_inspection(data: bytes) -> None:
    inspect_docx(with_picture(data))


def test_a_draft_that_we_wrote_hides_nothing() -> None:
    assert inspect_docx(write_docx(bao_cao())) == ()


# --- PDF -----------------------------------------------------------------------------------------


def plain_pdf() -> bytes:
    """Return a PDF of one empty page, without metadata."""
    return saved(lambda _writer: None)


def saved(change: Callable[[PdfWriter], object], *, after: bytes | None = None) -> bytes:
    """Return a PDF changed by `change`."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(after))) if after else PdfWriter()
    if not after:
        writer.add_blank_page(200, 200)
        writer.metadata = None
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def with_root(**entries: object) -> bytes:
    """Return a PDF with more entries in its catalogue."""
    return saved(
        lambda writer: writer.root_object.update(
            {NameObject(f"/{key}"): value for key, value in entries.items()}
        )
    )


def action(kind: str) -> DictionaryObject:
    """Return an action."""
    return DictionaryObject({NameObject("/S"): NameObject(f"/{kind}")})


def form(**entries: object) -> DictionaryObject:
    """Return a form with one field."""
    field = DictionaryObject({NameObject("/FT"): NameObject("/Tx"), NameObject("/T"): TextStringObject("a")})
    return DictionaryObject({NameObject("/Fields"): ArrayObject([field])} | entries)


PDFS: dict[str, Callable[[], bytes]] = {
    "pdf.javascript": lambda: with_root(OpenAction=action("JavaScript")),
    "pdf.embedded-file": lambda: saved(lambda writer: writer.add_attachment("a.exe", b"MZ")),
    "pdf.launch": lambda: with_root(OpenAction=action("Launch")),
    "pdf.link": lambda: with_root(OpenAction=action("URI")),
    "pdf.submit": lambda: with_root(OpenAction=action("SubmitForm")),
    "pdf.layers": lambda: with_root(OCProperties=DictionaryObject()),
    "pdf.form": lambda: with_root(AcroForm=form()),
    "pdf.comments": lambda: saved(
        lambda writer: writer.add_annotation(0, FreeText(text="x", rect=(0, 0, 50, 50)))
    ),
    "pdf.encrypted": lambda: saved(lambda writer: writer.encrypt("x", algorithm="RC4-128")),
}


@pytest.mark.parametrize("check", PDFS)
def test_what_a_paper_would_not_have_is_found_in_a_pdf(check: str) -> None:
    found = {seen.finding.check: seen.action for seen in inspect(PDFS[check]())}

    assert found[check] is Action.REFUSE


def test_an_earlier_state_in_a_pdf_is_found() -> None:
    first = plain_pdf()
    out = io.BytesIO()
    writer = PdfWriter(io.BytesIO(first), incremental=True)
    writer.add_blank_page(100, 100)
    writer.write(out)

    (seen,) = inspect_pdf(out.getvalue())

    assert (seen.finding.check, seen.action) == ("pdf.revisions", Action.KEEP)


def test_a_plain_pdf_hides_nothing() -> None:
    assert inspect_pdf(plain_pdf()) == ()


def test_our_own_pdf_hides_nothing_but_says_its_number() -> None:
    pdf = render(bao_cao(), REPORT, Style(nd30(), MARKS["mat"])).final.pdf

    assert [seen.finding.check for seen in inspect_pdf(pdf)] == ["pdf.metadata"]


def test_every_truncation_of_a_pdf_ends_in_an_error_of_ours_or_in_findings() -> None:
    whole = PDFS["pdf.javascript"]()

    for length in range(0, len(whole), 23):
        try:
            inspect_pdf(whole[:length])
        except DocumentMalformed as error:
            assert error.exit_code == 33  # noqa: PT017 - findings are as good as this error
