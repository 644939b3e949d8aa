"""Removes from a medium every snapshot whose ledger still opens a document that was destroyed since."""

from typing import Final

from securedoc.backup import media_set, pruning
from securedoc.backup.layout import BagKind
from securedoc.backup.media import Medium
from securedoc.backup.pruneplan import Removal
from securedoc.office import residue
from securedoc.office.office import Office

DESTRUCTION: Final = "destruction"
"""Why something is removed: its ledger has the key of a destroyed document."""


def refresh(office: Office, medium: Medium, *, parity_percent: int, read_back: bool) -> Removal | None:
    """Remove the snapshots of a medium that hold keys of destroyed documents; None where none does.

    Call it when the snapshot that is kept instead is whole and recorded. Nothing of the ones that
    go is worth keeping: a ledger is one file, and no row can be taken out of a signed bag. The sealed objects
    stay where other documents share their bag, and are noise without the keys.

    Raises:
        see `pruning.prune`.
    """
    there = frozenset(
        bag.number for bag in media_set.listing(medium.directory).bags if bag.kind is BagKind.SNAPSHOT
    )
    held = residue.of_medium(office, medium.identity.medium)
    gone = there & frozenset(held.snapshots if held else ())
    # A removal that was announced and cut off may have left nothing in the listing but its entry.
    announced = any(
        row.pruning is not None and row.pruned is None
        for row in office.ledger.snapshots(medium.identity.medium)
    )
    if not gone and not (held and announced):
        return None
    return pruning.prune(
        office, medium, there - gone, why=DESTRUCTION, parity_percent=parity_percent, read_back=read_back
    )
