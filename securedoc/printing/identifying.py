"""Names the printed copies that a scan shows, and records that somebody asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.errors import DocumentMalformed, DocumentMissing, DocumentUntrusted
from securedoc.office.office import Office
from securedoc.printing import copycode


@dataclass(frozen=True, slots=True)
class Sighting:
    """One code, and what it says of its page."""

    scan_page: int
    """Page of the scan, from 1."""
    document: DocumentId
    copy: int
    copies: int | None
    """How many copies the ledger knows of; None: it does not know the document."""
    page: int
    print_id: str
    valid: bool
    """Made with a key of this vault, for this document, copy, page and print."""


@dataclass(frozen=True, slots=True)
class Identified:
    """What a scan's codes say."""

    sightings: tuple[Sighting, ...]
    entries: tuple[int, ...]
    """One for each copy that was named."""

    def require(self) -> None:
        """Let nobody overlook a code that this vault did not make.

        Raises:
            DocumentUntrusted: there is one; it names nobody's copy.
        """
        for one in self.sightings:
            if not one.valid:
                raise DocumentUntrusted(
                    "the code on page {page} of the scan was not made by this vault: it is forged, damaged "
                    "by hand, or of another vault",
                    page=one.scan_page,
                    hint="hold it against nobody; keep the paper for the security officer",
                )


def identify(office: Office, untrusted_codes: Sequence[tuple[int, str]], scan: Digest | None) -> Identified:
    """Name the copies that these codes were printed on; `scan` is None for a code that somebody typed.

    Each copy named is an entry: looking for a leak is an act, and its result must not depend on memory.

    Raises:
        PolicyRefused: the officer may not.
        DocumentMissing: none of them is written as a copy code.
    """
    office.permit("identify")
    sightings = tuple(_sightings(office, untrusted_codes))
    if not sightings:
        raise nothing_read()
    named: dict[tuple[DocumentId, int, str], list[int]] = {}
    for one in sightings:
        if one.valid:
            named.setdefault((one.document, one.copy, one.print_id), []).append(one.page)
    entries = []
    if named:
        with office.write() as writing:
            for (document, copy, print_id), pages in named.items():
                facts: JsonObject = {
                    "copy": copy,
                    "print": print_id,
                    "pages": sorted(set(pages)),
                    "scan": None if scan is None else str(scan),
                }
                entries.append(writing.append(Act.COPY_IDENTIFIED, document, facts).sequence)
    return Identified(sightings, tuple(entries))


def nothing_read() -> DocumentMissing:
    """Return the error of a scan without a code that could be read."""
    return DocumentMissing(
        "no copy code could be read",
        hint="scan the lower left corner again at 300 dpi, or type the letters beside the code with --code",
    )


def _sightings(office: Office, untrusted_codes: Sequence[tuple[int, str]]) -> list[Sighting]:
    found = []
    for scan_page, text in untrusted_codes:
        try:
            code = copycode.read(text)
        except DocumentMalformed:
            continue  # some other code that happens to be on the paper
        found.append(
            Sighting(
                scan_page,
                code.document,
                code.copy,
                _copies(office, code.document),
                code.page,
                code.print_id,
                valid=copycode.is_ours(office, text),
            )
        )
    return found


def _copies(office: Office, document: DocumentId) -> int | None:
    try:
        return office.ledger.document(document).copies
    except DocumentMissing:
        return None
