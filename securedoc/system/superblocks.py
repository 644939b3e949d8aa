"""Reads from a device which file system lies on it, and whether that calls itself damaged."""

import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HEAD_BYTES: Final = 0x10100
"""Boot sectors and superblocks of all of them lie in here; that of btrfs is the last."""
_SECTOR: Final = 512
_MAX_RECORD: Final = 64 * 1024
_MAX_OFFSET: Final = 1 << 62

_MAGIC: Final = (
    ("exfat", (3, b"EXFAT   ")),
    ("ntfs", (3, b"NTFS    ")),
    ("fat32", (0x52, b"FAT32   ")),
    ("fat16", (0x36, b"FAT16   ")),
    ("fat12", (0x36, b"FAT12   ")),
    ("ext4", (0x438, b"\x53\xef")),
    ("xfs", (0, b"XFSB")),
    ("btrfs", (0x10040, b"_BHRfS_M")),
)
"""In this order: what was formatted anew may keep the marks of an older file system further on."""
_SERIAL_BYTES: Final = 4
_UUID_BYTES: Final = 16
# Where the identifier stands: ext4 kernel doc "super block" s_uuid, XFS sb_uuid, btrfs fsid, FAT BS_VolID,
# exFAT VolumeSerialNumber, NTFS volume serial number.
_IDENTIFIERS: Final = {
    "ext4": (0x468, _UUID_BYTES),
    "xfs": (32, _UUID_BYTES),
    "btrfs": (0x10020, _UUID_BYTES),
    "fat32": (0x43, _SERIAL_BYTES),
    **dict.fromkeys(("fat16", "fat12"), (0x27, _SERIAL_BYTES)),
    "exfat": (0x64, _SERIAL_BYTES),
    "ntfs": (0x48, 8),
}
_FAT_ENTRY_BYTES: Final = {"fat32": 4, "fat16": 2}

# ext4 documentation, "Super Block": s_state.
_EXT_STATE: Final = 0x43A
_EXT_ERRORS: Final = 0x2
# exFAT specification 3.1.13: VolumeFlags.
_EXFAT_FLAGS: Final = 0x6A
_EXFAT_DIRTY: Final = 0x2
_EXFAT_FAILED: Final = 0x4
# FAT specification, "FAT[1]": the highest bits are clear when the volume is dirty, or had errors.
_NTFS_VOLUME_RECORD: Final = 3
_NTFS_INFORMATION: Final = 0x70
_NTFS_END: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Superblock:
    """What a file system says of itself on the device; None where it does not."""

    kind: str
    """`vfat`, `exfat`, `ntfs`, `ext4`, `xfs` or `btrfs`, whichever driver mounts it."""
    identifier: str | None
    """UUID or serial number, spelled as udev does."""
    dirty: bool | None
    """Marked as in use, or not unmounted; some drivers set that while it is mounted."""
    failed: bool | None
    """A driver noted damage on it."""


def read(device: Path, *, kind: str | None = None) -> Superblock | None:
    """Read what lies on a device; None where that is not `kind`, or none that is known here.

    Raises:
        OSError: the device cannot be opened or read.
    """
    descriptor = os.open(device, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        head = os.pread(descriptor, _HEAD_BYTES, 0)
        for name, magic in _MAGIC:
            found = "vfat" if name.startswith("fat") else name
            if kind in {None, found} and _is(head, magic):
                return Superblock(found, _identifier(name, head), *_marks(descriptor, name, head))
        return None
    finally:
        os.close(descriptor)


def _identifier(name: str, head: bytes) -> str | None:
    offset, length = _IDENTIFIERS[name]
    data = head[offset : offset + length]
    return _spelt(data) if len(data) == length else None


def _marks(descriptor: int, name: str, head: bytes) -> tuple[bool | None, bool | None]:
    """Return whether it is dirty and whether it failed, as far as such a file system says that."""
    if name == "exfat":
        flags = _number(head, _EXFAT_FLAGS, 2)
        return bool(flags & _EXFAT_DIRTY), bool(flags & _EXFAT_FAILED)
    if name == "ntfs":
        return _ntfs_dirty(descriptor, head), None
    if name in _FAT_ENTRY_BYTES:
        return _fat_marks(descriptor, head, _FAT_ENTRY_BYTES[name])
    if name == "ext4":
        return None, bool(_number(head, _EXT_STATE, 2) & _EXT_ERRORS)
    return None, None  # FAT12 has no marks; the others mend themselves when they are mounted


def _spelt(data: bytes) -> str:
    """Spell an identifier as udev does."""
    if len(data) == _UUID_BYTES:
        return str(uuid.UUID(bytes=data))
    number = data[::-1].hex().upper()
    return f"{number[:4]}-{number[4:]}" if len(data) == _SERIAL_BYTES else number


def _fat_marks(descriptor: int, head: bytes, width: int) -> tuple[bool | None, bool | None]:
    table = _number(head, 0x0E, 2) * _number(head, 0x0B, 2)
    second = os.pread(descriptor, width, table + width)
    if len(second) != width:
        return None, None
    # Of an entry's 28 bits (FAT32) or 16 (FAT16) the highest says clean, the next one no errors.
    top = 27 if width == 4 else 15  # noqa: PLR2004 - bytes of an entry of FAT32
    value = int.from_bytes(second, "little")
    return not value >> top & 1, not value >> (top - 1) & 1


def _ntfs_dirty(descriptor: int, head: bytes) -> bool | None:
    """Read the mark in $VOLUME_INFORMATION, in the fourth record of the master file table."""
    per_cluster, record = _number(head, 0x0D, 1), int.from_bytes(head[0x40:0x41], "little", signed=True)
    cluster = _number(head, 0x0B, 2) * (per_cluster if per_cluster <= 0x80 else 1 << (256 - per_cluster))  # noqa: PLR2004
    size = record * cluster if record > 0 else 1 << -record if record > -17 else 0  # noqa: PLR2004 - 64 KiB
    at = _number(head, 0x30, 8) * cluster + _NTFS_VOLUME_RECORD * size
    if not _SECTOR <= size <= _MAX_RECORD or at > _MAX_OFFSET:
        return None
    return _volume_flag(_whole(os.pread(descriptor, size, at)))


def _whole(record: bytes) -> bytes:
    """Undo the marks that NTFS puts at the end of each sector of a record."""
    if not record.startswith(b"FILE"):
        return b""
    marks, count = _number(record, 4, 2), _number(record, 6, 2)
    whole = bytearray(record)
    for sector in range(1, min(count, len(record) // _SECTOR + 1)):
        whole[sector * _SECTOR - 2 : sector * _SECTOR] = record[marks + 2 * sector : marks + 2 * sector + 2]
    return bytes(whole[: len(record)])


def _volume_flag(record: bytes) -> bool | None:
    at = _number(record, 0x14, 2)
    while at and at + 8 <= len(record):
        kind, length = _number(record, at, 4), _number(record, at + 4, 4)
        if kind == _NTFS_INFORMATION:
            content = at + _number(record, at + 0x14, 2)
            return bool(record[content + 0x0A] & 1) if content + 0x0A < len(record) else None
        if kind == _NTFS_END or length < 8:  # noqa: PLR2004 - of its own head: else we would stand still
            break
        at += length
    return None


def _is(head: bytes, magic: tuple[int, bytes]) -> bool:
    offset, text = magic
    return head[offset : offset + len(text)] == text


def _number(data: bytes, offset: int, length: int) -> int:
    return int.from_bytes(data[offset : offset + length], "little")
