"""What is shredded together, and a file while it is: taken, read back, released."""

import os
import resource
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from securedoc.core.text import Message, message
from securedoc.system import ioctls, kernel, overwriting
from securedoc.system.openings import LeftAloneError, NotDoneError
from securedoc.system.overwriting import Cover, Extent
from securedoc.system.shredreport import Step
from securedoc.system.volumes import Volume

_MOST_TAKEN: Final = 128
"""Files that are shredded together: each holds a descriptor, and makes whoever opens it wait."""
_MOST_TAKEN_BYTES: Final = 64 * overwriting.MIB
ELSEWHERE: Final = message("another file system is mounted here")
_NOT_READ_BACK: Final = message("whether the overwriting reached the medium could not be read back")


@dataclass(slots=True)
class Begun:
    """A file that is being shredded, or was."""

    path: Path
    name: str
    """The name that it has now."""
    opened: bool = False
    overwritten: int = 0
    done: list[Step] = field(default_factory=list)
    limits: list[Message] = field(default_factory=list)
    told: bool = False
    """What became of it is in the report: nothing more is done to it."""


@dataclass(slots=True)
class Taken:
    """A file that is open, and ours alone as far as can be."""

    begun: Begun
    descriptor: int
    status: os.stat_result
    volume: Volume
    extents: tuple[Extent, ...] = ()
    cover: Cover | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    """The directory that something to be shredded is in."""

    device: int
    mount: int
    """A directory of the same file system may be mounted into the tree: the same device, another mount."""
    depth: int


def groups(directory: int, names: Sequence[str]) -> Iterator[list[str]]:
    """Yield names of files that are shredded together, and of everything else by itself.

    A file with another name is by itself: the other may be in the group, and would find it taken.
    """
    # Each level of a tree holds a descriptor too.
    most = max(1, min(_MOST_TAKEN, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 8))
    group: list[str] = []
    octets = 0
    for name in names:
        status = None
        with suppress(OSError):
            status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if status is None or not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
            if group:
                yield group
            yield [name]
            group, octets = [], 0
            continue
        if group and (len(group) >= most or octets + status.st_size > _MOST_TAKEN_BYTES):
            yield group
            group, octets = [], 0
        group.append(name)
        octets += status.st_size
    if group:
        yield group


def read_back(file: Taken, advance: Callable[[int], None]) -> None:
    """Hold what the medium gives against what was written; what differs is not done.

    Raises:
        NotDoneError: something differs.
        OSError: it cannot be read.
    """
    if not file.extents or file.cover is None or file.volume.memory:
        return
    found = overwriting.read_back(file.descriptor, file.extents, file.cover, advance)
    if found.mismatched_blocks:
        raise NotDoneError(
            message(
                "the medium does not give back what was written over it: {count} blocks differ",
                count=found.mismatched_blocks,
            )
        )
    # What a FUSE driver gives, it may have from a cache of its own.
    if found.past_cache and not file.volume.filesystem.startswith("fuse"):
        file.begun.done.append(Step.VERIFIED)
    else:
        file.begun.limits.append(_NOT_READ_BACK)


def release(file: Taken) -> None:
    """Give the blocks of a file back, where the file system can."""
    size = os.fstat(file.descriptor).st_size
    with suppress(OSError):  # not every file system can
        if size:
            kernel.punch_hole(file.descriptor, size)
            file.begun.done.append(Step.RELEASED)


def belongs(descriptor: int, within: Tree | None) -> os.stat_result:
    """Return what was opened: the name may have been given to something else since it was looked at."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise NotDoneError(message("it changed while it was looked at"))
    if within is not None and (status.st_dev, ioctls.mount_id(descriptor)) != (within.device, within.mount):
        raise LeftAloneError(ELSEWHERE)
    return status
