"""When something periodical is due: pure arithmetic."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Due:
    """When the next one is due."""

    last: datetime | None
    due_at: datetime
    overdue: bool


def due(last: datetime | None, every_days: int, now: datetime) -> Due:
    """Tell when what was done at `last` is due again; what was never done is due now, and overdue.

    Raises:
        ValueError: the interval is not at least a day.
    """
    if every_days < 1:
        raise ValueError("an interval is at least a day")
    if last is None:
        return Due(last=None, due_at=now, overdue=True)
    due_at = last + timedelta(days=every_days)
    return Due(last=last, due_at=due_at, overdue=now > due_at)
