"""Says where each copy of a document is, now or on a past day, and refuses what cannot be moved."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from securedoc.core.copies import MADE, copy_name
from securedoc.core.documents import DocumentId, DocumentState
from securedoc.core.entries import Act
from securedoc.core.officetime import OFFICE_TIME, day_of
from securedoc.errors import DocumentMissing, DocumentRefused
from securedoc.ledger.custodyqueries import MoveRow
from securedoc.ledger.folding import fold
from securedoc.ledger.paperqueries import CopyRow
from securedoc.ledger.rows import DocumentRow
from securedoc.office.office import Office

MOVABLE: Final = frozenset({DocumentState.REGISTERED, DocumentState.RECEIVED})
_END_OF_DAY: Final = dt.time(23, 59, 59, 999_999)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one copy is."""

    copy: str
    made_for: str
    """Whom a copy made afterwards was made for; empty for those issued."""
    move: MoveRow | None
    """None: in the office's keeping."""


def standings(office: Office, document: DocumentId, day: dt.date | None = None) -> tuple[Standing, ...]:
    """Return where every copy was at the end of `day`; now, where none is given.

    A copy that exists only as a number is listed too: what was approved, and not yet printed, is with
    the office. Before the document stood in a book there were none; after it was destroyed there are
    those that others hold.
    """
    at = None if day is None else _end_of(day)
    out = {move.copy: move for move in office.ledger.moves(document, out_only=at is None, at=at)}
    made = {row.copy: row.recipient for row in office.ledger.made_copies(document, at)}
    issued = _issued(office, document, at)
    names = [*(str(number) for number in range(1, issued + 1)), *made]
    if _destroyed(office, document, at):
        names = [name for name in names if name in out]
    return tuple(Standing(name, made.get(name, ""), out.get(name)) for name in names)


def holdings(office: Office, holder: str = "", day: dt.date | None = None) -> tuple[MoveRow, ...]:
    """Return the copies that are out, or were at the end of `day`; of those whose name holds `holder`."""
    at = None if day is None else _end_of(day)
    wanted = fold(holder)
    found = (move for move in office.ledger.moves(out_only=at is None, at=at) if wanted in fold(move.holder))
    return tuple(sorted(found, key=lambda move: (fold(move.holder), move.entry)))


def _end_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, _END_OF_DAY, OFFICE_TIME)


def _issued(office: Office, document: DocumentId, at: dt.datetime | None) -> int:
    row = office.ledger.document(document)
    for act in (Act.DOCUMENT_REGISTERED, Act.DOCUMENT_RECEIVED, Act.DOCUMENT_IMPORTED):
        entry = office.ledger.latest(document, act)
        if entry is not None and (at is None or entry.at <= at):
            return row.copies
    return 0


def _destroyed(office: Office, document: DocumentId, at: dt.datetime | None) -> bool:
    gone = office.ledger.destroyed_by(document)
    return gone is not None and (at is None or office.ledger.entry(gone[1]).at <= at)


def named(untrusted_copy: str) -> str:
    """Read which copy is meant.

    Raises:
        DocumentRefused: it is no name of a copy.
    """
    try:
        return copy_name(untrusted_copy)
    except ValueError:
        raise DocumentRefused(
            "{copy} is no copy",
            copy=untrusted_copy,
            hint="write 2 for the second of those issued, s2 for the second of those made afterwards",
        ) from None


def require_kept(office: Office, row: DocumentRow, copy: str) -> None:
    """Go on only with a copy that is on paper, whole, and in the office's keeping.

    Raises:
        DocumentMissing: there is no such copy.
        DocumentRefused: the document is in no book, or the copy is spoiled, destroyed, not printed, or out.
    """
    require_movable(row)
    _require_on_paper(office, row, copy)
    move = office.ledger.move_out(row.id, copy)
    if move is not None:
        raise DocumentRefused(
            "copy {copy} of {document} is not here: {holder} has it since {day}",
            copy=copy,
            document=row.id,
            holder=move.holder,
            day=day_of(move.at).isoformat(),
            hint="enter first that it came back: securedoc return {document} --copy {copy}",
        )


def require_movable(row: DocumentRow) -> None:
    """Go on only with a document that stands in a book and exists.

    Raises:
        DocumentRefused: it is not issued, or is no more.
    """
    if row.state not in MOVABLE:
        raise DocumentRefused(
            "copies of {document} cannot be moved: its state is {state}",
            document=row.id,
            state=row.state,
            hint="copies move after the document stands in a book, and before it is destroyed",
        )


def on_paper_since(office: Office, row: DocumentRow, copy: str) -> int | None:
    """Return the entry since which a copy is on paper, whole; None where it is not."""
    if copy.startswith(MADE):
        return next((one.entry for one in office.ledger.made_copies(row.id) if one.copy == copy), None)
    try:
        _require_on_paper(office, row, copy)
    except (DocumentMissing, DocumentRefused):
        return None
    printed = [one.entry for one in office.ledger.copies(row.id) if one.copy == int(copy)]
    registered = office.ledger.latest(row.id, Act.DOCUMENT_REGISTERED)
    return max([*printed[-1:], row.created if registered is None else registered.sequence])


def _require_on_paper(office: Office, row: DocumentRow, copy: str) -> None:
    if copy.startswith(MADE):
        if all(one.copy != copy for one in office.ledger.made_copies(row.id)):
            raise DocumentMissing("there is no copy {copy} of {document}", copy=copy, document=row.id)
        return
    if int(copy) > row.copies:
        raise DocumentMissing(
            "there is no copy {copy} of {document}: {copies} are in the book",
            copy=copy,
            document=row.id,
            copies=row.copies,
        )
    if row.state is DocumentState.RECEIVED:
        return  # it came on paper
    printed = [one for one in office.ledger.copies(row.id) if one.copy == int(copy)]
    if printed:
        _require_whole(row, printed[-1])
    elif not _on_paper_elsewhere(office, row):
        raise DocumentRefused(
            "copy {copy} of {document} is not on paper",
            copy=copy,
            document=row.id,
            hint="print it first: securedoc print {document} --copies N --printer NAME",
        )


def _require_whole(row: DocumentRow, last: CopyRow) -> None:
    if last.state != "printed" or last.incident is not None:
        raise DocumentRefused(
            "copy {copy} of {document} is not whole on paper: {state}",
            copy=last.copy,
            document=row.id,
            state=last.state if last.incident is None else last.incident,
            hint="see: securedoc copies {document}",
        )


def _on_paper_elsewhere(office: Office, row: DocumentRow) -> bool:
    """Tell whether it got onto paper without our print: signed in ink, taken out, or from an older book."""
    registered = office.ledger.latest(row.id, Act.DOCUMENT_REGISTERED)
    in_ink = registered is not None and registered.facts.get("signed") == "wet"
    if in_ink or office.ledger.latest(row.id, Act.DOCUMENT_EXPORTED) is not None:
        return True
    return office.ledger.latest(row.id, Act.DOCUMENT_IMPORTED) is not None
