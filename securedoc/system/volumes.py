"""Volumes: which file system a path is on, on which device, and what the kernel tells of that device."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from securedoc.system import kernel, superblocks

# In memory only: nothing that is written there reaches a medium, swap apart.
MEMORY: Final = frozenset({"tmpfs", "ramfs"})
_FUSE: Final = ("fuse", "fuseblk")
_SAME: Final = {"msdos": "vfat", "ntfs3": "ntfs", "ext2": "ext4", "ext3": "ext4"}
"""Drivers, and how the file system is called that they mount."""
_OCTAL: Final = re.compile(r"\\([0-7]{3})")
_HEX: Final = re.compile(r"\\x([0-9a-f]{2})")  # how udev writes a space in the name of a link
_BY_UUID: Final = Path("dev/disk/by-uuid")
_SEPARATOR: Final = "-"


class MediumKind(StrEnum):
    """What a volume lies on, as far as the kernel says."""

    MEMORY = "memory"
    USB = "USB medium"
    TURNING = "turning disk"
    SOLID_STATE = "solid state"
    UNKNOWN = "unknown medium"


@dataclass(frozen=True, slots=True)
class Volume:
    """A mounted file system and the device under it; None is what the kernel does not tell."""

    mount_point: Path
    filesystem: str
    source: str
    """As mounted: `/dev/sdb1`, `tmpfs`."""
    device: int
    """st_dev of everything on it."""
    uuid: str | None
    label: str | None
    serial: str | None
    """The USB device's serial number, or the disk's own."""
    model: str | None
    usb: bool | None
    removable: bool | None
    rotational: bool | None
    encrypted: bool | None
    """Under dm-crypt."""
    read_only: bool
    options: tuple[str, ...]
    """Of the mount, then of the file system."""
    free_bytes: int
    total_bytes: int
    discards: bool = False
    """Whether the device can be told to forget blocks."""
    layered: bool = False
    """Whether it lies on a mapping of other devices that is not plain encryption: RAID, LVM, snapshots."""

    @property
    def kind(self) -> MediumKind:
        """What it lies on; a USB medium is one whatever its bridge says of turning."""
        if self.memory:
            return MediumKind.MEMORY
        if self.usb:
            return MediumKind.USB
        if self.rotational is None:
            return MediumKind.UNKNOWN
        return MediumKind.TURNING if self.rotational else MediumKind.SOLID_STATE

    @property
    def memory(self) -> bool:
        """Whether it is in memory only."""
        return self.filesystem in MEMORY

    @property
    def flash(self) -> bool:
        """Whether its medium may keep old copies of overwritten blocks; a turning disk does not."""
        # USB sticks often claim to turn: their bridge answers for a disk.
        return not self.memory and (self.rotational is not True or self.usb is True)


@dataclass(frozen=True, slots=True)
class _Mount:
    point: str
    root: str
    number: str
    filesystem: str
    source: str
    options: tuple[str, ...]


def volume(path: Path, *, root: Path = Path("/")) -> Volume:
    """Return the volume that an existing path is on; `root` holds the /proc, /sys and /dev to read.

    Raises:
        OSError: there is no such path.
    """
    mount, device = _mount_of(path, root)
    return _volume(mount, device, root)


def _mount_of(path: Path, root: Path) -> tuple[_Mount, int]:
    resolved = path.resolve(strict=True)
    device = resolved.stat().st_dev
    inside = [mount for mount in _mounts(root) if _covers(mount.point, resolved)]
    # A file system may be mounted twice, and btrfs gives a subvolume a device number that no mount has.
    same = [mount for mount in inside if mount.number == f"{os.major(device)}:{os.minor(device)}"]
    return max(same or inside, key=lambda mount: len(mount.point)), device


def mounted(*, root: Path = Path("/")) -> tuple[Volume, ...]:
    """Return the volumes that have a block device under them, each at one of its mount points."""
    found = {}
    for mount in _mounts(root):
        if mount.source.startswith("/dev/") and mount.root == "/":
            try:
                found[mount.number] = _volume(mount, Path(mount.point).stat().st_dev, root)
            except OSError:  # hidden under another mount, or its stick was pulled
                continue
    return tuple(found.values())


def mount_points(*, root: Path = Path("/")) -> Iterator[tuple[Path, int, str]]:
    """Yield every mount: where, the number of its device, and what is mounted."""
    for mount in _mounts(root):
        major, _, minor = mount.number.partition(":")
        yield Path(mount.point), os.makedev(int(major), int(minor)), mount.source


def device_directory(path: Path, *, root: Path = Path("/")) -> Path | None:
    """Return the directory in /sys of the block device under a mounted path; None where there is none.

    Raises:
        OSError: there is no such path.
    """
    mount, _ = _mount_of(path, root)
    return _block_directory(mount, root)


def is_there(identifier: str, *, root: Path = Path("/")) -> bool:
    """Tell whether a file system of that identifier is plugged in, mounted or not, as far as udev says."""
    return bool(identifier) and "/" not in identifier and (root / _BY_UUID / identifier).exists()


def kind_of(driver: str) -> str | None:
    """Return which file system a driver of the kernel mounts; None for FUSE, behind which any may lie."""
    return None if driver.partition(".")[0] in _FUSE else _SAME.get(driver, driver)


def same_volume(known: Volume, path: Path) -> bool:
    """Tell whether `path` is, at this moment, on that very mounted volume."""
    try:
        return path.stat().st_dev == known.device
    except OSError:
        return False


def _covers(point: str, path: Path) -> bool:
    return path.is_relative_to(point)


def _mounts(root: Path) -> Iterator[_Mount]:
    for line in (root / "proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines():
        words = line.split(" ")
        end = words.index(_SEPARATOR)
        filesystem, source, super_options = words[end + 1 : end + 4]
        options = tuple(dict.fromkeys([*words[5].split(","), *super_options.split(",")]))
        yield _Mount(_plain(words[4]), _plain(words[3]), words[2], filesystem, _plain(source), options)


def _plain(text: str) -> str:
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), text)


def _volume(mount: _Mount, device: int, root: Path) -> Volume:
    space = os.statvfs(mount.point)
    block = _block_directory(mount, root)
    disk = whole_disk(block)
    usb = usb_device(disk)
    return Volume(
        mount_point=Path(mount.point),
        filesystem=mount.filesystem,
        source=mount.source,
        device=device,
        uuid=_linked_name(root / _BY_UUID, mount.source, root) or _superblock_id(mount, root),
        label=_linked_name(root / "dev/disk/by-label", mount.source, root),
        serial=text(usb and usb / "serial") or text(disk and disk / "device/serial"),
        model=text(usb and usb / "product") or text(disk and disk / "device/model"),
        usb=None if disk is None else usb is not None,
        removable=flag(disk and disk / "removable"),
        rotational=flag(disk and disk / "queue/rotational"),
        encrypted=None if block is None else _encrypted(block),
        read_only="ro" in mount.options,
        options=(*mount.options, *_journalling(mount, root)),
        free_bytes=space.f_bavail * space.f_frsize,
        total_bytes=space.f_blocks * space.f_frsize,
        discards=text(disk and disk / "queue/discard_max_bytes") not in {None, "0"},
        layered=block is not None and _layered(block),
    )


def _journalling(mount: _Mount, root: Path) -> Iterator[str]:
    """Say how ext4 journals where its superblock decided that: the list of mounts names only what differs."""
    if not mount.filesystem.startswith("ext") or any(word.startswith("data=") for word in mount.options):
        return
    told = text(root / "proc/fs" / mount.filesystem / Path(mount.source).name / "options")
    yield from (line for line in (told or "").splitlines() if line.startswith("data="))


def _block_directory(mount: _Mount, root: Path) -> Path | None:
    """Return the device's directory in /sys: by its number, else (btrfs, FUSE) by the name of the source."""
    by_number = block_directory(mount.number, root)
    if by_number is not None:
        return by_number
    if mount.source.startswith("/dev/"):
        name = (root / mount.source.lstrip("/")).resolve().name
        by_name = root / "sys/class/block" / name
        if by_name.exists():
            return by_name.resolve()
    return None


