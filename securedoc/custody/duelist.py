"""Lists what is due about documents: terms that end, copies that are out too long, and copies asked back."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from securedoc.core.documents import DocumentId
from securedoc.custody.standing import MOVABLE
from securedoc.office.office import Office


class DueKind(StrEnum):
    """What is due."""

    TERM = "term"
    """A protection term ends: extend it, or the document is declassified."""
    LOAN = "loan"
    CARRY = "carry"
    RECALL = "recall"
    NOTICE = "notice"
    """Somebody is to be told of a change of level or term."""


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is due about a document."""

    kind: DueKind
    document: DocumentId
    when: dt.date
    """Last day."""
    copy: str | None = None
    who: str = ""
    """Who holds it, or is to be told."""

    def late(self, today: dt.date) -> bool:
        """Tell whether its last day is past."""
        return self.when < today


def due(office: Office, within: dt.timedelta) -> tuple[Due, ...]:
    """Return what is late or comes due within a time, the oldest first."""
    last = office.today() + within
    found = [*_terms(office), *_out(office), *_recalled(office), *_notices(office)]
    return tuple(
        sorted((one for one in found if one.when <= last), key=lambda one: (one.when, one.document, one.kind))
    )


def _terms(office: Office) -> Iterator[Due]:
    for row in office.ledger.documents(*sorted(MOVABLE)):
        if row.ends is not None:
            yield Due(DueKind.TERM, row.id, row.ends)


def _out(office: Office) -> Iterator[Due]:
    for move in office.ledger.moves(out_only=True):
        if move.until is not None:
            kind = DueKind.CARRY if move.kind == "carry" else DueKind.LOAN
            yield Due(kind, move.document, move.until, move.copy, move.holder)


def _recalled(office: Office) -> Iterator[Due]:
    for asked, move in office.ledger.recalled_out():
        yield Due(DueKind.RECALL, move.document, asked.until, move.copy, move.holder)


def _notices(office: Office) -> Iterator[Due]:
    for row in office.ledger.notices(waiting=True):
        yield Due(DueKind.NOTICE, row.document, row.due, None, row.holder)
