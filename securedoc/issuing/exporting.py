"""Takes a finished document out of the vault as a file: two people, and an entry."""

from dataclasses import dataclass
from pathlib import Path

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, DocumentState, Kind
from securedoc.core.entries import Act, Confirmation
from securedoc.core.jsonvalue import JsonObject
from securedoc.errors import DocumentRefused, PolicyRefused
from securedoc.office import consent, newfile
from securedoc.office.deferred import Second
from securedoc.office.office import Office
from securedoc.system import files

PDF_MAGIC = b"%PDF-"


@dataclass(frozen=True, slots=True)
class Exported:
    """The file that came of it: plaintext outside the vault."""

    document: DocumentId
    path: Path
    digest: Digest
    entry: int


def export(office: Office, document: DocumentId, directory: Path, second: Second) -> Exported:
    """Write the newest final, signed or scanned form of a document into `directory`.

    The file has a neutral name, and is made for its owner only. The entry comes first: after a
    power cut a document may be said to be out that is not, never the other way round.

    Raises:
        PolicyRefused: the officer may not, or nobody confirmed, or not one who may.
        DocumentRefused: it is still a draft, or the file is there already.
        DocumentMissing, DocumentUntrusted, KeyRefused: it cannot be opened.
    """
    row = office.ledger.document(document)
    office.permit("export", row.level)
    if row.state in {DocumentState.DRAFT, DocumentState.DISCARDED}:
        raise DocumentRefused(
            "{document} is still a draft",
            document=document,
            hint="finalise it first; a draft is looked at with: securedoc draft preview",
        )
    sealed = office.latest(document, Kind.FINAL, Kind.SIGNED, Kind.SCAN)
    plaintext = office.unseal(sealed)
    suffix = ".pdf" if plaintext.startswith(PDF_MAGIC) else ".bin"
    path = directory / f"{document}{suffix}"
    newfile.require_new(path)
    digest = Digest.of(plaintext)
    facts: JsonObject = {
        "version": sealed.version,
        "kind": str(sealed.kind),
        "digest": str(digest),
        "file": path.name,
    }
    consented = consent_to_leave(office, Act.DOCUMENT_EXPORTED, document, facts, second)
    with office.write() as writing:
        entry = writing.append(Act.DOCUMENT_EXPORTED, document, facts, consented)
    files.make_dirs(directory)
    files.write_new(path, plaintext)
    return Exported(document, path, digest, entry.sequence)


def consent_to_leave(
    office: Office, act: Act, document: DocumentId, facts: JsonObject, second: Second
) -> Confirmation | None:
    """Return the second officer's consent that a document leaves the vault.

    Raises:
        PolicyRefused: nobody confirmed, or not one who may.
    """
    missing = PolicyRefused(
        "taking a document out of the vault needs a second officer",
        hint="add --second OFFICER; that officer's passphrase is asked too",
    )
    return consent.second(office, "export", act, document, facts, session=second, missing=missing)
