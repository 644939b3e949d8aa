"""Signs a finalised document: the author first, the office's seal last; each re-read and judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, DocumentState, Kind
from securedoc.core.entries import Act, Entry
from securedoc.core.jsonvalue import JsonObject, JsonValue
from securedoc.core.officetime import OFFICE_TIME
from securedoc.core.people import RoleKey
from securedoc.documents.stamp import Ink, render
from securedoc.errors import DocumentMissing, DocumentRefused, DocumentUntrusted, PolicyRefused
from securedoc.issuing import timestamping
from securedoc.issuing.judging import fields_of, initials, judge_as, signers
from securedoc.keyring.session import Session
from securedoc.ledger.rows import DocumentRow
from securedoc.office import authorship
from securedoc.office.objectfacts import facts_of
from securedoc.office.office import Office
from securedoc.office.trust import authority_certificate, officer_key, seal_certificate, trust_store
from securedoc.policy.vocabulary import Right
from securedoc.signing import archiving, pades, verdict
from securedoc.signing.authority import Authority
from securedoc.signing.fields import (
    AUTHOR_FIELD,
    INITIAL_FIELD,
    SEAL_FIELD,
    Box,
    initial_field,
    mark_field,
)
from securedoc.signing.keys import DocumentKey, SigningKey


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed document, as our own verdict found it after reading it back."""

    document: DocumentId
    field: str
    digest: Digest
    verdict: verdict.Verdict


@dataclass(frozen=True, slots=True)
class Stamping:
    """The time-stamp authority at work, and the officer who holds its key."""

    authority: Authority
    keeper: Session


def stamping(office: Office, document: DocumentId, keeper: Session | None) -> Stamping:
    """Have the time-stamp authority ready for a signature on a document.

    Raises:
        PolicyRefused, KeyRefused, KeyUntrusted, SignatureRefused: see `timestamping.authority`.
    """
    authority = timestamping.authority(office, office.ledger.document(document).level, keeper)
    if keeper is None:
        raise AssertionError("the authority needs its keeper")
    return Stamping(authority, keeper)


def sign(
    office: Office, document: DocumentId, key: DocumentKey | None = None, *, stamp: Stamping | None = None
) -> Signed:
    """Sign as the author named when the document was finalised, or as one named to sign before.

    `key` stands in for the officer's evidence certificate where a PKCS#12 file or a token was given.
    With `stamp` the signature is time-stamped: B-T.

    Raises:
        PolicyRefused: another officer was named as signer, or is to sign first.
        DocumentRefused: the document is not finalised, or is signed already.
        SignatureFailed, SignatureRefused: the certificate cannot sign, or the result does not verify.
    """
    row = office.ledger.document(document)
    refuse_state(row, DocumentState.FINAL)
    finalised = finalised_entry(office, document)
    order, done = initials(office, document), signers(office, document)
    place = len(done)  # each signs in turn: as many as have signed are done
    if place < len(order):
        _refuse_other_signer(office, row, order[place], Right.INITIAL)
    else:
        _refuse_other_signer(office, row, str(finalised.facts["signer"]), Right.SIGN)
    box = _box(finalised, "signature_box")
    pdf = office.unseal(office.latest(document, Kind.SIGNED)) if done else _prepared(office, finalised, order)
    return _put_signature(
        office,
        row,
        pdf,
        field=initial_field(place) if place < len(order) else AUTHOR_FIELD,
        key=key or officer_key(office),
        appearance=None if place < len(order) else _appearance(office, box, office.who.name, Ink.BLUE),
        stamp=stamp,
    )


def _prepared(office: Office, finalised: Entry, order: Sequence[str]) -> bytes:
    """Return the final PDF with every field that it will ever have; those before the author are not seen."""
    boxes: dict[str, Box | None] = {initial_field(place): None for place in range(len(order))}
    boxes |= {AUTHOR_FIELD: _box(finalised, "signature_box"), SEAL_FIELD: _box(finalised, "seal_box")}
    boxes |= mark_boxes(finalised)
    return pades.prepare_fields(final_pdf(office, finalised), boxes)


