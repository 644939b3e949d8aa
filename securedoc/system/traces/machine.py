"""What of a machine keeps memory on disk and cannot be looked into: swap, hibernation, crash handlers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from securedoc.system.traces.places import Sign
from securedoc.system.traces.session import CLIPBOARD_MANAGERS, clipboards

__all__ = ("CLIPBOARD_MANAGERS", "Condition", "conditions")


@dataclass(frozen=True, slots=True)
class Condition:
    """Something on this machine that may hold content, and nobody can tell whose."""

    sign: Sign
    path: Path


def conditions(root: Path) -> Iterator[Condition]:
    """Yield what is there: swap that is not memory, a hibernation image's place, clipboard managers."""
    for line in _text(root / "proc/swaps").splitlines()[1:]:
        words = line.split()
        if words and "/zram" not in words[0]:
            yield Condition(Sign.SWAP, Path(words[0].replace("\\040", " ")))
    resume = _text(root / "sys/power/resume").strip()
    if "disk" in _text(root / "sys/power/state").split() and resume not in {"", "0:0"}:
        yield Condition(Sign.HIBERNATION, Path("/sys/power/resume"))
    for trace in clipboards(root):
        yield Condition(Sign.CLIPBOARD, trace.path)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
