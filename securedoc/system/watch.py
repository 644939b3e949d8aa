"""Tells when a save has just ended in a directory. A hint that wakes us up, never the truth.

The kernel drops events when its queue overflows: whoever must know scans the directory.
"""

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

from securedoc.system import kernel

_EVENTS_BYTES: Final = 64 * 1024
_READS: Final = 64  # more than the kernel's queue holds by default; what a flood adds meanwhile can wait
# However many events come, nobody looks more often than this: a flood costs no more than a save.
_PAUSE_S: Final = 0.05


class Waitable(Protocol):
    """Something else to be woken up by: a program that ends."""

    def fileno(self) -> int:
        """Return a descriptor that becomes readable."""


class Watch:
    """Wakes whoever waits when a file was written and closed, or renamed into the directory.

    Nothing is remembered but the kernel's own queue, which is bounded: a flood of events takes no memory.
    """

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def wait(self, timeout_s: float, *others: Waitable) -> bool:
        """Wait for the end of a save, or for one of `others`; tell whether either came in time."""
        waited = [other.fileno() for other in others]
        mine = [] if self._descriptor is None else [self._descriptor]
        ready = select.select([*mine, *waited], [], [], timeout_s)[0]
        if self._descriptor is not None and self._descriptor in ready:
            # A save is several events: let them come, and take them all at once.
            select.select(waited, [], [], _PAUSE_S)
            self._drain(self._descriptor)
        return bool(ready)

    def _drain(self, descriptor: int) -> None:
        with suppress(BlockingIOError):
            for _ in range(_READS):
                os.read(descriptor, _EVENTS_BYTES)


@contextmanager
def watching(directory: Path) -> Iterator[Watch]:
    """Watch a directory; where the kernel gives no watch, waiting is all there is."""
    descriptor = None
    with suppress(OSError):
        descriptor = kernel.watch_directory(directory)
    try:
        yield Watch(descriptor)
    finally:
        if descriptor is not None:
            os.close(descriptor)
