"""Tells which ways memory has onto this machine's disks."""

from pathlib import Path
from typing import Final

_HEADINGS: Final = 1


def swap_is_on(root: Path = Path("/")) -> bool:
    """Tell whether anything can be swapped out; where the kernel does not say, it can."""
    try:
        return len((root / "proc/swaps").read_text().splitlines()) > _HEADINGS
    except OSError:
        return True


def can_hibernate(root: Path = Path("/")) -> bool:
    """Tell whether the kernel offers to write all memory to disk and switch off."""
    try:
        return "disk" in (root / "sys/power/state").read_text().split()
    except FileNotFoundError:  # a kernel without power management
        return False
    except OSError:
        return True