def seal(office: Office, document: DocumentId, *, stamp: Stamping | None = None) -> Signed:
    """Put the office's seal after the author's signature; with `stamp` archive the whole: B-LTA.

    Raises:
        PolicyRefused: the officer may not seal.
        DocumentRefused: the author has not signed, or the seal is there already.
        SignatureFailed, SignatureRefused: see `sign`.
    """
    row = office.ledger.document(document)
    refuse_state(row, DocumentState.SIGNED)
    office.permit("seal", row.level)
    finalised = finalised_entry(office, document)
    if SEAL_FIELD in signers(office, document):
        raise DocumentRefused("{document} carries the seal already", document=document)
    pdf = office.unseal(office.latest(document, Kind.SIGNED))
    box = _box(finalised, "seal_box")
    return _put_signature(
        office,
        row,
        pdf,
        field=SEAL_FIELD,
        key=seal_key(office),
        appearance=_appearance(office, box, office.card.office, Ink.RED),
        stamp=stamp,
    )


def seal_key(office: Office) -> SigningKey:
    """Return the office's seal certificate and key.

    Raises:
        KeyRefused: this officer does not hold the seal.
    """
    return SigningKey(
        seal_certificate(office),
        office.session.role_key(RoleKey.SEAL),
        (authority_certificate(office),),
    )


def finalised_entry(office: Office, document: DocumentId) -> Entry:
    """Return the entry that froze a document.

    Raises:
        DocumentMissing: it was never finalised.
        DocumentUntrusted: nobody who may finalise entered that.
    """
    entry = office.ledger.latest(document, Act.DOCUMENT_FINALISED)
    if entry is None:
        raise DocumentMissing(
            "{document} is not finalised",
            document=document,
            hint="finalise it with: securedoc finalize ID --signer OFFICER",
        )
    # Who signs, and where on the page, is read from it: an entry of somebody else must not decide that.
    return authorship.proven(office.ledger, entry)


def final_pdf(office: Office, finalised: Entry) -> bytes:
    """Open the frozen PDF, the very bytes that the entry names.

    Raises:
        DocumentUntrusted: the vault holds other bytes than were finalised.
    """
    if finalised.about is None:
        raise DocumentMissing("entry {entry} is about no document", entry=finalised.sequence)
    pdf = office.unseal(office.latest(finalised.about, Kind.FINAL))
    if str(Digest.of(pdf)) != finalised.facts["digest"]:
        raise DocumentUntrusted(
            "the final PDF of {document} is not the one that was finalised",
            document=finalised.about,
            hint="stop, and compare this vault with its last backup",
        )
    return pdf


def record(
    office: Office,
    row: DocumentRow,
    signed: pades.SignedPdf,
    archived: Mapping[str, Digest] | None = None,
) -> tuple[JsonObject, verdict.Verdict]:
    """Seal a signed PDF, read it back from the vault and judge it; return the facts of its entry.

    `archived` names the document time-stamps that were put over the signature, and their certificate.

    Call it inside the transaction, before the entry: what does not verify is never recorded.

    Raises:
        SignatureUntrusted, SignatureMalformed: what was read back does not verify.
    """
    with office.document_key(row.id) as key:
        version = 1 + max(one.version for one in office.ledger.objects(row.id))
        made = office.seal(row.id, version, Kind.SIGNED, signed.pdf, key)
    expected = {**signers(office, row.id), signed.field: signed.certificate, **(archived or {})}
    fields = fields_of(office, row.id)
    judged = judge_as(office, office.unseal(made), expected, signed.digest, office.now(), prepared=fields)
    verdict.require_registered(judged)
    facts: JsonObject = {
        "objects": facts_of((made,)),
        "digest": str(signed.digest),
        "field": signed.field,
        "signer": office.session.officer,
        "certificate": str(signed.certificate),
    }
    return facts, judged


