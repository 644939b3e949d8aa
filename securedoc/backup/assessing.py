"""Finds out what on a medium is damaged and what of it can be brought back; writes nothing to the medium."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from securedoc.backup import layout, media_set, mending, outside
from securedoc.backup.continuity import newest_record
from securedoc.backup.defects import DefectKind
from securedoc.backup.examine import Depth, Look, examine
from securedoc.backup.examined import Examined, reason
from securedoc.backup.layout import BagKind, BagName
from securedoc.backup.mending import Mending
from securedoc.backup.proving import ProvenGuard, prove
from securedoc.backup.remaking import remake
from securedoc.errors import BackupFailed, BackupMissing

_NOT_OF_BYTES: Final = frozenset({DefectKind.UNEXPECTED, DefectKind.STALE})
_SCRATCH: Final = (Path("/var/tmp"), Path("/tmp"))  # noqa: S108 - in a directory of our own, sealed bytes


def assess(directory: Path, look: Look, snapshot: int | None) -> Mapping[str, bool]:
    """Say of damaged files whether recovery data can bring them back; of those not named nobody knows.

    Raises:
        BackupError: it could not be found out.
        OSError: the medium or the machine's disk failed.
    """
    with scratch(None) as place:
        work = Mending(directory, place, look)
        mend(work, snapshot, ask_only=True)
        lost = {path: False for one in work.beyond for path in (*one.paths, str(one.bag))}
        return {**dict.fromkeys(work.possible, True), **lost}


def mend(work: Mending, snapshot: int | None, *, ask_only: bool) -> list[BagName]:
    """Bring back what is damaged in the snapshots, and in all that they need; return the bags looked at."""
    listed = media_set.listing(work.directory).bags
    guards = _guards(work, listed)
    record = newest_record(listed)
    bags = [bag for bag in listed if bag.kind is BagKind.SNAPSHOT or bag == record]
    if snapshot is not None:
        bags = [BagName(BagKind.SNAPSHOT, snapshot)]
        if bags[0] not in listed and bags[0] not in guards:
            raise BackupMissing(
                "snapshot {number} is not on this medium",
                number=snapshot,
                hint="list what is on it: securedoc backup list --from PATH",
            )
    # (1) The small files: only they say what the large ones must be, and which other bags are needed.
    heads = {bag: _head(work, bag, guards) for bag in bags}
    needed = sorted({other for head in heads.values() if head for other in _needs(head)})
    heads |= {bag: _head(work, bag, guards) for bag in needed}
    # (2) All large files are read before any is repaired: one may lie under another's name.
    sizes = (group.octets for guard in guards.values() for group in guard.parity.groups)
    largest = max(sizes, default=0)
    for bag, head in heads.items():
        if head is not None and bag in guards:
            mending.look_at_bodies(work, guards[bag], largest)
    # (3) Group by group, on the machine's own disk.
    for bag, head in heads.items():
        if head is not None and bag in guards:
            mending.mend_bodies(work, guards[bag], head, ask_only=ask_only)
    # (4) The recovery data itself, from what is whole by now.
    mine = [guards[bag] for bag in heads if bag in guards]
    if not ask_only and not work.beyond:
        for guard in mine:
            remake(work, guard)
    return [*heads, *(guard.name for guard in mine)]


def _guards(work: Mending, listed: tuple[BagName, ...]) -> dict[BagName, ProvenGuard]:
    """Return the newest proven recovery data of each bag."""
    guards = {}
    for name in listed:
        if name.kind is BagKind.PARITY:
            guard = prove(work.directory, name, work.look)
            if guard is not None:
                guards[guard.parity.bag] = guard
    return guards


def _head(work: Mending, bag: BagName, guards: dict[BagName, ProvenGuard]) -> Examined | None:
    if bag in guards and _is_of_another_time(work, guards[bag]):
        del guards[bag]
    if bag in guards:
        return mending.mend_head(work, guards[bag])
    seen = examine(work.directory / str(bag), bag, work.look)
    # A file too many, or a bag that is older than it is said to be, is nothing that bytes would undo.
    damaged = [one for one in seen.defects if one.kind not in _NOT_OF_BYTES]
    if damaged:
        work.give_up(bag, tuple(one.path for one in damaged), None, mending.NO_DATA)
        return None
    return seen


def _is_of_another_time(work: Mending, guard: ProvenGuard) -> bool:
    """Tell whether the bag is validly signed, and another one than the recovery data was made for."""
    bag = guard.parity.bag
    seen = examine(work.directory / str(bag), bag, replace(work.look, depth=Depth.NAMES))
    return seen.signer is not None and seen.manifest_digest != guard.parity.manifest


def _needs(head: Examined) -> Iterator[BagName]:
    data = head.content(layout.BAGS, outside.MAX_OUTSIDE_BYTES) if layout.BAGS in head.manifest else None
    try:
        needed = outside.parse_outside(data) if data is not None else {}
    except ValueError:
        return  # signed, and no list of ours: the verification afterwards names it
    for path in needed:
        if path not in layout.FIXED_FILES:
            yield BagName.parse(path.partition("/")[0])


@contextmanager
def scratch(into: Path | None) -> Iterator[Path]:
    """Hold a private directory on the machine's own disk; what is in it is as sealed as the medium."""
    where = into.parent if into else next((path for path in _SCRATCH if path.is_dir()), _SCRATCH[-1])
    try:
        directory = tempfile.TemporaryDirectory(prefix=".~repair-", dir=where, ignore_cleanup_errors=True)
    except OSError as error:
        raise BackupFailed(
            "{path} cannot be used: {reason}", path=where.name, reason=reason(error)
        ) from error
    with directory as name:
        yield Path(name)
