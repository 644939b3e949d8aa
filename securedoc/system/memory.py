"""Tells how much memory a program may still take: of the machine, and of the control groups it is in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

_KIB: Final = 1024


def available_bytes(root: Path = Path("/")) -> int:
    """Return what can be had before something is swapped out or killed; 0 when the kernel does not say."""
    return min([_machine(root), *_groups(root)])


def _machine(root: Path) -> int:
    try:
        lines = (root / "proc/meminfo").read_text().splitlines()
    except OSError:
        return 0
    found = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    return int(next(found, "0")) * _KIB


def _groups(root: Path) -> Iterator[int]:
    """Yield what each control group that limits this process leaves it (version 2, the unified one)."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    mine = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), None)
    if mine is None:
        return
    top = root / "sys/fs/cgroup"
    group = top / mine
    for directory in (group, *group.parents):
        if not directory.is_relative_to(top):
            return
        left = _left(directory)
        if left is not None:
            yield left


def _left(group: Path) -> int | None:
    try:
        limit = (group / "memory.max").read_text().strip()
        used = int((group / "memory.current").read_text())
        lines = (group / "memory.stat").read_text().splitlines()
    except (OSError, ValueError):
        return None  # the topmost group has no limit, and no such files
    if not limit.isdigit():
        return None
    # What was read from files and not used lately is given back when somebody needs the room.
    spare = next((int(line.split()[1]) for line in lines if line.startswith("inactive_file ")), 0)
    return max(0, int(limit) - used + spare)
