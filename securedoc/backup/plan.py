"""Decides what a backup has to write: pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from securedoc.backup.index import Placed
from securedoc.backup.layout import BagName
from securedoc.core.digests import Digest
from securedoc.core.documents import SealedObject
from securedoc.errors import BackupRefused

SPARE_BYTES: Final = 1 << 20
"""Left free on a medium: file systems need room for their own names and tables."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes where."""

    kept: tuple[Placed, ...]
    """Objects that lie on the medium already, and are still needed."""
    new: tuple[tuple[Digest, int], ...]
    """Digest and size of those to be written, in order."""

    @property
    def objects(self) -> int:
        """How many objects the snapshot will name."""
        return len(self.kept) + len(self.new)

    @property
    def bags(self) -> frozenset[BagName]:
        """The objects bags that the kept ones need."""
        return frozenset(placed.bag_name for placed in self.kept)


def plan(needed: Iterable[SealedObject], present: Sequence[Placed]) -> Plan:
    """Divide what the ledger names into what lies on the medium and what must be written."""
    sizes = {one.digest: one.size_bytes for one in needed}
    # An object of another size under the same digest cannot be: the ledger decides, it is written again.
    kept = [one for one in present if sizes.get(one.digest) == one.size_bytes]
    there = {one.digest for one in kept}
    new = sorted((digest, size) for digest, size in sizes.items() if digest not in there)
    return Plan(tuple(sorted(kept)), tuple(new))


def require_room(needed_bytes: int, free_bytes: int, label: str) -> None:
    """Accept a medium that has room for what is to be written.

    Raises:
        BackupRefused: it has not; nothing was written.
    """
    if needed_bytes + SPARE_BYTES > free_bytes:
        raise BackupRefused(
            "{label} is too full: {needed} bytes are needed, {free} are free",
            label=label,
            needed=needed_bytes + SPARE_BYTES,
            free=free_bytes,
            hint="use a larger medium, or another one; nothing was written",
        )
