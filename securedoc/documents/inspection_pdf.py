"""What a PDF hides, on its own: scripts, files, layers, earlier revisions."""

import io
import logging
import re
from collections.abc import Iterator
from typing import Any, Final

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from securedoc.core.findings import Severity
from securedoc.core.text import Message, message
from securedoc.documents.inspection import inspect_docx
from securedoc.documents.inspection_marks import inspect_pages
from securedoc.documents.observations import Action, Observation, found, worst_observed_first
from securedoc.documents.pdffaults import PARSER_FAILS
from securedoc.errors import DocumentMalformed, DocumentRefused

MAX_FILE_BYTES: Final = 256 * 1024 * 1024
MAX_OBJECTS: Final = 200_000
MAX_HEADER_OFFSET: Final = 1024

_HEADER: Final = b"%PDF-"
_ZIP: Final = b"PK\x03\x04"
_COMPOUND_FILE: Final = bytes.fromhex("d0cf11e0a1b11ae1")


def inspect(untrusted: bytes) -> tuple[Observation, ...]:
    """Return what a DOCX or a PDF hides, worst first.

    Raises:
        DocumentMalformed: it is neither, or damaged.
        DocumentRefused: beyond a bound, or protected.
    """
    if untrusted.startswith((_ZIP, _COMPOUND_FILE)):
        return inspect_docx(untrusted)
    return inspect_pdf(untrusted)


def inspect_pdf(untrusted: bytes) -> tuple[Observation, ...]:
    """Return everything found in a PDF that a paper would not have, worst first.

    Raises:
        DocumentMalformed: not a PDF, or damaged beyond reading.
        DocumentRefused: larger than a bound.
    """
    if len(untrusted) > MAX_FILE_BYTES:
        raise DocumentRefused("the file is larger than {limit} bytes", limit=MAX_FILE_BYTES)
    if _HEADER not in untrusted[:MAX_HEADER_OFFSET]:
        raise DocumentMalformed(
            "the file is neither a DOCX nor a PDF", hint="give a file that ends in .docx or .pdf"
        )
    # pypdf tells the log what it repairs; a finding is what we say, and nothing else goes to stderr.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(untrusted), strict=False)
        if reader.is_encrypted:
            return (_encrypted(),)
        return worst_observed_first(
            [
                *_objects(reader),
                *inspect_pages(reader),
                *_revisions(untrusted),
                *_outside(untrusted),
                *_metadata(reader),
            ]
        )
    except PARSER_FAILS as error:
        raise DocumentMalformed(
            "the PDF is damaged, or protected in a way that cannot be read",
            hint="get the file again from where it came",
        ) from error


def _encrypted() -> Observation:
    return found(
        "pdf.encrypted",
        Severity.HIGH,
        Action.REFUSE,
        message("the PDF is encrypted: what is in it cannot be checked"),
        message("ask for the file without a password"),
    )


_KEYS: Final[tuple[tuple[str, str, Severity, Message], ...]] = (
    ("/JavaScript", "pdf.javascript", Severity.CRITICAL, message("the PDF runs JavaScript")),
    ("/JS", "pdf.javascript", Severity.CRITICAL, message("the PDF runs JavaScript")),
    ("/EmbeddedFiles", "pdf.embedded-file", Severity.HIGH, message("other files are embedded in the PDF")),
    ("/OCProperties", "pdf.layers", Severity.MEDIUM, message("the PDF has layers that can be switched off")),
    ("/XFA", "pdf.form", Severity.HIGH, message("the PDF holds an XFA form")),
    ("/OpenAction", "pdf.open-action", Severity.LOW, message("the PDF acts when it is opened")),
    ("/AA", "pdf.open-action", Severity.MEDIUM, message("the PDF acts by itself")),
    ("/PieceInfo", "pdf.private-data", Severity.MEDIUM, message("a program left data of its own in the PDF")),
    ("/Thumb", "pdf.thumbnail", Severity.LOW, message("thumbnails of pages, which may show earlier states")),
    (
        "/Alternates",
        "pdf.alternate",
        Severity.HIGH,
        message("the PDF holds other pictures for other readers"),
    ),
    ("/Collection", "pdf.embedded-file", Severity.HIGH, message("other files are embedded in the PDF")),
)
_ACTIONS: Final[dict[str, tuple[str, Severity, Message]]] = {
    "/JavaScript": ("pdf.javascript", Severity.CRITICAL, message("the PDF runs JavaScript")),
    "/Launch": ("pdf.launch", Severity.CRITICAL, message("the PDF starts a program")),
    "/URI": ("pdf.link", Severity.LOW, message("the PDF holds links to the outside")),
    "/SubmitForm": ("pdf.submit", Severity.HIGH, message("the PDF sends data away")),
    "/ImportData": ("pdf.submit", Severity.HIGH, message("the PDF takes data in")),
    "/GoToR": ("pdf.link", Severity.MEDIUM, message("the PDF points to other files")),
    "/GoToE": ("pdf.embedded-file", Severity.HIGH, message("other files are embedded in the PDF")),
}
_ANNOTATIONS: Final[dict[str, tuple[str, Severity, Message]]] = {
    "/FileAttachment": ("pdf.embedded-file", Severity.HIGH, message("other files are embedded in the PDF")),
    "/RichMedia": ("pdf.media", Severity.HIGH, message("the PDF plays media")),
    "/Movie": ("pdf.media", Severity.HIGH, message("the PDF plays media")),
    "/Text": ("pdf.comments", Severity.MEDIUM, message("the PDF holds comments")),
    "/FreeText": ("pdf.comments", Severity.MEDIUM, message("the PDF holds comments")),
    "/Redact": ("pdf.redaction", Severity.HIGH, message("what was to be blacked out is still there")),
}


