"""Decides when a session must end although nobody closed the program: limits, a lock, a request."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from securedoc.core.text import Message, message
from securedoc.policy.machinemodel import Editing

_MINUTE_S: Final = 60
_WARN_S: Final = 120.0  # before a limit
_ASK_ACTIVITY_S: Final = 20.0  # asking the screen costs a process
_ASK_LOCK_S: Final = 3.0


class Ended(StrEnum):
    """Why a session ended; the entry says it."""

    EDITOR = "editor"
    """The officer closed the program, or it died."""
    IDLE = "idle"
    TOTAL = "total"
    LOCKED = "locked"
    """The screen was locked, or somebody ran `securedoc lock`."""
    INTERRUPTED = "interrupted"
    """securedoc itself was told to end."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session may last."""

    idle_s: float
    total_s: float
    grace_s: float

    @classmethod
    def of(cls, rules: Editing) -> "Limits":
        """Return the limits that the policy sets."""
        return cls(
            rules.idle_limit_minutes * _MINUTE_S,
            rules.total_limit_minutes * _MINUTE_S,
            rules.closing_grace_seconds,
        )


class Signs(Protocol):
    """What can be seen of the officer and the machine."""

    def idle_s(self) -> float:
        """Return for how long nobody did anything."""

    def locked(self) -> bool:
        """Tell whether the screen is locked."""

    def asked(self) -> bool:
        """Tell whether somebody asked this session to close."""


class Supervision:
    """One session's clock: told of saves, asked again and again whether it is time."""

    def __init__(
        self, limits: Limits, signs: Signs, note: Callable[[Message], None], clock: Callable[[], float]
    ) -> None:
        self._limits = limits
        self._signs = signs
        self._note = note
        self._clock = clock
        self._began = self._active = self._activity_asked = self._lock_asked = clock()
        self._told: set[Ended] = set()

    def saved(self) -> None:
        """Note that the officer saved: they are there."""
        self._active = self._clock()
        self._told.discard(Ended.IDLE)

    def due(self) -> Ended | None:
        """Return why the session must end now; None: it may go on."""
        now = self._clock()
        if self._signs.asked() or self._locked(now):
            return Ended.LOCKED
        if now - self._began >= self._limits.total_s:
            return Ended.TOTAL
        self._look_for_activity(now)
        if now - self._active >= self._limits.idle_s:
            return Ended.IDLE
        self._warn(Ended.TOTAL, self._began + self._limits.total_s - now, self._limits.total_s)
        self._warn(Ended.IDLE, self._active + self._limits.idle_s - now, self._limits.idle_s)
        return None

    def _locked(self, now: float) -> bool:
        if now - self._lock_asked < _ASK_LOCK_S:
            return False
        self._lock_asked = now
        return self._signs.locked()

    def _look_for_activity(self, now: float) -> None:
        if now - self._activity_asked < min(_ASK_ACTIVITY_S, self._limits.idle_s / 10):
            return
        self._activity_asked = now
        active = now - self._signs.idle_s()
        if active > self._active:
            self._active = active
            self._told.discard(Ended.IDLE)

    def _warn(self, what: Ended, left_s: float, limit_s: float) -> None:
        if what in self._told or left_s > min(_WARN_S, limit_s / 4):
            return
        self._told.add(what)
        seconds = int(left_s)
        if what is Ended.IDLE:
            self._note(
                message("nothing was done for long: the session closes in {seconds} s", seconds=seconds)
            )
        else:
            self._note(message("the session's time is nearly up: it closes in {seconds} s", seconds=seconds))


def why(ended: Ended) -> Message:
    """Return what the officer is told when the program is asked to save and close."""
    return _REASONS[ended]


_REASONS: Final = {
    Ended.IDLE: message("nothing was done for too long: the program is asked to save and close"),
    Ended.TOTAL: message("the session's time is up: the program is asked to save and close"),
    Ended.LOCKED: message("the screen or the vault is locked: the program is asked to save and close"),
    Ended.INTERRUPTED: message("told to stop: the program is asked to save and close"),
}
