"""Tells whether a medium was pulled out and plugged in again since it was last looked at."""

from dataclasses import dataclass
from pathlib import Path

from securedoc.system import volumes


@dataclass(frozen=True, slots=True)
class Plugging:
    """One time that a medium was plugged in."""

    boot: str
    """Drawn by the kernel anew at each start of the machine."""
    sequence: int | None
    """Given to no other device until a restart; None where there is no whole disk under it."""


def of(path: Path, *, root: Path = Path("/")) -> Plugging:
    """Return which time it is that the medium at `path` is plugged in.

    Raises:
        OSError: there is no such path.
    """
    disk = volumes.whole_disk(volumes.device_directory(path, root=root))
    sequence = volumes.text(disk and disk / "diskseq")
    return Plugging(
        volumes.text(root / "proc/sys/kernel/random/boot_id") or "",
        int(sequence) if sequence is not None and sequence.isdecimal() else None,
    )


def again(before: Plugging, now: Plugging) -> bool | None:
    """Tell whether a medium was plugged in anew in between; None where that cannot be told."""
    if not before.boot or not now.boot:
        return None
    # A restart takes the power from most sticks, and the memory of all that was written from the machine.
    if before.boot != now.boot:
        return True
    if before.sequence is None or now.sequence is None:
        return None
    return before.sequence != now.sequence
