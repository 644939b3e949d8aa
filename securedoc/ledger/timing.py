"""When an entry is dated: never before the last, and never far ahead of it unless two officers said so."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from securedoc.core.entries import Entry
from securedoc.errors import LedgerStale


@dataclass(frozen=True, slots=True)
class TimeRule:
    """How far the clock is believed."""

    most_ahead: timedelta | None = None
    """Since the last entry; None: however far."""
    confirming: bool = False
    """Two officers are saying right now that the clock is right."""


def entry_time(now: datetime, last: datetime, confirmed: Entry | None, rule: TimeRule) -> datetime:
    """Return the time of the next entry after one of `last`, when the clock says `now`.

    `confirmed` is the last entry by which two officers said that the clock is right. Where they said so
    of a clock that stands before the last entry, the ledger's time stands still until the clock has
    caught up: no entry is dated before another, and the entry itself says what the clock said.

    Raises:
        LedgerStale: the clock was set back, or stands far ahead of the last entry.
    """
    if rule.confirming:
        return max(now, last)
    if now < last:
        if confirmed is not None and _still(confirmed, now, last):
            return last
        raise LedgerStale(
            "the clock was set back: it says {now}, the last entry is of {last}",
            now=now.isoformat(timespec="seconds"),
            last=last.isoformat(timespec="seconds"),
            hint="set the clock of this machine right; if it is right, two officers say so: "
            "securedoc clock confirm --second OFFICER",
        )
    if rule.most_ahead is not None and now - last > rule.most_ahead:
        raise LedgerStale(
            "the clock stands {days} days after the last entry: it says {now}, the last entry is of {last}",
            days=(now - last).days,
            now=now.isoformat(timespec="seconds"),
            last=last.isoformat(timespec="seconds"),
            hint="look at a calendar and set the clock right; if it is right, two officers say so: "
            "securedoc clock confirm --second OFFICER",
        )
    return now


def _still(confirmed: Entry, now: datetime, last: datetime) -> bool:
    """Tell whether the ledger's time stands still since that confirmation, and the clock went on from it."""
    said = confirmed.facts.get("says")
    if confirmed.at != last or confirmed.second is None or not isinstance(said, str):
        return False
    try:
        return datetime.fromisoformat(said) <= now
    except (ValueError, TypeError):  # no time, or one without a zone
        return False
