"""Decides what paper is owed, and whether what was seen accounts for it.  Reads nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from securedoc.ledger.paperqueries import CopyRow, PaperRow


class CopyState(StrEnum):
    """What became of one copy in one print."""

    PLANNED = "planned"
    """Asked for; nothing of it was sent for printing."""
    SENT = "sent"
    """Its job was released; how it ended is not known yet."""
    PRINTED = "printed"
    SPOILED = "spoiled"
    UNKNOWN = "unknown"
    """Its job was released, and nobody saw how it ended."""
    UNPRINTED = "unprinted"
    """Nothing of it came out: it may be printed."""


class Incident(StrEnum):
    """Why the paper of a copy is not accounted for."""

    COUNT = "count"
    """The printer counted another number of sides than the copy has."""
    JAM = "jam"
    """Paper was stuck while it printed."""
    UNCOUNTED = "uncounted"
    """It failed, and how many sheets came out nobody has counted yet."""
    UNKNOWN = "unknown"
    """Nobody saw how it ended."""
    DIFFERENCE = "difference"
    """The officer's count does not explain it."""


_NOT_OUT: Final = frozenset({CopyState.UNPRINTED, CopyState.SPOILED})


def sheets(pages: int, *, duplex: bool) -> int:
    """Return how many sheets one copy takes."""
    return -(-pages // 2) if duplex else pages


def free_numbers(
    approved: int, rows: Sequence[CopyRow], waiting: Iterable[PaperRow], *, destroyed_first: bool
) -> list[int]:
    """Return the numbers of copies that may be printed now, lowest first.

    A number is taken from the moment a print asks for it. It is free again when nothing of it came out,
    or when it was spoiled, its sheets were counted, and (`destroyed_first`) they went through the shredder.
    """
    taken = {row.copy for row in rows if row.state not in _NOT_OUT or row.incident is not None}
    if destroyed_first:
        taken |= _of_waiting(rows, waiting)
    return [number for number in range(1, approved + 1) if number not in taken]


def _of_waiting(rows: Sequence[CopyRow], waiting: Iterable[PaperRow]) -> set[int]:
    held: set[int] = set()
    for paper in waiting:
        # Sheets from a pile may be of any copy of that print.
        held |= {row.copy for row in rows if row.print == paper.print and paper.copy in {None, row.copy}}
    return held


@dataclass(frozen=True, slots=True)
class Settled:
    """What a count says of one copy."""

    copy: int
    state: CopyState
    counted: int | None
    spoiled: int
    """Sheets of this copy that now wait for the shredder."""
    incident: Incident | None


@dataclass(frozen=True, slots=True)
class Account:
    """What a count says of a print, or of one copy in it."""

    copies: tuple[Settled, ...]
    expected: int
    """Sheets that had to come out, spoiled ones not counted."""
    of_the_pile: int
    """Spoiled sheets that were counted for several copies at once."""
    difference: int
    """Sheets counted beyond, or (negative) short of, what explains them."""


def came_out(row: CopyRow) -> int:
    """Return how many sheets of a copy came out at least, by what the printer said or an entry has."""
    if row.impressions is not None:
        return min(row.sheets, sheets(row.impressions, duplex=row.sheets < row.pages))
    return row.sheets if row.state == CopyState.PRINTED else 0


def count_copy(row: CopyRow, counted: int, spoiled: int) -> Account:
    """Hold the count of one copy's sheets against it.

    It is whole, or all of it is spoiled, or it does not add up. A count below what the printer printed does
    not: whoever counts alone could keep a copy and have its number printed again.

    Raises:
        ValueError: more is spoiled than was counted.
    """
    good = _good(counted, spoiled)
    if good == row.sheets:
        settled = Settled(row.copy, CopyState.PRINTED, counted, spoiled, None)
        return Account((settled,), row.sheets, 0, 0)
    short = came_out(row) - spoiled
    if good == 0 and short <= 0:
        state = CopyState.SPOILED if spoiled else CopyState.UNPRINTED
        return Account((Settled(row.copy, state, counted, spoiled, None),), 0, 0, 0)
    # Nothing goes to the shredder before it adds up: a second count must not add the sheets again.
    open_one = Settled(row.copy, CopyState(row.state), counted, 0, Incident.DIFFERENCE)
    return Account((open_one,), row.sheets, 0, good - row.sheets if good else -short)


def count_pile(rows: Sequence[CopyRow], counted: int, spoiled: int) -> Account:
    """Hold the count of a whole print against its copies: all are whole, or it does not add up.

    Raises:
        ValueError: more is spoiled than was counted, or there is nothing to count.
    """
    if not rows:
        raise ValueError("a print without a copy to count")
    if len(rows) == 1:
        return count_copy(rows[0], counted, spoiled)
    expected = sum(row.sheets for row in rows)
    difference = _good(counted, spoiled) - expected
    fits = difference == 0
    copies = tuple(
        Settled(
            row.copy,
            CopyState.PRINTED if fits else CopyState(row.state),
            row.sheets if fits else row.counted,
            0,
            None if fits else Incident.DIFFERENCE,
        )
        for row in rows
    )
    return Account(copies, expected, spoiled if fits else 0, difference)


def _good(counted: int, spoiled: int) -> int:
    if not 0 <= spoiled <= counted:
        raise ValueError("more sheets are spoiled than were counted")
    return counted - spoiled
