"""Judges a document of ours: its signatures against what the ledger says should be in it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act, Entry
from securedoc.errors import DocumentMissing
from securedoc.issuing import timestamping
from securedoc.office import authorship
from securedoc.office.office import Office
from securedoc.office.trust import trust_store
from securedoc.signing import verdict
from securedoc.signing.fields import AUTHOR_FIELD, SEAL_FIELD

_SIGNING: Final = (Act.DOCUMENT_SIGNED, Act.DOCUMENT_RENEWED)


def signers(office: Office, document: DocumentId) -> Mapping[str, Digest]:
    """Return which field was signed with which certificate, as the ledger says."""
    return _signers(_signatures(office, document))


def judge(office: Office, document: DocumentId, pdf: bytes, before: Entry | None = None) -> verdict.Verdict:
    """Judge a signed document by what its entries say, at the time of its last signature.

    With `before`, judge it as it was until that entry renewed it.

    Raises:
        DocumentMissing: the ledger knows of no signature on it.
        DocumentUntrusted: a signature was entered by somebody who may not.
    """
    entries = _signatures(office, document)
    if before is not None:
        entries = [entry for entry in entries if entry.sequence < before.sequence]
    if not entries:
        raise DocumentMissing(
            "{document} is not signed", document=document, hint="sign it with: securedoc sign ID"
        )
    last = entries[-1]
    digest = Digest.parse(str(last.facts["digest"]))
    return judge_as(office, pdf, _signers(entries), digest, last.at)


def renewed_since(office: Office, digest: Digest) -> Entry | None:
    """Return the entry that renewed a document whose PDF had this digest until then."""
    renewed = office.ledger.of_acts((Act.DOCUMENT_RENEWED,))
    found = [entry for entry in renewed if entry.facts.get("before") == str(digest)]
    return authorship.proven(office.ledger, found[0]) if found else None


def _signatures(office: Office, document: DocumentId) -> list[Entry]:
    found = [entry for entry in office.ledger.entries(document=document) if entry.act in _SIGNING]
    return [authorship.proven(office.ledger, entry) for entry in found]


def _signers(entries: list[Entry]) -> dict[str, Digest]:
    found: dict[str, Digest] = {}
    for entry in entries:
        if entry.act is Act.DOCUMENT_SIGNED:
            found[str(entry.facts["field"])] = Digest.parse(str(entry.facts["certificate"]))
        found |= timestamping.fields(entry)
    return found


def judge_as(
    office: Office, pdf: bytes, expected: Mapping[str, Digest], digest: Digest, at: datetime
) -> verdict.Verdict:
    """Judge a PDF that should carry these signatures and be these very bytes."""
    return verdict.verify(
        pdf,
        trust_store(office),
        verdict.Expected(
            signers=expected,
            empty=frozenset({AUTHOR_FIELD, SEAL_FIELD} - set(expected)),
            digest=digest,
        ),
        at,
    )
