"""Records what a file system writes to its device, and makes the disks that a power cut could have left."""

import contextlib
import os
import random
import struct
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tests.support.pulling import MAKE, MOUNT, SIZES, PulledStick, loop
from tests.support.system import call, mount_by, tool

SECTOR = 512
FLUSH, FUA, DISCARD = 1, 2, 4
_MAGIC = 0x6A736677736872
_SUPER = struct.Struct("<QQQI")
_ENTRY = struct.Struct("<QQQQ")
START_S = 20.0


@dataclass(frozen=True)
class Write:
    """One request, in the order in which the device was given them."""

    offset: int
    size: int
    flags: int
    at: int
    """Where in the log its bytes are."""

    @property
    def is_flush(self) -> bool:
        """Whether everything before it is on the medium once it was answered."""
        return bool(self.flags & FLUSH)


@dataclass(frozen=True)
class Recording:
    """A device before, and every request since."""

    base: Path
    log: Path
    writes: tuple[Write, ...]

    def flushes(self) -> list[int]:
        """Return the places of the requests that flush."""
        return [place for place, one in enumerate(self.writes) if one.is_flush]

    def epochs(self) -> list[tuple[int, int]]:
        """Return from where to where requests may be reordered: from a flush to the next, or to the end."""
        ends = [0, *(place + 1 for place in self.flushes())]
        return list(zip(ends, [*ends[1:], len(self.writes)], strict=True))


def read_log(base: Path, log: Path) -> Recording:
    """Read a log in the format of dm-log-writes, as QEMU writes it."""
    with log.open("rb") as file:
        magic, version, entries, sector = _SUPER.unpack(file.read(_SUPER.size))
        assert (magic, version, sector) == (_MAGIC, 1, SECTOR)
        at, writes = SECTOR, []
        for _ in range(entries):
            file.seek(at)
            first, count, flags, _length = _ENTRY.unpack(file.read(_ENTRY.size))
            at += SECTOR
            writes.append(Write(first * SECTOR, count * SECTOR, flags, at))
            if not flags & DISCARD:
                at += count * SECTOR
    return Recording(base, log, tuple(writes))


class Disks:
    """Makes disks out of a recording, walking forward through it."""

    def __init__(self, recording: Recording, directory: Path) -> None:
        self._recording = recording
        self._durable = directory / "durable.img"
        self._done = 0
        call("cp", "--sparse=always", str(recording.base), str(self._durable))

    def after(self, epoch: tuple[int, int], kept: random.Random | None, image: Path) -> None:
        """Make the disk of a power cut in an epoch: all before it, and of its own requests some sectors.

        Without `kept` none of them reached the medium.
        """
        start, end = epoch
        with self._durable.open("r+b") as disk, self._recording.log.open("rb") as log:
            for one in self._recording.writes[self._done : start]:
                _apply(one, disk, log, None)
        self._done = start
        call("cp", "--sparse=always", str(self._durable), str(image))
        if kept is not None:
            with image.open("r+b") as disk, self._recording.log.open("rb") as log:
                for one in self._recording.writes[start:end]:
                    _apply(one, disk, log, kept)


def _apply(write: Write, disk: BinaryIO, log: BinaryIO, kept: random.Random | None) -> None:
    """Put a request on a disk: all of it, or each half of the time all, nothing, or some of its sectors."""
    if kept is not None and kept.random() < 0.5:
        return
    data = bytes(write.size)
    if not write.flags & DISCARD:
        log.seek(write.at)
        data = log.read(write.size)
    torn = kept is not None and kept.random() < 0.2
    for at in range(0, write.size, SECTOR if torn else write.size or 1):
        if torn and kept is not None and kept.random() < 0.5:
            continue
        disk.seek(write.offset + at)
        disk.write(data[at : at + SECTOR] if torn else data)


@contextlib.contextmanager
def recorded_stick(filesystem: str, directory: Path) -> Iterator[PulledStick]:
    """Make a stick whose device writes `directory/log`, from the moment on at which `base.img` was copied."""
    image, served, log, mount = (directory / name for name in ("stick.img", "served", "log", "mount"))
    for name in ("qemu-storage-daemon", MAKE[filesystem][0], MOUNT[filesystem]):
        tool(name)
    image.touch()
    os.truncate(image, SIZES[filesystem])
    call(*MAKE[filesystem], str(image))
    mount.mkdir()
    with _served(image, served, log) as disk, loop(disk) as device:
        mount_by(MOUNT[filesystem], device, mount)
        stick = PulledStick(filesystem, device, mount)
        try:
            yield stick
        finally:
            stick.take_away()


@contextlib.contextmanager
def _served(image: Path, served: Path, log: Path) -> Iterator[Path]:
    call("cp", "--sparse=always", str(image), str(image.with_name("base.img")))
    log.touch()
    served.touch()
    os.truncate(served, image.stat().st_size)
    server = subprocess.Popen(
        [
            tool("qemu-storage-daemon"),
            *("--blockdev", f"driver=file,node-name=image,filename={image}"),
            *("--blockdev", f"driver=file,node-name=log,filename={log}"),
            *("--blockdev", "driver=blklogwrites,node-name=recorded,file=image,log=log"),
            *("--export", f"type=fuse,id=one,node-name=recorded,mountpoint={served},writable=on"),
        ],
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + START_S
        while f" {served} " not in Path("/proc/self/mounts").read_text("utf-8"):
            assert server.poll() is None, "qemu-storage-daemon ended"
            assert time.monotonic() < deadline, "qemu-storage-daemon does not serve"
            time.sleep(0.05)
        yield served
    finally:
        server.terminate()
        server.wait(START_S)
