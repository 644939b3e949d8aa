"""What a medium holds when a backup to it begins, and whether the ledger may go on from there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from securedoc.backup import continuity, forecast, forking, layout, media_set, trusting
from securedoc.backup.defects import require_none
from securedoc.backup.examine import Depth, Look, examine
from securedoc.backup.examined import Examined
from securedoc.backup.index import Index
from securedoc.backup.layout import BagKind, BagName
from securedoc.backup.media import Medium
from securedoc.backup.survey import Known, Survey, survey
from securedoc.core.digests import Digest
from securedoc.core.text import message
from securedoc.errors import BackupUntrusted
from securedoc.office.office import Office
from securedoc.system import files


@dataclass(frozen=True, slots=True)
class Present:
    """What need not be written again."""

    placed: Index
    """Objects of the newest snapshot, and of a bag that an interrupted backup finished."""
    manifests: dict[BagName, Digest]
    """Of the objects bags."""
    previous: Digest | None
    """Manifest of the newest snapshot."""
    next_objects: int
    next_snapshot: int
    unrecorded: tuple[int, ...]
    """Snapshots on the medium that the ledger has no entry of: the machine died in between."""
    removed: Mapping[int, Digest] = field(default_factory=dict)
    """Snapshots that the signed list on the medium says were removed from it."""


def clean(medium: Medium) -> tuple[str, ...]:
    """Remove what an interrupted backup left unfinished; return the names."""
    leftovers = media_set.listing(medium.directory).leftovers
    for name in leftovers:
        path = medium.directory / name
        files.remove_tree(path) if path.is_dir() else files.remove(path)
    return leftovers


def take_stock(office: Office, medium: Medium) -> Present:
    """Look at what is on the medium, and refuse to build on what does not hold.

    Raises:
        BackupUntrusted, BackupStale, BackupMalformed, BackupFailed: something on it is wrong.
        LedgerStale: the ledger is behind the medium: it was rolled back, or the vault restored from
            an older snapshot.
        LedgerUntrusted: the ledger is another one than the medium has seen.
    """
    known = trusting.known(office, medium.identity.medium)
    look = Look(trusting.trust(office), office.now(), Depth.NAMES, office.progress)
    listed = media_set.listing(medium.directory)
    if not any(bag.kind is BagKind.SNAPSHOT for bag in listed.bags) and not (known and known.snapshots):
        _refuse_list_alone(listed.bags)
        return _adopt_idle(medium, look, known, Present(Index(), {}, None, 1, 1, unrecorded=()))
    seen = survey(medium.directory, look, known=known)
    require_none(seen.defects)
    for snapshot in seen.snapshots:
        if snapshot.card is not None and snapshot.card.tree is not None:
            forking.require_one_history(office, snapshot.directory, snapshot.card.tree, medium.identity.label)
    return _adopt_idle(medium, look, known, _present(seen, known), removed=seen.pruned.bags)


def _refuse_list_alone(bags: Sequence[BagName]) -> None:
    record = continuity.newest_record(bags)
    if record is not None:
        raise BackupUntrusted(
            "{bag} says what was removed from this medium, and no snapshot is on it",
            bag=str(record),
            hint="somebody took away the snapshots, or made that directory: use another medium, and ask who "
            "had this one",
        )


def _present(seen: Survey, known: Known | None) -> Present:
    newest = seen.snapshots[-1]
    recorded = known.snapshots if known else {}
    numbers = [one.bag.number for one in seen.snapshots]
    return Present(
        placed=newest.placed(layout.OBJECT_INDEX) or Index(),
        manifests={
            bag: one.manifest_digest for bag, one in seen.objects.items() if one.manifest_digest is not None
        },
        previous=newest.manifest_digest,
        # Of those that no snapshot names, only what is sound counts (see `_adopt_sound`): whoever had the
        # stick in hand could have made a directory of the highest number there is.
        next_objects=max([seen.pruned.highest_objects, *(bag.number for bag in seen.objects)]) + 1,
        next_snapshot=max([*numbers, *recorded, *seen.pruned.snapshots]) + 1,
        unrecorded=tuple(number for number in numbers if number not in recorded),
        removed=seen.pruned.snapshots,
    )


def _adopt_idle(
    medium: Medium,
    look: Look,
    known: Known | None,
    present: Present,
    removed: frozenset[BagName] = frozenset(),
) -> Present:
    """Take over objects bags that no snapshot names, if every byte holds; remove them otherwise.

    Those `removed` with the last snapshot that needed them are what an interrupted pruning left.
    """
    bags = media_set.listing(medium.directory).bags
    idle = [bag for bag in bags if bag.kind is BagKind.OBJECTS and bag not in present.manifests]
    for bag in idle:
        if bag in removed:
            files.remove_tree(medium.directory / str(bag))
    idle = [bag for bag in idle if bag not in removed]
    if not idle:
        return present
    total = sum(forecast.set_bytes(medium.directory / str(bag)) for bag in idle)
    what = message("reading what an interrupted backup had finished")
    with forecast.one_stage(look.progress, what, total) as progress:
        full = replace(look, depth=Depth.FULL, office=medium.identity.office, progress=progress)
        return _adopt_sound(medium, full, known.signers if known else frozenset(), present, idle)


def _adopt_sound(
    medium: Medium, look: Look, signers: frozenset[Digest], present: Present, idle: Sequence[BagName]
) -> Present:
    lying, manifests = [present.placed], dict(present.manifests)
    for bag in idle:
        path = medium.directory / str(bag)
        seen = examine(path, bag, look)
        placed = seen.placed(layout.PACK_INDEX)
        if placed is None or seen.manifest_digest is None or not _is_sound(seen, medium, signers):
            files.remove_tree(path)
            continue
        lying.append(placed)
        manifests[bag] = seen.manifest_digest
    following = max([present.next_objects - 1, *(bag.number for bag in manifests)]) + 1
    return replace(present, placed=Index.merged(*lying), manifests=manifests, next_objects=following)


def _is_sound(seen: Examined, medium: Medium, signers: frozenset[Digest]) -> bool:
    card = seen.card
    ours = card is not None and (card.vault, card.medium) == (medium.identity.vault, medium.identity.medium)
    return ours and not seen.defects and seen.signer is not None and seen.signer.digest in signers
