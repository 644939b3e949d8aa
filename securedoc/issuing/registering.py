"""Registers an outgoing document: its number is confirmed, and it stands in the book."""

from dataclasses import dataclass
from datetime import date

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, DocumentState, Kind
from securedoc.core.entries import Act, Entry
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId
from securedoc.errors import DocumentRefused, LedgerFailed, PolicyRefused
from securedoc.issuing.judging import judge, signers
from securedoc.issuing.signing import final_pdf, finalised_entry, mark_boxes, record, refuse_state, seal_key
from securedoc.ledger.rows import DocumentRow
from securedoc.office.office import Office
from securedoc.policy.vocabulary import BookUse
from securedoc.signing import pades, verdict
from securedoc.signing.fields import SEAL_FIELD


@dataclass(frozen=True, slots=True)
class Registered:
    """Where the document stands in the outgoing book."""

    document: DocumentId
    number_text: str
    book: str
    book_title: str
    year: int
    row: int
    digest: Digest
    """Of the registered PDF."""


def issue(office: Office, document: DocumentId) -> Registered:
    """Register a document that was signed electronically, after judging its signatures again.

    Raises:
        PolicyRefused: the officer may not issue.
        DocumentRefused: the document is not signed, or is registered already.
        SignatureUntrusted, SignatureMalformed, SignatureMissing: a signature does not hold.
    """
    row = _to_be_issued(office, document, DocumentState.SIGNED)
    pdf = office.unseal(office.latest(document, Kind.SIGNED))
    verdict.require_registered(judge(office, document, pdf))
    finalised = finalised_entry(office, document)
    with office.write() as writing:
        # Once more inside the transaction: of two who issue at once, the second is refused.
        refuse_state(office.ledger.document(document), DocumentState.SIGNED)
        place = _row_for(office, finalised)
        number = writing.next_row(place.book, place.year)
        facts = _facts(
            office, row, finalised, place, book_row=number, digest=Digest.of(pdf), signed="electronic"
        )
        writing.append(Act.DOCUMENT_REGISTERED, document, facts)
    return _registered(office, row, place, number, Digest.of(pdf))


def issue_wet_signed(office: Office, document: DocumentId, signed_by: OfficerId) -> Registered:
    """Register a document whose paper original was signed in ink.

    The file copy in the vault goes under the office's evidence seal: it proves which bytes were
    registered, and makes no claim to be the signature on the paper.

    Raises:
        PolicyRefused: the officer may not issue, or `signed_by` was not to sign.
        DocumentRefused: the document is not finalised, or is registered already.
        KeyRefused: the officer does not hold the seal.
    """
    row = _to_be_issued(office, document, DocumentState.FINAL)
    finalised = finalised_entry(office, document)
    if signed_by != finalised.facts["signer"]:
        raise PolicyRefused(
            "{document} was finalised for the signature of {signer}, not of {officer}",
            document=document,
            signer=str(finalised.facts["signer"]),
            officer=signed_by,
        )
    if signers(office, document):
        raise DocumentRefused(
            "{document} was signed electronically already",
            document=document,
            hint="sign and issue it that way",
        )
    signed = pades.sign(
        pades.prepare_fields(final_pdf(office, finalised), {SEAL_FIELD: None, **mark_boxes(finalised)}),
        SEAL_FIELD,
        seal_key(office),
        signed_at=office.now(),
        reason=office.policy.document_type(row.type_key).name,
        location=office.card.place,
        certify=False,
        appearance=None,
    )
    with office.write() as writing:
        refuse_state(office.ledger.document(document), DocumentState.FINAL)
        evidence, _judged = record(office, row, signed)
        writing.append(Act.DOCUMENT_SIGNED, document, evidence)
        place = _row_for(office, finalised)
        number = writing.next_row(place.book, place.year)
        facts = _facts(office, row, finalised, place, book_row=number, digest=signed.digest, signed="wet")
        writing.append(Act.DOCUMENT_REGISTERED, document, facts)
    return _registered(office, row, place, number, signed.digest)


@dataclass(frozen=True, slots=True)
class _Place:
    book: str
    year: int
    number: int


def _registered(office: Office, row: DocumentRow, place: _Place, book_row: int, digest: Digest) -> Registered:
    return Registered(
        document=row.id,
        number_text=row.number_text,
        book=place.book,
        book_title=office.policy.book(place.book).title,
        year=place.year,
        row=book_row,
        digest=digest,
    )


def _to_be_issued(office: Office, document: DocumentId, wanted: DocumentState) -> DocumentRow:
    row = office.ledger.document(document)
    office.permit("issue", row.level)
    refuse_state(row, wanted)
    return row


def _row_for(office: Office, finalised: Entry) -> _Place:
    book = office.policy.book_for(BookUse.OUTGOING).key
    reserved = office.ledger.latest(_about(finalised), Act.NUMBER_RESERVED)
    if reserved is None:
        raise LedgerFailed("{document} was finalised without a number", document=_about(finalised))
    return _Place(book, int(str(reserved.facts["year"])), int(str(reserved.facts["number"])))


def _about(entry: Entry) -> DocumentId:
    if entry.about is None:
        raise LedgerFailed("entry {entry} is about no document", entry=entry.sequence)
    return entry.about


def _facts(  # noqa: PLR0913 - an official book has ten columns
    office: Office,
    row: DocumentRow,
    finalised: Entry,
    place: _Place,
    *,
    book_row: int,
    digest: Digest,
    signed: str,
) -> JsonObject:
    card = office.card_of(row.id)
    day = str(finalised.facts["date"])
    return {
        "book": place.book,
        "year": place.year,
        "row": book_row,
        "number": place.number,
        "number_text": str(finalised.facts["number_text"]),
        "date": day,
        "type": row.type_key,
        "level": row.level,
        "subject": office.policy.abstract(row.level, card.subject),
        "signer": str(finalised.facts["signer"]),
        "signer_name": str(finalised.facts["signer_name"]),
        "recipients": list(card.recipients),
        "copies": card.copies,
        "unit": office.card.unit,
        "digest": str(digest),
        "ends": office.policy.term_end(row.level, date.fromisoformat(day)).isoformat(),
        "signed": signed,
        "note": "",
    }
