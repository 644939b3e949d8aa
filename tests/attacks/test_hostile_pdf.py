"""A PDF made to hurt whoever verifies it ends in a named error, soon, and is never called good."""

import re
import time
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO

import pypdf
import pytest

from securedoc.errors import SecuredocError
from securedoc.signing import verdict
from securedoc.signing.verdict import Judgement
from tests.support import pdfattack as attack
from tests.support.signing import NOW, document, office

LIMIT_S = 20  # on a busy machine; alone each takes well under a second

GOOD = frozenset({Judgement.TRUSTED, Judgement.TRUSTED_UNREGISTERED})


def sealed() -> bytes:
    return office().sealed()


def built(*objects: bytes, trailer: bytes = b"") -> bytes:
    """Put objects together with a correct cross-reference table."""
    pdf, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(pdf))
        pdf += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    entries = b"trailer\n<</Size %d/Root 1 0 R" % (len(objects) + 1) + trailer + b">>\n"
    return pdf + head + table + entries + b"startxref\n%d\n%%%%EOF\n" % len(pdf)


def encrypted() -> bytes:
    writer = pypdf.PdfWriter(clone_from=BytesIO(document()))
    writer.encrypt("mat khau", algorithm="RC4-128")
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def hybrid() -> bytes:
    pdf = built(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 0/Kids[]>>")
    return pdf.replace(b"/Root 1 0 R", b"/Root 1 0 R/XRefStm 15")


def own_predecessor() -> bytes:
    pdf = built(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 0/Kids[]>>", trailer=b"/Prev 0000000")
    at = int(re.findall(rb"startxref\n(\d+)", pdf)[-1])
    return pdf.replace(b"/Prev 0000000", b"/Prev %07d" % at)


def bomb() -> bytes:
    packed = zlib.compress(bytes(300 << 20), 9)
    stream = b"<</Type/ObjStm/N 1/First 10/Filter/FlateDecode/Length %d>>stream\n" % len(packed)
    return built(
        b"<</Type/Catalog/Pages 2 0 R/AcroForm 3 0 R>>",
        b"<</Type/Pages/Count 0/Kids[]>>",
        b"<</Fields[]>>",
        stream + packed + b"\nendstream",
    )


def reference_bomb() -> bytes:
    packed = zlib.compress(bytes(300 << 20), 9)
    pdf = b"%PDF-1.7\n"
    head = b"1 0 obj\n<</Type/XRef/Size 99999999/W[1 4 2]/Root 1 0 R/Filter/FlateDecode/Length %d>>stream\n"
    body = head % len(packed) + packed + b"\nendstream\nendobj\n"
    return pdf + body + b"startxref\n%d\n%%%%EOF\n" % len(pdf)


def nested(depth: int = 100_000) -> bytes:
    return built(
        b"<</Type/Catalog/Pages 2 0 R/AcroForm 3 0 R>>",
        b"<</Type/Pages/Count 0/Kids[]>>",
        b"[" * depth + b"]" * depth,
    )


def form(fields: bytes, *more: bytes) -> bytes:
    return built(
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields %s>>>>" % fields,
        b"<</Type/Pages/Count 0/Kids[]>>",
        *more,
    )


def field_loop() -> bytes:
    return form(b"[3 0 R]", b"<</T(a)/FT/Sig/Kids[3 0 R]>>")


def reference_loop() -> bytes:
    return form(b"[3 0 R]", b"4 0 R", b"3 0 R")


def value_loop() -> bytes:
    return form(b"[3 0 R]", b"<</T(a)/FT/Sig/V 3 0 R>>")


def odd_value(value: bytes) -> Callable[[], bytes]:
    return lambda: form(b"[3 0 R]", b"<</T(a)/FT/Sig/V %s>>" % value)


def page_loop() -> bytes:
    return built(
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[]>>>>", b"<</Type/Pages/Count 9/Kids[2 0 R]>>"
    )


def many_revisions() -> bytes:
    pdf = sealed()
    return pdf + b"startxref\n%d\n%%%%EOF\n" % pdf.rindex(b"xref") * 2000


def many_fields() -> bytes:
    return form(b"[" + b"3 0 R " * 50_000 + b"]", b"<</T(a)/FT/Sig>>")


def huge_numbers() -> bytes:
    return attack.byte_range(sealed(), b"/ByteRange [0 99999999999999 99999999999999 9]")


def no_root() -> bytes:
    return built(b"<</Type/Catalog>>").replace(b"/Root 1 0 R", b"/Root 7 0 R")


def missing_pages() -> bytes:
    return built(b"<</Type/Catalog/AcroForm null>>")


HOSTILE: dict[str, Callable[[], bytes]] = {
    "encrypted": encrypted,
    "hybrid references": hybrid,
    "predecessor of itself": own_predecessor,
    "object stream that unpacks to 300 MB": bomb,
    "reference stream that unpacks to 300 MB": reference_bomb,
    "a hundred thousand nested arrays": nested,
    "a form field that is its own child": field_loop,
    "references in a circle": reference_loop,
    "a signature that is its own field": value_loop,
    "a page tree that is its own child": page_loop,
    "two thousand revisions": many_revisions,
    "fifty thousand fields": many_fields,
    "huge numbers": huge_numbers,
    "no catalogue": no_root,
    "no pages": missing_pages,
    "signature is a number": odd_value(b"7"),
    "signature is null": odd_value(b"null"),
    "signature is a name": odd_value(b"/A"),
    "signature is empty": odd_value(b"<<>>"),
    "signature has no container": odd_value(b"<</ByteRange[0 1 2 3]>>"),
    "signature is noise": odd_value(b"<</SubFilter/ETSI.CAdES.detached/ByteRange[0 1 3 4]/Contents<00FF>>>"),
    "fields is a number": lambda: form(b"7"),
    "fields is a dictionary": lambda: form(b"<</T(a)>>"),
    "field is a number": lambda: form(b"[7]"),
    "no cross-references": lambda: b"%PDF-1.7\nstartxref\n999999\n%%EOF\n",
    "cross-references before the start": lambda: b"%PDF-1.7\nstartxref\n-5\n%%EOF\n",
}


@pytest.fixture(autouse=True)
def soon() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < LIMIT_S


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_pdf_is_never_called_good(name: str) -> None:
    pdf = HOSTILE[name]()

    for expected in (office().expected(), None):
        try:
            result = verdict.verify(pdf, office().trust, expected, NOW)
        except SecuredocError:
            continue
        assert result.judgement not in GOOD
        with pytest.raises(SecuredocError):
            verdict.require(result)
