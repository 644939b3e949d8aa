"""The door to watchdog: tells when a save has just ended in a directory. A hint, never the truth.

The kernel drops events when its queue overflows: whoever must know scans the directory.
"""

import logging
import os
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

from watchdog.observers.inotify_c import (
    CallbackId,
    InotifyConstants,
    InotifyEvent,
    InotifyFD,
    Mask,
    WatchDescriptor,
)

# What the library remarks (a queue that overflowed) is nothing a person can act on, and standard error
# is for our own words.
logging.getLogger("watchdog").addHandler(logging.NullHandler())
logging.getLogger("watchdog").propagate = False

# The end of a save: a file that was written and closed, or one renamed into the directory.
_ENDS: Final = Mask(InotifyConstants.IN_CLOSE_WRITE | InotifyConstants.IN_MOVED_TO)
_SAVES: Final = CallbackId(0)
# However many events come, nobody looks more often than this: a flood costs no more than a save.
_PAUSE_S: Final = 0.05
_END_S: Final = 1.0


class Waitable(Protocol):
    """Something else to be woken up by: a program that ends."""

    def fileno(self) -> int:
        """Return a descriptor that becomes readable."""


class Watch:
    """Wakes whoever waits when a save ended. Events are counted, not kept: a flood takes no memory."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def wait(self, timeout_s: float, *others: Waitable) -> bool:
        """Wait for the end of a save, or for one of `others`; tell whether either came in time."""
        waited = [other.fileno() for other in others]
        ready = select.select([self._descriptor, *waited], [], [], timeout_s)[0]
        if self._descriptor in ready:
            # A save is several events: let them come, and take them all at once.
            select.select(waited, [], [], _PAUSE_S)
            with suppress(BlockingIOError):
                os.eventfd_read(self._descriptor)
        return bool(ready)


class _Waker:
    """Called by the library's own thread, event by event."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        # The library calls once more while it closes: by then the number may be another file's.
        self._lock = threading.Lock()
        self._open = True

    def on_event(self, event: InotifyEvent) -> None:
        """Note the end of a save."""
        del event
        self._wake()

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        """Note that the directory is gone."""
        del wd
        self._wake()

    def on_queue_overflow(self) -> None:
        """Note that events were lost: all the more reason to look."""
        self._wake()

    def close(self) -> None:
        """Close the descriptor, whatever the library still says."""
        with self._lock:
            self._open = False
            os.close(self._descriptor)

    def _wake(self) -> None:
        with self._lock, suppress(BlockingIOError):
            if self._open:
                os.eventfd_write(self._descriptor, 1)


@contextmanager
def watching(directory: Path) -> Iterator[Watch]:
    """Watch a directory; where the kernel gives no watch, waiting is all there is.

    The library's observers hold events back for half a second, to pair renames, and queue them without
    bound; what reads the kernel's queue beneath them does neither.
    """
    descriptor = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
    waker = _Waker(descriptor)
    reader = None
    try:
        with suppress(OSError):
            reader = InotifyFD()
            reader.start()
            reader.add_callback(os.fsencode(directory), _ENDS, waker, _SAVES)
        yield Watch(descriptor)
    finally:
        if reader is not None:
            reader.stop()
            reader.join(_END_S)
        waker.close()
