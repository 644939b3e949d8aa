"""Which stick is next, which waits to be confirmed, and which was not seen for too long."""

from datetime import UTC, datetime, timedelta

import pytest

from securedoc.backup import rotation
from securedoc.backup.rotation import Standing
from securedoc.core.media import MediumState
from securedoc.ledger.rows import MediumRow
from securedoc.policy.schedule import due
from securedoc.policy.vocabulary import Turn

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def standing(label: str, days: int | None, entry: int = 1) -> Standing:
    """Return a medium whose newest backup is so many days old."""
    row = MediumRow(label, label, "Bảo", "vfat", "1", None, None, entry, MediumState.REGISTERED, entry)
    last = None if days is None else NOW - timedelta(days=days)
    number = None if last is None else 1
    return Standing(row, last, number, confirmed=False, seen=NOW, unseen=due(NOW, 1, NOW), confirm=None)


def labels(found: tuple[Standing, ...]) -> str:
    return "".join(one.row.label for one in found)


@pytest.mark.parametrize(
    ("days", "rule", "order"),
    [
        ((90, 180, 10), Turn.LONGEST_UNWRITTEN, "BAC"),
        ((90, None, 10), Turn.LONGEST_UNWRITTEN, "BAC"),
        ((None, 5, None), Turn.LONGEST_UNWRITTEN, "ACB"),
        ((90, 180, 10), Turn.REGISTERED, "ABC"),
        ((90, 10, 180), Turn.REGISTERED, "CAB"),
        ((None, None, None), Turn.REGISTERED, "ABC"),
        ((), Turn.REGISTERED, ""),
        ((), Turn.LONGEST_UNWRITTEN, ""),
    ],
)
def test_the_turn_is_that_of_the_policy(days: tuple[int | None, ...], rule: Turn, order: str) -> None:
    found = [standing(label, since) for label, since in zip("ABC", days, strict=False)]

    assert labels(rotation.in_turn(found, rule)) == order


def test_a_medium_without_a_backup_waits_for_no_confirmation() -> None:
    assert not standing("A", None).unconfirmed
    assert standing("A", 1).unconfirmed