def refuse_state(row: DocumentRow, wanted: DocumentState) -> None:
    """Go on only with a document in the wanted state.

    Raises:
        DocumentRefused: it is in another.
    """
    if row.state is not wanted:
        raise DocumentRefused(
            "{document} cannot go on from here: its state is {state}",
            document=row.id,
            state=row.state,
            hint="the order is: draft, finalize, sign, sign --seal, issue; "
            "on paper: draft, finalize, issue --wet-signed",
        )


def _put_signature(  # noqa: PLR0913 - one signature has this many parts
    office: Office,
    row: DocumentRow,
    pdf: bytes,
    *,
    field: str,
    key: DocumentKey,
    appearance: bytes | None,
    stamp: Stamping | None,
) -> Signed:
    signed = pades.sign(
        pdf,
        field,
        key,
        signed_at=office.now(),
        reason=office.policy.document_type(row.type_key).name,
        location=office.card.place,
        certify=not signers(office, row.id),  # the first signature alone can, whoever makes it
        appearance=appearance,
        stamper=None if stamp is None else stamp.authority,
    )
    signed, archived, stamps = _archived(office, signed, stamp)
    with office.write() as writing:
        # Once more inside the transaction: somebody may have signed in the meantime.
        refuse_state(office.ledger.document(row.id), row.state)
        if field in signers(office, row.id):
            raise DocumentRefused("{document} is signed already", document=row.id)
        facts, judged = record(office, row, signed, archived)
        act = Act.DOCUMENT_INITIALLED if field.startswith(INITIAL_FIELD) else Act.DOCUMENT_SIGNED
        if stamp is None:
            writing.append(act, row.id, facts)
        else:
            facts = {**facts, "time_stamps": stamps}
            consented = office.confirmation(act, row.id, facts, stamp.keeper)
            writing.append(act, row.id, facts, consented)
    return Signed(row.id, field, signed.digest, judged)


def _archived(
    office: Office, signed: pades.SignedPdf, stamp: Stamping | None
) -> tuple[pades.SignedPdf, dict[str, Digest], list[JsonValue]]:
    """Put a time-stamp over the seal, the last thing in a document; name every token for the entry."""
    if stamp is None:
        return signed, {}, []
    places = [(timestamping.SIGNATURE, signed.field)]
    if signed.field != SEAL_FIELD:
        return signed, {}, timestamping.as_facts(stamp.authority, places)
    whole = archiving.archive(signed.pdf, trust_store(office), stamp.authority)
    places.append((timestamping.DOCUMENT, whole.field))
    final = pades.SignedPdf(whole.pdf, signed.field, signed.certificate)
    return final, {whole.field: whole.certificate}, timestamping.as_facts(stamp.authority, places)


def _refuse_other_signer(office: Office, row: DocumentRow, named: str, right: Right) -> None:
    office.permit(right, row.level)
    if office.session.officer != named:
        raise PolicyRefused(
            "{document} is to be signed by {signer}, not by {officer}",
            document=row.id,
            signer=named,
            officer=office.session.officer,
        )


def mark_boxes(finalised: Entry) -> dict[str, Box]:
    """Return the fields kept for later stamps and their places, as the entry that froze a document says."""
    places = finalised.facts["mark_boxes"]
    if not isinstance(places, Mapping):
        raise DocumentMissing("{document} has no place for stamps", document=finalised.about or "")
    return {mark_field(slot): _as_box(finalised, numbers) for slot, numbers in places.items()}


def _box(finalised: Entry, name: str) -> Box:
    return _as_box(finalised, finalised.facts[name])


def _as_box(finalised: Entry, numbers: JsonValue) -> Box:
    if not isinstance(numbers, Sequence) or isinstance(numbers, str):
        raise DocumentMissing("{document} has no place for a signature", document=finalised.about or "")
    page, x0, y0, x1, y1 = (int(str(number)) for number in numbers)
    return Box.of_centipoints((page, x0, y0, x1, y1))


def _appearance(office: Office, box: Box, name: str, ink: Ink) -> bytes:
    at = office.now().astimezone(OFFICE_TIME).isoformat(timespec="seconds")
    return render((name, at), width_pt=box.x1 - box.x0, height_pt=box.y1 - box.y0, ink=ink)
