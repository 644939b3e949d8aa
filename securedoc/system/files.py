"""Durable files: created exclusive and private, replaced whole, synced, then their directory synced.

With `shred`, the only module that renames, unlinks and syncs. Every durable step is called as an
attribute of `os`, so that the power-cut simulator of the tests can stop before each of them.
"""
# ruff: noqa: PTH102, PTH104, PTH105, PTH106, PTH108 - durable steps go through `os`, see above

import errno
import fcntl
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

MIB: Final = 1024 * 1024
CHUNK_BYTES: Final = MIB
AHEAD_BYTES: Final = 8 * MIB

_PREFIX: Final = ".~"
_SUFFIX: Final = ".new"
_HOLDER_BYTES: Final = 256  # what a lock file says of its holder: a name, a process, a time
_POLL_S: Final = 0.05
# Write-back is started this often, so that publishing a large file does not wait for all of it at once.
_WRITE_BACK_BYTES: Final = 4 * MIB
# File systems that cannot make nameless files (vfat, exFAT, some FUSE) say so in these ways.
_CANNOT: Final = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOSYS})
_DESCRIPTORS: Final = Path("/proc/self/fd")


class Staged:
    """A file being written that nobody sees until `publish`; nothing remains of it otherwise."""

    def __init__(self, directory: Path, mode: int) -> None:
        self._directory = directory
        self._name: Path | None = None
        self._fd = self._open_nameless(mode)
        self.size = 0
        self._flushed = 0

    def _open_nameless(self, mode: int) -> int:
        # A file without a name leaves nothing behind after a power cut; it gets its name through /proc.
        if _DESCRIPTORS.is_dir():
            try:
                return os.open(self._directory, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, mode)
            except OSError as error:
                if error.errno not in _CANNOT or not self._directory.is_dir():
                    raise
        self._name = temporary_name(self._directory)
        return os.open(self._name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)

    def fileno(self) -> int:
        """Return the descriptor that is being written."""
        return self._fd

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Append all of `data`."""
        left = memoryview(data)
        while left:
            left = left[os.write(self._fd, left) :]
        self.size += len(data)
        if self.size - self._flushed >= _WRITE_BACK_BYTES:
            os.posix_fadvise(self._fd, self._flushed, self.size - self._flushed, os.POSIX_FADV_DONTNEED)
            self._flushed = self.size
        return len(data)

    def publish(self, path: Path, *, over: bool = False) -> None:
        """Make the file durable under `path`, on the same file system; replace what is there only if `over`.

        Raises:
            FileExistsError: `path` exists and `over` was not asked for.
            OSError: nothing new is at `path`.
        """
        os.fsync(self._fd)
        if over:
            os.replace(self._give_name(), path)
        else:
            self._publish_new(path)
        self._name = None
        sync_dir(path.parent)

    def discard(self) -> None:
        """Close the file and remove what was not published."""
        os.close(self._fd)
        if self._name is not None:
            with suppress(FileNotFoundError):
                os.unlink(self._name)

    def _publish_new(self, path: Path) -> None:
        if self._name is None:
            self._link(path)
            return
        # FAT knows no hard links. The check guards against mistakes; callers hold the vault's lock.
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        os.rename(self._name, path)

    def _give_name(self) -> Path:
        if self._name is None:
            name = temporary_name(self._directory)
            self._link(name)
            self._name = name
        return self._name

    def _link(self, path: Path) -> None:
        # linkat() with AT_SYMLINK_FOLLOW is only reached when a directory descriptor is given.
        os.link(_DESCRIPTORS / str(self._fd), path, src_dir_fd=self._fd, follow_symlinks=True)


@contextmanager
def staged(directory: Path, *, mode: int = 0o600) -> Iterator[Staged]:
    """Write a file into `directory` that exists only once its `publish` was called."""
    file = Staged(directory, mode)
    try:
        yield file
    finally:
        file.discard()


def write_new(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Put `data` at `path`, which must not exist, whole or not at all, surviving power loss.

    Raises:
        FileExistsError: something is at `path` already; it is untouched.
        OSError: nothing is at `path`.
    """
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    with staged(path.parent, mode=mode) as file:
        file.write(data)
        file.publish(path)


def replace(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Put `data` at `path` whole or not at all, surviving power loss.

    Raises:
        OSError: the old contents, if any, are still in place.
    """
    with staged(path.parent, mode=mode) as file:
        file.write(data)
        file.publish(path, over=True)


def write_hint(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Write `data` over what is at `path`, in place and unsynced: only for what may be lost or torn.

    In place, because a new name would put the next fsync of any other file behind the journal:
    a hint must not slow down what it hints at.

    Raises:
        OSError: it could not be written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    try:
        os.pwrite(descriptor, data, 0)
        if os.fstat(descriptor).st_size != len(data):
            os.ftruncate(descriptor, len(data))
    finally:
        os.close(descriptor)


def read_bounded(path: Path, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes; a symbolic link is not followed.

    Raises:
        OSError: with ELOOP for a link, EINVAL for what is no regular file, EFBIG over the limit.
    """
    with open_bounded(path, limit) as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:  # it grew after it was measured
        raise _too_big(path)
    return data


@contextmanager
def open_bounded(path: Path, limit: int | None = None) -> Iterator[BinaryIO]:
    """Open a regular file of at most `limit` bytes for reading; a symbolic link is not followed.

    Raises:
        OSError: as `read_bounded`.
    """
    with opened(path) as (descriptor, size):
        if limit is not None and size > limit:
            raise _too_big(path)
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            yield stream


@contextmanager
def opened(path: Path) -> Iterator[tuple[int, int]]:
    """Open a regular file for reading and yield its descriptor and size; a symbolic link is not followed.

    Raises:
        OSError: as `read_bounded`.
    """
    # O_NONBLOCK: opening a FIFO that somebody put here must not hang; it is refused below.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        yield descriptor, status.st_size
    finally:
        os.close(descriptor)


def _too_big(path: Path) -> OSError:
    return OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))


