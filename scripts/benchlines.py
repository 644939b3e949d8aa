"""Says measured numbers: each on one line, beside what it must hold."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[1]
MS: Final = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One measured number beside what it must hold."""

    what: str
    value: str
    hold: str = "-"
    verdict: str = "    "


def held(what: str, value: str, hold: str, *, holds: bool) -> Line:
    """Return the line of a number that must hold."""
    return Line(what, value, hold, "ok  " if holds else "FAIL")


def aimed(what: str, value: str, hold: str, *, holds: bool) -> Line:
    """Return the line of a number that is aimed at, and does not fail the run yet."""
    return Line(what, value, hold, "ok  " if holds else "aim ")


def seconds(act: Callable[[], object]) -> float:
    """Return how long `act` takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def process(*argv: str) -> float:
    """Return how long a process takes."""
    return seconds(lambda: subprocess.run(argv, cwd=REPOSITORY, stdout=subprocess.DEVNULL, check=True))
