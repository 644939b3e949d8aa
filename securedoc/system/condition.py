"""In which condition a mounted medium is, without writing to it: what it is, what its files may be."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from securedoc.system import superblocks, volumes
from securedoc.system.superblocks import Superblock
from securedoc.system.volumes import Volume

ROOT: Final = Path("/")
NETWORK: Final = frozenset(
    ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "ceph", "afs", "ncpfs", "davfs"]
)
STACKED: Final = frozenset(["overlay", "aufs", "unionfs", "ecryptfs", "zfs"])
FAT_FILE_BYTES: Final = (1 << 32) - 1
"""FAT specification: the size of a file has 32 bits."""
_LARGEST: Final[Mapping[str, int]] = {"vfat": FAT_FILE_BYTES, "msdos": FAT_FILE_BYTES}
_FOLDS: Final = frozenset(["vfat", "exfat"])
_COUNTED: Final = frozenset(["ext2", "ext3", "ext4"])
"""Made with so many names for files, and no more; the others make names as they need them."""
_JOURNALLED: Final = frozenset(["ext3", "ext4", "xfs", "btrfs"])
_MARKED_WHILE_MOUNTED: Final = frozenset([("exfat", None), ("ntfs", "ntfs")])
"""File systems, and what the driver mounts (None: FUSE), marked as dirty as long as they are written to."""


class Nature(StrEnum):
    """What a medium is, as far as the kernel says."""

    DEVICE = "a device"
    NETWORK = "on the network, or behind a program"
    MEMORY = "in memory"
    STACKED = "on more than one device, or over another file system"


@dataclass(frozen=True, slots=True)
class Condition:
    """How a mounted medium is."""

    volume: Volume
    filesystem: str
    """As it lies on the device, whichever driver mounted it."""
    nature: Nature
    write_protected: bool
    """The device itself does not take writes: a switch, or the end of its life."""
    permitted: bool
    """Whether this person may make files at its top."""
    unclean: bool | None
    """Not unmounted properly, as far as can be told while it is mounted; None where it cannot."""
    damaged: bool | None
    """A driver noted errors on it; None where that cannot be told."""
    names_left: int | None
    """Files that may still be made; None where the file system does not count them."""
    cluster_bytes: int
    """What the smallest file takes."""

    @property
    def largest_file_bytes(self) -> int | None:
        """The largest file that it holds; None where that is larger than anything of ours."""
        return _LARGEST.get(self.filesystem)

    @property
    def folds_case(self) -> bool:
        """Whether names that differ in case alone are one name there."""
        return self.filesystem in _FOLDS


def look(path: Path, *, root: Path = ROOT) -> Condition:
    """Look at the medium that `path` is on.

    Raises:
        OSError: there is no such path, or it is gone.
    """
    volume = volumes.volume(path, root=root)
    block = volumes.device_directory(path, root=root)
    disk = volumes.whole_disk(block)
    on_it = _superblock(volume, path, root)
    room = os.statvfs(path)
    return Condition(
        volume=volume,
        filesystem=kind_of(volume, root=root, known=on_it),
        nature=_nature(volume, block),
        write_protected=any(volumes.text(one and one / "ro") == "1" for one in (block, disk)),
        permitted=os.access(path, os.W_OK | os.X_OK),
        unclean=_unclean(volume, on_it),
        damaged=_damaged(volume, on_it, root),
        names_left=room.f_favail if volume.filesystem in _COUNTED else None,
        cluster_bytes=max(room.f_bsize, room.f_frsize),
    )


def kind_of(volume: Volume, *, root: Path = ROOT, known: Superblock | None = None) -> str:
    """Return the file system that lies on a device, also where a program mounts it in the kernel's place.

    A stick that was registered through one driver is mounted by another after the next upgrade.
    """
    driver = volume.filesystem
    if (kernels := volumes.kind_of(driver)) is not None:
        return kernels
    if known is None:
        with suppress(OSError):
            known = superblocks.read((root / volume.source.lstrip("/")).resolve())
    if known is not None:
        return known.kind
    # Not everybody may read devices; udev did, and wrote down what it found.
    return _udev_kind(volume, root) or driver


def same_disk(one: Path, other: Path, *, root: Path = ROOT) -> bool:
    """Tell whether two paths are lost with one disk.

    Raises:
        OSError: one of them is not there.
    """
    disks = [volumes.whole_disk(volumes.device_directory(path, root=root)) for path in (one, other)]
    if disks[0] is not None and disks[1] is not None:
        return disks[0] == disks[1]
    return one.stat().st_dev == other.stat().st_dev


def _nature(volume: Volume, block: Path | None) -> Nature:
    if volume.memory:
        return Nature.MEMORY
    if volume.filesystem in NETWORK or (block is None and volume.filesystem.startswith("fuse")):
        return Nature.NETWORK
    if volume.filesystem in STACKED or volume.layered or block is None:
        return Nature.STACKED
    return Nature.DEVICE


def _superblock(volume: Volume, path: Path, root: Path) -> Superblock | None:
    if not volume.source.startswith("/dev/"):
        return None
    with suppress(OSError):
        if volume.filesystem == "exfat" and not volume.read_only:
            volumes.sync_filesystem(path)  # its driver marks it as dirty while something waits to be written
        kind = volumes.kind_of(volume.filesystem)
        return superblocks.read((root / volume.source.lstrip("/")).resolve(), kind=kind)
    return None


def _unclean(volume: Volume, on_it: Superblock | None) -> bool | None:
    # A journal that was not replayed: what is seen is not what was written.
    if {"noload", "norecovery"} & {*volume.options}:
        return True
    # Mounted although its own driver found it dirty.
    if volume.filesystem == "ntfs3" and "force" in volume.options:
        return True
    if volume.filesystem in _JOURNALLED:
        return False  # its driver mended it when it was mounted, or would not have mounted it
    if on_it is None or on_it.dirty is None:
        return None
    marked = (on_it.kind, volumes.kind_of(volume.filesystem)) in _MARKED_WHILE_MOUNTED
    return None if marked and not volume.read_only else on_it.dirty


def _damaged(volume: Volume, on_it: Superblock | None, root: Path) -> bool | None:
    told = None if on_it is None else on_it.failed
    counted = volumes.text(root / "sys/fs/ext4" / Path(volume.source).name / "errors_count")
    if counted is not None and counted.isdecimal():
        told = bool(told) or int(counted) > 0
    return told


def _udev_kind(volume: Volume, root: Path) -> str | None:
    with suppress(OSError):
        number = (root / volume.source.lstrip("/")).stat().st_rdev
        record = root / "run/udev/data" / f"b{os.major(number)}:{os.minor(number)}"
        for line in (volumes.text(record) or "").splitlines():
            if line.startswith("E:ID_FS_TYPE="):
                named = line.partition("=")[2]
                return volumes.kind_of(named)
    return None
