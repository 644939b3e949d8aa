"""The versions of a draft: what there was when, and one of them taken out as a file by two people."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, DocumentState, Kind
from securedoc.core.entries import Act, Entry
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId
from securedoc.errors import DocumentRefused
from securedoc.issuing.exporting import consent_to_leave
from securedoc.office import newfile
from securedoc.office.deferred import Second
from securedoc.office.office import Office
from securedoc.system import files


@dataclass(frozen=True, slots=True)
class DraftVersion:
    """One version of a draft's body."""

    version: int
    entry: int
    at: datetime
    who: OfficerId
    size_bytes: int
    """As sealed; the text itself is a little smaller."""
    source: str
    """How it came about: `new`, `import`, `edit`, `salvage`."""


@dataclass(frozen=True, slots=True)
class ExportedDraft:
    """The file that came of it: plaintext outside the vault."""

    document: DocumentId
    version: int
    path: Path
    digest: Digest
    entry: int


def versions(office: Office, document: DocumentId) -> tuple[DraftVersion, ...]:
    """Return the versions of a draft, oldest first; they stay listed when it is finalised.

    Raises:
        PolicyRefused: the officer may not look for documents.
        DocumentMissing: there is no such document.
    """
    row = office.ledger.document(document)
    office.permit("search", row.level)
    entered = {
        version: entry for entry in office.ledger.entries(document=document) for version in _made(entry)
    }
    return tuple(
        DraftVersion(
            one.version,
            entered[one.version].sequence,
            entered[one.version].at,
            entered[one.version].who,
            one.size_bytes,
            str(entered[one.version].facts["source"]),
        )
        for one in sorted(office.ledger.objects(document), key=lambda one: one.version)
        if one.kind is Kind.DRAFT and one.version in entered
    )


def _made(entry: Entry) -> Iterator[int]:
    """Yield the versions of the body that an entry made."""
    made = entry.facts.get("objects")
    if entry.act not in {Act.DRAFT_CREATED, Act.DRAFT_SAVED} or not isinstance(made, list):
        return
    for one in made:
        if isinstance(one, dict) and one.get("kind") == Kind.DRAFT.value:
            yield int(str(one["version"]))


def export_draft(office: Office, document: DocumentId, path: Path, second: Second) -> ExportedDraft:
    """Write the newest version of a draft to `path`, for its owner only, and never over a file.

    The entry comes first: after a power cut a draft may be said to be out that is not, never the
    other way round.

    Raises:
        PolicyRefused: the officer may not, or nobody confirmed, or not one who may.
        DocumentRefused: it is not a draft any more, or the file is there already.
        DocumentUntrusted, KeyRefused: it cannot be opened.
    """
    row = office.ledger.document(document)
    office.permit("export", row.level)
    if row.state is not DocumentState.DRAFT:
        raise DocumentRefused(
            "{document} is not a draft: its state is {state}",
            document=document,
            state=row.state,
            hint="a finished document is taken out with: securedoc export",
        )
    sealed = office.latest(document, Kind.DRAFT)
    plaintext = office.unseal(sealed)
    newfile.require_new(path)
    digest = Digest.of(plaintext)
    facts: JsonObject = {"version": sealed.version, "digest": str(digest)}
    consented = consent_to_leave(office, Act.DRAFT_EXPORTED, document, facts, second)
    with office.write() as writing:
        entry = writing.append(Act.DRAFT_EXPORTED, document, facts, consented)
    files.write_new(path, plaintext)
    return ExportedDraft(document, sealed.version, path, digest, entry.sequence)
