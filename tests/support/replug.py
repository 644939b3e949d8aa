"""A stick that is an image: plugged into a loop device, pulled out, and plugged in again."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from securedoc.system import process
from tests.support.system import call, tool

_MAKE = {
    "ext4": ("mkfs.ext4", "-qF"),
    "xfs": ("mkfs.xfs", "-qf"),
    "exfat": ("mkfs.exfat",),
    "ntfs": ("mkntfs", "-qQF"),
    "vfat": ("mkfs.vfat", "-F", "32"),
}
_MOUNT = {"exfat": "mount.exfat-fuse", "ntfs": "ntfs-3g"}
"""Through FUSE: the kernels of the tests have no driver."""


@dataclass
class Stick:
    """An image that can be plugged in."""

    image: Path
    mount: Path
    filesystem: str
    node: Path | None = None

    def plug(self, options: str = "") -> Path:
        """Attach and mount it."""
        made = process.run([tool("losetup"), "-f", "--show", str(self.image)], cwd=Path("/"), timeout_s=30)
        if made.code != 0:
            pytest.skip("no loop device is free here")
        self.node = Path(made.output.decode().strip())
        self.mount.mkdir(exist_ok=True)
        self.remount(options)
        return self.mount

    def remount(self, options: str = "", program: str = "") -> None:
        """Mount it where it is attached, by another driver where one is given."""
        words = ["-o", options] if options else []
        program = tool(program or _MOUNT.get(self.filesystem, "mount"))
        # In a session of its own: a FUSE driver that goes into the background must not end with its parent.
        call("setsid", "--fork", "--wait", program, *words, str(self.node), str(self.mount))

    def unmount(self) -> None:
        """Unmount it and leave it attached."""
        call("umount", str(self.mount))

    def protect(self) -> None:
        """Move its switch, until it is pulled out."""
        call("blockdev", "--setro", str(self.node))

    def pull(self) -> None:
        """Unmount and detach it."""
        if self.mount.is_mount():
            self.unmount()
        if self.node is not None:
            call("blockdev", "--setrw", str(self.node))  # the kernel keeps it for the next image
            call("losetup", "-d", str(self.node))
            self.node = None


@contextmanager
def stick(
    directory: Path, filesystem: str = "ext4", *, size_bytes: int = 48 << 20, make: Sequence[str] = ()
) -> Iterator[Stick]:
    """Make a stick with one file system; it is not plugged in yet."""
    if filesystem == "vfat" and "\tvfat\n" not in Path("/proc/filesystems").read_text():
        pytest.skip("this kernel has no driver for vfat")
    directory.mkdir(parents=True, exist_ok=True)
    tool(_MOUNT.get(filesystem, "mount"))
    made = Stick(directory / "stick.img", directory / "stick", filesystem)
    made.image.touch()
    os.truncate(made.image, size_bytes)
    call(*_MAKE[filesystem], *make, str(made.image))
    try:
        yield made
    finally:
        made.pull()
