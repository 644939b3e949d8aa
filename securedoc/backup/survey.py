"""Looks at everything on a medium, in the order in which each part trusts the last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from securedoc.backup import continuity, layout, media_set, outside
from securedoc.backup.defects import Defect, DefectKind
from securedoc.backup.examine import Look, examine
from securedoc.backup.examined import Examined
from securedoc.backup.index import Placed
from securedoc.backup.layout import BagKind, BagName
from securedoc.backup.media_set import FixedFiles, Listing
from securedoc.backup.pruned import Pruned
from securedoc.core.digests import Digest
from securedoc.core.text import message
from securedoc.errors import BackupIncomplete, BackupMissing


@dataclass(frozen=True, slots=True)
class Known:
    """What a vault's ledger knows of a medium: without it, nobody can tell an old stick from the newest."""

    identity: Digest
    """Of `medium.json` when it was registered."""
    snapshots: Mapping[int, Digest]
    """Number to digest of the manifest."""
    signers: frozenset[Digest]
    """Certificates of the officers who may write backups."""
    pruned: frozenset[int] = frozenset()
    """Snapshots that an entry says were to be removed."""
    restored: Digest | None = None
    """Manifest of the snapshot of this medium that this vault was restored from: what was removed right after
    it was written is in no entry of ours."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What lies on a medium, and all that is wrong with it."""

    root: Examined
    listed: Listing
    fixed: FixedFiles
    snapshots: tuple[Examined, ...]
    """Those asked for, by number."""
    objects: Mapping[BagName, Examined]
    """The bags they need, as far as they are there."""
    counts: Mapping[str, int]
    """Name of a snapshot, and how many objects it has."""
    record: Examined | None = None
    """The list of what was removed, where anything was."""
    pruned: Pruned = field(default_factory=Pruned)
    """What it says; nothing where it cannot be used."""

    @property
    def bags(self) -> tuple[Examined, ...]:
        """Every bag that counts, but for recovery data."""
        return (*self.snapshots, *self.objects.values(), *([self.record] if self.record else []))

    @property
    def parts(self) -> tuple[Examined, ...]:
        """Everything that was looked at."""
        return (self.root, *self.bags)

    @property
    def defects(self) -> tuple[Defect, ...]:
        """Everything that is wrong."""
        return tuple(defect for seen in self.parts for defect in seen.defects)


def survey(directory: Path, look: Look, *, snapshot: int | None = None, known: Known | None = None) -> Survey:
    """Look at every snapshot in `directory`, or one, and at all that it needs.

    Raises:
        BackupMissing: there is no snapshot, or not the one asked for.
        BackupIncomplete: no backup was ever finished here.
        BackupFailed: the medium cannot be read at all.
    """
    # (1) The names: what is no bag and none of the fixed files has no business here.
    listed = media_set.listing(directory)
    root = Examined(directory, "")
    for name in listed.unexpected:
        root.report(DefectKind.UNEXPECTED, name)
    # (2) The identity: whose medium this is, signed by who registered it.
    fixed = media_set.read_fixed(root, look.trust, look.now)
    if fixed.identity is not None:
        look = replace(look, office=fixed.identity.office)
    # (3) The snapshots that were asked for.
    chosen = _chosen(listed, snapshot, known)
    snapshots = [examine(directory / str(bag), bag, look) for bag in chosen]
    # (4) What each needs beside itself, then those bags.
    outsides = {seen.name: _outside(seen) for seen in snapshots}
    needed = _needed(root, snapshots, outsides, fixed)
    present = [bag for bag in sorted(needed) if bag in listed.bags]
    objects = {bag: examine(directory / str(bag), bag, look) for bag in present}
    _check_manifests(root, needed, objects)
    counts = _check_objects(snapshots, outsides, objects)
    # (5) All of one vault and one medium, in one line of history.
    #     that goes on across what was removed as policy allows.
    record = continuity.read_record(directory, listed.bags, look) if snapshot is None else None
    listing = [record[0]] if record else []
    _check_belonging([*snapshots, *objects.values(), *listing], fixed)
    if snapshot is None:
        continuity.check(root, snapshots, record)
    removed = (record[1] if record else None) or Pruned()
    # (6) What only the vault's ledger can tell.
    if known is not None:
        _check_known(root, [*snapshots, *objects.values(), *listing], fixed, known, removed)
    return Survey(
        root, listed, fixed, tuple(snapshots), objects, counts, record[0] if record else None, removed
    )


def _chosen(listed: Listing, number: int | None, known: Known | None) -> list[BagName]:
    snapshots = [bag for bag in listed.bags if bag.kind is BagKind.SNAPSHOT]
    if number is not None:
        snapshots = [bag for bag in snapshots if bag.number == number]
        if not snapshots:
            raise BackupMissing(
                "snapshot {number} is not on this medium",
                number=number,
                hint="list what is on it: securedoc backup list --from PATH",
            )
    elif not snapshots and listed.leftovers:
        raise BackupIncomplete(
            "no backup to this medium was ever finished", hint="run it again: securedoc backup run"
        )
    elif not snapshots and not (known and known.snapshots):
        raise BackupMissing("there is no snapshot on this medium yet", hint="make one: securedoc backup run")
    return snapshots


