"""The few requests to file systems and block devices that Python's library has no name for."""

import array
import fcntl
import os
import struct
from typing import Final

# linux/fs.h, _IOC-encoded as on x86 and ARM.
_GET_FLAGS: Final = 0x80086601  # FS_IOC_GETFLAGS; the kernel writes an int
_TRIM: Final = 0xC0185879  # FITRIM
_DISCARD: Final = 0x1277  # BLKDISCARD
_SIZE: Final = 0x80081272  # BLKGETSIZE64
_SEQUENCE: Final = 0x80081280  # BLKGETDISKSEQ, Linux 5.15
_EVERYTHING: Final = (1 << 64) - 1

IMMUTABLE: Final = 0x10
APPEND_ONLY: Final = 0x20
JOURNALLED: Final = 0x4000
"""`chattr +j`: the content of this file goes through the journal."""
INLINE: Final = 0x10000000
"""ext4 keeps the content in the inode, and inodes go through the journal."""


def file_flags(descriptor: int) -> int:
    """Return the marks that `lsattr` shows.

    Raises:
        OSError: the file system has none.
    """
    marks = array.array("i", [0, 0])
    fcntl.ioctl(descriptor, _GET_FLAGS, marks)
    return marks[0]


def trim(descriptor: int) -> int:
    """Let the device under an open directory's file system forget all free blocks; return how many bytes.

    Raises:
        OSError: EOPNOTSUPP where the device knows no discard, EPERM without the right.
    """
    found = struct.unpack("QQQ", fcntl.ioctl(descriptor, _TRIM, struct.pack("QQQ", 0, _EVERYTHING, 0)))
    return int(found[1])


def discard(descriptor: int, size_bytes: int) -> None:
    """Let a whole block device forget everything that is on it.

    Raises:
        OSError: EOPNOTSUPP where it cannot.
    """
    fcntl.ioctl(descriptor, _DISCARD, struct.pack("QQ", 0, size_bytes))


def device_size(descriptor: int) -> int:
    """Return the size of a block device in bytes."""
    return int(struct.unpack("Q", fcntl.ioctl(descriptor, _SIZE, bytes(8)))[0])


def device_sequence(descriptor: int) -> int | None:
    """Return the number that the kernel gave to this device alone when it appeared, where it gives one."""
    try:
        return int(struct.unpack("Q", fcntl.ioctl(descriptor, _SEQUENCE, bytes(8)))[0])
    except OSError:
        return None


def mount_id(descriptor: int) -> int:
    """Return which mount a file was opened through; what is mounted twice has one device, and two of these.

    Raises:
        OSError: /proc is not there.
    """
    with open(f"/proc/self/fdinfo/{descriptor}", encoding="ascii") as lines:  # noqa: PTH123 - one of ours
        for line in lines:
            if line.startswith("mnt_id:"):
                return int(line.split()[1])
    raise OSError(0, "the kernel does not tell the mount", os.fspath(str(descriptor)))
