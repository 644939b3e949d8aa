"""Reaches files below a directory without ever following a link on the way."""

import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, Self

_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_WILD: Final = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Identity:
    """Which file it was that was looked at: another one under its name is not cleaned in its place."""

    device: int
    inode: int
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Identity":
        """Return the identity of the file with this status."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def matches(base: Path, pattern: str, *, folders: bool = False) -> Iterator[Path]:
    """Yield the regular files (or `folders`) below `base` that the pattern names; links lead nowhere."""
    top = os.fspath(base)
    yield from _below("" if top == "/" else top, pattern.split("/"), folders=folders)


def _below(directory: str, parts: list[str], *, folders: bool) -> Iterator[Path]:
    part, rest = parts[0], parts[1:]
    wanted = stat.S_ISDIR if rest or folders else stat.S_ISREG
    for name in _names(directory, part):
        path = f"{directory}/{name}"
        try:
            mode = os.lstat(path).st_mode
        except OSError:
            continue
        if wanted(mode):
            yield from _below(path, rest, folders=folders) if rest else iter((Path(path),))


def _names(directory: str, part: str) -> list[str]:
    if not _WILD & set(part):
        return [part]
    try:
        names = os.listdir(directory or "/")  # noqa: PTH208
    except OSError:
        return []
    hidden = part.startswith(".")
    return sorted(name for name in names if fnmatchcase(name, part) and (hidden or not name.startswith(".")))


@contextmanager
def opened(path: Path) -> Iterator[io.FileIO]:
    """Open a regular file for reading; a link, pipe or device in its place is refused.

    Raises:
        OSError: it is none, or cannot be read.
    """
    with Held(os.fspath(path)) as held, io.FileIO(held.descriptor, "rb", closefd=False) as stream:
        yield stream


class Held:
    """A regular file held open for reading: no more than a descriptor, as a scan opens every file."""

    __slots__ = ("descriptor",)

    def __init__(self, path: str) -> None:
        """Open it; a link, pipe or device in its place is refused.

        Raises:
            OSError: it is none, or cannot be read.
        """
        self.descriptor = os.open(path, _FILE)
        if not stat.S_ISREG(os.fstat(self.descriptor).st_mode):
            os.close(self.descriptor)
            raise OSError(errno.EINVAL, "not a regular file", path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        os.close(self.descriptor)

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end."""
        return os.read(self.descriptor, size)


@contextmanager
def parent_of(path: Path, base: Path) -> Iterator[Path]:
    """Hold the directory that a file below `base` lies in, and return a path to it that cannot be led astray.

    Each directory on the way is opened without following a link, and stays held: whoever exchanges one
    for a link afterwards changes nothing.

    Raises:
        OSError: a directory on the way is a link, or is not there.
    """
    descriptor = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in path.parent.relative_to(base).parts:
            inner = os.open(part, _DIRECTORY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
