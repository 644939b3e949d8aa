"""Judges a document of ours: its signatures against what the ledger says should be in it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.errors import DocumentMissing
from securedoc.office import authorship
from securedoc.office.office import Office
from securedoc.office.trust import trust_store
from securedoc.signing import verdict
from securedoc.signing.fields import AUTHOR_FIELD, SEAL_FIELD, mark_field

_SIGNING: Final = frozenset({Act.DOCUMENT_SIGNED, Act.DOCUMENT_STAMPED})


def signers(office: Office, document: DocumentId) -> Mapping[str, Digest]:
    """Return which field was signed with which certificate, as the ledger says."""
    found = [entry for entry in office.ledger.entries(document=document) if entry.act in _SIGNING]
    entries = [authorship.proven(office.ledger, entry) for entry in found]
    return {str(entry.facts["field"]): Digest.parse(str(entry.facts["certificate"])) for entry in entries}


def judge(office: Office, document: DocumentId, pdf: bytes) -> verdict.Verdict:
    """Judge a signed document by what its entries say, at the time of its last signature.

    Raises:
        DocumentMissing: the ledger knows of no signature on it.
        DocumentUntrusted: a signature was entered by somebody who may not.
    """
    stamped = office.ledger.latest(document, Act.DOCUMENT_STAMPED)
    found = stamped or office.ledger.latest(document, Act.DOCUMENT_SIGNED)
    if found is None:
        raise DocumentMissing(
            "{document} is not signed", document=document, hint="sign it with: securedoc sign ID"
        )
    last = authorship.proven(office.ledger, found)
    digest = Digest.parse(str(last.facts["digest"]))
    return judge_as(office, pdf, signers(office, document), digest, last.at)


def judge_as(
    office: Office, pdf: bytes, expected: Mapping[str, Digest], digest: Digest, at: datetime
) -> verdict.Verdict:
    """Judge a PDF that should carry these signatures and be these very bytes."""
    return verdict.verify(
        pdf,
        trust_store(office),
        verdict.Expected(
            signers=expected,
            empty=frozenset({AUTHOR_FIELD, SEAL_FIELD, *_mark_fields(office)} - set(expected)),
            digest=digest,
        ),
        at,
    )


def _mark_fields(office: Office) -> Iterator[str]:
    return (mark_field(slot.name) for slot in office.policy.slots())
