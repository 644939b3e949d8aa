"""The vault at one moment: a consistent copy of its ledger, and the objects that this copy names."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from securedoc.backup.card import Tree
from securedoc.backup.index import Sizes
from securedoc.core.people import RoleKey
from securedoc.ledger.ledger import Ledger
from securedoc.ledger.rows import Head
from securedoc.office.office import Office
from securedoc.system import files


@dataclass(frozen=True, slots=True)
class VaultCopy:
    """The vault at one moment."""

    ledger: Path
    head: Head
    objects: Sizes
    """What the ledger names."""

    @property
    def tree(self) -> Tree:
        """Size and root of the copied ledger."""
        return Tree(self.head.checkpoint.size, self.head.checkpoint.root)


@contextmanager
def copied(office: Office) -> Iterator[VaultCopy]:
    """Copy the ledger, consistent while it is in use, and list the objects that this copy names."""
    scratch = office.place.backup_scratch
    try:
        files.remove_tree(scratch)  # of a backup that was killed
        files.make_dirs(scratch)
        path = scratch / "ledger.db"
        head = office.ledger.snapshot(path)
        key = office.session.role_key(RoleKey.LEDGER)
        with Ledger.open(path, key, office.card.origin, read_only=True) as ledger:
            objects = Sizes.of(ledger.object_sizes())
        yield VaultCopy(path, head, objects)
    finally:
        with suppress(OSError):
            files.remove_tree(scratch)
