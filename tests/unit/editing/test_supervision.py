from dataclasses import dataclass, field

import pytest

from securedoc.core.text import Message
from securedoc.editing.supervision import Ended, Limits, Supervision, why
from securedoc.policy.machinemodel import Editing

LIMITS = Limits(idle_s=600, total_s=7200, grace_s=30)


@dataclass
class Told:
    """Signs that a test sets, and a clock that it moves."""

    now: float = 0
    idle: float = 0
    is_locked: bool = False
    is_asked: bool = False
    asked_idle: int = 0
    asked_lock: int = 0
    notes: list[str] = field(default_factory=list)

    def idle_s(self) -> float:
        """Return what was set."""
        self.asked_idle += 1
        return self.idle

    def locked(self) -> bool:
        """Return what was set."""
        self.asked_lock += 1
        return self.is_locked

    def asked(self) -> bool:
        """Return what was set."""
        return self.is_asked

    def note(self, words: Message) -> None:
        """Keep what the officer is told."""
        self.notes.append(str(words))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def supervision(told: Told) -> Supervision:
    return Supervision(LIMITS, told, told.note, lambda: told.now)


def due_at(told: Told, supervision: Supervision, now: float, *, idle: float) -> Ended | None:
    told.now, told.idle = now, idle
    return supervision.due()


def test_the_limits_are_the_policys() -> None:
    assert Limits.of(Editing(15, 240, 30)) == Limits(900, 14400, 30)


def test_whoever_works_goes_on_until_the_time_is_up(told: Told, supervision: Supervision) -> None:
    ends = [due_at(told, supervision, now, idle=1) for now in range(0, 7200, 60)]

    assert set(ends) == {None}
    assert due_at(told, supervision, 7200, idle=1) is Ended.TOTAL
    assert len(told.notes) == 1
    assert "nearly up" in told.notes[0]


def test_whoever_is_away_is_warned_and_closed(told: Told, supervision: Supervision) -> None:
    ends = [due_at(told, supervision, now, idle=now) for now in range(0, 600, 10)]

    assert set(ends) == {None}
    assert told.notes == ["nothing was done for long: the session closes in 120 s"]
    assert due_at(told, supervision, 600, idle=600) is Ended.IDLE


def test_whoever_comes_back_after_the_warning_goes_on_and_is_warned_again(
    told: Told, supervision: Supervision
) -> None:
    assert due_at(told, supervision, 500, idle=500) is None
    assert due_at(told, supervision, 560, idle=5) is None
    assert due_at(told, supervision, 1100, idle=545) is None
    assert len(told.notes) == 2
    assert due_at(told, supervision, 1155, idle=600) is Ended.IDLE


def test_a_save_is_a_sign_of_life_whatever_the_screen_says(told: Told, supervision: Supervision) -> None:
    due_at(told, supervision, 590, idle=590)
    supervision.saved()

    assert due_at(told, supervision, 1180, idle=1180) is None
    assert due_at(told, supervision, 1190, idle=1190) is Ended.IDLE


def test_time_that_the_machine_slept_counts(told: Told, supervision: Supervision) -> None:
    assert due_at(told, supervision, 10, idle=1) is None
    assert due_at(told, supervision, 5000, idle=4990) is Ended.IDLE


def test_a_request_is_seen_at_once_and_a_lock_within_seconds(told: Told, supervision: Supervision) -> None:
    told.is_locked = True
    assert due_at(told, supervision, 1, idle=0) is None
    assert due_at(told, supervision, 3, idle=0) is Ended.LOCKED
    told.is_locked, told.is_asked = False, True
    assert due_at(told, supervision, 3.1, idle=0) is Ended.LOCKED


def test_the_screen_and_the_login_manager_are_asked_seldom(told: Told, supervision: Supervision) -> None:
    for tick in range(600):  # a minute of five looks a second, and as much again
        due_at(told, supervision, tick / 5, idle=0)

    assert told.asked_idle <= 6
    assert told.asked_lock <= 40


@pytest.mark.parametrize("ended", [Ended.IDLE, Ended.TOTAL, Ended.LOCKED, Ended.INTERRUPTED])
def test_the_officer_is_told_why(ended: Ended) -> None:
    assert str(why(ended)).endswith("is asked to save and close")
