"""Counts what a proof tried, so that the numbers people are told are measured and not typed."""

from collections import Counter
from collections.abc import Callable

Tally = Callable[..., None]
"""Called as `tally(what)` or `tally(what, count)`."""
PREFIX = "tried: "


class Tried:
    """What one test tried, and how often."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def __call__(self, what: str, count: int = 1) -> None:
        """Count."""
        self.counts[what] += count
