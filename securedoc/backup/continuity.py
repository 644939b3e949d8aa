"""Whether the snapshots on a medium follow one another, across those that were removed as policy allows."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from securedoc.backup import layout, pruned
from securedoc.backup.defects import DefectKind
from securedoc.backup.examine import Depth, Look, examine
from securedoc.backup.examined import Examined
from securedoc.backup.layout import BagKind, BagName
from securedoc.backup.pruned import Pruned
from securedoc.core.digests import Digest
from securedoc.core.text import message


def newest_record(bags: Sequence[BagName]) -> BagName | None:
    """Return the list of removals that counts."""
    return max((bag for bag in bags if bag.kind is BagKind.PRUNING), default=None)


def read_record(
    directory: Path, bags: Sequence[BagName], look: Look
) -> tuple[Examined, Pruned | None] | None:
    """Examine the newest list of what was removed; None where nothing ever was.

    What it says is None, with the defect noted, where nobody we trust has signed it or it cannot be used.
    """
    name = newest_record(bags)
    if name is None:
        return None
    # It is small: where anything is read, all of it is.
    depth = look.depth if look.depth is Depth.NAMES else Depth.FULL
    seen = examine(directory / str(name), name, replace(look, depth=depth))
    data = seen.content(layout.PRUNED, pruned.MAX_PRUNED_BYTES)
    if data is None or seen.signer is None:
        return seen, None
    try:
        return seen, pruned.parse(data)
    except ValueError as error:
        seen.report(DefectKind.MALFORMED, layout.PRUNED, found=str(error))
        return seen, None


def check(
    root: Examined, snapshots: Sequence[Examined], record: tuple[Examined, Pruned | None] | None
) -> None:
    """Note where a snapshot does not follow the one before it, on the medium or rightly removed from it."""
    known = [seen for seen in snapshots if seen.card is not None]
    removed = record[1] if record else Pruned()
    if removed is not None:
        before: Examined | None = None
        for after in known:
            _follows(root, before, after, removed)
            before = after
        if record is not None:
            _check_newest(root, record[0], snapshots, removed)
    # Where the list cannot be used, that is the defect: whether a gap in the chain is explained is not known.
    for before, after in pairwise(known):
        _grows(root, before, after)


def _follows(root: Examined, before: Examined | None, after: Examined, removed: Pruned) -> None:
    if after.card is None:
        return
    stated = after.card.previous
    found = _before(before, after, removed)
    if stated == found:
        return
    if found is None and before is None and stated is not None:
        # It follows a snapshot that is not here: somebody took it away.
        root.report(
            DefectKind.STALE,
            after.name,
            expected=message("the snapshot before it, {digest}", digest=stated.hex),
            found=message("nothing before it"),
        )
        return
    root.report(DefectKind.STALE, after.name, str(stated), str(found))


def _before(before: Examined | None, after: Examined, removed: Pruned) -> Digest | None:
    """Return the manifest of the snapshot that `after` must follow."""
    least = before.bag.number if before else 0
    between = [number for number in removed.snapshots if least < number < after.bag.number]
    if between:
        return removed.snapshots[max(between)]
    return before.manifest_digest if before else None


def _check_newest(root: Examined, seen: Examined, snapshots: Sequence[Examined], removed: Pruned) -> None:
    """Note where the snapshot that was the newest at the last removal is gone: only a removal may end one."""
    stated = seen.card.previous if seen.card else None
    manifests = {one.manifest_digest for one in snapshots}
    if stated is None or stated in manifests or stated in removed.snapshots.values() or None in manifests:
        return
    root.report(
        DefectKind.STALE,
        seen.name,
        expected=message("the newest snapshot when the others were removed, {digest}", digest=stated.hex),
        found=message("not on the medium"),
    )


def _grows(root: Examined, before: Examined, after: Examined) -> None:
    if before.card is None or after.card is None or not before.card.tree or not after.card.tree:
        return
    if after.card.tree.size < before.card.tree.size:
        root.report(
            DefectKind.STALE,
            after.name,
            expected=message("a ledger of at least {size} entries", size=before.card.tree.size),
            found=str(after.card.tree.size),
        )
