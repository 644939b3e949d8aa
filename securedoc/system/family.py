"""The processes that a program started: what they cost, and how to tell them to end."""

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_WRAPPER: Final = "bwrap"  # told to end, it takes the program with it before that could save anything
_STAT_FIELDS: Final = 20  # proc(5): state is the first after the name, starttime the twentieth


@dataclass(frozen=True, slots=True)
class Member:
    """One process."""

    pid: int
    parent: int
    name: str
    start: int
    """In ticks since the machine started: with `pid` it names one process."""
    cpu_s: float
    """What it has computed so far."""


def members(pid: int) -> tuple[Member, ...]:
    """Return a process and all that descend from it; what ends while we look is left out."""
    everybody = _everybody()
    found, waiting = [], [pid]
    while waiting:
        one = everybody.pop(waiting.pop(), None)
        if one is not None:
            found.append(one)
            waiting += [child.pid for child in everybody.values() if child.parent == one.pid]
    return tuple(found)


def tell_to_end(pid: int) -> int:
    """Send SIGTERM to a program and all it started, but not to the sandbox around it; return to how many."""
    told = 0
    for member in members(pid):
        if member.name != _WRAPPER:
            told += _terminate(member)
    return told


def _terminate(member: Member) -> bool:
    # A process id is given again: it is held first, and then looked at once more.
    with suppress(OSError):
        held = os.pidfd_open(member.pid)
        try:
            now = _read(Path(f"/proc/{member.pid}"))
            if now is not None and now.start == member.start:
                signal.pidfd_send_signal(held, signal.SIGTERM)
                return True
        finally:
            os.close(held)
    return False


def _everybody() -> dict[int, Member]:
    read = (_read(Path(entry.path)) for entry in os.scandir("/proc") if entry.name.isdigit())
    return {one.pid: one for one in read if one is not None}


def _read(directory: Path) -> Member | None:
    try:
        text = (directory / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    # The name stands in brackets and may hold anything.
    name, _, rest = text.partition("(")[2].rpartition(")")
    fields = rest.split()
    if len(fields) < _STAT_FIELDS or fields[0] == "Z":
        return None
    spent = (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
    return Member(int(directory.name), int(fields[1]), name, int(fields[19]), spent)
