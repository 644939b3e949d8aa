"""Two officers say that the machine's clock is right, where the ledger would not believe it."""

from dataclasses import dataclass
from datetime import datetime

from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.errors import LedgerStale, PolicyRefused
from securedoc.keyring.session import Session
from securedoc.ledger import timing
from securedoc.office import consent
from securedoc.office.office import Office


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock beside the ledger."""

    says: datetime
    last: datetime
    """Time of the last entry."""
    believed: bool
    """Whether the next entry could be written now."""
    entry: int | None = None
    """Of the confirmation, where one was just made."""


def look(office: Office) -> Clock:
    """Return what the clock says, beside the last entry, and whether it is believed."""
    says, last = office.now(), office.ledger.entry(office.ledger.size - 1).at
    try:
        timing.entry_time(says, last, office.ledger.last(Act.CLOCK_CONFIRMED), office.time_rule)
    except LedgerStale:
        return Clock(says, last, believed=False)
    return Clock(says, last, believed=True)


def confirm(office: Office, second: Session | None) -> Clock:
    """Enter that the clock is right; two officers, who looked at a calendar and another clock.

    Raises:
        PolicyRefused: the officer may not, nobody confirmed, or there is nothing to confirm.
    """
    office.permit("clock")
    clock = look(office)
    if clock.believed:
        raise PolicyRefused(
            "the clock is believed as it is: {now}",
            now=clock.says.isoformat(timespec="seconds"),
            hint="confirm it when an entry is refused for it",
        )
    facts: JsonObject = {"says": clock.says.isoformat(), "last": clock.last.isoformat()}
    consented = consent.second(office, "clock", Act.CLOCK_CONFIRMED, None, facts, session=second)
    with office.write(confirming_clock=True) as writing:
        entry = writing.append(Act.CLOCK_CONFIRMED, None, facts, consented)
    return Clock(clock.says, clock.last, believed=True, entry=entry.sequence)
