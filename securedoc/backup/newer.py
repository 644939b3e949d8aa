"""What lies on a medium after the snapshot that somebody restores: said aloud, never decided on."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from securedoc.backup import media_set
from securedoc.backup.examine import Depth, Look, examine
from securedoc.backup.examined import Examined
from securedoc.backup.layout import BagKind


@dataclass(frozen=True, slots=True)
class Newer:
    """A snapshot that is newer than the one restored."""

    number: int
    at: datetime | None
    """None where its own word for it does not hold."""
    entries: int | None
    """Of its ledger that the restored one lacks."""


def newer_than(directory: Path, chosen: Examined, look: Look) -> tuple[Newer, ...]:
    """Return the snapshots on a medium after `chosen`; a damaged one counts: it was there."""
    found = []
    size = chosen.card.tree.size if chosen.card and chosen.card.tree else 0
    for bag in media_set.listing(directory).bags:
        if bag.kind is not BagKind.SNAPSHOT or bag.number <= chosen.bag.number:
            continue
        seen = examine(directory / str(bag), bag, replace(look, depth=Depth.NAMES))
        card = seen.card if seen.signer is not None else None
        more = card.tree.size - size if card and card.tree else None
        found.append(Newer(bag.number, card.at if card else None, more))
    return tuple(found)
