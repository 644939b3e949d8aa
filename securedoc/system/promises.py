"""What overwriting a file cannot promise, by file system and medium."""

from collections.abc import Iterator
from typing import Final

from securedoc.core.text import Message, message
from securedoc.system import ioctls
from securedoc.system.volumes import MEMORY, Volume

_IN_PLACE: Final = frozenset({"ext2", "ext3", "ext4", "xfs", "vfat", "msdos", "exfat", "ntfs", "ntfs3"})
_COPY_ON_WRITE: Final = frozenset({"btrfs", "zfs", "bcachefs", "f2fs", "nilfs2"})


def not_promised(volume: Volume, file_flags: int = 0) -> tuple[Message, ...]:
    """Return what may remain of a file with these `lsattr` marks that was overwritten and removed there."""
    if volume.filesystem in MEMORY:
        return tuple(_in_memory(volume))
    return tuple(_on_disk(volume, file_flags))


def copies_on_write(volume: Volume) -> bool:
    """Tell whether its file system writes new data elsewhere."""
    return volume.filesystem in _COPY_ON_WRITE


def _in_memory(volume: Volume) -> Iterator[Message]:
    yield message("in memory there is no medium to read back from")
    if volume.filesystem == "tmpfs" and "noswap" not in volume.options:
        yield message("pages of this RAM disk may have been written to swap, if swap was on")


def _on_disk(volume: Volume, file_flags: int) -> Iterator[Message]:
    kind = volume.filesystem
    if kind in _COPY_ON_WRITE:
        yield message("{kind} writes new data elsewhere: the old content stays until reused", kind=kind)
    elif "data=journal" in volume.options or file_flags & ioctls.JOURNALLED:
        yield message("the journal of this file system keeps copies of the content")
    elif file_flags & ioctls.INLINE:
        yield message("a file this small lies in the file system's tables, of which the journal keeps copies")
    elif kind == "overlay":
        yield message("a lower layer of this overlay may keep its own copy")
    elif kind not in _IN_PLACE:
        yield message("nothing is known of how {kind} keeps old content", kind=kind)
    yield message("the file name may remain in directory and journal blocks")
    yield message("earlier versions that a program saved under another name are not reached")
    if volume.layered:
        yield message("what lies under this file system (RAID, LVM, snapshots) may keep its own copies")
    if volume.flash:
        yield message("flash media keep old copies of overwritten blocks that no program can reach")
