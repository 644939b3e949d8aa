"""Knows how a signal from outside ends a run."""

import signal
from types import FrameType


class Terminated(BaseException):
    """SIGTERM or SIGHUP came. Not an Exception: it must reach the end through every `except Exception`."""

    def __init__(self, number: int = signal.SIGTERM) -> None:
        super().__init__(number)
        self.number = number


def raise_on_signals() -> None:
    """Let SIGTERM, and a terminal that was closed, unwind the program, so that what was begun is undone."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)


def _stop(number: int, _frame: FrameType | None) -> None:
    raise Terminated(number)
