"""Decides what a backup has to write: pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from securedoc.backup.index import Index, Placed, Sizes
from securedoc.backup.layout import BagName
from securedoc.core.digests import Digest
from securedoc.errors import BackupRefused

SPARE_BYTES: Final = 1 << 20
"""Left free on a medium: file systems need room for their own names and tables."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes where."""

    kept: Index
    """Objects that lie on the medium already, and are still needed."""
    new: Sizes
    """Those to be written."""

    @property
    def objects(self) -> int:
        """How many objects the snapshot will name."""
        return len(self.kept) + len(self.new)

    @property
    def bags(self) -> frozenset[BagName]:
        """The objects bags that the kept ones need."""
        return self.kept.bags()


def plan(needed: Iterable[tuple[Digest, int]], present: Iterable[Placed]) -> Plan:
    """Divide what the ledger names into what lies on the medium and what must be written."""
    kept, new = bytearray(), bytearray()
    lying = Index.of(present)
    there = lying.records()
    at = next(there, b"")
    # Both ascend by digest: one pass, and neither is ever in memory as objects.
    for record in (needed if isinstance(needed, Sizes) else Sizes.of(needed)).records():
        while at and at < record:
            at = next(there, b"")
        # An object of another size under the same digest cannot be: the ledger decides, it is written again.
        if at.startswith(record):
            kept += at
        else:
            new += record
    same = Index(kept)
    return Plan(lying if same == lying else same, Sizes(new))  # not twice in memory where all is kept


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
