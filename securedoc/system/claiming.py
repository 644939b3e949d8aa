"""Holds a directory that is being built, so that two builders do not remove each other's half."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from securedoc.system import files


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Hold a new, empty directory at `path` until it is left or renamed; one of a dead process is replaced.

    Raises:
        BlockingIOError: a living process holds it.
    """
    files.make_dirs(path.parent)
    descriptor = _claim(path)
    if descriptor is None:  # one was there that nobody held: it is gone now
        descriptor = _claim(path)
    if descriptor is None:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN), str(path))
    try:
        yield
    finally:
        os.close(descriptor)


def _claim(path: Path) -> int | None:
    """Return a descriptor that holds the directory just made; None where something was there, or is gone.

    The lock is on the directory itself: nothing is left beside it, and it ends with its process.
    """
    made = _made(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:  # whoever held it has just renamed or removed it
        return None
    except NotADirectoryError:  # a file, or a link: what it leads to is not ours
        files.remove(path)
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Between the two somebody may have taken ours for a dead one's, and removed it.
        still = _is_still(path, descriptor)
        if still and made:
            return os.dup(descriptor)
        if still:
            files.remove_tree(path)
        return None
    finally:
        os.close(descriptor)


def _made(path: Path) -> bool:
    try:
        path.mkdir(0o700)
    except FileExistsError:
        return False
    return True


def _is_still(path: Path, descriptor: int) -> bool:
    """Tell whether a name still means the directory that was opened."""
    try:
        return os.path.samestat(os.lstat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
