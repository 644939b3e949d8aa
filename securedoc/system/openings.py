"""Opens what is to be shredded, and has the words for what is not ours or cannot be."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from securedoc.core.text import Message, message
from securedoc.system import ioctls
from securedoc.system.holders import Holders
from securedoc.system.promises import not_promised
from securedoc.system.volumes import Volume

_OPEN: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class LeftAloneError(Exception):
    """Something that is not ours to shred."""

    def __init__(self, why: Message) -> None:
        super().__init__(why)
        self.why = why


class NotDoneError(Exception):
    """Something that could not be shredded, in words of ours."""

    def __init__(self, why: Message) -> None:
        super().__init__(why)
        self.why = why


@contextmanager
def opened(directory: Path | str, parent: int | None = None) -> Iterator[int]:
    """Open a directory; below another one, its name must not be a link."""
    # Only what we were given may be reached through a link (its parent); below, nothing may.
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (os.O_NOFOLLOW if parent is not None else 0)
    descriptor = os.open(directory, flags, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def open_writable(parent: int, name: str) -> tuple[int, int | None]:
    """Open a file, made writable where it is not; and return the rights that were changed for that."""
    try:
        return os.open(name, os.O_RDWR | _OPEN, dir_fd=parent), None
    except PermissionError:
        if _marks(parent, name) & (ioctls.IMMUTABLE | ioctls.APPEND_ONLY):
            raise NotDoneError(
                message("it is marked immutable or append-only; take the mark away with: chattr -ia FILE")
            ) from None
    place = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        mode = os.fstat(place).st_mode
        # Through the descriptor: chmod by name would follow a link put in its place.
        os.chmod(f"/proc/self/fd/{place}", stat.S_IRUSR | stat.S_IWUSR)  # noqa: PTH101
    finally:
        os.close(place)
    return os.open(name, os.O_RDWR | _OPEN, dir_fd=parent), stat.S_IMODE(mode)


def _marks(parent: int, name: str) -> int:
    with suppress(OSError):  # we may not even read it, or the file system has no marks
        descriptor = os.open(name, os.O_RDONLY | _OPEN, dir_fd=parent)
        try:
            return ioctls.file_flags(descriptor)
        finally:
            os.close(descriptor)
    return 0


def not_ours(mode: int) -> Message:
    """Say why something of this kind is left alone."""
    if stat.S_ISLNK(mode):
        return message("this is a link: what it leads to must be named itself")
    if stat.S_ISDIR(mode):
        return message("this is a directory, and --recursive was not given")
    return message("this is not an ordinary file")


def in_use(found: Holders) -> Message:
    """Say who has a file open."""
    if found.processes:
        return message("process {process} has it open", process=", ".join(map(str, found.processes)))
    return message("another program, or the system itself, has it open")


def reason(error: OSError) -> Message:
    """Say what the system refused."""
    if error.errno == errno.EROFS:
        return message("the file system can only be read")
    return message("the system says: {why}", why=error.strerror or "")


def promises(descriptor: int, volume: Volume) -> tuple[Message, ...]:
    """Return what cannot be promised for an opened file."""
    flags = 0
    with suppress(OSError):  # not every file system has marks
        flags = ioctls.file_flags(descriptor)
    return not_promised(volume, flags)
