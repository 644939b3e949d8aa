"""Holds the officer's count of sheets against what was printed; a difference stays open."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.errors import DocumentMissing, DocumentRefused
from securedoc.keyring.session import Session
from securedoc.ledger.paperqueries import CopyRow
from securedoc.ledger.writing import Writing
from securedoc.office import consent
from securedoc.office.office import Office
from securedoc.printing import accounting
from securedoc.printing.accounting import Account, CopyState

_PRINT: Final = re.compile(r"P-\d{4}-\d{6}")
_UNCOUNTABLE: Final = frozenset({CopyState.PLANNED, CopyState.SENT, CopyState.UNPRINTED})


@dataclass(frozen=True, slots=True)
class Count:
    """What the officer counted."""

    counted: int | None
    """Sheets that came out, spoiled ones included; None: as many as the copies need, and the spoiled ones."""
    spoiled: int
    copy: int | None
    note: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How the count came out."""

    print: str
    document: DocumentId
    account: Account
    entry: int


def reconcile(office: Office, named: str, count: Count) -> Reconciled:
    """Enter the officer's count for a print, or for one copy of it; `named` is a print or a document.

    Raises:
        PolicyRefused: the officer may not.
        DocumentMissing: nothing of it was printed.
        DocumentRefused: the numbers contradict each other, or a job of it is not over.
    """
    with office.write() as writing:
        rows = _rows(office, named, count.copy)
        office.permit("print", office.ledger.document(rows[0].document).level)
        account = _account(rows, count)
        entry = _enter(writing, rows, account, count)
    return Reconciled(rows[0].print, rows[0].document, account, entry)


def _enter(writing: Writing, rows: Sequence[CopyRow], account: Account, count: Count) -> int:
    facts: JsonObject = {
        "print": rows[0].print,
        "counted": account.expected + count.spoiled if count.counted is None else count.counted,
        "spoiled": count.spoiled,
        "expected": account.expected,
        "difference": account.difference,
        "of_the_pile": account.of_the_pile,
        "note": count.note,
        "copies": [
            {
                "copy": one.copy,
                "state": str(one.state),
                "counted": one.counted,
                "spoiled": one.spoiled,
                "incident": None if one.incident is None else str(one.incident),
            }
            for one in account.copies
        ],
    }
    return writing.append(Act.PRINT_RECONCILED, rows[0].document, facts).sequence


def _account(rows: Sequence[CopyRow], count: Count) -> Account:
    whole = sum(row.sheets for row in rows)
    counted = whole + count.spoiled if count.counted is None else count.counted
    try:
        if count.copy is not None:
            return accounting.count_copy(rows[0], counted, count.spoiled)
        return accounting.count_pile(rows, counted, count.spoiled)
    except ValueError:
        raise DocumentRefused(
            "{spoiled} spoiled sheets are more than the {counted} that were counted",
            spoiled=count.spoiled,
            counted=counted,
            hint="--counted is every sheet that came out, the spoiled ones included",
        ) from None


def _rows(office: Office, named: str, copy: int | None) -> list[CopyRow]:
    """Return the copies that the count is about: of the print, or of the last print of the document."""
    if _PRINT.fullmatch(named):
        name = office.ledger.print_of(named).print
    else:
        name = _last_print(office, office.ledger.find(named), copy)
    rows = [row for row in office.ledger.copies_of_print(name) if row.state != CopyState.UNPRINTED]
    if copy is not None:
        rows = [row for row in rows if row.copy == copy]
    else:
        # A copy that was spoiled and counted already is in another pile.
        rows = [row for row in rows if row.state != CopyState.SPOILED or row.incident is not None]
    if not rows:
        raise DocumentMissing(
            "no sheet of {name} waits to be counted", name=named, hint="see: securedoc copies ID"
        )
    if any(row.state in _UNCOUNTABLE for row in rows):
        raise DocumentRefused("{print} is not over", print=name, hint="if it was cut off: securedoc recover")
    return rows


