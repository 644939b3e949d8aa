"""The door to watchdog: which files of a directory were written and are quiet again. A hint, not the truth.

The kernel drops events when its queue overflows, in silence: whoever must know scans the directory.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

# What the library remarks (a watch that ended before its first event) is nothing a person can act on,
# and standard error is for our own words.
logging.getLogger("watchdog").addHandler(logging.NullHandler())
logging.getLogger("watchdog").propagate = False

_WRITING: Final = frozenset({"created", "modified", "moved", "closed"})


class Watch(FileSystemEventHandler):
    """Remembers when each file was last written."""

    def __init__(self) -> None:
        self._last: dict[Path, float] = {}
        self._changed = threading.Condition()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Note a write; reading, and directories, are not of interest."""
        if event.is_directory or event.event_type not in _WRITING:
            return
        path = Path(str(event.dest_path or event.src_path))
        with self._changed:
            self._last[path] = time.monotonic()
            self._changed.notify()

    def settled(self, timeout_s: float, quiet_s: float = 0.2) -> frozenset[Path]:
        """Wait for files that were written and then left alone for `quiet_s`; empty when time is up."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while True:
                now = time.monotonic()
                quiet = frozenset(path for path, last in self._last.items() if now - last >= quiet_s)
                if quiet or now >= deadline:
                    for path in quiet:
                        del self._last[path]
                    return quiet
                next_look = min((last + quiet_s for last in self._last.values()), default=deadline)
                self._changed.wait(max(0.001, min(next_look, deadline) - now))


@contextmanager
def watching(directory: Path) -> Iterator[Watch]:
    """Watch a directory and those below it.

    Raises:
        OSError: the kernel gives no more watches.
    """
    watch = Watch()
    observer = Observer()
    observer.schedule(watch, str(directory), recursive=True)
    observer.start()
    try:
        yield watch
    finally:
        observer.stop()
        observer.join()
