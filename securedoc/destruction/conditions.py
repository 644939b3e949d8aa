"""What must hold before a document may be destroyed, and what the papers must say of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from securedoc.core.copies import MADE
from securedoc.core.documents import DocumentId, DocumentState
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.officetime import day_of
from securedoc.errors import DocumentBusy, DocumentIncomplete, DocumentRefused
from securedoc.ledger.custodyqueries import MoveRow
from securedoc.ledger.rows import DocumentRow
from securedoc.office import onpaper
from securedoc.office.office import Office
from securedoc.policy.vocabulary import CopiesOut

READY: Final = frozenset(
    {DocumentState.REGISTERED, DocumentState.RECEIVED, DocumentState.VOIDED, DocumentState.DISCARDED}
)
"""What is still being worked on is issued or given up first."""


@dataclass(frozen=True, slots=True)
class CopyOut:
    """A copy on paper that does not go with its document."""

    copy: str
    """`2` of those issued, `s2` of those made afterwards."""
    holder: str
    """Who has it by the books; empty where it was printed and no book says."""


@dataclass(frozen=True, slots=True)
class Item:
    """A document that may be destroyed, and what the proposal says of it."""

    row: DocumentRow
    here: tuple[str, ...]
    """Copies on paper that lie here and go with it."""
    out: tuple[CopyOut, ...]
    """Copies on paper that others hold."""
    term_runs_until: date | None
    """The end of its protection, where that has not come."""

    def facts(self) -> JsonObject:
        """Return the item as an entry names it: never what the document is about."""
        row = self.row
        return {
            "document": row.id,
            "number_text": row.number_text,
            "date": None if row.date is None else row.date.isoformat(),
            "type": row.type_key,
            "level": row.level,
            "copies": row.copies,
            "here": list(self.here),
            "out": [{"copy": one.copy, "holder": one.holder} for one in self.out],
            "term_runs_until": None if self.term_runs_until is None else self.term_runs_until.isoformat(),
        }


def items(
    office: Office,
    documents: Sequence[DocumentId],
    here: Mapping[DocumentId, Iterable[str]],
    *,
    urgent: bool = False,
) -> tuple[Item, ...]:
    """Return what the papers say of these documents, or refuse the first that may not be destroyed.

    Raises:
        DocumentMissing: there is no such document, or it was destroyed before.
        DocumentRefused: it is still worked on, named twice, or part of another destruction.
        DocumentBusy: it is open.
        DocumentIncomplete: its paper is not accounted for, a copy is lent, or is out against policy.
    """
    if not documents:
        raise DocumentRefused("no document was named", hint="name at least one")
    if len(set(documents)) != len(documents):
        raise DocumentRefused("a document was named twice", hint="name each once")
    strange = here.keys() - set(documents)
    if strange:
        raise DocumentRefused("copies of {document} were named, and not it", document=min(strange))
    return tuple(
        _item(office, document, frozenset(here.get(document, ())), urgent=urgent) for document in documents
    )


def require_unentangled(office: Office, document: DocumentId) -> None:
    """Go on only with a document that no other destruction speaks of.

    Raises:
        DocumentRefused: one does.
    """
    for other in office.ledger.destructions_of(document):
        expired = other.stage == "proposed" and office.ledger.request(other.request).expired(office.now())
        if other.stage != "refused" and not expired:
            raise DocumentRefused(
                "{document} is part of destruction {request} already",
                document=document,
                request=other.request,
                hint="see: securedoc destroy show {request}",
            )


def require_ready(office: Office, document: DocumentId) -> DocumentRow:
    """Return a document that nobody works on or looks at, and whose paper is accounted for.

    Raises:
        DocumentMissing: there is no such document, or it was destroyed before.
        DocumentRefused: it is still worked on.
        DocumentBusy: it is open.
        DocumentIncomplete: its paper is not accounted for.
    """
    row = office.ledger.document(document)
    office.ledger.refuse_destroyed(document)
    if row.state is DocumentState.DECLASSIFIED:
        raise DocumentRefused(
            "{document} is no secret any more, and is not destroyed as one",
            document=document,
            hint="it is kept and disposed of as any other document of the office",
        )
    if row.state not in READY:
        raise DocumentRefused(
            "{document} is still worked on: its state is {state}",
            document=document,
            state=row.state,
            hint="issue it, void its number, or discard the draft first",
        )
    if any(session.document == document for session in office.ledger.editing()):
        raise DocumentBusy(
            "{document} is open in an editor", document=document, hint="close it; after a crash: recover"
        )
    onpaper.require_settled(office, document)
    return row


def require_unmoved(office: Office, document: DocumentId, item: JsonObject) -> None:
    """Go on only when no copy has left since the papers said where each is.

    Raises:
        DocumentIncomplete: one that was to be destroyed, or is not spoken of, is with somebody now.
    """
    listed = item.get("out")
    known = (
        {one.get("copy") for one in listed if isinstance(one, Mapping)} if isinstance(listed, list) else ()
    )
    for move in office.ledger.moves(document, out_only=True):
        if move.copy not in known:
            raise DocumentIncomplete(
                "copy {copy} of {document} was here when its destruction was proposed; {holder} has it now",
                copy=move.copy,
                document=document,
                holder=move.holder,
                hint="get it back, then: securedoc return {document} --copy {copy}",
            )


def _item(office: Office, document: DocumentId, here: frozenset[str], *, urgent: bool) -> Item:
    row = require_ready(office, document)
    require_unentangled(office, document)
    moves = {move.copy: move for move in office.ledger.moves(document, out_only=True)}
    made = {one.copy for one in office.ledger.made_copies(document)}
    printed = {str(copy.copy) for copy in office.ledger.copies(document) if copy.on_paper}
    approved = {str(number) for number in range(1, row.copies + 1)}
    for strange in _ordered(here - approved - printed - made):
        raise DocumentRefused(
            "{document} has no copy {copy}: {copies} were approved",
            document=document,
            copy=strange,
            copies=row.copies,
        )
    for copy in _ordered(here & moves.keys()):
        raise _elsewhere(moves[copy])
    if not urgent:
        _require_none_lent(moves.values())
    left = _ordered((printed | made | moves.keys()) - here)
    out = tuple(CopyOut(copy, moves[copy].holder if copy in moves else "") for copy in left)
    if out and office.policy.destruction.copies_out is CopiesOut.REFUSE:
        raise DocumentIncomplete(
            "copy {copy} of {document} is still out",
            copy=out[0].copy,
            document=document,
            hint="ask for it back: securedoc recall {document}; then name it: --here {document}:{copy}",
        )
    running = row.ends if row.ends is not None and row.ends >= office.today() else None
    return Item(row, _ordered(here), out, running)


def _require_none_lent(moves: Iterable[MoveRow]) -> None:
    # Who was handed a copy destroys it; what is lent or carried is ours, and nobody else will.
    for move in moves:
        if move.kind != "handover":
            raise DocumentIncomplete(
                "copy {copy} of {document} is lent or carried out: {holder} has it",
                copy=move.copy,
                document=move.document,
                holder=move.holder,
                hint="get it back, then: securedoc return {document} --copy {copy}",
            )


def _elsewhere(move: MoveRow) -> DocumentRefused:
    return DocumentRefused(
        "copy {copy} of {document} is not here: {holder} has it since {day}",
        copy=move.copy,
        document=move.document,
        holder=move.holder,
        day=day_of(move.at).isoformat(),
        hint="enter first that it came back: securedoc return {document} --copy {copy}",
    )


def _ordered(copies: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(copies, key=lambda copy: (copy.startswith(MADE), int(copy.removeprefix(MADE)))))