def _last_print(office: Office, document: DocumentId, copy: int | None) -> str:
    prints = {row.print: row.entry for row in office.ledger.prints(document)}
    found = [
        row
        for row in office.ledger.copies(document)
        if row.state not in _UNCOUNTABLE and copy in {None, row.copy}
    ]
    if not found:
        raise DocumentMissing("no copy of {document} was printed", document=document)
    # What is open comes first: it is what the officer was asked to count.
    return max(found, key=lambda row: (row.incident is not None, prints[row.print])).print


def spoil(office: Office, document: DocumentId, copy: int, why: str) -> int:
    """Enter that a printed copy is spoiled: all of its sheets wait for the shredder.

    Raises:
        PolicyRefused: the officer may not.
        DocumentMissing: there is no such copy on paper.
        DocumentRefused: its paper is not accounted for yet.
    """
    with office.write() as writing:
        office.permit("print", office.ledger.document(document).level)
        row = on_paper(office, document, copy)
        if row.incident is not None:
            raise DocumentRefused(
                "the sheets of copy {copy} of {document} are not accounted for",
                copy=copy,
                document=document,
                hint="count them first: securedoc print reconcile {document} --copy {copy} "
                "--counted N --spoiled N",
            )
        _require_here(office, document, copy)
        facts: JsonObject = {
            "print": row.print,
            "copy": copy,
            "job": row.job,
            "why": "withdrawn",
            "note": why,
            "impressions": row.impressions,
            "sheets": row.sheets,
            "spoiled": row.sheets,
            "incident": None,
        }
        return writing.append(Act.COPY_SPOILED, document, facts).sequence


def _require_here(office: Office, document: DocumentId, copy: int) -> None:
    """Go on only with a copy that nobody outside has: its sheets are to be shredded here."""
    move = office.ledger.move_out(document, str(copy))
    if move is not None:
        raise DocumentRefused(
            "copy {copy} of {document} is with {holder}",
            copy=copy,
            document=document,
            holder=move.holder,
            hint="enter first that it came back: securedoc return {document} --copy {copy}",
        )


def on_paper(office: Office, document: DocumentId, copy: int) -> CopyRow:
    """Return the copy of that number that is on paper.

    Raises:
        DocumentMissing: there is none.
    """
    rows = [row for row in office.ledger.copies(document) if row.copy == copy]
    for row in reversed(rows):
        if row.state == CopyState.PRINTED or row.incident is not None:
            return row
    raise DocumentMissing(
        "there is no copy {copy} of {document} on paper",
        copy=copy,
        document=document,
        hint="see: securedoc copies {document}",
    )


def close(  # noqa: PLR0913 - what is closed, and by whom
    office: Office, document: DocumentId, copy: int, counted: int, *, why: str, second: Session | None
) -> int:
    """Close an incident that no count explains: two officers, and every sheet there is goes to the shredder.

    Raises:
        PolicyRefused: the officer may not, or nobody confirmed.
        DocumentMissing: there is no such copy.
        DocumentRefused: nothing is open about it, or more sheets are given than it has.
    """
    right = "incident-close"
    office.permit(right, office.ledger.document(document).level)
    row = on_paper(office, document, copy)
    if row.incident is None:
        raise DocumentRefused("nothing is open about copy {copy} of {document}", copy=copy, document=document)
    if not 0 <= counted <= 2 * row.sheets:
        raise DocumentRefused("copy {copy} has {sheets} sheets", copy=copy, sheets=row.sheets)
    facts: JsonObject = {
        "print": row.print,
        "copy": copy,
        "incident": row.incident,
        "sheets": row.sheets,
        "counted": counted,
        "missing": max(0, row.sheets - counted),
        "why": why,
    }
    confirmed = consent.second(office, right, Act.INCIDENT_CLOSED, document, facts, session=second)
    with office.write() as writing:
        return writing.append(Act.INCIDENT_CLOSED, document, facts, confirmed).sequence
