"""Draws how far long work has come, on stderr, when somebody looks at a terminal."""

import sys
import threading
import time
from typing import Final

from securedoc.cli.language import Translate
from securedoc.core.text import Message, message

BAR_CELLS: Final = 24
REDRAW_S: Final = 0.1  # ten times a second reads as smooth and costs nothing
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")
_THOUSAND: Final = 1000
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600


class TerminalProgress:
    """A Progress that redraws one line: bar, amount, rate, time left."""

    def __init__(self, translate: Translate) -> None:
        self._translate = translate
        self._what = ""
        self._unit = ""
        self._total = 0
        self._done = 0
        self._began = 0.0
        self._drawn = 0.0
        self._lock = threading.Lock()

    def foresee(self, total: int, rate: int | None) -> None:
        """Say how much there is to do, and how long it will take as far as that is known."""
        if rate:
            said = message(
                "{size} to do: about {time} at {rate}/s, as measured on this medium before",
                size=size(total),
                time=clock(round(total / rate)),
                rate=size(rate),
            )
        else:
            said = message(
                "{size} to do; how long it takes is not known: this medium was not measured before",
                size=size(total),
            )
        sys.stderr.write(f"{said.said(self._translate)}\n")
        sys.stderr.flush()

    def start(self, what: Message, total: int, unit: str = "bytes") -> None:
        """Begin a stage of `total` units."""
        self._what, self._total, self._unit, self._done = what.said(self._translate), total, unit, 0
        self._began = time.monotonic()
        self._draw()

    def advance(self, by: int) -> None:
        """Count `by` more units and redraw, not too often."""
        # Reading back counts from its own thread, while the writer counts small files from another.
        with self._lock:
            self._done += by
            if time.monotonic() - self._drawn >= REDRAW_S:
                self._draw()

    def finish(self) -> None:
        """Leave the finished line standing: what it was thought to come to does not matter any more."""
        self._total = self._done
        self._draw()
        sys.stderr.write("\n")

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        line = line_of(self._what, self._done, self._total, self._unit, self._drawn - self._began)
        left = remaining_s(self._done, self._total, self._drawn - self._began)
        if left is not None:
            line += "  " + message("{time} left", time=clock(left)).said(self._translate)
        sys.stderr.write(f"\r{line}\x1b[K")
        sys.stderr.flush()


def line_of(what: str, done: int, total: int, unit: str, elapsed_s: float) -> str:
    """Return the line without the time left: `copying [#####-----] 12.0 MB/24.0 MB 6.0 MB/s`."""
    share = min(done / total, 1.0) if total else 1.0
    full = round(share * BAR_CELLS)
    bar = "#" * full + "-" * (BAR_CELLS - full)
    if unit != "bytes":
        return f"{what} [{bar}] {done}/{total}"
    rate = f"  {size(round(done / elapsed_s))}/s" if elapsed_s > 0 and done else ""
    return f"{what} [{bar}] {size(done)}/{size(total)}{rate}"


def remaining_s(done: int, total: int, elapsed_s: float) -> int | None:
    """Guess the seconds left from the rate so far; None before anything is known and at the end."""
    if not 0 < done < total:
        return None
    return round(elapsed_s * (total - done) / done)


def size(size_bytes: int) -> str:
    """Spell a size in the decimal units that sticks are sold in."""
    amount = float(size_bytes)
    for unit in _UNITS:
        if amount < _THOUSAND or unit == _UNITS[-1]:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= _THOUSAND
    raise AssertionError("unreachable")


def clock(seconds: int) -> str:
    """Spell a span as `0:07` or `1:02:03`."""
    minutes, rest = divmod(seconds, _MINUTE_S)
    if seconds < _HOUR_S:
        return f"{minutes}:{rest:02d}"
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
