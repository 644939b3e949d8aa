"""A clock for tests: it stands where it is put and steps when read."""

from datetime import UTC, datetime, timedelta

MORNING = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
"""Nine o'clock in Hà Nội."""


class SteppingClock:
    """A Clock that moves one second forward each time it is read."""

    def __init__(self, at: datetime = MORNING, step: timedelta = timedelta(seconds=1)) -> None:
        self.at = at
        self.step = step

    def now(self) -> datetime:
        """Return the time, then step."""
        now = self.at
        self.at += self.step
        return now