def _objects(reader: PdfReader) -> Iterator[Observation]:
    """Look at every object once, wherever it hangs: a reader may find it by another way than we do."""
    seen: dict[str, Observation] = {}

    def note(check: str, severity: Severity, said: Message) -> None:
        seen.setdefault(check, found(check, severity, Action.REFUSE, said))

    for node in _dictionaries(reader):
        for key, check, severity, said in _KEYS:
            if key in node:
                note(check, severity, said)
        action = _ACTIONS.get(_name(node, "/S"))
        if action:
            note(*action)
        annotation = _ANNOTATIONS.get(_name(node, "/Subtype"))
        if annotation:
            note(*annotation)
        if _name(node, "/Type") == "/EmbeddedFile":
            note("pdf.embedded-file", Severity.HIGH, message("other files are embedded in the PDF"))
        if "/FT" in node and _name(node, "/FT") != "/Sig":
            note("pdf.form", Severity.MEDIUM, message("the PDF holds form fields"))
    yield from seen.values()


def _name(node: DictionaryObject, key: str) -> str:
    return str(node.get(key, ""))


def _dictionaries(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Walk all dictionaries reachable from the trailer, each once."""
    waiting: list[Any] = [reader.trailer]
    visited: set[tuple[int, int]] = set()
    looked_at = 0
    while waiting:
        node = waiting.pop()
        looked_at += 1
        if looked_at > MAX_OBJECTS:
            raise DocumentRefused("the PDF has more than {limit} objects", limit=MAX_OBJECTS)
        if isinstance(node, IndirectObject):
            if (node.idnum, node.generation) in visited:
                continue
            visited.add((node.idnum, node.generation))
            node = node.get_object()
        if isinstance(node, (DictionaryObject, StreamObject)):
            yield node
            waiting.extend(node.raw_get(key) for key in node)
        elif isinstance(node, ArrayObject):
            waiting.extend(node)


def _revisions(untrusted: bytes) -> Iterator[Observation]:
    revisions = len(re.findall(rb"startxref\s+\d+\s+%%EOF", untrusted))
    # A linearised file has two ends and one revision.
    if b"/Linearized" in untrusted[:2048]:
        revisions -= 1
    if revisions > 1:
        yield found(
            "pdf.revisions",
            Severity.MEDIUM,
            Action.KEEP,
            message("the PDF was changed {count} times; earlier states are still in it", count=revisions - 1),
        )


def _outside(untrusted: bytes) -> Iterator[Observation]:
    """Find what lies before the header or after the end: a second file, often."""
    before = untrusted.find(_HEADER)
    end = untrusted.rfind(b"%%EOF")
    after = len(untrusted[end + len(b"%%EOF") :].strip(b"\r\n\0 ")) if end >= 0 else 0
    if before or after:
        yield found(
            "pdf.outside",
            Severity.HIGH,
            Action.KEEP,
            message("{count} bytes lie before or after the PDF itself", count=before + after),
        )


def _metadata(reader: PdfReader) -> Iterator[Observation]:
    held = [key.lstrip("/") for key, value in (reader.metadata or {}).items() if str(value).strip()]
    personal = sorted(set(held) & {"Author", "Creator", "Company", "Manager", "Keywords", "Subject", "Title"})
    if personal:
        yield found(
            "pdf.metadata",
            Severity.LOW,
            Action.KEEP,
            message("personal or office data: {fields}", fields=", ".join(personal)),
        )
