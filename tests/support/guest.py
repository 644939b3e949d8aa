"""A small Linux in QEMU with the kernel's own vfat driver and a USB stick, for what this kernel cannot do."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.cli import REPOSITORY
from tests.support.system import tool

KERNELS = (REPOSITORY / ".kernel", Path("/"))
"""Where a kernel of the distribution was unpacked, or is installed; scripts/faults fetches one."""
MODULES = (
    *("usb-common", "usbcore", "xhci-hcd", "xhci-pci", "scsi_common", "scsi_mod"),
    *("crc64", "crc64-rocksoft", "crct10dif_common", "crc-t10dif", "t10-pi", "sd_mod", "usb-storage"),
    *("fat", "vfat", "nls_cp437", "nls_ascii", "nls_utf8", "nls_iso8859-1"),
)
BOOT_S = 600.0
INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /proc /sys /dev /m
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs devtmpfs /dev
for name in {modules}; do $b insmod /modules/$name.ko; done
n=0
while [ ! -b /dev/sda ] && [ $n -lt 600 ]; do $b sleep 0.1; n=$((n+1)); done
if $b mount -t vfat -o iocharset=ascii /dev/sda /m; then
    echo "GUEST mounted" > /dev/console
    cd /m && . /replay.sh
    echo "GUEST done" > /dev/console
else
    echo "GUEST failed" > /dev/console
fi
$b sleep 1000
"""


def kernel() -> tuple[Path, Path]:
    """Return a kernel and its modules, or skip loudly."""
    for root in KERNELS:
        for image in sorted(root.glob("boot/vmlinuz-*"), reverse=True):
            modules = root / "lib/modules" / image.name.removeprefix("vmlinuz-")
            if any(modules.glob("kernel/fs/fat/vfat.ko")):
                return image, modules
    pytest.skip("no kernel with a vfat driver is at hand: scripts/faults --every fetches one")


@dataclass
class Replay:
    """What is done on the stick in the guest: a script, and the bytes that it writes."""

    lines: list[str]
    sources: Path
    """Directory of files that the script calls `/src/NAME`."""


def initramfs(directory: Path, replay: Replay) -> Path:
    """Pack the guest's whole system."""
    root = directory / "guest"
    for name in ("bin", "modules", "src"):
        (root / name).mkdir(parents=True, exist_ok=True)
    _, modules = kernel()
    shutil.copy(tool("busybox"), root / "bin/busybox")
    for name in MODULES:
        (found,) = modules.rglob(f"{name}.ko")
        shutil.copy(found, root / "modules")
    shutil.copytree(replay.sources, root / "src", dirs_exist_ok=True)
    (root / "replay.sh").write_text("\n".join(replay.lines) + "\n")
    (root / "init").write_text(INIT.format(modules=" ".join(MODULES)))
    (root / "init").chmod(0o755)
    packed = directory / "initramfs.cpio"
    names = "\0".join(["."] + [str(path.relative_to(root)) for path in sorted(root.rglob("*"))])
    with packed.open("wb") as file:
        subprocess.run(
            [tool("busybox"), "cpio", "-o", "-H", "newc", "-0"],
            cwd=root,
            input=names.encode(),
            stdout=file,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    return packed


@contextlib.contextmanager
def running(directory: Path, replay: Replay, stick: Path, log: Path) -> Iterator["Guest"]:
    """Run the guest with a USB stick whose every request is recorded in `log`."""
    image, _ = kernel()
    console, control = directory / "console", directory / "control"
    console.write_bytes(b"")
    log.touch()
    machine = subprocess.Popen(
        [
            *(tool("qemu-system-x86_64"), "-accel", "tcg", "-cpu", "max", "-m", "512", "-nographic"),
            *("-nodefaults", "-no-reboot", "-serial", f"file:{console}"),
            *("-qmp", f"unix:{control},server=on,wait=off"),
            *("-kernel", str(image), "-initrd", str(initramfs(directory, replay))),
            *("-append", "console=ttyS0 quiet panic=1"),
            *("-blockdev", f"driver=file,node-name=image,filename={stick}"),
            *("-blockdev", f"driver=file,node-name=log,filename={log}"),
            *("-blockdev", "driver=blklogwrites,node-name=recorded,file=image,log=log"),
            *("-device", "qemu-xhci,id=xhci"),
            *("-device", "usb-storage,bus=xhci.0,drive=recorded,id=stick,removable=on"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    guest = Guest(machine, console, control)
    try:
        yield guest
    finally:
        guest.switch_off()


@dataclass
class Guest:
    """The guest while it runs."""

    machine: "subprocess.Popen[bytes]"
    console: Path
    control: Path

    def said(self) -> list[str]:
        """Return what the script said so far."""
        text = self.console.read_text("utf-8", "replace")
        return [line.strip().removeprefix("GUEST ") for line in text.splitlines() if "GUEST " in line]

    def wait(self, until: Callable[[list[str]], bool]) -> None:
        """Wait until the script has said something."""
        deadline = time.monotonic() + BOOT_S
        while not until(self.said()):
            assert self.machine.poll() is None, self.console.read_text("utf-8", "replace")[-2000:]
            assert time.monotonic() < deadline, self.console.read_text("utf-8", "replace")[-2000:]
            time.sleep(0.05)

    def pull(self) -> None:
        """Pull the stick out of the running machine."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.control))
            stream = control.makefile("rw")
            stream.readline()
            for command in ('{"execute":"qmp_capabilities"}', DELETE):
                stream.write(command + "\n")
                stream.flush()
                stream.readline()

    def switch_off(self) -> None:
        """Take the power away; what QEMU was given is in the image."""
        self.machine.terminate()
        self.machine.wait(60)


DELETE = '{"execute":"device_del","arguments":{"id":"stick"}}'
