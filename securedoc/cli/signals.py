"""Knows how SIGTERM ends a run."""

import signal
from types import FrameType


class Terminated(BaseException):
    """SIGTERM came. Not an Exception: it must reach the end through every `except Exception`."""


def raise_on_sigterm() -> None:
    """Let SIGTERM unwind the program, so that what was begun is undone."""
    signal.signal(signal.SIGTERM, _stop)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Terminated
