"""Shredding: overwrite in place, release, rename, remove; and say what that cannot reach on this medium.

One pass of random bytes: on a turning disk a second adds nothing (Wright 2008), on flash no number
of passes reaches the copies that the controller keeps (FAST'11).
"""

import errno
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from securedoc.core.protocols import NoProgress, Progress, Randomness
from securedoc.core.text import Message, message
from securedoc.errors import ScratchIncomplete, ScratchRefused
from securedoc.system import kernel, terminal, volumes
from securedoc.system.promises import not_promised

MIB: Final = 1024 * 1024
_OPEN: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_POOL_BYTES: Final = 4 * MIB
_NEUTRAL_LETTERS: Final = 24
_DEEPEST: Final = 200  # no office nests folders so; each level holds a descriptor


class Step(StrEnum):
    """What was done to a file, in order."""

    OVERWRITTEN = "overwritten"
    """Once, in place, with random bytes, and synced."""
    RELEASED = "released"
    """Its blocks were given back, so that a device that knows discard may forget them."""
    RENAMED = "renamed"
    TRUNCATED = "truncated"
    REMOVED = "removed"
    """And its directory synced."""


@dataclass(frozen=True, slots=True)
class ShredFile:
    """What was done with one file, and what could not be promised."""

    path: Path
    bytes: int
    done: tuple[Step, ...]
    not_promised: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Residue:
    """Something that is still there."""

    path: Path
    why: Message
    refused: bool
    """It was left alone on purpose: a link, a device, another file system."""


@dataclass(frozen=True, slots=True)
class ShredReport:
    """What became of everything that was to be shredded."""

    files: tuple[ShredFile, ...] = ()
    residue: tuple[Residue, ...] = ()

    def __add__(self, other: "ShredReport") -> "ShredReport":
        return ShredReport(self.files + other.files, self.residue + other.residue)

    def check(self) -> None:
        """Raise when anything is left.

        Raises:
            ScratchIncomplete: content may remain.
            ScratchRefused: what remains was not ours to shred.
        """
        left = [residue for residue in self.residue if not residue.refused]
        if left:
            raise ScratchIncomplete(
                "{count} files or directories could not be shredded, the first is {name}",
                count=len(left),
                name=terminal.visible(left[0].path.name),
                hint="what is there can still be read: remove the cause, then shred again",
            )
        if self.residue:
            raise ScratchRefused(
                "{name} was left alone: links, devices, other file systems are not shredded",
                name=terminal.visible(self.residue[0].path.name),
                hint="name the file itself; give --recursive for a directory",
            )


def shred(
    paths: Sequence[Path],
    *,
    recursive: bool = False,
    passes: int = 1,
    progress: Progress | None = None,
    randomness: Randomness = secrets.token_bytes,
) -> ShredReport:
    """Shred files, and directories when `recursive`; a failure with one does not keep the rest.

    Nothing is followed: a link inside a directory is removed as the name it is, a link that is
    named itself is refused. What is not there is not reported.
    """
    work = _Work(recursive, passes, progress or NoProgress(), randomness)
    for path in paths:
        with suppress(FileNotFoundError), _opened(path.parent) as parent:
            work.visit(parent, path.name, path, None)
    return ShredReport(tuple(work.files), tuple(work.residue))


