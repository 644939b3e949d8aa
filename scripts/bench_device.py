"""A stick of exactly known speed: ext4 on a loop device in memory, throttled by the kernel."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

WRITE_BPS: Final = 100_000_000
READ_BPS: Final = 200_000_000

_THROTTLE: Final = Path("/sys/fs/cgroup/blkio")
_TOOLS: Final = ("mount", "umount", "losetup", "mkfs.ext4", "findmnt")
_SPARE_BYTES: Final = 200_000_000


def lacking() -> str | None:
    """Return why no such stick can be made here; None where it can."""
    if os.geteuid() != 0:
        return "only root may make one"
    if not (_THROTTLE / "blkio.throttle.write_bps_device").exists():
        return "this kernel has no blkio.throttle"
    missing = [name for name in _TOOLS if shutil.which(name) is None]
    return f"{missing[0]} is not installed" if missing else None


@contextmanager
def throttled(where: Path, octets: int) -> Iterator[Path]:
    """Mount an empty stick with room for `octets`; everything of it is gone afterwards."""
    size = -(-(octets * 11 // 10 + _SPARE_BYTES) // 4096) * 4096
    memory, mount = where / "memory", where / "stick"
    memory.mkdir()
    mount.mkdir(exist_ok=True)
    with ExitStack() as undo:
        undo.callback(memory.rmdir)
        _call("mount", "-t", "tmpfs", "-o", f"size={size + _SPARE_BYTES}", "tmpfs", str(memory))
        undo.callback(_call, "umount", str(memory))
        image = memory / "stick.img"
        image.touch()
        os.truncate(image, size)
        _call("mkfs.ext4", "-qF", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(image))
        device = _call("losetup", "-f", "--show", str(image))
        undo.callback(_call, "losetup", "-d", device)
        number = Path("/sys/block", Path(device).name, "dev").read_text().strip()
        for name, rate in (("write", WRITE_BPS), ("read", READ_BPS)):
            rule = _THROTTLE / f"blkio.throttle.{name}_bps_device"
            rule.write_text(f"{number} {rate}")
            undo.callback(rule.write_text, f"{number} 0")
        _call("mount", device, str(mount))
        undo.callback(_call, "umount", str(mount))
        yield mount


def forget(mount: Path) -> None:
    """Plug a stick out and in: nothing of it stays in memory, and everything else does."""
    device = _call("findmnt", "-n", "-o", "SOURCE", str(mount))
    _call("umount", str(mount))
    _call("mount", device, str(mount))


def _call(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
