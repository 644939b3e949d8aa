"""Puts a stamp on a registered document: a new revision, signed by the office over everything before it."""

from collections.abc import Mapping

from securedoc.core.documents import DocumentId, DocumentState, Kind
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.documents import marks
from securedoc.errors import DocumentRefused, PolicyRefused
from securedoc.issuing.judging import judge, signers
from securedoc.issuing.signing import Signed, finalised_entry, mark_boxes, record, refuse_state, seal_key
from securedoc.keyring.session import Session
from securedoc.office import consent
from securedoc.office.office import Office
from securedoc.policy.policy import Policy
from securedoc.policy.vocabulary import Right
from securedoc.signing import pades, verdict
from securedoc.signing.fields import mark_field


def stamp(
    office: Office, document: DocumentId, mark: str, facts: Mapping[str, str], second: Session | None = None
) -> Signed:
    """Put the stamp `mark` of the policy on a registered document, its words filled in from `facts`.

    The place was kept when the document was laid out, and the field there before the first signature: the
    signatures that it carries stay valid, and the new one covers them.

    Raises:
        PolicyRefused: the officer may not do what the stamp shows, nobody confirmed, there is no such
            stamp, or it is not one put on later.
        DocumentRefused: the document is not registered, or the place is taken.
        SignatureUntrusted, SignatureMalformed: the signatures that are there do not hold.
        SignatureFailed: the result does not verify.
    """
    row = office.ledger.document(document)
    right, field = _right_and_field(office.policy, mark)
    office.permit(right, row.level)
    refuse_state(row, DocumentState.REGISTERED)
    _refuse_taken(office, document, field)
    boxes = mark_boxes(finalised_entry(office, document))
    if field not in boxes:
        raise DocumentRefused(
            "{document} has no place for the mark {mark}",
            document=document,
            mark=mark,
            hint="stamp the paper, and keep the notice with it",
        )
    pdf = office.unseal(office.latest(document, Kind.SIGNED))
    verdict.require_registered(judge(office, document, pdf))
    signed = pades.sign(
        pdf,
        field,
        seal_key(office),
        signed_at=office.now(),
        reason=office.policy.document_type(row.type_key).name,
        location=office.card.place,
        certify=False,
        appearance=marks.draw([office.policy.stamp(mark, **facts)]),
    )
    with office.write() as writing:
        # Once more inside the transaction: of two who stamp at once, the second is refused.
        _refuse_taken(office, document, field)
        evidence, judged = record(office, row, signed)
        said: JsonObject = {**evidence, "mark": mark, "facts": dict(facts.items())}
        consented = consent.second(office, right, Act.DOCUMENT_STAMPED, document, said, session=second)
        writing.append(Act.DOCUMENT_STAMPED, document, said, consented)
    return Signed(document, field, signed.digest, judged)


def _right_and_field(policy: Policy, mark: str) -> tuple[Right, str]:
    later = {
        one.key: (one.right, mark_field(one.slot)) for one in policy.marks.values() if one.slot and one.right
    }
    if mark not in later:
        raise PolicyRefused(
            "the mark {mark} is not put on after signing",
            mark=mark,
            hint="use one of: {known}",
            known=", ".join(later),
        )
    right, field = later[mark]
    return right, field


def _refuse_taken(office: Office, document: DocumentId, field: str) -> None:
    if field in signers(office, document):
        raise DocumentRefused(
            "the place for that mark on {document} is taken",
            document=document,
            hint="stamp the paper, and keep the notice with it",
        )
