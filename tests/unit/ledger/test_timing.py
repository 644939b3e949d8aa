"""When an entry is dated, whatever the clock says."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.core.entries import Act, Confirmation, Entry
from securedoc.core.people import OfficerId
from securedoc.errors import LedgerStale
from securedoc.ledger.timing import TimeRule, entry_time

LAST = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MONTH = TimeRule(timedelta(days=31))
SECOND = Confirmation(OfficerId("an"), bytes(64))


def said(says: object, *, at: datetime = LAST, second: Confirmation | None = SECOND) -> Entry:
    return Entry(9, at, OfficerId("chi"), Act.CLOCK_CONFIRMED, None, {"says": says}, second)  # type: ignore[dict-item]


def test_a_clock_that_goes_on_is_believed() -> None:
    assert entry_time(LAST + HOUR, LAST, None, MONTH) == LAST + HOUR


def test_a_clock_that_was_set_back_is_not() -> None:
    with pytest.raises(LedgerStale, match="set back"):
        entry_time(LAST - HOUR, LAST, None, MONTH)


@pytest.mark.parametrize(("days", "believed"), [(31, True), (32, False), (4000, False)])
def test_a_clock_far_ahead_is_not(days: int, believed: bool) -> None:  # noqa: FBT001 - a case of the table
    now = LAST + timedelta(days=days)

    if believed:
        assert entry_time(now, LAST, None, MONTH) == now
    else:
        with pytest.raises(LedgerStale, match="days after the last entry"):
            entry_time(now, LAST, None, MONTH)


def test_without_a_limit_any_time_ahead_is_believed() -> None:
    assert entry_time(LAST + timedelta(days=9999), LAST, None, TimeRule()) == LAST + timedelta(days=9999)


@given(st.timedeltas(timedelta(days=-4000), timedelta(days=4000)))
def test_two_officers_are_believed_and_no_entry_is_dated_before_the_last(apart: timedelta) -> None:
    now = LAST + apart

    assert entry_time(now, LAST, None, TimeRule(timedelta(days=31), confirming=True)) == max(now, LAST)


def test_after_they_said_so_time_stands_still_until_the_clock_has_caught_up() -> None:
    says = LAST - 5 * HOUR
    confirmed = said(says.isoformat())

    assert entry_time(says + HOUR, LAST, confirmed, MONTH) == LAST
    assert entry_time(LAST + HOUR, LAST, confirmed, MONTH) == LAST + HOUR


def test_a_clock_set_back_again_behind_what_they_saw_is_not_believed() -> None:
    with pytest.raises(LedgerStale):
        entry_time(LAST - 6 * HOUR, LAST, said((LAST - 5 * HOUR).isoformat()), MONTH)


def test_a_confirmation_is_spent_when_the_ledger_has_gone_on() -> None:
    confirmed = said((LAST - 5 * HOUR).isoformat(), at=LAST - HOUR)

    with pytest.raises(LedgerStale):
        entry_time(LAST - 2 * HOUR, LAST, confirmed, MONTH)


@pytest.mark.parametrize("says", [None, 7, "yesterday", "2026-03-01T08:00:00", ["2026"]])
def test_a_confirmation_that_says_no_time_confirms_nothing(says: object) -> None:
    with pytest.raises(LedgerStale):
        entry_time(LAST - HOUR, LAST, said(says), MONTH)


def test_one_officer_alone_confirms_nothing() -> None:
    with pytest.raises(LedgerStale):
        entry_time(LAST - HOUR, LAST, said((LAST - 2 * HOUR).isoformat(), second=None), MONTH)
