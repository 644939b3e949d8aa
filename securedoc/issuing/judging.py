"""Judges a document of ours: its signatures against what the ledger says should be in it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act, Entry
from securedoc.errors import DocumentMissing, DocumentUntrusted
from securedoc.issuing import timestamping
from securedoc.office import authorship
from securedoc.office.office import Office
from securedoc.office.trust import trust_store
from securedoc.signing import verdict
from securedoc.signing.fields import AUTHOR_FIELD, SEAL_FIELD, initial_field, mark_field

_ORDER: Final = {
    Act.DOCUMENT_INITIALLED: 0,
    Act.DOCUMENT_SIGNED: 1,
    Act.DOCUMENT_STAMPED: 1,
    Act.DOCUMENT_RENEWED: 1,
}
_SIGNING: Final = tuple(_ORDER)


def signers(office: Office, document: DocumentId) -> Mapping[str, Digest]:
    """Return which field was signed with which certificate, as the ledger says."""
    return _signers(office, _signatures(office, document))


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
    return judge_as(
        office, pdf, _signers(office, entries), digest, last.at, prepared=fields_of(office, document)
    )


def renewed_since(office: Office, digest: Digest) -> Entry | None:
    """Return the entry that renewed a document whose PDF had this digest until then."""
    renewed = office.ledger.of_acts((Act.DOCUMENT_RENEWED,))
    found = [entry for entry in renewed if entry.facts.get("before") == str(digest)]
    return authorship.proven(office.ledger, found[0]) if found else None


def _signatures(office: Office, document: DocumentId) -> list[Entry]:
    found = [entry for entry in office.ledger.entries(document=document) if entry.act in _SIGNING]
    entries = [_proven(office, entry) for entry in found]
    # Who signs before the author may be the drafter, who must have no say in what comes after.
    acts = [entry.act for entry in entries]
    if acts != sorted(acts, key=_ORDER.__getitem__):
        raise DocumentUntrusted(
            "the signatures on {document} were entered out of their order",
            document=document,
            hint="run `securedoc audit run`, and compare this vault with its last backup",
        )
    return entries


def _proven(office: Office, entry: Entry) -> Entry:
    if entry.act is not Act.DOCUMENT_INITIALLED:
        return authorship.proven(office.ledger, entry)
    proven = authorship.proven_initial(office.ledger, entry)
    document = entry.about
    order = [] if document is None else initials(office, document)
    expected = {initial_field(place): officer for place, officer in enumerate(order)}
    if expected.get(str(proven.facts.get("field"))) != proven.who:
        raise DocumentUntrusted(
            "{officer} was not named to sign {document} before its signer",
            officer=proven.who,
            document=document or "",
            hint="run `securedoc audit run`, and ask this officer how it came about",
        )
    return proven


def initials(office: Office, document: DocumentId) -> list[str]:
    """Return who signs before the author, in their order, as finalising named them.

    Raises:
        DocumentUntrusted: nobody who may finalise named them.
    """
    finalised = office.ledger.latest(document, Act.DOCUMENT_FINALISED)
    if finalised is None:
        return []
    named = authorship.proven(office.ledger, finalised).facts.get("initials", ())
    return [str(one) for one in named] if isinstance(named, Sequence) and not isinstance(named, str) else []


def _signers(office: Office, entries: list[Entry]) -> dict[str, Digest]:
    found: dict[str, Digest] = {}
    for entry in entries:
        if entry.act is not Act.DOCUMENT_RENEWED:
            found[str(entry.facts["field"])] = Digest.parse(str(entry.facts["certificate"]))
        found |= timestamping.fields(office, entry)
    return found


def fields_of(office: Office, document: DocumentId) -> frozenset[str]:
    """Return every signature field that a document of ours is prepared with."""
    before = (initial_field(place) for place in range(len(initials(office, document))))
    later = (mark_field(slot.name) for slot in office.policy.slots())
    return frozenset({AUTHOR_FIELD, SEAL_FIELD, *before, *later})


def judge_as(  # noqa: PLR0913 - what a PDF is held against
    office: Office,
    pdf: bytes,
    expected: Mapping[str, Digest],
    digest: Digest,
    at: datetime,
    *,
    prepared: frozenset[str],
) -> verdict.Verdict:
    """Judge a PDF that should carry these signatures, empty fields for others, and be these very bytes."""
    return verdict.verify(
        pdf,
        trust_store(office),
        verdict.Expected(
            signers=expected,
            empty=prepared - set(expected),
            digest=digest,
        ),
        at,
    )
