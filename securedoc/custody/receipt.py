"""Draws the receipt of a copy: what was given, by whom, to whom, with room for both signatures."""

from dataclasses import dataclass

from securedoc.core.copies import serial
from securedoc.custody.moving import Moved
from securedoc.documents.report import Column, Report, Section
from securedoc.office.office import Office


@dataclass(frozen=True, slots=True)
class Words:
    """The words of the receipt, in the officer's language."""

    title: str
    number: str
    level: str
    copy: str
    giver: str
    receiver: str
    day: str
    until: str
    book: str
    field: str
    value: str
    signatures: str
    training: str
    page: str


def draw(office: Office, moved: Moved, words: Words, until: str = "") -> bytes:
    """Draw the receipt as PDF/A: it names the document and never says what it is about.

    Raises:
        DocumentRefused: a character is in no font.
    """
    row = office.ledger.document(moved.document)
    lines = [
        (words.number, row.number_text or row.id),
        (words.level, office.policy.level(row.level).name),
        (words.copy, serial(moved.copy)),
        (words.giver, f"{office.who.name} — {office.card.office}"),
        (words.receiver, moved.holder),
        (words.day, office.today().strftime("%d/%m/%Y")),
        *([(words.until, until)] if until else []),
        (words.book, f"{moved.book_title} {moved.year}: {moved.row:02d}"),
    ]
    signers = (words.giver, words.receiver)
    signing = tuple(Column(who, 1.0, "center") for who in signers)
    return Report(
        title=words.title,
        subtitle=office.card.office,
        sections=(
            Section("", (), (Column(words.field, 1.0), Column(words.value, 2.0)), tuple(lines)),
            Section(words.signatures, (), signing, (tuple("\n\n\n\n\n" for _ in signing),)),
        ),
        day=office.today(),
        training=words.training if office.card.training else "",
        page_label=words.page,
    ).pdf()