def _needed(
    root: Examined,
    snapshots: Sequence[Examined],
    outsides: Mapping[str, Mapping[str, Digest]],
    fixed: FixedFiles,
) -> dict[BagName, Digest]:
    """Return the objects bags that the snapshots need, and the digests of their manifests."""
    needed: dict[BagName, Digest] = {}
    compared: set[str] = set()
    for seen in snapshots:
        for path, digest in outsides[seen.name].items():
            if path in layout.FIXED_FILES:
                compared.add(path)
                media_set.compare_fixed(root, fixed.digests, path, digest)
                continue
            bag = BagName.parse(path.partition("/")[0])
            if needed.setdefault(bag, digest) != digest:
                seen.report(DefectKind.STALE, layout.BAGS, str(needed[bag]), str(digest))
    checked = [name for name in fixed.digests if name in compared]
    root.counts.checked_files += len(checked)
    root.counts.checked_octets += sum((root.directory / name).stat().st_size for name in checked)
    return needed


def _outside(seen: Examined) -> dict[str, Digest]:
    data = seen.content(layout.BAGS, outside.MAX_OUTSIDE_BYTES)
    if data is None:
        return {}
    try:
        return outside.parse_outside(data)
    except ValueError as error:
        seen.report(DefectKind.MALFORMED, layout.BAGS, found=str(error))
        return {}


def _check_manifests(
    root: Examined, needed: Mapping[BagName, Digest], objects: Mapping[BagName, Examined]
) -> None:
    for bag, expected in sorted(needed.items()):
        if bag not in objects:
            root.report(DefectKind.MISSING, str(bag), str(expected))
            continue
        found = objects[bag].manifest_digest
        # A validly signed bag of the same number from another time would pass every other check.
        if found is not None and found != expected:
            root.report(DefectKind.MISMATCH, outside.manifest_path(bag), str(expected), str(found))


def _check_objects(
    snapshots: Sequence[Examined],
    outsides: Mapping[str, Mapping[str, Digest]],
    objects: Mapping[BagName, Examined],
) -> dict[str, int]:
    """Hold what each snapshot says lies where against what the bags say; return how many objects each has."""
    lying: set[Placed] = set()
    # Where a bag's own index cannot be used, that is the defect: its objects are not known to be missing.
    indexed: set[BagName] = set()
    for name, bag in objects.items():
        if (found := bag.placed(layout.PACK_INDEX)) is not None:
            lying.update(found)
            indexed.add(name)
    counts: dict[str, int] = {}
    for seen in snapshots:
        placed = seen.placed(layout.OBJECT_INDEX)
        if placed is None:
            continue
        counts[seen.name] = len(placed)
        for needed in sorted({one.bag_name for one in placed}):
            # Nothing would hold that bag against the snapshot, and a restore would look for it in vain.
            if outside.manifest_path(needed) not in outsides[seen.name]:
                seen.report(DefectKind.MISSING, layout.BAGS, str(needed))
        for one in placed:
            if one not in lying and one.bag_name in indexed:
                seen.report(DefectKind.MISSING, f"{layout.OBJECT_INDEX}: {one.digest.hex}", str(one.bag_name))
    return counts


def _check_belonging(bags: Sequence[Examined], fixed: FixedFiles) -> None:
    if fixed.identity is None:
        return
    expected = f"{fixed.identity.vault}/{fixed.identity.medium}"
    for seen in bags:
        if seen.card is not None and (found := f"{seen.card.vault}/{seen.card.medium}") != expected:
            seen.report(DefectKind.MISMATCH, layout.CARD, expected, found)


def _check_known(
    root: Examined, bags: Sequence[Examined], fixed: FixedFiles, known: Known, removed: Pruned
) -> None:
    media_set.compare_fixed(root, fixed.digests, layout.IDENTITY, known.identity)
    manifests = {seen.bag.number: seen for seen in bags if seen.bag.kind is BagKind.SNAPSHOT}
    for number, expected in sorted(known.snapshots.items()):
        seen = manifests.get(number)
        if seen is None and not _explained(number, bags, known, removed):
            unentered = number in removed.snapshots
            root.report(
                DefectKind.STALE,
                str(BagName(BagKind.SNAPSHOT, number)),
                str(expected),
                message("removed, and no entry says so") if unentered else message("not on the medium"),
            )
        elif seen is None:
            continue
        elif seen.manifest_digest is not None and seen.manifest_digest != expected:
            seen.report(DefectKind.MISMATCH, "", str(expected), str(seen.manifest_digest))
    for seen in bags:
        if seen.signer is not None and seen.signer.digest not in known.signers:
            seen.report(
                DefectKind.SIGNATURE,
                layout.SIGNATURE,
                expected=message("an officer who may write backups"),
                found=seen.signer.name,
            )


def _explained(number: int, bags: Sequence[Examined], known: Known, removed: Pruned) -> bool:
    """Tell whether an entry explains that a snapshot is gone; or why ours has none.

    Whoever may write backups could sign a list of removals by himself: the list alone explains nothing. But a
    vault that was restored from a snapshot has no entry of what that same backup then removed.
    """
    listed = [seen.card.previous for seen in bags if seen.bag.kind is BagKind.PRUNING and seen.card]
    after_ours = known.restored is not None and known.restored in listed
    return number in known.pruned or (number in removed.snapshots and after_ours)
