"""Gives up a document that has its number already: the number stays used, and says that it was voided."""

from dataclasses import dataclass
from typing import Final

from securedoc.core.documents import DocumentId, DocumentState
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.errors import DocumentIncomplete, DocumentRefused
from securedoc.ledger.rows import DocumentRow, NumberRow
from securedoc.office import onpaper
from securedoc.office.office import Office
from securedoc.office.wording import field
from securedoc.policy.vocabulary import Right

_NUMBERED: Final = frozenset({DocumentState.FINAL, DocumentState.SIGNED})


@dataclass(frozen=True, slots=True)
class Voided:
    """A number that is used for nothing."""

    document: DocumentId
    number: NumberRow
    entry: int


def void(office: Office, document: DocumentId, why: str) -> Voided:
    """Void the number of a document that was finalised and will not be issued.

    Raises:
        PolicyRefused: the officer may not, or the reason does not do.
        DocumentRefused: it has no number yet, or was issued.
        DocumentBusy: it is being printed.
        DocumentIncomplete: a copy of it is on paper.
    """
    reason = field(why)
    with office.write() as writing:
        row = office.ledger.document(document)
        office.permit(Right.VOID, row.level)
        if row.state not in _NUMBERED:
            raise DocumentRefused(
                "{document} has no number that waits: its state is {state}",
                document=document,
                state=row.state,
                hint="a draft is given up with: securedoc draft discard {document}; what was issued stays",
            )
        _require_no_paper(office, row)
        number = _reserved(office, row)
        facts: JsonObject = {
            "book": number.book,
            "year": number.year,
            "number": number.number,
            "text": number.text,
            "why": reason,
        }
        entry = writing.append(Act.NUMBER_VOIDED, document, facts)
    return Voided(document, number, entry.sequence)


def _reserved(office: Office, row: DocumentRow) -> NumberRow:
    if row.book is not None and row.date is not None:
        for number in office.ledger.numbers(row.book, row.date.year):
            if number.document == row.id and number.state == "reserved":
                return number
    raise DocumentRefused("no number is reserved for {document}", document=row.id)


def _require_no_paper(office: Office, row: DocumentRow) -> None:
    onpaper.require_settled(office, row.id)
    for copy in office.ledger.copies(row.id):
        if copy.on_paper:
            raise DocumentIncomplete(
                "copy {copy} of {document} is on paper",
                copy=copy.copy,
                document=row.id,
                hint="spoil it, and destroy its sheets: securedoc copy spoil {document} --copy {copy}",
            )
