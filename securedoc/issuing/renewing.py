"""Renews the proof of a signed document before its last time-stamp ends: new lists, one more time-stamp."""

from dataclasses import dataclass

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, DocumentState, Kind
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.errors import DocumentRefused
from securedoc.issuing import timestamping
from securedoc.issuing.judging import fields_of, judge, judge_as, signers
from securedoc.keyring.session import Session
from securedoc.office.objectfacts import facts_of
from securedoc.office.office import Office
from securedoc.office.trust import trust_store
from securedoc.signing import archiving, verdict
from securedoc.signing.fields import SEAL_FIELD


@dataclass(frozen=True, slots=True)
class Renewed:
    """The same signed document with one more time-stamp over it."""

    document: DocumentId
    field: str
    digest: Digest
    before: Digest
    verdict: verdict.Verdict


def renew(office: Office, document: DocumentId, keeper: Session | None) -> Renewed:
    """Embed what validates every signature, and time-stamp the whole: B-LTA, or B-LTA for longer.

    Raises:
        PolicyRefused, KeyRefused, KeyUntrusted: see `timestamping.authority`.
        DocumentRefused: it is not sealed yet, or changed in the meantime.
        SignatureUntrusted, SignatureMalformed, SignatureMissing: it does not hold as it is now.
        SignatureFailed, SignatureRefused: the result does not verify.
    """
    row = office.ledger.document(document)
    authority = timestamping.authority(office, row.level, keeper)
    known = signers(office, document)
    if row.state not in {DocumentState.SIGNED, DocumentState.REGISTERED} or SEAL_FIELD not in known:
        raise DocumentRefused(
            "{document} carries no seal yet: there is nothing to renew",
            document=document,
            hint="seal it first: securedoc sign ID --seal",
        )
    pdf = office.unseal(office.latest(document, Kind.SIGNED))
    # What does not hold now is not to be made to look as if it had held.
    verdict.require_registered(judge(office, document, pdf))
    stamped = archiving.archive(pdf, trust_store(office), authority)
    before = Digest.of(pdf)
    with office.write() as writing:
        if office.ledger.document(document).digest != before:
            raise DocumentRefused("{document} changed in the meantime", document=document)
        with office.document_key(document) as key:
            version = 1 + max(one.version for one in office.ledger.objects(document))
            made = office.seal(document, version, Kind.SIGNED, stamped.pdf, key)
        expected = {**known, stamped.field: stamped.certificate}
        fields = fields_of(office, document)
        judged = judge_as(
            office, office.unseal(made), expected, stamped.digest, office.now(), prepared=fields
        )
        verdict.require_registered(judged)
        facts: JsonObject = {
            "objects": facts_of((made,)),
            "digest": str(stamped.digest),
            "before": str(before),
            "time_stamps": timestamping.as_facts(authority, [(timestamping.DOCUMENT, stamped.field)]),
        }
        consented = timestamping.confirmed(office, Act.DOCUMENT_RENEWED, document, facts, keeper)
        writing.append(Act.DOCUMENT_RENEWED, document, facts, consented)
    return Renewed(document, stamped.field, stamped.digest, before, judged)
