"""Drafts made to harm: each ends in its named error, quickly and in little memory."""

import io
import resource
import time
import zipfile
from collections.abc import Callable

import pytest

from securedoc.documents.inspection_pdf import inspect
from securedoc.documents.intake import read_docx
from securedoc.documents.package import MAX_MEMBERS
from securedoc.errors import DocumentError, DocumentMalformed, DocumentRefused
from tests.support.docxforge import (
    CONTENT_TYPES,
    MAIN_TYPE,
    NAMESPACES,
    PACKAGE_RELS,
    appended,
    document,
    docx,
    packed,
    paragraph,
    rels,
    zip_bomb,
)

MAIN_RELS = "word/_rels/document.xml.rels"
XXE = (
    '<?xml version="1.0"?><!DOCTYPE w:document [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    f"<w:document {NAMESPACES}><w:body>" + paragraph("trước &x; sau") + "</w:body></w:document>"
)
XXE_UTF16 = XXE.replace("?>", ' encoding="UTF-16"?>', 1).encode("utf-16")
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
OUTSIDE = "http://192.0.2.1/x"
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE w:document [<!ENTITY a "ha ha ha ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    f"<w:document {NAMESPACES}><w:body>" + paragraph("&b;") + "</w:body></w:document>"
)
DEEP = document("<w:sdt><w:sdtContent>" * 5000 + paragraph("x") + "</w:sdtContent></w:sdt>" * 5000)
MANY = document("<w:p/>" * 700_000)


def simple_field(instruction: str) -> str:
    """Return a paragraph that is one field."""
    return f'<w:p><w:fldSimple w:instr="{instruction}"><w:r><w:t>a</w:t></w:r></w:fldSimple></w:p>'


def zip_with(**changes: int) -> bytes:
    """Return a DOCX whose last member's zip header has other fields."""
    out = io.BytesIO(docx())
    with zipfile.ZipFile(out, "a") as archive:
        info = zipfile.ZipInfo("word/extra.xml")
        info.external_attr = changes.get("external_attr", 0)
        archive.writestr(info, "<x/>")
    data = bytearray(out.getvalue())
    if "flag_bits" in changes:
        at = data.rindex(b"PK\x01\x02")
        data[at + 8] |= changes["flag_bits"]
    return bytes(data)


def doubled() -> bytes:
    """Return a DOCX with two text parts, of which programs may show either."""
    out = io.BytesIO(docx())
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("word/document.xml", document(paragraph("khác")))
    return out.getvalue()


