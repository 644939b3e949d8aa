"""Where a drill lays a vault out: in memory, under a name that says which process it belongs to."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from securedoc.office.place import Place
from securedoc.system import passingspace

PREFIX: Final = "drill"


@contextmanager
def in_memory(budget_bytes: int) -> Iterator[Place]:
    """Hold an empty place in memory, shredded afterwards whatever happens.

    What goes there is as sealed as on the medium; no document is ever decrypted into it.

    Raises:
        ScratchRefused: there is not that much memory, or no RAM disk.
        ScratchIncomplete: something of it could not be removed.
    """
    with passingspace.in_memory(budget_bytes, prefix=PREFIX) as path:
        yield Place(path / "vault")


def sweep() -> int:
    """Shred what drills that were killed left in memory; return how many are gone."""
    return passingspace.sweep(PREFIX)
