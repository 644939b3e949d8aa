"""Where a drill lays a vault out: in memory, under a name that says which process it belongs to."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from securedoc.office.place import Place
from securedoc.system import process, workspace

PREFIX: Final = "drill"
_SESSION: Final = re.compile(PREFIX + r"([0-9]{1,10})x([0-9]{1,20})")


@contextmanager
def in_memory(budget_bytes: int) -> Iterator[Place]:
    """Hold an empty place in memory, shredded afterwards whatever happens.

    What goes there is as sealed as on the medium; no document is ever decrypted into it.

    Raises:
        ScratchRefused: there is not that much memory, or no RAM disk.
        ScratchIncomplete: something of it could not be removed.
    """
    sweep()
    pid = os.getpid()
    session = f"{PREFIX}{pid}x{process.started(pid) or 0}"
    path = workspace.create(session, budget_bytes=budget_bytes).path
    try:
        yield Place(path / "vault")
    except BaseException:
        with suppress(OSError):
            workspace.dissolve(path)
        raise
    workspace.dissolve(path).check()


def sweep() -> int:
    """Shred what drills that were killed left in memory; return how many are gone.

    It is sealed: what cannot be removed now stops nobody, and is tried again at the next start.
    """
    left = [path for path in workspace.named(PREFIX) if _is_dead(path)]
    for path in left:
        with suppress(OSError):
            workspace.dissolve(path)
    return sum(not path.exists() for path in left)


def _is_dead(path: Path) -> bool:
    match = _SESSION.fullmatch(path.name)
    return match is not None and process.started(int(match[1])) != int(match[2])
