"""Shows who holds which copy of a document."""

from typing import TYPE_CHECKING

from securedoc.cli.output import Showable, Table
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from securedoc.custody.standing import Standing
    from securedoc.ledger.destructionqueries import DestructionRow

WAYS = {
    "handover": message("handed over"),
    "loan": message("lent"),
    "carry": message("carried out"),
}


def result(found: "Sequence[Standing]", today: "date") -> list[Showable]:
    """Return the holders for `--json`; a copy in the office's keeping has none."""
    return [
        {
            "copy": one.copy,
            "made_for": one.made_for or None,
            "holder": None if one.move is None else one.move.holder,
            "kind": None if one.move is None else one.move.kind,
            "since": None if one.move is None else one.move.at,
            "until": None if one.move is None else one.move.until,
            "overdue": _overdue(one, today),
        }
        for one in found
    ]


def table(found: "Sequence[Standing]", today: "date") -> Table:
    """Return the holders for people; copies in the office's keeping are left out."""
    rows = [
        (
            one.copy,
            one.move.holder,
            WAYS[one.move.kind],
            one.move.at,
            one.move.until,
            message("OVERDUE") if _overdue(one, today) else None,
        )
        for one in found
        if one.move is not None
    ]
    columns = (
        message("copy number"),
        message("who has it"),
        message("how"),
        message("since"),
        message("to be back by"),
        message("state"),
    )
    return Table(columns, rows)


def summary(found: "Sequence[Standing]") -> Message:
    """Return one line: how many are here, how many are out."""
    out = sum(one.move is not None for one in found)
    return message("{kept} copies are with the office, {out} are out", kept=len(found) - out, out=out)


def destroyed(gone: "tuple[DestructionRow, int] | None") -> list[Message]:
    """Return what is said first of a document that was destroyed; nothing of one that was not."""
    if gone is None:
        return []
    return [
        message(
            "DESTROYED under dossier {dossier}, entry {entry}: nobody can open it",
            dossier=gone[0].request,
            entry=gone[1],
        )
    ]


def _overdue(one: "Standing", today: "date") -> bool:
    return one.move is not None and one.move.until is not None and one.move.until < today
