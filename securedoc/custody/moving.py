"""Moves copies: handed over, lent, carried out, and brought back; each an entry and a row of its book."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from securedoc.core.copies import serial
from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.custody import standing
from securedoc.errors import DocumentRefused, PolicyRefused
from securedoc.keyring.session import Session
from securedoc.ledger.custodyqueries import MoveRow
from securedoc.ledger.rows import DocumentRow
from securedoc.office import consent
from securedoc.office.office import Office
from securedoc.office.wording import field, one_line
from securedoc.policy.vocabulary import BookUse, Right

LONGEST: Final = timedelta(days=366)
"""Nothing is lent or carried for longer; a year beyond is a slip of the keys."""

_RIGHT_OF_KIND: Final = {"handover": Right.HANDOVER, "loan": Right.LEND, "carry": Right.CARRY}


@dataclass(frozen=True, slots=True)
class Moved:
    """A copy that changed hands, and where that stands."""

    document: DocumentId
    copy: str
    holder: str
    book: str
    book_title: str
    year: int
    row: int
    entry: int


@dataclass(frozen=True, slots=True)
class Returned:
    """A copy that came back."""

    document: DocumentId
    copy: str
    holder: str
    late: bool
    entry: int


@dataclass(frozen=True, slots=True)
class Giving:
    """Which copy is given to whom, as the officer typed it."""

    copy: str
    to: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Errand:
    """Why and where a copy is carried out of the place it is kept in."""

    until: date
    reason: str
    place: str
    allowed_by: str = ""
    """Empty: the officer who confirms."""


def hand_over(office: Office, document: DocumentId, giving: Giving) -> Moved:
    """Hand a copy over for good, against a signature in the book.

    Raises:
        PolicyRefused: the officer may not.
        DocumentMissing, DocumentRefused: the copy is not here to be handed over.
    """
    more: JsonObject = {"moved_on": office.today().isoformat()}
    return _move(office, document, giving, _Way(Act.CUSTODY_HANDED, BookUse.HANDOVER), more)


def lend(office: Office, document: DocumentId, giving: Giving, until: date, *, allowed_by: str = "") -> Moved:
    """Lend a copy until a day.

    Raises:
        PolicyRefused: the officer may not, or the day does not do.
        DocumentMissing, DocumentRefused: the copy is not here to be lent.
    """
    _require_day(office, until)
    more: JsonObject = {
        "moved_on": office.today().isoformat(),
        "until": until.isoformat(),
        "allowed_by": one_line(allowed_by) or office.who.name,
    }
    return _move(office, document, giving, _Way(Act.CUSTODY_LENT, BookUse.LOANS), more)


def carry(
    office: Office, document: DocumentId, giving: Giving, errand: Errand, second: Session | None
) -> Moved:
    """Let a copy be carried out of the place it is kept in, with the permission that the policy asks for.

    Raises:
        PolicyRefused: the officer may not, nobody with that right permitted it, or the day does not do.
        DocumentMissing, DocumentRefused: the copy is not here to be carried out.
    """
    _require_day(office, errand.until)
    allowed_by = one_line(errand.allowed_by)
    if not allowed_by and second is not None:
        allowed_by = office.ledger.trusted_officer(second.officer).name
    more: JsonObject = {
        "until": errand.until.isoformat(),
        "reason": one_line(errand.reason),
        "place": one_line(errand.place),
        "allowed_by": allowed_by,
        "out_at": office.now().isoformat(),
    }
    return _move(office, document, giving, _Way(Act.CUSTODY_CARRIED, BookUse.CARRYING, second), more)


def bring_back(
    office: Office, document: DocumentId, untrusted_copy: str, *, sheets: int | None = None, note: str = ""
) -> Returned:
    """Enter that a copy came back; `sheets`: how many were counted.

    Raises:
        PolicyRefused: the officer may not.
        DocumentRefused: it is not out, or sheets of it are missing.
    """
    copy = standing.named(untrusted_copy)
    with office.write() as writing:
        row = office.ledger.document(document)
        move = office.ledger.move_out(document, copy)
        if move is None:
            raise DocumentRefused(
                "copy {copy} of {document} is not out: the office keeps it",
                copy=copy,
                document=document,
                hint="see: securedoc copies {document}",
            )
        office.permit(_RIGHT_OF_KIND[move.kind], row.level)
        _require_all_sheets(office, row, copy, sheets)
        facts: JsonObject = {
            "move": move.entry,
            "copy": copy,
            "returned_on": office.today().isoformat(),
            "back_at": office.now().isoformat(),
            "sheets": sheets,
            "checked_on_return": office.who.name,
            "note": one_line(note),
        }
        entry = writing.append(Act.CUSTODY_RETURNED, document, facts)
    return Returned(document, copy, move.holder, is_late(office, move), entry.sequence)


def is_late(office: Office, move: MoveRow) -> bool:
    """Tell whether a copy that is out should have been back before today."""
    return move.until is not None and move.until < office.today()


@dataclass(frozen=True, slots=True)
class _Way:
    """One kind of move: its entry, its book, and who permits it."""

    act: Act
    use: BookUse
    second: Session | None = None


_RIGHT_OF_ACT: Final = {
    Act.CUSTODY_HANDED: Right.HANDOVER,
    Act.CUSTODY_LENT: Right.LEND,
    Act.CUSTODY_CARRIED: Right.CARRY,
}


def _move(office: Office, document: DocumentId, giving: Giving, way: _Way, more: JsonObject) -> Moved:
    copy, holder = standing.named(giving.copy), field(giving.to)
    form, right = office.policy.book_for(way.use), _RIGHT_OF_ACT[way.act]
    year = office.today().year
    with office.write() as writing:
        row = office.ledger.document(document)
        office.permit(right, row.level)
        standing.require_kept(office, row, copy)
        number = writing.next_row(form.key, year)
        facts: JsonObject = {
            "book": form.key,
            "year": year,
            "row": number,
            **particulars(row),
            "copy": copy,
            "copies": 1,
            "copy_serials": [serial(copy)],
            "holder": holder,
            "note": one_line(giving.note),
            **more,
        }
        confirmed = consent.second(office, right, way.act, document, facts, session=way.second)
        entry = writing.append(way.act, document, facts, confirmed).sequence
    return Moved(document, copy, holder, form.key, form.title, year, number, entry)


def particulars(row: DocumentRow) -> JsonObject:
    """Return what a book says of a document without saying what it is about."""
    return {
        "number_text": row.number_text,
        "date": None if row.date is None else row.date.isoformat(),
        "type": row.type_key,
        "level": row.level,
    }


def _require_day(office: Office, until: date) -> None:
    today = office.today()
    if not today <= until <= today + LONGEST:
        raise PolicyRefused(
            "a copy goes out until a day between today and {last}, not {day}",
            last=(today + LONGEST).isoformat(),
            day=until.isoformat(),
        )


def _require_all_sheets(office: Office, row: DocumentRow, copy: str, sheets: int | None) -> None:
    known = [one.sheets for one in office.ledger.copies(row.id) if str(one.copy) == copy]
    if sheets is not None and known and sheets != known[-1]:
        raise DocumentRefused(
            "copy {copy} of {document} has {whole} sheets, and {sheets} came back",
            copy=copy,
            document=row.id,
            whole=known[-1],
            sheets=sheets,
            hint="do not take it back before every sheet is there; report the loss at once",
        )
