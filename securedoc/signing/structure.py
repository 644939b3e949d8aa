"""What a PDF says about its signatures: fields, byte ranges, and changes after each; pyHanko reads."""

import hashlib
import logging
import re
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils.decode_limits import DecodeLimits
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.diff_analysis.form_rules_api import FormUpdatingRule
from pyhanko.sign.diff_analysis.policies import StandardDiffPolicy
from pyhanko.sign.diff_analysis.rules.file_structure_rules import (
    CatalogModificationRule,
    ObjectStreamRule,
    XrefStreamRule,
)
from pyhanko.sign.diff_analysis.rules.form_field_rules import (
    DSSCompareRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
)
from pyhanko.sign.diff_analysis.rules.metadata_rules import DocInfoRule, MetadataUpdateRule
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from securedoc.core.text import Message, message
from securedoc.errors import DocumentMalformed, DocumentRefused, SignatureMalformed
from securedoc.signing import cautions, evidence
from securedoc.signing.judgement import Changes, Coverage, Kind

MAX_PDF_BYTES: Final = 256 << 20
MAX_SIGNATURES: Final = 32
MAX_REVISIONS: Final = 64
MAX_OBJECTS: Final = 500_000
MAX_FIELD_DEPTH: Final = 8
HEADER_WINDOW: Final = 1024  # readers accept a header this far in; we say what is wrong instead

_HINT: Final = "ask the sender for the file again"
_HEX: Final = re.compile(rb"<([0-9A-F]*|[0-9a-f]*)>")
_LEVEL: Final = ModificationLevel.LTA_UPDATES

# pyHanko's default policy also lets the value of any form field change, with whatever it draws:
# the published "shadow replace" files pass it. Ours knows signature fields only.
STRICT: Final = StandardDiffPolicy(
    global_rules=[
        CatalogModificationRule(),
        DocInfoRule().as_qualified(_LEVEL),
        XrefStreamRule().as_qualified(_LEVEL),
        ObjectStreamRule().as_qualified(_LEVEL),
        DSSCompareRule().as_qualified(_LEVEL),
        MetadataUpdateRule().as_qualified(_LEVEL),
    ],
    form_rule=FormUpdatingRule(field_rules=[SigFieldCreationRule(), SigFieldModificationRule()]),
)

# It warns about what it forgives; our verdict speaks for itself.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class FieldSignature:
    """A signature as it stands in the file; nothing about it is proven yet."""

    field: str
    kind: Kind
    subfilter: str
    container: bytes
    """The CMS container, with the zeros that fill its place."""
    spans: tuple[memoryview, memoryview]
    """The bytes before and after the container that the signature is over."""
    gap: int
    """How many bytes of the file lie between the two."""
    coverage: Coverage
    changes: Changes
    permitted: bool
    """The changes are such as every restriction made by this signature allows."""
    certifies: bool
    claimed_at: datetime | None
    reason: str
    location: str

    @property
    def end(self) -> int:
        """Where the last byte that it is over ends."""
        return len(self.spans[0]) + self.gap + len(self.spans[1])

    def covers(self, other: "FieldSignature") -> bool:
        """Tell whether everything of an earlier signature is under this one."""
        return other.end <= len(self.spans[0])

    def digest(self, hash_name: str) -> bytes:
        """Digest what the signature is over."""
        hasher = hashlib.new(hash_name)
        for span in self.spans:
            hasher.update(span)
        return hasher.digest()


@dataclass(frozen=True, slots=True)
class Structure:
    """Everything a verdict asks of the PDF itself."""

    signatures: tuple[FieldSignature, ...]
    """In the order they were made."""
    empty: frozenset[str]
    """Signature fields without a signature."""
    problems: tuple[Message, ...]
    """What makes the file one we do not judge."""
    evidence: evidence.Evidence
    """What the document security store (DSS) holds."""
    active: tuple[str, ...] = ()
    """What in it may act, or look otherwise from reader to reader."""
    earlier: bool = False
    """A version with other content lies under the first signature."""


def require_pdf(untrusted_pdf: bytes) -> None:
    """Refuse what is no PDF at all, before anything looks into it.

    Raises:
        DocumentMalformed: no PDF header.
        DocumentRefused: too large.
    """
    if len(untrusted_pdf) > MAX_PDF_BYTES:
        raise DocumentRefused(
            "the file is larger than {limit} bytes", limit=MAX_PDF_BYTES, hint="check another file"
        )
    if b"%PDF-" not in untrusted_pdf[:HEADER_WINDOW]:
        raise DocumentMalformed("this file is not a PDF", hint="give the signed PDF itself")


