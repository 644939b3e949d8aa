"""Counts what a proof tried, so that the numbers people are told are measured and not typed."""

from collections import Counter

PREFIX = "tried: "


class Tally:
    """What one test tried, and how often."""

    def __init__(self, cases: int = 0) -> None:
        self._cases = cases
        self.counts: Counter[str] = Counter()

    def __call__(self, what: str, count: int = 1) -> None:
        """Count."""
        self.counts[what] += count

    def take(self, few: int | None) -> int | None:
        """Return how many cases to take where the fast suite takes a few; None: every one."""
        return None if few is None else max(few, self._cases)
