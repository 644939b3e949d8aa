"""Which snapshots stay on a medium."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from securedoc.policy import keeping
from securedoc.policy.model import Backup

NOW = datetime(2026, 11, 1, tzinfo=UTC)
RULE = Backup(
    interval_days=90,
    drill_interval_days=180,
    rehearsal_interval_days=365,
    parity_percent=10,
    prune=True,
    keep_snapshots=3,
    keep_years=2,
    least_media=2,
    read_back=True,
)


def test_the_newest_stay_and_all_that_are_young_enough() -> None:
    made = {number: NOW - timedelta(days=365 * (10 - number)) for number in range(1, 11)}

    assert keeping.kept(made, RULE, NOW) == {8, 9, 10}
    assert keeping.kept(made, replace(RULE, keep_years=5), NOW) == {5, 6, 7, 8, 9, 10}
    assert keeping.kept(made, replace(RULE, keep_years=0, keep_snapshots=2), NOW) == {9, 10}
    assert keeping.kept({1: NOW}, RULE, NOW) == {1}


def test_a_rule_that_keeps_nothing_is_no_rule() -> None:
    with pytest.raises(ValueError, match="newest"):
        keeping.kept({}, RULE, NOW)
    with pytest.raises(ValueError, match="newest"):
        keeping.kept({1: NOW}, replace(RULE, keep_snapshots=0), NOW)