def open_strictly(untrusted_pdf: bytes) -> PdfFileReader:
    """Open a PDF within bounds, forgiving nothing.

    Raises:
        SignatureMalformed: it is damaged, encrypted, or beyond the bounds.
    """
    if not untrusted_pdf.startswith(b"%PDF-"):
        raise SignatureMalformed("something stands before the PDF header", hint=_HINT)
    revisions = untrusted_pdf.count(b"startxref")
    if revisions > MAX_REVISIONS or untrusted_pdf.count(b" obj") > MAX_OBJECTS:
        raise SignatureMalformed("the PDF has too many revisions or objects", hint=_HINT)
    try:
        reader = PdfFileReader(BytesIO(untrusted_pdf), strict=True, decode_limits=DecodeLimits())
        hybrid = reader.xrefs.hybrid_xrefs_present
    # pyHanko answers hostile files with a dozen kinds of exception; all mean: cannot be read.
    except Exception as error:
        raise SignatureMalformed("the PDF is damaged", hint=_HINT) from error
    if reader.encrypted or hybrid:
        raise SignatureMalformed("the PDF is encrypted, or a hybrid of two formats", hint=_HINT)
    return reader


def read(untrusted_pdf: bytes) -> Structure:
    """Read the signatures of a PDF.

    Raises:
        SignatureMalformed: the PDF cannot be read strictly.
    """
    reader = open_strictly(untrusted_pdf)
    try:
        fields, problems = _fields(reader)
        embedded = reader.embedded_signatures
        _refuse_passed_over(fields, embedded)
        signatures = tuple(_signature(reader, untrusted_pdf, one) for one in embedded[: MAX_SIGNATURES + 1])
        store = evidence.read(reader.root)
        acting = cautions.active(reader.root) if signatures else ()
        before = bool(signatures) and cautions.earlier(untrusted_pdf, signatures[0].end)
    except SignatureMalformed:
        raise
    except Exception as error:
        raise SignatureMalformed("the signatures in the PDF are damaged", hint=_HINT) from error
    if len(signatures) > MAX_SIGNATURES:
        raise SignatureMalformed("the PDF has too many signatures", hint=_HINT)
    empty = frozenset(name for name, is_filled in fields.items() if not is_filled)
    return Structure(signatures, empty, problems, store, acting, before)


def _fields(reader: PdfFileReader) -> tuple[dict[str, bool], tuple[Message, ...]]:
    """Return each signature field with whether it is filled, and what else the form holds."""
    form = _entry(reader.root, "/AcroForm")
    if form is None:
        return {}, ()
    problems: list[Message] = []
    if "/XFA" in form or bool(_entry(form, "/NeedAppearances")):
        problems.append(message("the PDF has a form that draws itself anew in each reader"))
    filled: dict[str, bool] = {}
    for name, kind, is_filled in _walk(_entry(form, "/Fields", ()), "", None, 0):
        if kind != "/Sig":
            problems.append(message("the form field {field} is not a signature field", field=name))
        elif name in filled:
            problems.append(message("the signature field {field} is there twice", field=name))
        else:
            filled[name] = is_filled
    return filled, tuple(problems)


def _refuse_passed_over(fields: dict[str, bool], embedded: list[EmbeddedPdfSignature]) -> None:
    """Refuse a signature that pyHanko leaves out, as it does silently with formats it does not know."""
    found = {str(one.field_name) for one in embedded}
    for name, is_filled in fields.items():
        if is_filled and name not in found:
            raise SignatureMalformed(
                "the signature {field} has a format that is not checked", field=name, hint=_HINT
            )


def _entry(dictionary: Any, key: str, default: Any = None) -> Any:
    """Return an entry, followed where it is a reference; pyHanko's own `get` does not follow."""
    return dictionary[key] if key in dictionary else default  # noqa: SIM401 - see above


def _walk(fields: Any, prefix: str, inherited: str | None, depth: int) -> list[tuple[str, str | None, bool]]:
    if depth > MAX_FIELD_DEPTH:
        raise SignatureMalformed("the form of the PDF is nested too deeply", hint=_HINT)
    found: list[tuple[str, str | None, bool]] = []
    for untrusted_field in fields:
        field = untrusted_field.get_object()
        own = _entry(field, "/T")
        name = ".".join(part for part in (prefix, None if own is None else str(own)) if part)
        kind = str(field["/FT"]) if "/FT" in field else inherited
        kids = [kid for kid in _entry(field, "/Kids", ()) if "/T" in kid.get_object()]
        if kids:
            found += _walk(kids, name, kind, depth + 1)
        else:
            found.append((name, kind, "/V" in field))
    return found


