"""Who else has a file open: asked of the kernel without a race where it can say, else read from /proc."""

import errno
import fcntl
import os
import signal
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
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


def hold(descriptor: int) -> Holders:
    """Take a file, opened for writing, for ourselves until it is closed, and say who has it open already.

    The kernel lends a file for writing (fcntl(2), "Leases") only when nobody else has it open or mapped, and
    makes whoever opens it afterwards wait until we close it: there is no moment in between.
    """
    try:
        # The signal that somebody waits: one that is ignored unless asked for; the usual one would end us.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except OSError as error:
        found, blind = _in_proc(os.fstat(descriptor))
        if error.errno == errno.EAGAIN:
            return Holders(found, unnamed=not found)
        return Holders(found, unknown=blind and not found)
    return Holders()


def look(status: os.stat_result) -> Holders:
    """Say who has a file open as far as /proc tells, and take nothing."""
    found, blind = _in_proc(status)
    return Holders(found, unknown=blind and not found)


def _in_proc(status: os.stat_result) -> tuple[tuple[int, ...], bool]:
    """Return the processes, and whether there are some that we may not look into."""
    wanted = status.st_dev, status.st_ino
    found, blind = set(), False
    for process in _PROC.iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            # Each is read to its end: a generator left half way would keep what it has open.
            if wanted in {*_opened_by(process)} or wanted in {*_mapped_by(process)}:
                found.add(int(process.name))
        except PermissionError:
            blind = True
        except OSError:  # it ended while we looked
            continue
    return tuple(sorted(found)), blind


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
