"""Empties the clipboard of a screen, where the screen lets us, and says when it does not."""

import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

from securedoc.system import process, x11

_X11_S: Final = 5.0
_WAYLAND_S: Final = 5.0
X_COMMAND: Final = (sys.executable, "-I", "-m", "securedoc.system.x11")


class Cleared(StrEnum):
    """What became of the clipboard."""

    NO_SCREEN = "no-screen"
    """There is none that the program could have copied to."""
    CLEARED = "cleared"
    TAKEN_UP = "taken-up"
    """A program that keeps what others copy holds it."""
    FAILED = "failed"
    """The screen does not let us, or does not answer."""


def clear(display: Mapping[str, str]) -> Cleared:
    """Empty every selection of the screen that `display` names; never waits longer than seconds."""
    done = [_clear_x11(display)] if "DISPLAY" in display else []
    if "WAYLAND_DISPLAY" in display:
        done.append(_clear_wayland(display))
    if not done:
        return Cleared.NO_SCREEN
    return next((one for one in (Cleared.FAILED, Cleared.TAKEN_UP) if one in done), Cleared.CLEARED)


def _clear_x11(display: Mapping[str, str]) -> Cleared:
    code = _ended([*X_COMMAND, "clear"], display, _X11_S)
    known = {x11.CLEARED: Cleared.CLEARED, x11.HELD_AGAIN: Cleared.TAKEN_UP}
    return known.get(code, Cleared.FAILED)


def _clear_wayland(display: Mapping[str, str]) -> Cleared:
    program = process.find("wl-copy")
    if program is None:
        return Cleared.FAILED
    codes = [
        _ended([str(program), *words], display, _WAYLAND_S)
        for words in (["--clear"], ["--primary", "--clear"])
    ]
    return Cleared.CLEARED if codes[0] == 0 else Cleared.FAILED  # not every screen has a primary selection


def _ended(argv: list[str], display: Mapping[str, str], timeout_s: float) -> int:
    try:
        return process.run(argv, cwd=Path("/"), timeout_s=timeout_s, env=display).code
    except OSError:  # TimeoutError too: a server that does not answer
        return -1
