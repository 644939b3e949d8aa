"""The office's time: Vietnam has one time zone and no summer time."""

from datetime import date, datetime, timedelta, timezone
from typing import Final

OFFICE_TIME: Final = timezone(timedelta(hours=7), "+07")


def day_of(at: datetime) -> date:
    """Return the day on which an aware time falls for the office."""
    return at.astimezone(OFFICE_TIME).date()
