"""Whole disks: which one a path is on, what the kernel says of it, who uses it, writing over all of it."""

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.system import ioctls, kernel, overwriting, volumes
from securedoc.system.overwriting import Cover, ReadBack

_PATIENCE_S: Final = 5.0  # a FUSE driver lets its device go a moment after it is unmounted
_POLL_S: Final = 0.1
ROOT: Final = Path("/")


@dataclass(frozen=True, slots=True)
class Disk:
    """A whole disk; None is what the kernel does not tell."""

    name: str
    """As the kernel calls it: `sdb`."""
    node: Path
    number: int
    """Of the device, as in st_rdev."""
    sequence: int | None
    """Given to no other device until a restart: a stick put in the place of another has its own."""
    size_bytes: int
    model: str | None
    serial: str | None
    usb: bool
    removable: bool
    rotational: bool | None
    read_only: bool
    parts: tuple[int, ...]
    """Device numbers of the disk and its partitions."""
    mounts: tuple[Path, ...]
    """Where any of them is mounted."""
    stacked: tuple[str, ...]
    """What is built on it: encryption, RAID, LVM."""
    swap: bool


def of(path: Path, *, root: Path = ROOT) -> Disk | None:
    """Return the one disk that a mounted directory or a block device is on; None where there is not one.

    Raises:
        OSError: it is not there, or its device may not be opened.
    """
    status = path.stat()
    if stat.S_ISBLK(status.st_mode):
        number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
        block = volumes.block_directory(number, root)
    else:
        block = volumes.device_directory(path, root=root)
    disk = volumes.whole_disk(block)
    return None if disk is None else _read(disk, root)


def again(known: Disk, *, root: Path = ROOT) -> Disk:
    """Look at the disk of that name once more.

    Raises:
        OSError: it is gone.
    """
    return _read((root / "sys/class/block" / known.name).resolve(strict=True), root)


def release(disk: Disk) -> None:
    """Unmount everything of a disk.

    Raises:
        OSError: EBUSY where something on it is in use; what was unmounted before stays so.
    """
    for mount in sorted(disk.mounts, key=lambda path: len(path.parts), reverse=True):
        kernel.unmount_idle(mount)


@contextmanager
def taken(disk: Disk) -> Iterator[int]:
    """Open a whole disk for ourselves alone; the kernel refuses where any part of it is mounted or used.

    Raises:
        OSError: EBUSY for that; ESTALE when it is no longer the disk that was looked at.
    """
    descriptor = _open_alone(disk.node)
    try:
        status = os.fstat(descriptor)
        same = stat.S_ISBLK(status.st_mode) and status.st_rdev == disk.number
        # Asked of what was opened, not of its name: between look and opening the stick may have been changed.
        if not same or ioctls.device_sequence(descriptor) != disk.sequence:
            raise OSError(errno.ESTALE, "another device is there now")
        if ioctls.device_size(descriptor) != disk.size_bytes:
            raise OSError(errno.ESTALE, "the device has another size now")
        yield descriptor
    finally:
        os.close(descriptor)


def overwrite(descriptor: int, disk: Disk, cover: Cover, advance: Callable[[int], None]) -> None:
    """Write over every byte of a taken disk, once, and sync.

    Raises:
        OSError: a part of it cannot be written.
    """
    overwriting.overwrite(descriptor, [(0, disk.size_bytes)], cover, advance)


def read_back(descriptor: int, disk: Disk, cover: Cover, advance: Callable[[int], None]) -> ReadBack:
    """Compare every byte of a taken disk with what was written over it.

    Raises:
        OSError: a part of it cannot be read.
    """
    return overwriting.read_back(descriptor, [(0, disk.size_bytes)], cover, advance)


def discard(descriptor: int, disk: Disk) -> bool:
    """Let the disk forget everything, and tell whether it took that."""
    try:
        ioctls.discard(descriptor, disk.size_bytes)
    except OSError:
        return False
    return True


def _open_alone(node: Path) -> int:
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return os.open(node, os.O_RDWR | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > until:
                raise
        time.sleep(_POLL_S)


def _read(directory: Path, root: Path) -> Disk:
    node = root / "dev" / directory.name
    number, sequence, size = _opened(node)
    usb = volumes.usb_device(directory)
    parts = (directory, *(part.parent for part in directory.glob("*/partition")))
    numbers = tuple(sorted(_number(part) for part in parts))
    return Disk(
        name=directory.name,
        node=node,
        number=number,
        sequence=sequence,
        size_bytes=size,
        model=volumes.text(usb and usb / "product") or volumes.text(directory / "device/model"),
        serial=volumes.text(usb and usb / "serial") or volumes.text(directory / "device/serial"),
        usb=usb is not None,
        removable=volumes.text(directory / "removable") == "1",
        rotational=volumes.flag(directory / "queue/rotational"),
        read_only=volumes.text(directory / "ro") == "1",
        parts=numbers,
        mounts=tuple(_mounts(numbers, parts, root)),
        stacked=tuple(sorted(_stacked(parts))),
        swap=_swap(numbers, root),
    )


def _opened(node: Path) -> tuple[int, int | None, int]:
    descriptor = os.open(node, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        number = os.fstat(descriptor).st_rdev
        return number, ioctls.device_sequence(descriptor), ioctls.device_size(descriptor)
    finally:
        os.close(descriptor)


def _number(part: Path) -> int:
    major, _, minor = (part / "dev").read_text("ascii").strip().partition(":")
    return os.makedev(int(major), int(minor))


def _mounts(numbers: Sequence[int], parts: Sequence[Path], root: Path) -> Iterator[Path]:
    # btrfs and FUSE mounts have numbers of their own: they are known by the name of what they mount.
    names = {part.name for part in parts}
    for point, number, source in volumes.mount_points(root=root):
        if number in numbers or (source.startswith("/dev/") and Path(source).name in names):
            yield point


def _stacked(parts: Sequence[Path]) -> Iterator[str]:
    for part in parts:
        with suppress(FileNotFoundError):
            yield from (holder.name for holder in (part / "holders").iterdir())


def _swap(numbers: Sequence[int], root: Path) -> bool:
    for line in (root / "proc/swaps").read_text("utf-8", "surrogateescape").splitlines()[1:]:
        with suppress(OSError):
            status = Path(line.split()[0]).stat()
            if (status.st_rdev if stat.S_ISBLK(status.st_mode) else status.st_dev) in numbers:
                return True
    return False
