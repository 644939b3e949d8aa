"""Checks that the office's own time-stamps are chained to the ledger: each points to a head that it had."""

from collections.abc import Iterator

from securedoc.audit.outcomes import Outcome, failed, passed
from securedoc.core.entries import Act, Entry
from securedoc.core.people import HELD_BY, RoleKey
from securedoc.core.text import message
from securedoc.errors import LedgerError, LedgerUntrusted
from securedoc.ledger.facts import FactError, Facts
from securedoc.office.office import Office
from securedoc.signing import authority

STAMPED = (Act.DOCUMENT_INITIALLED, Act.DOCUMENT_SIGNED, Act.DOCUMENT_RENEWED)


def chained(office: Office) -> Iterator[Outcome]:
    """Hold the serial number of every token against the ledger's own past."""
    seen: set[str] = set()
    # Read to the end first: proving an officer asks the ledger in between.
    for entry in [one for one in office.ledger.of_acts(STAMPED) if "time_stamps" in one.facts]:
        try:
            serials = _serials(entry)
            _require_keeper(office, entry)
            for serial in serials:
                _require_head(office, entry, serial)
                _refuse_twice(entry, serial, seen)
        except LedgerError as error:
            yield failed("signatures.time", error, about=entry.about)
    if seen:
        yield passed(
            "signatures.time",
            message("{count} internal time-stamps point to heads that the ledger had", count=len(seen)),
        )
    else:
        yield passed("signatures.time", message("no internal time-stamp was made yet"))


def _serials(entry: Entry) -> list[str]:
    try:
        return [one.text("serial") for one in Facts(entry.facts).each("time_stamps")]
    except FactError as error:
        raise LedgerUntrusted("entry {n} names no time-stamps", n=entry.sequence) from error


def _require_keeper(office: Office, entry: Entry) -> None:
    second = None if entry.second is None else office.ledger.trusted_officer(entry.second.officer)
    if second is None or RoleKey.TIME not in HELD_BY[second.role]:
        raise LedgerUntrusted(
            "entry {n} names time-stamps, and nobody who holds their key confirmed it",
            n=entry.sequence,
            hint="ask {officer} how it came about",
            officer=entry.who,
        )


def _require_head(office: Office, entry: Entry, serial: str) -> None:
    try:
        size, root = authority.head_of(serial)
    except ValueError as error:
        raise _elsewhere(entry) from error
    # The head was read before the entry was written, so it is from before it.
    if not 0 < size <= entry.sequence:
        raise _elsewhere(entry)
    stated = office.ledger.checkpoint_after(size - 1).checkpoint
    if stated.size != size or not stated.root.hex().startswith(root):
        raise _elsewhere(entry)


def _refuse_twice(entry: Entry, serial: str, seen: set[str]) -> None:
    if serial in seen:
        raise LedgerUntrusted("entry {n} names a time-stamp that another entry names", n=entry.sequence)
    seen.add(serial)


def _elsewhere(entry: Entry) -> LedgerUntrusted:
    return LedgerUntrusted(
        "a time-stamp in entry {n} points to no head that this ledger had before it",
        n=entry.sequence,
        hint="it was made beside this ledger, or the ledger was exchanged: "
        "compare it with an outside checkpoint",
    )
