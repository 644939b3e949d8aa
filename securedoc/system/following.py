"""Reads a file back from its medium while it is still being written, never far behind its writer."""

import errno
import os
import threading
from collections.abc import Callable
from typing import Final

from securedoc.system import files

BATCH_BYTES: Final = 8 * files.MIB
"""Made durable and read back at once: less would cost a flush of the medium for few bytes."""
AHEAD_BYTES: Final = 32 * files.MIB
"""So far the writer is ahead of what is durable: the medium has work, and little is left at the end."""
BLOCK_BYTES: Final = files.MIB

Feed = Callable[[memoryview], object]
"""Takes the next bytes that the medium gave."""


class Cancelled(Exception):
    """The writer gave up."""


class Follower:
    """A thread that reads one file back from its medium and feeds what it got to somebody.

    The writer must write whole blocks of `BLOCK_BYTES`, but for the last piece: a page that holds both
    what is durable and what is not yet would be read from memory.
    """

    def __init__(self, descriptor: int, feed: Feed) -> None:
        self._descriptor = descriptor
        self._feed = feed
        self._changed = threading.Condition()
        self._written = 0
        self._durable = 0
        self._ended = False
        self._cancelled = False
        self._error: BaseException | None = None
        # A daemon: a medium that hangs in its driver must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name="read-back", daemon=True)
        self._thread.start()

    def wrote(self, octets: int) -> None:
        """Count bytes as written; wait while too many of them are not on the medium.

        Raises:
            BaseException: whatever the reading back ended with.
        """
        with self._changed:
            self._written += octets
            self._changed.notify_all()
            self._changed.wait_for(self._writer_may_go_on)
        self._raise()

    def end(self) -> None:
        """Say that everything is written; `join` waits until it was read back."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def join(self) -> None:
        """Wait until everything was read back.

        Raises:
            BaseException: whatever the reading back ended with.
        """
        self._thread.join()
        self._raise()

    def cancel(self) -> None:
        """Stop reading back, and wait until that is so."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()
        self._thread.join()

    def _writer_may_go_on(self) -> bool:
        return self._error is not None or self._written - self._durable <= AHEAD_BYTES

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._follow()
        except BaseException as error:  # noqa: BLE001 - raised where the writer waits
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _follow(self) -> None:
        block = memoryview(bytearray(BLOCK_BYTES))
        at = 0
        while (upto := self._next(at)) > at:
            files.drop_cache(self._descriptor)
            with self._changed:
                self._durable = upto
                self._changed.notify_all()
            while at < upto:
                files.fetch(self._descriptor, at, min(upto - at, BATCH_BYTES))
                got = os.preadv(self._descriptor, [block[: upto - at]], at)
                if not got:
                    raise OSError(errno.EIO, os.strerror(errno.EIO))
                self._feed(block[:got])
                at += got

    def _next(self, at: int) -> int:
        """Wait until there is a batch, or the end; return up to where is written."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._ended or self._cancelled or self._written - at >= BATCH_BYTES
            )
            if self._cancelled:
                raise Cancelled
            return self._written