def lying_small() -> bytes:
    """Return a zip bomb whose header claims a thousand bytes."""
    honest = zip_bomb(100 << 20)
    return honest.replace((100 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little"))


REFUSED: dict[str, Callable[[], bytes]] = {
    "a zip bomb": lambda: zip_bomb(160 << 20),
    "a 200 MB text node packed small": lambda: zip_bomb(100 << 20),
    "an entity that reads a file": lambda: docx(parts={"word/document.xml": XXE}),
    "entities that grow": lambda: docx(parts={"word/document.xml": LAUGHS}),
    "a DTD in UTF-16": lambda: docx(parts={"word/document.xml": XXE_UTF16}),
    "a DTD in a relationships part": lambda: docx(parts={MAIN_RELS: "<!DOCTYPE x []>" + rels()}),
    "elements nested without end": lambda: docx(parts={"word/document.xml": DEEP}),
    "more elements than a draft has": lambda: docx(parts={"word/document.xml": MANY}),
    "macros": lambda: docx(parts={"word/vbaProject.bin": b"x"}),
    "a macro-enabled kind": lambda: docx(main_type="application/vnd.ms-word.document.macroEnabled.main+xml"),
    "an ActiveX control": lambda: docx(parts={"word/activeX/activeX1.xml": "<x/>"}),
    "an OLE object": lambda: docx(parts={"word/embeddings/oleObject1.bin": OLE}),
    "a zip in the zip": lambda: docx(parts={"word/media/inner.zip": packed({"a": "b"})}),
    "an external picture": lambda: docx(parts={MAIN_RELS: rels(("r1", "image", OUTSIDE, True))}),
    "a remote template": lambda: docx(
        parts={"word/_rels/settings.xml.rels": rels(("r1", "attachedTemplate", OUTSIDE, True))}
    ),
    "another document taken in": lambda: docx(parts={MAIN_RELS: rels(("r1", "aFChunk", "part.html", False))}),
    "a DDE field": lambda: docx(simple_field("DDEAUTO c:x cmd")),
    "a DDE field in pieces": lambda: docx(
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DD</w:instrText></w:r>'
        '<w:r><w:instrText>EAUTO x</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        '<w:r><w:t>a</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    ),
    "a file brought in by a field": lambda: docx(simple_field(" INCLUDETEXT &quot;/etc/passwd&quot; ")),
    "a symbolic link": lambda: zip_with(external_attr=0o120777 << 16),
    "an encrypted member": lambda: zip_with(flag_bits=1),
    "a part named twice": doubled,
    "a part above the archive": lambda: docx(parts={"../../etc/cron.d/x": "x"}),
    "a part without a name": lambda: docx(parts={"zz": "x"}).replace(b"zz", b"\0z"),
    "a part with an absolute name": lambda: docx(parts={"/etc/passwd": "x"}),
    "more parts than an office file has": lambda: docx(
        parts={f"word/p{n}.xml": "<x/>" for n in range(MAX_MEMBERS)}
    ),
    "a password-protected file": lambda: OLE + b"\0" * 600,
}

MALFORMED: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "garbage": lambda: bytes(range(256)) * 40,
    "a zip that is not an office file": lambda: packed({"a.txt": "b"}),
    "an office file without its text": lambda: packed(
        {"[Content_Types].xml": CONTENT_TYPES.format(main=MAIN_TYPE), "_rels/.rels": PACKAGE_RELS}
    ),
    "a spreadsheet": lambda: docx(
        main_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    ),
    "a DOCX cut short": lambda: docx()[:-40],
    "a DOCX cut in its middle": lambda: docx()[:300],
    "text that is not XML": lambda: docx(parts={"word/document.xml": b"\x00\x01not xml"}),
    "XML cut short": lambda: docx(parts={"word/document.xml": document(paragraph("x"))[:-20]}),
    "a part whose bytes do not match its checksum": lambda: appended(
        packed({"[Content_Types].xml": CONTENT_TYPES.format(main=MAIN_TYPE), "_rels/.rels": PACKAGE_RELS}),
        b"word/document.xml",
        b"\x03\x00",
        (0, 0xDEADBEEF),
    ),
    "a header that says less than there is": lying_small,
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_draft_with_something_dangerous_is_refused(name: str) -> None:
    hostile = REFUSED[name]()

    started = time.monotonic()
    with pytest.raises(DocumentRefused):
        read_docx(hostile)

    assert time.monotonic() - started < 5


@pytest.mark.parametrize("name", MALFORMED)
def test_a_draft_that_is_not_a_draft_is_malformed(name: str) -> None:
    broken = MALFORMED[name]()

    with pytest.raises((DocumentMalformed, DocumentRefused)) as caught:
        read_docx(broken)

    assert name == "a header that says less than there is" or caught.value.exit_code == 33


def test_no_bomb_takes_more_than_its_bound_of_memory() -> None:
    bomb = zip_bomb(160 << 20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(DocumentRefused):
        read_docx(bomb)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_every_truncation_of_a_draft_is_an_error_of_ours() -> None:
    whole = docx(paragraph("Nội dung mật"))

    for length in range(0, len(whole) - 1, 7):
        with pytest.raises(DocumentError):
            read_docx(whole[:length])


def test_no_error_about_a_draft_quotes_its_text() -> None:
    secret = "vị trí đặt trận địa pháo"
    hostile = docx(paragraph(secret) + "<w:p><w:r><w:footnoteReference/></w:r></w:p>" + paragraph(secret))

    with pytest.raises(DocumentRefused) as caught:
        read_docx(hostile)

    assert secret not in str(caught.value) + str(caught.value.hint())


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n" + b"\xff" * 2000, b"GIF89a"])
def test_a_file_that_is_neither_kind_is_malformed(data: bytes) -> None:
    with pytest.raises(DocumentMalformed):
        inspect(data)
