"""Sticks with a real file system that can be pulled out while they are written, and plugged in again."""

import contextlib
import errno
import fcntl
import os
import signal
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from securedoc.core.text import Message
from securedoc.system import process
from tests.support.system import call, mount_by, tool

SHUTDOWN = 0x8004587D  # FS_IOC_SHUTDOWN
WITHOUT_LOG_FLUSH = struct.pack("I", 2)
SIZES = {"ext4": 32 << 20, "xfs": 320 << 20, "exfat": 32 << 20, "ntfs": 32 << 20}
MAKE = {
    "ext4": ("mkfs.ext4", "-qF"),
    "xfs": ("mkfs.xfs", "-qf"),
    "exfat": ("mkfs.exfat",),
    "ntfs": ("mkfs.ntfs", "-qFf"),
}
MOUNT = {"ext4": "mount", "xfs": "mount", "exfat": "mount.exfat-fuse", "ntfs": "ntfs-3g"}
CHECK = {"exfat": ("fsck.exfat", "-y"), "ntfs": ("ntfsfix", "-d")}
"""What a person, or the system, runs on a stick that was not unmounted; ext4 and XFS mend themselves."""
GONE_S = 10.0
RELEASE_S = 60.0


@dataclass
class PulledStick:
    """A stick that is mounted, or was pulled out."""

    filesystem: str
    device: str
    mount: Path

    def check(self) -> None:
        """Check its ext4, as the program asks where errors were noted on it."""
        process.run([tool("fsck.ext4"), "-fy", self.device], cwd=Path("/"), timeout_s=60)

    def plug_in(self) -> None:
        """Mount it, after the check of its file system where that is how it is done."""
        if self.filesystem in CHECK:
            process.run(
                [tool(CHECK[self.filesystem][0]), *CHECK[self.filesystem][1:], self.device],
                cwd=Path("/"),
                timeout_s=60,
            )
        mount_by(MOUNT[self.filesystem], self.device, self.mount)

    def pull(self) -> None:
        """Take it away from whoever is writing; ext4 and XFS then lose what was not synced."""
        if self.filesystem in CHECK:
            os.kill(self._server(), signal.SIGKILL)
            return
        descriptor = os.open(self.mount, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, WITHOUT_LOG_FLUSH)
        finally:
            os.close(descriptor)

    def take_away(self) -> None:
        """Unmount it, in whatever state it is."""
        deadline = time.monotonic() + GONE_S
        while _is_dead(self.mount) or self.mount.is_mount():
            process.run([tool("umount"), str(self.mount)], cwd=Path("/"), timeout_s=60)
            assert time.monotonic() < deadline, "the stick cannot be unmounted"
        self._await_release()

    def _await_release(self) -> None:
        # A sandbox that was made meanwhile has the mount in a namespace of its own, until it ends.
        deadline = time.monotonic() + RELEASE_S
        while True:
            try:
                os.close(os.open(self.device, os.O_RDONLY | os.O_EXCL))
            except OSError as error:
                if error.errno != errno.EBUSY:
                    raise
            else:
                return
            if time.monotonic() > deadline:
                pytest.skip("somebody's sandbox keeps the stick mounted")
            time.sleep(0.1)

    def _server(self) -> int:
        """Return the process that serves the file system."""
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                words = entry.read_bytes().split(b"\0")
                if MOUNT[self.filesystem].encode() in words[0] and str(self.mount).encode() in words:
                    return int(entry.parent.name)
        raise AssertionError("nobody serves this file system")


def _is_dead(mount: Path) -> bool:
    try:
        mount.stat()
    except OSError:
        return True
    return False


@contextlib.contextmanager
def loop(image: Path) -> Iterator[str]:
    """Hold a loop device over a file, or skip."""
    made = process.run([tool("losetup"), "-f", "--show", str(image)], cwd=Path("/"), timeout_s=30)
    if made.code != 0:
        pytest.skip("no loop device is free here")
    device = made.output.decode().strip()
    try:
        yield device
    finally:
        call("losetup", "-d", device)


@contextlib.contextmanager
def pulled_stick(filesystem: str, directory: Path) -> Iterator[PulledStick]:
    """Make a stick with that file system, mounted at `directory/mount`."""
    image, mount = directory / "stick.img", directory / "mount"
    image.touch()
    os.truncate(image, SIZES[filesystem])
    for name in (MAKE[filesystem][0], MOUNT[filesystem]):
        tool(name)
    call(*MAKE[filesystem], str(image))
    mount.mkdir()
    with loop(image) as device:
        stick = PulledStick(filesystem, device, mount)
        mount_by(MOUNT[filesystem], device, mount)
        try:
            yield stick
        finally:
            stick.take_away()


@dataclass
class FailingStick(PulledStick):
    """A stick with ext4 whose device starts failing when it is told to."""

    trigger: Path
    """While it is there, the device fails."""
    image: Path

    def fail(self) -> None:
        """Answer every request of the kind with an error from now on."""
        self.trigger.touch()

    def plug_in(self) -> None:
        """Mount it after a check of its file system, as one that was told of errors asks for."""
        self.check()
        super().plug_in()

    def take_away(self) -> None:
        """Unmount it; another port, another day: the device works again."""
        super().take_away()
        self.trigger.unlink(missing_ok=True)


@contextlib.contextmanager
def failing_stick(directory: Path, rates: str) -> Iterator[FailingStick]:
    """Make a stick whose device fails as `rates` says: `error-pwrite-rate=1`."""
    image, mount, served = directory / "stick.img", directory / "mount", directory / "served"
    trigger = directory / "failing"
    for name in ("nbdfuse", "nbdkit"):
        tool(name)
    image.touch()
    os.truncate(image, SIZES["ext4"])
    call(*MAKE["ext4"], str(image))
    mount.mkdir()
    served.mkdir()
    nothing = [f"error-{kind}-rate=0" for kind in ("pread", "pwrite", "trim", "zero", "extents", "cache")]
    kept = [one for one in nothing if one.split("=")[0] not in rates]
    server = subprocess.Popen(
        [
            *(tool("nbdfuse"), str(served / "disk"), "--command", tool("nbdkit"), "-s", "--filter=error"),
            *("file", str(image), *kept, *rates.split(), f"error-file={trigger}"),
        ],
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + GONE_S
        while not (served / "disk").exists():
            assert time.monotonic() < deadline, "nbdfuse does not serve"
            time.sleep(0.05)
        with loop(served / "disk") as device:
            call("mount", device, str(mount))
            stick = FailingStick("ext4", device, mount, trigger, image)
            try:
                yield stick
            finally:
                stick.take_away()
    finally:
        # Lazily: somebody's sandbox may still hold it, and nobody can look into a dead one.
        process.run([tool("umount"), "-l", str(served)], cwd=Path("/"), timeout_s=60)
        server.kill()
        server.wait(GONE_S)


class At:
    """A Progress that does something once, after so many bytes."""

    def __init__(self, after: int, act: Callable[[], None]) -> None:
        self.passed = 0
        self._after, self._act = after, act
        self.acted = False

    def foresee(self, total: int, rate: int | None) -> None:
        """Do nothing."""

    def start(self, what: Message, total: int, unit: str = "bytes") -> None:
        """Do nothing."""

    def advance(self, by: int) -> None:
        """Count, and act when it is time."""
        self.passed += by
        if self.passed >= self._after and not self.acted:
            self.acted = True
            self._act()

    def finish(self) -> None:
        """Do nothing."""
