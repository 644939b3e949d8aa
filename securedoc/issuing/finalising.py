"""Freezes a draft: reserves its number and date, lays it out, and keeps the exact PDF."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from securedoc.core.documents import Card, DocumentId, FinalDocument, Kind
from securedoc.core.entries import Act
from securedoc.core.findings import Finding
from securedoc.core.people import HELD_BY, Officer, OfficerId, RoleKey
from securedoc.documents import finalising as documents
from securedoc.errors import PolicyRefused
from securedoc.issuing.drafting import refuse_unless_draft, refuse_while_open
from securedoc.issuing.framing import Framing, frame_of, framing_of
from securedoc.ledger.writing import Writing
from securedoc.office.objectfacts import facts_of
from securedoc.office.office import Office
from securedoc.policy.vocabulary import BookUse, Right

FARTHEST_DATE: Final = timedelta(days=31)
"""Into another year: a paper of the last days of December, or the first of January."""
MAX_INITIALS: Final = 8


@dataclass(frozen=True, slots=True)
class Finalised:
    """A document that is ready to be signed."""

    document: DocumentId
    number_text: str
    final: FinalDocument
    warnings: tuple[Finding, ...]
    """What the renderer wants known: a substituted font."""


def finalise(  # noqa: PLR0913 - what freezing takes
    office: Office,
    document: DocumentId,
    signer: OfficerId,
    on: date | None = None,
    engine: documents.Engine = documents.Engine.TYPST,
    *,
    initials: Sequence[OfficerId] = (),
) -> Finalised:
    """Finalise a draft; officers in `initials` sign before the signer, in that order.

    The number is reserved, stood into the page and recorded in one transaction: a document
    that cannot be laid out leaves no number behind, and a power cut leaves all or nothing.

    Raises:
        PolicyRefused: the officer may not finalise, `signer` may not sign this level, or the date is too far.
        DocumentRefused: it is not a draft any more, or holds what cannot be laid out.
    """
    card = office.card_of(document)
    office.permit("finalize", card.level)
    signing_officer = _signing_officer(office, signer, card)
    _check_initials(office, document, signing_officer, initials)
    day = _day(office, on)
    framing = framing_of(office.policy, card)
    with office.write() as writing, office.document_key(document) as key:
        # Looked at inside the transaction: of two who finalise at once, the second is refused.
        version = _refuse_unless_draft(office, document)
        number_text = _reserve(office, framing, writing, document, card, day)
        rendered = documents.finalise(
            office.unseal(office.latest(document, Kind.DRAFT)),
            frame_of(framing, office.card, card, signer=signing_officer, number_text=number_text, on=day),
            framing.style(card),
            engine,
        )
        final = rendered.final
        made = office.seal(document, version + 1, Kind.FINAL, final.pdf, key)
        writing.append(
            Act.DOCUMENT_FINALISED,
            document,
            {
                "objects": facts_of((made,)),
                "digest": str(final.digest),
                "pages": final.pages,
                "engine": final.engine,
                "fonts": list(final.fonts),
                "removed": list(final.removed),
                "number_text": number_text,
                "date": day.isoformat(),
                "signer": signing_officer.id,
                "signer_name": signing_officer.name,
                "layout": framing.profile.key,
                "signature_box": list(rendered.signature_box.in_centipoints()),
                "seal_box": list(rendered.seal_box.in_centipoints()),
                "mark_boxes": {name: list(box.in_centipoints()) for name, box in rendered.mark_boxes},
                **({"initials": list(initials)} if initials else {}),
            },
        )
    return Finalised(document, number_text, final, rendered.warnings)


def _day(office: Office, asked: date | None) -> date:
    # A number stands in the book of its date's year: another year is a slip, or an attempt to date back.
    today = office.today()
    if asked is not None and asked.year != today.year and abs(asked - today) > FARTHEST_DATE:
        raise PolicyRefused(
            "a document is dated this year, or within {days} days of today: not {date}",
            days=FARTHEST_DATE.days,
            date=asked.isoformat(),
            hint="give another --date; leave it out for today",
        )
    return asked or today


def _refuse_unless_draft(office: Office, document: DocumentId) -> int:
    row = office.ledger.document(document)
    refuse_unless_draft(row)
    refuse_while_open(office, document)
    return row.version


def _signing_officer(office: Office, signer: OfficerId, card: Card) -> Officer:
    officer = office.ledger.trusted_officer(signer)
    if not officer.active:
        raise PolicyRefused("{officer} is not active any more", officer=signer)
    office.policy.may(officer.role, "sign", card.level)
    return officer


def _check_initials(
    office: Office, document: DocumentId, signer: Officer, initials: Sequence[OfficerId]
) -> None:
    """Refuse an order that cannot be kept: of those who sign, each must be able to open the document."""
    level, drafter = office.ledger.document(document).level, office.ledger.document(document).drafter
    if len({signer.id, *initials}) != 1 + len(initials) or len(initials) > MAX_INITIALS:
        raise PolicyRefused(
            "each officer signs once, and at most {limit} sign before the signer",
            limit=MAX_INITIALS,
            hint="give --initials once for each of them",
        )
    for one in initials:
        officer = office.ledger.trusted_officer(one)
        if not officer.active:
            raise PolicyRefused("{officer} is not active any more", officer=one)
        office.policy.may(officer.role, Right.INITIAL, level)
        if RoleKey.DOCUMENTS not in HELD_BY[officer.role] and one != drafter:
            raise PolicyRefused(
                "{officer} cannot open {document}, and so cannot sign it",
                officer=one,
                document=document,
                hint="a drafter signs what they drafted themselves",
            )


def _reserve(  # noqa: PLR0913, PLR0917 - what a number is made of
    office: Office, framing: Framing, writing: Writing, document: DocumentId, card: Card, day: date
) -> str:
    book = office.policy.book_for(BookUse.OUTGOING).key
    number = writing.next_number(book, day.year)
    number_text = framing.number_text(card, number, office.card.symbol)
    writing.append(
        Act.NUMBER_RESERVED,
        document,
        {
            "book": book,
            "year": day.year,
            "number": number,
            "text": number_text,
            "date": day.isoformat(),
        },
    )
    return number_text
