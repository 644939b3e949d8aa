"""Records backups in the ledger: those just made, and those found whole on a medium without an entry."""

import base64
from dataclasses import dataclass
from pathlib import Path

from securedoc.backup import confirming, layout, trusting
from securedoc.backup.card import Tree
from securedoc.backup.defects import require_none
from securedoc.backup.examine import Depth, Look
from securedoc.backup.index import Index
from securedoc.backup.media import Medium
from securedoc.backup.survey import Survey, survey
from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.errors import BackupMalformed
from securedoc.office.office import Office


@dataclass(frozen=True, slots=True)
class Made:
    """A snapshot on a medium, as the ledger records it."""

    snapshot: int
    tree: Tree
    manifest: Digest
    objects: int
    new_objects: int
    octets: int
    """Payload of the bags that were written for it."""
    read_back: bool
    seconds: int | None
    """That writing and reading back took, at least 1; None where nobody measured it."""

    def facts(self, medium: Medium) -> JsonObject:
        """Return the facts of the entry."""
        return {
            "medium": medium.identity.medium,
            "snapshot": self.snapshot,
            "checkpoint": {
                "size": self.tree.size,
                "root": base64.b64encode(self.tree.root).decode("ascii"),
            },
            "manifest": str(self.manifest),
            "objects": self.objects,
            "new_objects": self.new_objects,
            "bytes": self.octets,
            "read_back": self.read_back,
            "plugged": confirming.facts(medium.directory),
            "seconds": self.seconds,
        }


def append(office: Office, medium: Medium, made: Made) -> None:
    """Record a backup."""
    with office.write() as writing:
        writing.append(Act.BACKUP_WRITTEN, None, made.facts(medium))


def record(office: Office, medium: Medium, number: int) -> None:
    """Read every byte of a snapshot that the ledger does not know, and record it if all of it holds.

    Raises:
        BackupUntrusted, BackupStale, BackupMalformed, BackupFailed: something about it is wrong.
    """
    look = Look(trusting.trust(office), office.now(), Depth.FULL, office.progress)
    seen = survey(medium.directory, look, snapshot=number)
    require_none(seen.defects)
    append(office, medium, _made(seen, _before(medium.directory, look, number)))


def _before(directory: Path, look: Look, number: int) -> Index:
    """Return what lay on the medium before the snapshot of that number."""
    quick = Look(look.trust, look.now, Depth.NAMES)
    everything = survey(directory, quick)
    earlier = [one for one in everything.snapshots if one.bag.number < number]
    return (earlier[-1].placed(layout.OBJECT_INDEX) if earlier else None) or Index()


def _made(seen: Survey, before: Index) -> Made:
    snapshot = seen.snapshots[0]
    placed = snapshot.placed(layout.OBJECT_INDEX)
    if placed is None or snapshot.card is None or snapshot.card.tree is None or not snapshot.manifest_digest:
        raise BackupMalformed("{bag} lacks what a snapshot says of itself", bag=snapshot.name)
    new = placed.without(before)
    bags = [snapshot, *(seen.objects[bag] for bag in sorted(new.bags()))]
    return Made(
        snapshot=snapshot.bag.number,
        tree=snapshot.card.tree,
        manifest=snapshot.manifest_digest,
        objects=len(placed),
        new_objects=len(new),
        octets=sum(size for bag in bags for path, size in bag.sizes.items() if path in bag.manifest),
        read_back=True,
        seconds=None,
    )