def block_directory(number: str, root: Path) -> Path | None:
    """Return the directory in /sys of a block device, by its number `8:17`."""
    path = root / "sys/dev/block" / number
    return path.resolve() if path.exists() else None


def whole_disk(block: Path | None) -> Path | None:
    """Return the disk under a partition or a mapped device; None where it is not one disk."""
    if block is None:
        return None
    slaves = sorted((block / "slaves").iterdir()) if (block / "slaves").is_dir() else []
    if slaves:
        return whole_disk(slaves[0].resolve()) if len(slaves) == 1 else None
    return block.parent if (block / "partition").exists() else block


def usb_device(disk: Path | None) -> Path | None:
    """Return the directory in /sys of the USB device that a disk is."""
    if disk is None:
        return None
    for directory in (disk.resolve(), *disk.resolve().parents):
        if (directory / "idVendor").exists():
            return directory
    return None


def _encrypted(block: Path) -> bool:
    if (text(block / "dm/uuid") or "").startswith("CRYPT-"):
        return True
    slaves = sorted((block / "slaves").iterdir()) if (block / "slaves").is_dir() else []
    return bool(slaves) and all(_encrypted(slave.resolve()) for slave in slaves)


def _layered(block: Path) -> bool:
    slaves = sorted((block / "slaves").iterdir()) if (block / "slaves").is_dir() else []
    plain = (text(block / "dm/uuid") or "").startswith("CRYPT-") and len(slaves) == 1
    return bool(slaves) and not (plain and not _layered(slaves[0].resolve()))


def _linked_name(directory: Path, source: str, root: Path) -> str | None:
    device = (root / source.lstrip("/")).resolve()
    if not directory.is_dir() or not source.startswith("/dev/"):
        return None
    for link in sorted(directory.iterdir()):
        if link.resolve() == device:
            return _HEX.sub(lambda match: chr(int(match[1], 16)), link.name)
    return None


def _superblock_id(mount: _Mount, root: Path) -> str | None:
    """Read the identifier from the device itself, where udev does not run and we may."""
    if not mount.source.startswith("/dev/"):
        return None
    try:
        # Behind FUSE the kernel does not know what it is; else its driver does, and no older mark beside it.
        found = superblocks.read((root / mount.source.lstrip("/")).resolve(), kind=kind_of(mount.filesystem))
    except OSError:
        return None
    return found.identifier if found else None


def text(path: Path | None) -> str | None:
    """Return what a file of the kernel's says; None where it is not there."""
    if path is None:
        return None
    try:
        return path.read_text("utf-8", "replace").strip() or None
    except OSError:
        return None


def flag(path: Path | None) -> bool | None:
    """Return a yes or no of the kernel's; None where it does not say."""
    said = text(path)
    return None if said is None else said != "0"


def sync_filesystem(path: Path) -> None:
    """Make everything on the file system of `path` durable: for thousands of files at once."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        kernel.sync_filesystem(descriptor)
    finally:
        os.close(descriptor)