class _Work:
    """One run: everything goes through directory descriptors, so that no swapped directory leads astray."""

    def __init__(self, recursive: bool, passes: int, progress: Progress, randomness: Randomness) -> None:  # noqa: FBT001
        self.files: list[ShredFile] = []
        self.residue: list[Residue] = []
        self._recursive = recursive
        self._passes = passes
        self._progress = progress
        self._randomness = randomness
        self._users = _open_files()

    def visit(self, parent: int, name: str, path: Path, device: int | None, depth: int = 0) -> None:
        """Shred `name` in the directory `parent`; `device` is that of the tree it must belong to."""
        try:
            status = os.stat(name, dir_fd=parent, follow_symlinks=False)
            mode = status.st_mode
            if device is not None and status.st_dev != device:
                self._leave(path, message("another file system is mounted here"), refused=True)
            elif stat.S_ISREG(mode):
                self._shred_file(parent, name, path)
            elif stat.S_ISDIR(mode) and (self._recursive or device is not None):
                self._shred_directory(parent, name, path, depth)
            elif device is not None and not (stat.S_ISBLK(mode) or stat.S_ISCHR(mode) or stat.S_ISDIR(mode)):
                self._remove_name(parent, name)  # a link, pipe or socket holds no content of its own
            else:
                self._leave(path, message("this is not an ordinary file"), refused=True)
        except FileNotFoundError:
            return
        except OSError as error:
            self._leave(path, message("the system says: {why}", why=error.strerror or ""))

    def _leave(self, path: Path, why: Message, *, refused: bool = False) -> None:
        self.residue.append(Residue(path, why, refused))

    def _shred_directory(self, parent: int, name: str, path: Path, depth: int) -> None:
        if depth > _DEEPEST:
            self._leave(path, message("directories are nested too deep here"))
            return
        before = len(self.residue)
        with _opened(name, parent) as directory:
            device = os.fstat(directory).st_dev
            for child in sorted(os.listdir(directory)):  # noqa: PTH208 - by descriptor
                self.visit(directory, child, path / child, device, depth + 1)
        if len(self.residue) == before:
            neutral = self._rename(parent, name)
            os.rmdir(neutral, dir_fd=parent)
            os.fsync(parent)

    def _shred_file(self, parent: int, name: str, path: Path) -> None:
        volume = volumes.volume(path)
        descriptor = _open_writable(parent, name)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "it changed while it was looked at")
            for _ in range(self._passes):
                self._overwrite(descriptor, status.st_size)
            done = [Step.OVERWRITTEN]
            with suppress(OSError):  # not every file system can
                if status.st_size:
                    kernel.punch_hole(descriptor, status.st_size)
                    done.append(Step.RELEASED)
            neutral = self._rename(parent, name)
            os.ftruncate(descriptor, 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._unlink(parent, neutral)
        done += [Step.RENAMED, Step.TRUNCATED, Step.REMOVED]
        limits = [*not_promised(volume), *self._other_ways_in(status)]
        self.files.append(ShredFile(path, status.st_size, tuple(done), tuple(limits)))

    def _overwrite(self, descriptor: int, size: int) -> None:
        # In place: a file opened with truncation would get other blocks and keep its old ones readable.
        at = 0
        pool = memoryview(self._randomness(min(_POOL_BYTES, size)))
        while at < size:
            length = min(MIB, size - at)
            # Fresh random bytes for every block would take as long as writing them. A window at a random
            # place of the pool is as good here: nothing is hidden in these bytes, they only cover.
            start = int.from_bytes(self._randomness(8)) % (len(pool) - length + 1)
            at += os.pwrite(descriptor, pool[start : start + length], at)
        os.fsync(descriptor)
        self._progress.advance(size)

    def _rename(self, parent: int, name: str) -> str:
        # At least as long as the old name, so that a directory that reuses the place covers all of it;
        # never so short that it could be the name of a neighbour, which the rename would replace.
        length = max(_NEUTRAL_LETTERS, len(os.fsencode(name)))
        neutral = secrets.token_hex(length)[:length]
        os.rename(name, neutral, src_dir_fd=parent, dst_dir_fd=parent)
        os.fsync(parent)
        return neutral

    def _remove_name(self, parent: int, name: str) -> None:
        self._unlink(parent, self._rename(parent, name))

    def _unlink(self, parent: int, name: str) -> None:
        os.unlink(name, dir_fd=parent)
        os.fsync(parent)

    def _other_ways_in(self, status: os.stat_result) -> Iterator[Message]:
        if status.st_nlink > 1:
            yield message("{count} other names of this file remain, now empty", count=status.st_nlink - 1)
        for process in sorted(self._users.get((status.st_dev, status.st_ino), ())):
            yield message("process {process} had it open and may keep a copy", process=process)


@contextmanager
def _opened(directory: Path | str, parent: int | None = None) -> Iterator[int]:
    # Only what we were given may be reached through a link (its parent); below, nothing may.
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (os.O_NOFOLLOW if parent is not None else 0)
    descriptor = os.open(directory, flags, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open_writable(parent: int, name: str) -> int:
    try:
        return os.open(name, os.O_RDWR | _OPEN, dir_fd=parent)
    except PermissionError:
        os.chmod(name, stat.S_IRUSR | stat.S_IWUSR, dir_fd=parent)
        return os.open(name, os.O_RDWR | _OPEN, dir_fd=parent)


def _open_files() -> dict[tuple[int, int], set[int]]:
    """Return which of the processes that we may look into has which file open, ourselves left out."""
    users: dict[tuple[int, int], set[int]] = {}
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        with suppress(OSError):
            for entry in os.scandir(process / "fd"):
                with suppress(OSError):
                    status = entry.stat()
                    if stat.S_ISREG(status.st_mode):
                        users.setdefault((status.st_dev, status.st_ino), set()).add(int(process.name))
    return users
