"""What tests of the machine need: reasons to skip, loop devices, and fake trees of /proc and /sys."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from securedoc.system import process, sandbox

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
needs_bwrap = pytest.mark.skipif(sandbox.probe() is not None, reason=f"{sandbox.probe()}")


def tool(name: str) -> str:
    """Return the absolute path of a program, or skip the test."""
    path = process.find(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return str(path)


def call(*argv: str) -> bytes:
    """Run a system tool that must succeed."""
    done = process.run([tool(argv[0]), *argv[1:]], cwd=Path("/"), timeout_s=60)
    assert done.code == 0, (argv, done.errors)
    return done.output


def mount_by(program: str, device: str, mount: Path, *options: str) -> None:
    """Mount a device; what serves a file system lives on, so nothing may end its process group."""
    done = subprocess.run(
        [tool(program), *options, device, mount], check=False, capture_output=True, timeout=60
    )
    assert done.returncode == 0, (program, done.stderr)


@contextmanager
def loop_device(
    directory: Path, filesystem: str, *, size_bytes: int, options: str = "", make: Sequence[str] = ()
) -> Iterator[Path]:
    """Make an image in `directory`, format it, mount it at `directory/mount`; skip where that cannot be."""
    image, mount = directory / "medium.img", directory / "mount"
    image.touch()
    os.truncate(image, size_bytes)
    quiet = {"ext4": ("-qF",), "xfs": ("-qf",), "btrfs": ("-qf",), "exfat": (), "vfat": ()}[filesystem]
    if filesystem == "vfat" and "\tvfat\n" not in Path("/proc/filesystems").read_text():
        pytest.skip("this kernel has no driver for vfat")
    mounting = "mount.exfat-fuse" if filesystem == "exfat" else "mount"  # no kernel here has the driver
    tool(mounting)
    call(f"mkfs.{filesystem}", *quiet, *make, str(image))
    losetup = process.run([tool("losetup"), "-f", "--show", str(image)], cwd=Path("/"), timeout_s=30)
    if losetup.code != 0:
        pytest.skip("no loop device is free here")
    device = losetup.output.decode().strip()
    try:
        mount.mkdir()
        mount_by(mounting, device, mount, *(["-o", options] if options else []))
        try:
            yield mount
        finally:
            call("umount", str(mount))
    finally:
        call("losetup", "-d", device)


def mounted_device(mount: Path) -> str:
    """Return the name of the device under a mount: `loop3`."""
    return call("findmnt", "-n", "-o", "SOURCE", str(mount)).decode().strip().removeprefix("/dev/")


def fake_tree(root: Path, tree: Mapping[str, str]) -> Path:
    """Write files below `root`; `->target` is a link, `/` a directory."""
    for name, content in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content.startswith("->"):
            path.symlink_to(content.removeprefix("->"))
        elif content == "/":
            path.mkdir(exist_ok=True)
        else:
            path.write_text(content, "utf-8")
    return root
