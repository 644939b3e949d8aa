"""What Linux offers and Python's library does not: a few system calls through the C library.

Loaded at every start of the program: it imports little.
"""

import ctypes
import errno
import functools
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_PR_GET_DUMPABLE: Final = 3
_PR_SET_DUMPABLE: Final = 4
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_MS_NOSUID: Final = 2
_MS_NODEV: Final = 4
_MS_NOEXEC: Final = 8
_MNT_DETACH: Final = 2
_PUNCH_HOLE: Final = 0x02 | 0x01  # FALLOC_FL_PUNCH_HOLE, and its FALLOC_FL_KEEP_SIZE
_MCL_CURRENT_FUTURE_ONFAULT: Final = 1 | 2 | 4
_STA_UNSYNC: Final = 0x40
_TIME_ERROR: Final = 5


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, about: "Path | None" = None) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(about or ""))
    return result


def forbid_dumps() -> None:
    """Keep other processes of the same user, and core dumps, out of our memory."""
    _checked(_libc().prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0))


def dumpable() -> bool:
    """Tell whether the kernel would let a debugger of the same user, or a core dump, read our memory."""
    return bool(_checked(_libc().prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0)))


def leave_network(*, as_user: bool) -> None:
    """Move this process into a network namespace with nothing in it; `as_user` by way of a user namespace.

    Raises:
        OSError: the kernel does not allow it; nothing changed.
    """
    flags = _CLONE_NEWNET | (_CLONE_NEWUSER if as_user else 0)
    _checked(_libc().unshare(flags))


def mount_tmpfs(path: "Path", *, size_bytes: int, noswap: bool) -> None:
    """Mount a private RAM file system at `path`.

    Raises:
        OSError: EINVAL where the kernel does not know `noswap`, EPERM without the right to mount.
    """
    options = f"size={size_bytes},mode=0700" + (",noswap" if noswap else "")
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    _checked(_libc().mount(b"securedoc", os.fsencode(path), b"tmpfs", flags, options.encode()), path)


def unmount(path: "Path") -> None:
    """Unmount the file system at `path`, also one that a dying process still holds.

    Raises:
        OSError: EINVAL when nothing is mounted there.
    """
    if _libc().umount2(os.fsencode(path), 0) < 0:
        if ctypes.get_errno() != errno.EBUSY:
            _checked(-1, path)
        _checked(_libc().umount2(os.fsencode(path), _MNT_DETACH), path)


def unmount_idle(path: "Path") -> None:
    """Unmount the file system at `path`, but not one that anybody still uses.

    Raises:
        OSError: EBUSY for that, EINVAL when nothing is mounted there.
    """
    _checked(_libc().umount2(os.fsencode(path), 0), path)


def punch_hole(descriptor: int, size_bytes: int) -> None:
    """Give a file's blocks back, so that a device that knows discard forgets them.

    Raises:
        OSError: EOPNOTSUPP where the file system cannot.
    """
    length = ctypes.c_long(size_bytes)
    _checked(_libc().fallocate(descriptor, _PUNCH_HOLE, ctypes.c_long(0), length))


def lock_memory() -> None:
    """Keep our memory, present and future, out of swap: each page from when it is first used.

    Raises:
        OSError: the limit on locked memory is too low.
    """
    _checked(_libc().mlockall(_MCL_CURRENT_FUTURE_ONFAULT))


def sync_filesystem(descriptor: int) -> None:
    """Write everything of the file system that an open file is on out to its medium.

    Raises:
        OSError: some of it could not be written (Linux 5.8 and later tell).
    """
    _checked(_libc().syncfs(descriptor))


def clock_is_synchronised() -> bool:
    """Tell whether something keeps the kernel's clock in step with a time source.

    Raises:
        OSError: the kernel does not say.
    """
    timex = ctypes.create_string_buffer(256)  # struct timex is 208 bytes; `modes` 0 only reads
    state = _checked(_libc().adjtimex(timex))
    # modes, offset, freq, maxerror, esterror come before status; the first is an int, padded.
    status = ctypes.c_int.from_buffer(timex, 5 * ctypes.sizeof(ctypes.c_long)).value
    return state != _TIME_ERROR and not status & _STA_UNSYNC
