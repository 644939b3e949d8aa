"""Draws the report of a stock-taking, and signs it with the officer's certificate."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from securedoc.core.copies import serial
from securedoc.core.officetime import OFFICE_TIME
from securedoc.core.text import Message, message
from securedoc.crypto import cms
from securedoc.custody.inventory import Odd, Outcome, kept
from securedoc.documents.report import Column, Report, Section
from securedoc.office.office import Office
from securedoc.office.trust import authority_certificate

Say = Callable[[Message], str]

REASONS: Final = {
    Odd.OUT: message("somebody else has it, by the books"),
    Odd.UNKNOWN: message("there is no such copy"),
    Odd.NOT_WHOLE: message("it is spoiled, destroyed or was never printed, by the ledger"),
    Odd.ENDED: message("its document is destroyed, declassified or voided"),
}


@dataclass(frozen=True, slots=True)
class Signed:
    """The report, and its detached signature (CMS), which `openssl cms -verify` checks."""

    pdf: bytes
    signature: bytes


def draw(office: Office, found: Outcome, say: Say) -> Signed:
    """Draw and sign the report: it names copies by number and never says what they are about.

    Raises:
        DocumentRefused: a character is in no font.
    """
    begun = found.begun.astimezone(OFFICE_TIME)
    said = (
        say(message("Begun: {when}", when=f"{begun:%H:%M %d/%m/%Y}")),
        say(message("Copies that should lie in the safe: {count}", count=found.expected)),
        say(message("Found: {count}", count=found.found)),
        say(message("Missing: {count}", count=len(found.missing))),
        say(message("Found that should not be there: {count}", count=len(found.odd))),
        say(message("Digest of the discrepancies: {digest}", digest=str(found.digest))),
    )
    signers = (say(message("Counted by")), say(message("Witness")), say(message("Head of the agency")))
    signing = tuple(Column(who, 1.0, "center") for who in signers)
    pdf = Report(
        title=say(message("Report of a stock-taking of secret documents")),
        subtitle=office.card.office,
        sections=(
            Section("", said),
            *_missing(office, found, say),
            *_odd(office, found, say),
            Section(say(message("Signatures")), (), signing, (tuple("\n\n\n\n\n" for _ in signing),)),
        ),
        day=office.today(),
        training=say(message("TRAINING: this vault holds no real secrets")) if office.card.training else "",
        page_label=say(message("Page")),
    ).pdf()
    session = office.session
    with session.certificate_key() as key:
        signature = cms.sign(pdf, session.certificate, key, (authority_certificate(office),))
    return Signed(pdf, signature)


def walking_list(office: Office, say: Say) -> bytes:
    """Draw the list of what should lie in the safe, with a box to tick for each copy.

    Raises:
        DocumentRefused: a character is in no font.
    """
    columns = (
        Column(say(message("No.")), 0.5, "center"),
        Column(say(message("Number and notation")), 1.6),
        Column(say(message("Document")), 1.2),
        Column(say(message("Level of secrecy")), 0.8),
        Column(say(message("Copy no.")), 0.6),
        Column(say(message("Found")), 0.6),
    )
    rows = tuple(
        (
            f"{number:02d}",
            row.number_text,
            row.id,
            office.policy.levels[row.level].name if row.level in office.policy.levels else row.level,
            serial(copy),
            "",
        )
        for number, (row, copy, _) in enumerate(kept(office), 1)
    )
    return Report(
        title=say(message("Copies that should lie in the safe")),
        subtitle=office.card.office,
        sections=(Section("", (), columns, rows),),
        day=office.today(),
        training=say(message("TRAINING: this vault holds no real secrets")) if office.card.training else "",
        page_label=say(message("Page")),
    ).pdf()


def _missing(office: Office, found: Outcome, say: Say) -> tuple[Section, ...]:
    if not found.missing:
        return ()
    columns = (
        Column(say(message("No.")), 0.4, "center"),
        Column(say(message("Document")), 1.2),
        Column(say(message("Number and notation")), 1.5),
        Column(say(message("Level of secrecy")), 0.8),
        Column(say(message("Copy no.")), 0.6),
        Column(say(message("Explanation")), 1.8),
    )
    rows = tuple(
        (
            f"{number:02d}",
            one.document,
            one.number_text,
            office.policy.levels[one.level].name if one.level in office.policy.levels else one.level,
            serial(one.copy),
            "",
        )
        for number, one in enumerate(found.missing, 1)
    )
    return (Section(say(message("Missing")), (), columns, rows),)


def _odd(office: Office, found: Outcome, say: Say) -> tuple[Section, ...]:
    if not found.odd:
        return ()
    columns = (
        Column(say(message("No.")), 0.4, "center"),
        Column(say(message("Document")), 1.2),
        Column(say(message("Number and notation")), 1.5),
        Column(say(message("Copy no.")), 0.6),
        Column(say(message("Why it should not be there")), 2.0),
    )
    rows = tuple(
        (
            f"{number:02d}",
            one.document,
            office.ledger.document(one.document).number_text,
            serial(one.copy),
            say(REASONS[Odd(one.odd or Odd.UNKNOWN)]),
        )
        for number, one in enumerate(found.odd, 1)
    )
    return (Section(say(message("Found that should not be there")), (), columns, rows),)