def _signature(reader: PdfFileReader, pdf: bytes, embedded: EmbeddedPdfSignature) -> FieldSignature:
    spans = _spans(pdf, embedded)
    coverage = _coverage(pdf, embedded, spans)
    changes, permitted = _changes(embedded)
    dictionary = embedded.sig_object
    return FieldSignature(
        field=str(embedded.field_name),
        kind=Kind.TIME_STAMP if embedded.sig_object_type == "/DocTimeStamp" else Kind.SIGNATURE,
        subfilter=str(_entry(dictionary, "/SubFilter", "")).removeprefix("/"),
        container=bytes(embedded.pkcs7_content),
        spans=spans,
        gap=2 + 2 * len(embedded.pkcs7_content),
        coverage=coverage,
        changes=changes,
        permitted=permitted,
        certifies=_certifies(reader, embedded),
        claimed_at=embedded.self_reported_timestamp,
        reason=str(_entry(dictionary, "/Reason", "")),
        location=str(_entry(dictionary, "/Location", "")),
    )


def _spans(pdf: bytes, embedded: EmbeddedPdfSignature) -> tuple[memoryview, memoryview]:
    """Bound the byte range: two spans from the first byte on, the container alone between them.

    Attacks refused here: ranges that are missing, null, negative or overlapping (USF), and other
    content put into the gap (SWA).
    """
    untrusted_range = [int(number) for number in embedded.byte_range]
    if len(untrusted_range) != 4:  # noqa: PLR2004 - two pairs of offset and length, ISO 32000-1 12.8.1
        raise ValueError("byte range")
    start, length, resume, rest = untrusted_range
    if not (start == 0 < length < resume and rest > 0 and resume + rest <= len(pdf)):
        raise ValueError("byte range")
    # Both cases of hex mixed would let single bits change unseen.
    gap = _HEX.fullmatch(pdf[length:resume])
    if gap is None or bytes.fromhex(gap[1].decode("ascii")) != embedded.pkcs7_content:
        raise ValueError("byte range gap")
    whole = memoryview(pdf)
    return whole[:length], whole[resume : resume + rest]


def _coverage(pdf: bytes, embedded: Any, spans: tuple[memoryview, memoryview]) -> Coverage:
    level = embedded.evaluate_signature_coverage()
    embedded.coverage = level
    ends_at_end = len(pdf) == len(spans[0]) + 2 + 2 * len(embedded.pkcs7_content) + len(spans[1])
    if level == SignatureCoverageLevel.ENTIRE_FILE and ends_at_end:
        return Coverage.ENTIRE_FILE
    return {
        SignatureCoverageLevel.ENTIRE_REVISION: Coverage.ENTIRE_REVISION,
        SignatureCoverageLevel.CONTIGUOUS_BLOCK_FROM_START: Coverage.PARTIAL,
    }.get(level, Coverage.UNCLEAR)


def _changes(embedded: EmbeddedPdfSignature) -> tuple[Changes, bool]:
    result = embedded.evaluate_modifications(STRICT)
    if not isinstance(result, DiffResult):
        return Changes.OTHER, False
    level = result.modification_level
    limit = embedded.docmdp_level
    allowed = limit is None or limit.value >= level.value or level == ModificationLevel.NONE
    # Level P3 permits annotations; they can cover text, so we never do.
    permitted = allowed and level.value <= ModificationLevel.FORM_FILLING.value
    return _CHANGES[level], permitted


_CHANGES: Final = {
    ModificationLevel.NONE: Changes.NONE,
    ModificationLevel.LTA_UPDATES: Changes.LTA_UPDATES,
    ModificationLevel.FORM_FILLING: Changes.FORM_FILLING,
    ModificationLevel.ANNOTATIONS: Changes.ANNOTATIONS,
    ModificationLevel.OTHER: Changes.OTHER,
}


def _certifies(reader: PdfFileReader, embedded: EmbeddedPdfSignature) -> bool:
    permissions = _entry(reader.root, "/Perms")
    if permissions is None or "/DocMDP" not in permissions:
        return False
    return bool(permissions["/DocMDP"] is embedded.sig_object and embedded.docmdp_level in set(MDPPerm))
