"""What a good signature does not exclude, and a reader of a verdict should know."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, IndirectObject
from pyhanko.pdf_utils.reader import PdfFileReader

from securedoc.core.text import Message, message
from securedoc.signing.judgement import Kind, Revocation, SignatureReport, TimeSource

_ACTIVE: Final = ("/OpenAction", "/AA", "/OCProperties", "/Collection", "/Threads")
_ACTIVE_NAMES: Final = ("/JavaScript", "/EmbeddedFiles")
_ACTIVE_ON_PAGES: Final = ("/AA",)
_DRAWN: Final = ("/Contents", "/Resources", "/MediaBox", "/CropBox", "/Rotate")
MAX_PAGES_LOOKED_AT: Final = 2000
MAX_OBJECTS_LOOKED_AT: Final = 20_000
HEAD_BYTES: Final = 2048


def active(root: Any) -> tuple[str, ...]:
    """Return what in the signed document can make it look otherwise from reader to reader, or act."""
    found = [key for key in _ACTIVE if key in root]
    if "/Names" in root:
        found += [key for key in _ACTIVE_NAMES if key in root["/Names"]]
    if any(key in page for page in _pages(root["/Pages"], []) for key in _ACTIVE_ON_PAGES):
        found.append("/AA")
    return tuple(dict.fromkeys(key.removeprefix("/") for key in found))


def _pages(node: Any, seen: list[Any]) -> list[Any]:
    """Return the pages below `node`; a tree that goes round, or on and on, ends at the bound."""
    waiting, pages = [node], []
    while waiting and len(seen) < MAX_PAGES_LOOKED_AT:
        current = waiting.pop().get_object()
        seen.append(current)
        if "/Kids" in current:
            waiting.extend(reversed(current["/Kids"]))
        else:
            pages.append(current)
    return pages


def earlier(pdf: bytes, signed_end: int) -> bool:
    """Tell whether an earlier version with other pages may lie in the file under its first signature.

    Whoever signed saw the last version; the others stay in the file, for anybody who looks. What cannot
    be compared may be another.
    """
    # A linearised file comes in two parts that make one version.
    first = 1 if b"/Linearized" in pdf[:HEAD_BYTES] else 0
    try:
        reader = PdfFileReader(BytesIO(pdf[:signed_end]), strict=True)
        last = reader.xrefs.total_revisions - 1
        if first >= last:
            return False
        shown = _shown(reader, last)
        return any(_shown(reader, revision) != shown for revision in range(first, last))
    except Exception:  # noqa: BLE001 - pyHanko answers odd files with a dozen kinds of exception
        return True


def _shown(reader: PdfFileReader, revision: int) -> list[tuple[object, ...]]:
    """Return what each page of a version shows: references compare by the version that wrote them."""
    root = reader.get_historical_root(revision)
    return [_drawn(reader, revision, page) for page in _pages(root["/Pages"], [])]


def _drawn(reader: PdfFileReader, revision: int, page: Any) -> tuple[object, ...]:
    found: list[object] = []
    waiting = [page.raw_get(key) for key in _DRAWN if key in page]
    waiting += [note for note in _annotations(page) if not _is_signature(note)]
    seen: set[object] = set()
    while waiting and len(found) < MAX_OBJECTS_LOOKED_AT:
        node = waiting.pop()
        if isinstance(node, IndirectObject):
            if node.reference in seen:
                continue
            seen.add(node.reference)
            place = reader.xrefs.get_historical_ref(node.reference, revision)
            found.append((node.reference.idnum, str(place)))
            node = node.get_object()
        if isinstance(node, DictionaryObject):
            waiting += [node.raw_get(key) for key in node if key != "/Parent"]
        elif isinstance(node, ArrayObject):
            waiting += [node.raw_get(place) for place in range(len(node))]
    return tuple(found)


def _annotations(page: Any) -> list[Any]:
    if "/Annots" not in page:
        return []
    array = page["/Annots"]
    return [array.raw_get(place) for place in range(len(array))]


def _is_signature(annotation: Any) -> bool:
    found = annotation.get_object()
    return "/FT" in found and found["/FT"] == "/Sig"


def of(
    reports: Sequence[SignatureReport],
    *,
    registered: bool,
    active_content: Sequence[str],
    earlier_version: bool,
    evidence_is_whole: bool,
) -> tuple[Message, ...]:
    """Return each caution once, in the order in which they matter."""
    if not reports:
        return ()
    said: list[Message] = []
    if not registered:
        said.append(message("nobody can know whether a later signature was cut off: no register names them"))
    if active_content:
        said.append(
            message(
                "what was signed holds active content, and may look otherwise elsewhere: {kinds}",
                kinds=", ".join(active_content),
            )
        )
    if earlier_version:
        said.append(
            message(
                "under the first signature lies an earlier version that shows something else, "
                "or cannot be compared"
            )
        )
    said += _of_revocation(reports)
    if not evidence_is_whole:
        said.append(message("some of the file's data for long-term validation were not used"))
    said += _of_time(reports)
    return tuple(said)


def _of_revocation(reports: Sequence[SignatureReport]) -> list[Message]:
    found = {report.revocation for report in reports}
    if Revocation.NOT_CHECKED in found:
        return [message("whether a certificate was revoked could not be checked: a list is missing")]
    if Revocation.STALE in found:
        return [
            message("whether a certificate was revoked since its last list is not known: the list is old")
        ]
    return []


def _of_time(reports: Sequence[SignatureReport]) -> list[Message]:
    sources = {report.time_source for report in reports}
    said = []
    unproven = [r for r in reports if r.kind is Kind.SIGNATURE and r.proven_at is None]
    if unproven:
        said.append(message("only the signer says when it was signed"))
    if TimeSource.INTERNAL in sources:
        said.append(
            message("a time-stamp is internal: it proves an order of events, not a time to outsiders")
        )
    return said
