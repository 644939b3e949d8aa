"""Stock-taking: the safe is walked, each copy ticked; what is missing or should not be there is stated."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from securedoc.core.copies import MADE, copy_name
from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, DocumentState
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject, JsonValue
from securedoc.custody import standing
from securedoc.errors import DocumentMissing, DocumentRefused, LedgerMissing, LedgerRefused
from securedoc.formats import canonical
from securedoc.ledger.inventoryqueries import InventoryRow, TickRow
from securedoc.ledger.rows import DocumentRow
from securedoc.office.office import Office
from securedoc.office.wording import field

MAX_CODES: Final = 20_000
"""Of one command: a safe holds fewer sheets."""
AT_ONCE: Final = 1000
"""Ticks in one entry, and names listed in the entry that ends it: an entry is bounded."""

_NOT_ISSUED: Final = frozenset({DocumentState.DRAFT, DocumentState.DISCARDED})

Decode = Callable[[str], tuple[DocumentId, str] | None]
"""Reads a printed copy's code; None: it is not one. An invalid one is refused."""


class Odd(StrEnum):
    """Why a copy that lies in the safe should not."""

    OUT = "out"
    """The books say that somebody else has it."""
    UNKNOWN = "unknown"
    """There is no such copy."""
    NOT_WHOLE = "not-whole"
    """It was spoiled, destroyed or never printed, by what the ledger says."""
    ENDED = "ended"
    """Its document is destroyed, declassified or voided."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One code, and what it came to."""

    code: str
    document: DocumentId | None
    copy: str
    odd: Odd | None
    """None: it lies where it should."""
    again: bool = False
    """It was ticked before."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A copy that should lie in the safe, and was not ticked."""

    document: DocumentId
    number_text: str
    level: str
    copy: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the stock-taking came out."""

    inventory: InventoryRow
    begun: dt.datetime
    expected: int
    found: int
    missing: tuple[Missing, ...]
    odd: tuple[TickRow, ...]

    @property
    def digest(self) -> Digest:
        """Of everything that does not agree."""
        listed: list[JsonValue] = [[one.document, one.copy, "missing"] for one in self.missing]
        listed += [[one.document, one.copy, one.odd] for one in self.odd]
        return Digest.of(canonical.encode(listed))


def start(office: Office) -> tuple[InventoryRow, int]:
    """Begin a stock-taking, and return how many copies should lie in the safe.

    Raises:
        PolicyRefused: the officer may not.
        LedgerRefused: one is under way.
    """
    office.permit("inventory")
    with office.write() as writing:
        running = office.ledger.inventory_open()
        if running is not None:
            raise LedgerRefused(
                "the stock-taking of entry {entry} is not finished",
                entry=running.entry,
                hint="tick what is left, then: securedoc inventory finish",
            )
        expected = sum(1 for _ in kept(office))
        entry = writing.append(Act.INVENTORY_STARTED, None, {"expected": expected})
    return InventoryRow(entry.sequence, None), expected


def tick(office: Office, untrusted_codes: Sequence[str], decode: Decode) -> tuple[Tick, ...]:
    """Enter copies that lie in the safe, by the code on them or as `NUMBER:COPY`.

    A copy that should not be there is entered too, with the reason.

    Raises:
        PolicyRefused: the officer may not.
        LedgerMissing: no stock-taking is under way.
        DocumentRefused: too many codes.
        DocumentMissing: there is none.
    """
    office.permit("inventory")
    codes = [code.strip() for code in untrusted_codes if code.strip()]
    if not codes:
        raise DocumentMissing("there is no code to tick")
    if len(codes) > MAX_CODES:
        raise DocumentRefused("at most {limit} codes are ticked at a time", limit=MAX_CODES)
    with office.write() as writing:
        running = _running(office)
        seen = {(one.document, one.copy) for one in office.ledger.ticks(running.entry)}
        done = []
        for code in codes:
            one = _looked_up(office, code, decode)
            if one.document is not None:
                again = (one.document, one.copy) in seen
                seen.add((one.document, one.copy))
                one = Tick(code, one.document, one.copy, one.odd, again)
            done.append(one)
        new = [one for one in done if one.document is not None and not one.again]
        for at in range(0, len(new), AT_ONCE):
            items: list[JsonValue] = [
                {
                    "document": one.document,
                    "copy": one.copy,
                    "odd": None if one.odd is None else one.odd.value,
                }
                for one in new[at : at + AT_ONCE]
            ]
            writing.append(Act.INVENTORY_TICKED, None, {"inventory": running.entry, "items": items})
    return tuple(done)


def outcome(office: Office) -> Outcome:
    """Hold what was ticked against what should lie in the safe.

    What moved in the meantime is no discrepancy: a copy that came back or came into a book since the
    beginning was in an officer's hands then.

    Raises:
        LedgerMissing: no stock-taking is under way.
    """
    running = _running(office)
    ticks = office.ledger.ticks(running.entry)
    ticked = {(one.document, one.copy) for one in ticks}
    returned = {
        (move.document, move.copy)
        for move in office.ledger.moves()
        if move.returned is not None and move.returned > running.entry
    }
    expected = [
        (row, copy)
        for row, copy, since in kept(office)
        if since < running.entry and ((row.id, copy) not in returned or (row.id, copy) in ticked)
    ]
    missing = tuple(
        Missing(row.id, row.number_text, row.level, copy)
        for row, copy in expected
        if (row.id, copy) not in ticked
    )
    odd = tuple(one for one in ticks if one.odd is not None)
    begun = office.ledger.entry(running.entry).at
    return Outcome(running, begun, len(expected), len(expected) - len(missing), missing, odd)


def finish(office: Office, found: Outcome, report: Digest | None, note: str) -> int:
    """End a stock-taking with what came out of it; `report`: digest of the paper that says so.

    Raises:
        PolicyRefused: the officer may not.
        LedgerRefused: something was ticked, or moved, since `found` was made.
    """
    office.permit("inventory")
    facts: JsonObject = {
        "inventory": found.inventory.entry,
        "expected": found.expected,
        "found": found.found,
        "missing_count": len(found.missing),
        "odd_count": len(found.odd),
        "missing": [{"document": one.document, "copy": one.copy} for one in found.missing[:AT_ONCE]],
        "discrepancies": str(found.digest),
        "report": None if report is None else str(report),
        "note": field(note) if note else "",
    }
    with office.write() as writing:
        now = outcome(office)
        if (now.digest, now.expected) != (found.digest, found.expected):
            raise LedgerRefused(
                "something changed while the report was made", hint="finish once more: nothing was lost"
            )
        return writing.append(Act.INVENTORY_FINISHED, None, facts).sequence


def kept(office: Office) -> Iterator[tuple[DocumentRow, str, int]]:
    """Yield every copy that should lie in the safe, and the entry since which it is on paper."""
    for row in reversed(office.ledger.documents(*sorted(standing.MOVABLE))):
        for one in standing.standings(office, row.id):
            if one.move is None and (since := standing.on_paper_since(office, row, one.copy)) is not None:
                yield row, one.copy, since


def _running(office: Office) -> InventoryRow:
    running = office.ledger.inventory_open()
    if running is None:
        raise LedgerMissing("no stock-taking is under way", hint="begin one: securedoc inventory start")
    return running


def _looked_up(office: Office, code: str, decode: Decode) -> Tick:
    named = decode(code) or _typed(office, code)
    if named is None:
        return Tick(code, None, "", Odd.UNKNOWN)
    document, copy = named
    try:
        row = office.ledger.document(document)
    except DocumentMissing:
        return Tick(code, None, "", Odd.UNKNOWN)
    return Tick(code, document, copy, _odd(office, row, copy))


def _typed(office: Office, code: str) -> tuple[DocumentId, str] | None:
    """Read `05/BC-UBND:2` or `D-2026-000005:s1`."""
    name, colon, copy = code.rpartition(":")
    try:
        return (office.ledger.find(name.strip()), copy_name(copy)) if colon else None
    except (DocumentMissing, DocumentRefused, ValueError):
        return None


def _odd(office: Office, row: DocumentRow, copy: str) -> Odd | None:
    if row.state not in standing.MOVABLE:
        return Odd.UNKNOWN if row.state in _NOT_ISSUED else Odd.ENDED
    if office.ledger.move_out(row.id, copy) is not None:
        return Odd.OUT
    if standing.on_paper_since(office, row, copy) is not None:
        return None
    return Odd.NOT_WHOLE if not copy.startswith(MADE) and int(copy) <= row.copies else Odd.UNKNOWN
