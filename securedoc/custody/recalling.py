"""Asks the copies of a document back from everybody who holds one."""

from dataclasses import dataclass
from datetime import date

from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.custody import standing
from securedoc.errors import DocumentRefused, PolicyRefused
from securedoc.ledger.custodyqueries import MoveRow
from securedoc.office.office import Office
from securedoc.office.wording import one_line


@dataclass(frozen=True, slots=True)
class Recalled:
    """What was asked back, and from whom."""

    document: DocumentId
    until: date
    out: tuple[MoveRow, ...]
    entry: int


def recall(office: Office, document: DocumentId, until: date, why: str) -> Recalled:
    """Ask back every copy that is out; each is due until it comes.

    Raises:
        PolicyRefused: the officer may not, or the day is past.
        DocumentRefused: none is out.
    """
    if until < office.today():
        raise PolicyRefused("a recall ends today or later, not {day}", day=until.isoformat())
    with office.write() as writing:
        row = office.ledger.document(document)
        office.permit("recall", row.level)
        standing.require_movable(row)
        out = office.ledger.moves(document, out_only=True)
        if not out:
            raise DocumentRefused(
                "no copy of {document} is out",
                document=document,
                hint="see: securedoc copies {document}",
            )
        facts: JsonObject = {
            "until": until.isoformat(),
            "why": one_line(why),
            "out": [{"copy": move.copy, "holder": move.holder, "move": move.entry} for move in out],
        }
        entry = writing.append(Act.DOCUMENT_RECALLED, document, facts)
    return Recalled(document, until, out, entry.sequence)
