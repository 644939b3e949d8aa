"""A place in memory that lasts as long as one act, under a name that says which process it belongs to."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from securedoc.system import process, workspace

PREFIX: Final = "passing"
_SESSION: Final = re.compile(r"[a-z]+([0-9]{1,10})x([0-9]{1,20})x([0-9]{1,6})")
_MOST_AT_ONCE: Final = 100


@contextmanager
def in_memory(budget_bytes: int, *, prefix: str = PREFIX) -> Iterator[Path]:
    """Hold an empty directory in memory, shredded afterwards whatever happens.

    Raises:
        ScratchRefused: there is not that much memory, or no RAM disk.
        ScratchIncomplete: something of it could not be removed.
    """
    sweep(prefix)
    pid = os.getpid()
    mine = f"{prefix}{pid}x{process.started(pid) or 0}x"
    taken = {path.name for path in workspace.named(prefix)}
    free = next(number for number in range(_MOST_AT_ONCE) if f"{mine}{number}" not in taken)
    path = workspace.create(f"{mine}{free}", budget_bytes=budget_bytes).path
    try:
        yield path
    except BaseException:
        with suppress(OSError):
            workspace.dissolve(path)
        raise
    workspace.dissolve(path).check()


def sweep(prefix: str = PREFIX) -> int:
    """Shred what acts that were killed left in memory; return how many are gone.

    What cannot be removed now stops nobody, and is tried again at the next start.
    """
    left = [path for path in workspace.named(prefix) if _is_dead(path)]
    for path in left:
        with suppress(OSError):
            workspace.dissolve(path)
    return sum(not path.exists() for path in left)


def _is_dead(path: Path) -> bool:
    match = _SESSION.fullmatch(path.name)
    return match is not None and process.started(int(match[1])) != int(match[2])
