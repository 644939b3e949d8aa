"""Which snapshots of a medium stay: pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from securedoc.policy.model import Backup

YEAR: Final = timedelta(days=366)
"""The longest there is: what is kept for years is never removed a day early."""


def kept(made: Mapping[int, datetime], rule: Backup, now: datetime) -> frozenset[int]:
    """Return the numbers that stay: the newest, as many as policy says, and all that are young enough.

    Raises:
        ValueError: there is none, or the rule keeps none.
    """
    if not made or rule.keep_snapshots < 1:
        raise ValueError("a medium keeps at least its newest snapshot")
    newest = sorted(made)[-rule.keep_snapshots :]
    # A clock that stands wrong makes snapshots of the future: those are young.
    young = (number for number, at in made.items() if at > now - rule.keep_years * YEAR)
    return frozenset((*newest, *young))
