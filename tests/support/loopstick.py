"""A loop device that shows itself as a USB stick: real blocks and mounts, a /sys that says what we like."""

import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from securedoc.system import process
from tests.support.system import call, fake_tree, tool

MIB = 1 << 20
SIZE = 24 * MIB
BLOCK = 4096
FIRST = 2048
"""The sector at which the one partition begins."""
QUIET = ("-qF", "-E", "lazy_itable_init=0,lazy_journal_init=0")
SERIAL = "60A44C3FAD"


@dataclass
class LoopStick:
    """A stick that is plugged in and mounted."""

    root: Path
    """Holds the /proc, /sys and /dev that the program is given to read."""
    image: Path
    node: Path
    """The real device."""
    mount: Path
    serial: str = SERIAL

    @property
    def name(self) -> str:
        """As the kernel calls it."""
        return self.node.name

    @property
    def shown(self) -> Path:
        """Its device node, in the /dev that the program is given."""
        return self.root / "dev" / self.name

    @property
    def sysfs(self) -> Path:
        """Its directory in /sys."""
        return self.root / "sys/devices/usb1/1-2/host6/block" / self.name

    def mounted(self) -> bool:
        """Tell whether it is mounted."""
        return self.mount.is_mount()

    def say(self, name: str, text: str) -> None:
        """Change what /sys says of it."""
        (self.sysfs / name).write_text(text)

    def say_serial(self, text: str) -> None:
        """Change the serial number that it gives."""
        (self.root / "sys/devices/usb1/1-2/serial").write_text(text)

    def blocks(self) -> list[bytes]:
        """Return everything on it, as far as the file system has written it out."""
        if self.mounted():
            call("sync", "-f", str(self.mount))
        data = self.image.read_bytes()
        return [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)]

    @contextmanager
    def exchanged(self, image: Path) -> Iterator[None]:
        """Put another device in its place, under the same name."""
        other = Path(call("losetup", "-f", "--show", str(image)).decode().strip())
        try:
            self.shown.unlink()
            os.mknod(self.shown, stat.S_IFBLK | 0o600, other.stat().st_rdev)
            yield
        finally:
            call("losetup", "-d", str(other))


@contextmanager
def loop_stick(
    directory: Path, *, serial: str = SERIAL, copy_of: Path | None = None, partitioned: bool = False
) -> Iterator[LoopStick]:
    """Make a stick with one file system and mount it; `copy_of` is an image to copy instead."""
    directory.mkdir(parents=True, exist_ok=True)
    image, mount = directory / "stick.img", directory / "stick"
    if copy_of is None:
        image.touch()
        os.truncate(image, SIZE)
        if partitioned:
            image.write_bytes(_one_partition().ljust(SIZE, b"\0"))
        else:
            call("mkfs.ext4", *QUIET, str(image))
    else:
        image.write_bytes(copy_of.read_bytes())
    made = process.run([tool("losetup"), "-f", "--show", str(image)], cwd=Path("/"), timeout_s=30)
    if made.code != 0:
        pytest.skip("no loop device is free here")
    stick = LoopStick(directory / "fake", image, Path(made.output.decode().strip()), mount, serial)
    part = Path(f"{stick.node}p1") if partitioned else stick.node
    try:
        if partitioned:
            # Told by hand: not every kernel reads partition tables.
            call("addpart", str(stick.node), "1", str(FIRST), str(SIZE // 512 - FIRST))
            call("mkfs.ext4", *QUIET, str(part))
        mount.mkdir()
        call("mount", str(part), str(mount))
        _show(stick)
        if partitioned:
            _show_part(stick, part)
        yield stick
    finally:
        if stick.mounted():
            call("umount", str(mount))
        if partitioned and part.exists():
            call("delpart", str(stick.node), "1")
        call("losetup", "-d", str(stick.node))


def _one_partition() -> bytes:
    """Return a master boot record with one partition over the rest of the disk."""
    entry = struct.pack("<B3sB3sII", 0, b"\0" * 3, 0x83, b"\0" * 3, FIRST, SIZE // 512 - FIRST)
    return entry.rjust(446 + 16, b"\0").ljust(510, b"\0") + b"\x55\xaa"


def _show_part(stick: LoopStick, part: Path) -> None:
    number = part.stat().st_rdev
    spelled = f"{os.major(number)}:{os.minor(number)}"
    inside = stick.sysfs.relative_to(stick.root) / part.name
    fake_tree(
        stick.root,
        {
            f"{inside}/partition": "1\n",
            f"{inside}/dev": f"{spelled}\n",
            f"sys/dev/block/{spelled}": f"->{stick.sysfs / part.name}",
            f"sys/class/block/{part.name}": f"->{stick.sysfs / part.name}",
        },
    )


def _show(stick: LoopStick) -> None:
    number = stick.node.stat().st_rdev
    spelled = f"{os.major(number)}:{os.minor(number)}"
    inside = stick.sysfs.relative_to(stick.root)
    fake_tree(
        stick.root,
        {
            "proc/self/mountinfo": "->/proc/self/mountinfo",
            "proc/swaps": "->/proc/swaps",
            "sys/devices/usb1/1-2/idVendor": "0951\n",
            "sys/devices/usb1/1-2/serial": f"{stick.serial}\n",
            "sys/devices/usb1/1-2/product": "DataTraveler MAU\n",
            f"{inside}/removable": "1\n",
            f"{inside}/ro": "0\n",
            f"{inside}/dev": f"{spelled}\n",
            f"{inside}/queue/rotational": "1\n",
            f"sys/dev/block/{spelled}": f"->{stick.sysfs}",
            f"sys/class/block/{stick.name}": f"->{stick.sysfs}",
            "dev": "/",
        },
    )
    os.mknod(stick.shown, stat.S_IFBLK | 0o600, number)
