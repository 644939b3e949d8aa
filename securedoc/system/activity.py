"""Tells how long nobody has done anything: at the screen, in the terminal, or in the program itself."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from securedoc.system import family, process
from securedoc.system.clipboard import X_COMMAND

_ASK_S: Final = 2.0
_BUSY: Final = 0.05  # of one processor: a cursor that blinks takes less, somebody who types takes more


class Activity:
    """How long a program that a person works in has been left alone."""

    def __init__(self, display: Mapping[str, str], terminal: Path | None, pid: int) -> None:
        self._display = dict(display)
        self._terminal = terminal
        self._pid = pid
        self._sample = (time.monotonic(), self._spent())
        self._busy_at = self._sample[0]

    def idle_s(self) -> float:
        """Return for how long nobody did anything, by the best sign that there is here."""
        seen = [seconds for seconds in (self._screen(), self._typed()) if seconds is not None]
        return min(seen) if seen else self._computing()

    def _screen(self) -> float | None:
        """Ask the X server when a key or the mouse was last touched."""
        if "DISPLAY" not in self._display:
            return None
        try:
            done = process.run([*X_COMMAND, "idle"], cwd=Path("/"), timeout_s=_ASK_S, env=self._display)
            return int(done.output) / 1000 if done.code == 0 else None
        except (OSError, ValueError):
            return None

    def _typed(self) -> float | None:
        """Ask the kernel when the terminal was last read from, which is when somebody typed."""
        if self._terminal is None:
            return None
        try:
            return max(0.0, time.time() - self._terminal.stat().st_atime)
        except OSError:
            return None

    def _computing(self) -> float:
        """Take a program that computes for one that is worked in: a total limit ends what runs wild."""
        now, spent = time.monotonic(), self._spent()
        before, spent_before = self._sample
        if spent - spent_before > _BUSY * (now - before):
            self._busy_at = now
        self._sample = (now, spent)
        return now - self._busy_at

    def _spent(self) -> float:
        return sum(member.cpu_s for member in family.members(self._pid))


def terminal_path() -> Path | None:
    """Return the terminal that this process has, to be asked when somebody typed."""
    for descriptor in (0, 1, 2):
        try:
            return Path(os.ttyname(descriptor))
        except OSError:
            continue
    return None
