"""Who else has a file open: asked of the kernel without a race where it can say, else read from /proc."""

import errno
import fcntl
import math
import os
import signal
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_FRESH_S: Final = 1.0
_MAPPING_FIELDS: Final = 5  # address, rights, offset, device, inode


@dataclass(frozen=True, slots=True)
class Holders:
    """Who has a file open beside us."""

    processes: tuple[int, ...] = ()
    unnamed: bool = False
    """Somebody whom we may not see: another user's process, or the kernel (a loop device, swap)."""
    unknown: bool = False
    """The kernel cannot say for this file, and we may not look into every process."""

    def __bool__(self) -> bool:
        return bool(self.processes) or self.unnamed


class Onlookers:
    """What /proc says of who has which file open; looked up anew when that is older than a second.

    Reading all of /proc for each of a thousand files would take longer than shredding them.
    """

    def __init__(self) -> None:
        self._users: dict[tuple[int, int], set[int]] = {}
        self._blind = False
        self._at = -math.inf

    def of(self, status: os.stat_result) -> Holders:
        """Say who has a file open as far as /proc tells, and take nothing."""
        if time.monotonic() - self._at > _FRESH_S:
            self._look()
        found = tuple(sorted(self._users.get((status.st_dev, status.st_ino), ())))
        return Holders(found, unknown=self._blind and not found)

    def forget(self) -> None:
        """Look anew when asked next."""
        self._at = -math.inf

    def _look(self) -> None:
        self._users, self._blind, self._at = {}, False, time.monotonic()
        for process in _PROC.iterdir():
            if not process.name.isdigit() or int(process.name) == os.getpid():
                continue
            try:
                for file in (*_opened_by(process), *_mapped_by(process)):
                    self._users.setdefault(file, set()).add(int(process.name))
            except PermissionError:
                self._blind = True
            except OSError:  # it ended while we looked
                continue


def hold(descriptor: int, onlookers: Onlookers) -> Holders:
    """Take a file, opened for writing, for ourselves until it is closed, and say who has it open already.

    The kernel lends a file for writing (fcntl(2), "Leases") only when nobody else has it open or mapped, and
    makes whoever opens it afterwards wait until we close it: there is no moment in between.
    """
    try:
        # The signal that somebody waits: one that is ignored unless asked for; the usual one would end us.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except OSError as error:
        if error.errno != errno.EAGAIN:
            return onlookers.of(os.fstat(descriptor))
        onlookers.forget()  # somebody has it now: an older look may not know whom to name
        found = onlookers.of(os.fstat(descriptor))
        return replace(found, unnamed=not found.processes, unknown=False)
    return Holders()


def _opened_by(process: Path) -> Iterator[tuple[int, int]]:
    with os.scandir(process / "fd") as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                status = entry.stat()
                if stat.S_ISREG(status.st_mode):
                    yield status.st_dev, status.st_ino


def _mapped_by(process: Path) -> Iterator[tuple[int, int]]:
    with (process / "maps").open("rb") as lines:
        for line in lines:
            words = line.split(None, _MAPPING_FIELDS)
            major, _, minor = words[3].partition(b":")
            if words[4] != b"0":
                yield os.makedev(int(major, 16), int(minor, 16)), int(words[4])