def read_back(path: Path, chunk_bytes: int = CHUNK_BYTES) -> Iterator[bytes]:
    """Read a file from its medium, not from the page cache."""
    with open_bounded(path) as stream:
        drop_cache(stream.fileno())
        # The next pieces are fetched while this one is used: a medium that waits for its reader is slow.
        fetch(stream.fileno(), 0, AHEAD_BYTES)
        while chunk := stream.read(chunk_bytes):
            fetch(stream.fileno(), stream.tell(), AHEAD_BYTES)
            yield chunk


def fetch(descriptor: int, at: int, octets: int) -> None:
    """Have bytes of a file read from its medium, and go on meanwhile."""
    os.posix_fadvise(descriptor, at, octets, os.POSIX_FADV_WILLNEED)


def drop_cache(descriptor: int) -> None:
    """Write a file out and forget its cached pages, so that the next read comes from the medium."""
    try:
        os.fsync(descriptor)  # pages that are not on the medium yet cannot be dropped
    except OSError as error:
        # A file system that went read-only after an error says so even here. What it holds can be read,
        # and what was written before was synced by whoever wrote it, or is reported as failed.
        if error.errno != errno.EROFS:
            raise
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def rename_durable(source: Path, target: Path) -> None:
    """Move a file or directory within one file system; never onto something.

    Raises:
        FileExistsError: something is at `target`; both are untouched.
    """
    # rename() would replace an empty directory or a file. Callers hold a lock: this guards against mistakes.
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    os.rename(source, target)
    sync_dir(target.parent)
    if source.parent != target.parent:
        sync_dir(source.parent)


def remove(path: Path) -> None:
    """Remove a file durably; a missing one is fine. For ciphertext: plaintext is shredded."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    sync_dir(path.parent)


def remove_dir(path: Path) -> None:
    """Remove an empty directory durably; a missing one is fine."""
    try:
        os.rmdir(path)
    except FileNotFoundError:
        return
    sync_dir(path.parent)


def remove_tree(path: Path) -> None:
    """Remove a directory and all in it, following no link; a missing one is fine. For ciphertext only."""
    if path.is_symlink():  # somebody else put it there: what it leads to is not ours
        remove(path)
        return
    # Not os.walk: it calls itself for every level, and a stick can hold thousands within one another.
    folders = [os.fspath(path)] if path.exists() else []
    for folder in folders:
        with os.scandir(folder) as entries:
            listed = list(entries)
        for entry in listed:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            else:
                os.unlink(entry.path)
    for folder in reversed(folders[1:]):
        os.rmdir(folder)
    remove_dir(path)


def make_dirs(path: Path, *, mode: int = 0o700) -> None:
    """Make a directory and its missing parents, durably; an existing one is fine.

    Raises:
        FileExistsError: something that is no directory is in the way.
    """
    if path.is_dir():
        return
    make_dirs(path.parent, mode=mode)
    with suppress(FileExistsError):
        os.mkdir(path, mode)
    if not path.is_dir():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    sync_dir(path.parent)


def sync_dir(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some FUSE and network file systems have no such operation on directories, and say EINVAL.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def sync_tree(path: Path) -> None:
    """Make every file and directory below `path` durable, the deepest first."""
    for folder, _, files in os.walk(path, topdown=False):
        for name in files:
            with open_bounded(Path(folder, name)) as stream:
                os.fsync(stream.fileno())
        sync_dir(Path(folder))


def temporary_name(directory: Path) -> Path:
    """Return a fresh name in `directory` that `leftovers` recognises."""
    return directory / f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"


def leftovers(directory: Path) -> tuple[Path, ...]:
    """Return the unpublished files below `directory` that a crash left; no reader ever looks at them."""
    return tuple(
        sorted(
            Path(folder, name)
            for folder, _, names in os.walk(directory)
            for name in names
            if name.startswith(_PREFIX) and name.endswith(_SUFFIX)
        )
    )


@contextmanager
def locked(
    path: Path, *, wait_s: float = 0.0, holder: str = "", busy: Callable[[str], Exception] | None = None
) -> Iterator[None]:
    """Hold the advisory lock at `path`, which is made where missing; it stays, or its holder removes it.

    Raises:
        BlockingIOError: another process held it for `wait_s`; or what `busy` makes of the holder's words.
    """
    deadline = time.monotonic() + wait_s
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            try:
                _lock_until(descriptor, deadline)
            except BlockingIOError as error:
                if busy is None:
                    raise
                raise busy(os.pread(descriptor, _HOLDER_BYTES, 0).decode("utf-8", "replace")) from error
            # A holder that removed it left us a nameless file, and another to the next: both would hold it.
            if _names(path, descriptor):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, holder.encode()[:_HOLDER_BYTES], 0)
                yield
                return
        finally:
            os.close(descriptor)


def _names(path: Path, descriptor: int) -> bool:
    return os.path.lexists(path) and os.path.samestat(os.lstat(path), os.fstat(descriptor))


def _lock_until(descriptor: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_POLL_S)
        else:
            return
