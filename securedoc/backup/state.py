"""What a medium holds when a backup to it begins, and whether the ledger may go on from there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from securedoc.backup import layout, media_set, trusting
from securedoc.backup.card import Tree
from securedoc.backup.defects import require_none
from securedoc.backup.examine import Depth, Look, examine
from securedoc.backup.examined import Examined
from securedoc.backup.index import Placed
from securedoc.backup.layout import BagKind, BagName
from securedoc.backup.media import Medium
from securedoc.backup.survey import Known, Survey, survey
from securedoc.core.digests import Digest
from securedoc.errors import LedgerStale, LedgerUntrusted
from securedoc.formats import merkle
from securedoc.ledger.ledger import Ledger
from securedoc.office.office import Office
from securedoc.system import files


@dataclass(frozen=True, slots=True)
class Present:
    """What need not be written again."""

    placed: tuple[Placed, ...]
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
        return _adopt_idle(medium, look, known, _nothing(listed.bags))
    seen = survey(medium.directory, look, known=known)
    require_none(seen.defects)
    for snapshot in seen.snapshots:
        if snapshot.card is not None and snapshot.card.tree is not None:
            require_continued(office.ledger, snapshot.card.tree, medium.identity.label)
    return _adopt_idle(medium, look, known, _present(seen, known), removed=seen.pruned.bags)


def require_continued(ledger: Ledger, tree: Tree, label: str) -> None:
    """Accept a ledger that has only grown since a medium saw it.

    Raises:
        LedgerStale: it is behind.
        LedgerUntrusted: it is another one.
    """
    while True:
        head = ledger.head().checkpoint
        if tree.size > head.size:
            raise LedgerStale(
                "the ledger has {size} entries, but {label} has seen {seen}",
                size=head.size,
                label=label,
                seen=tree.size,
                hint="this ledger was rolled back; restore the newest snapshot of that medium instead",
            )
        proof = ledger.consistency_proof(tree.size)
        if ledger.head().checkpoint.size == head.size:  # else somebody wrote an entry in between
            break
    try:
        merkle.verify_consistency(tree.size, tree.root, head.size, head.root, proof)
    except merkle.MerkleError as error:
        raise LedgerUntrusted(
            "the ledger is not the one that {label} has seen at {seen} entries",
            label=label,
            seen=tree.size,
            hint="two vaults went on from one backup, or history was rewritten: ask the auditor",
        ) from error


def _nothing(bags: Sequence[BagName]) -> Present:
    objects = [bag.number for bag in bags if bag.kind is BagKind.OBJECTS]
    return Present((), {}, None, next_objects=max(objects, default=0) + 1, next_snapshot=1, unrecorded=())


def _present(seen: Survey, known: Known | None) -> Present:
    newest = seen.snapshots[-1]
    recorded = known.snapshots if known else {}
    numbers = [one.bag.number for one in seen.snapshots]
    return Present(
        placed=newest.placed(layout.OBJECT_INDEX) or (),
        manifests={
            bag: one.manifest_digest for bag, one in seen.objects.items() if one.manifest_digest is not None
        },
        previous=newest.manifest_digest,
        next_objects=max(_nothing(seen.listed.bags).next_objects, seen.pruned.highest_objects + 1),
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
    signers = known.signers if known else frozenset()
    for bag in media_set.listing(medium.directory).bags:
        if bag.kind is not BagKind.OBJECTS or bag in present.manifests:
            continue
        path = medium.directory / str(bag)
        if bag in removed:
            files.remove_tree(path)
            continue
        seen = examine(path, bag, replace(look, depth=Depth.FULL, office=medium.identity.office))
        placed = seen.placed(layout.PACK_INDEX)
        if placed is None or seen.manifest_digest is None or not _is_sound(seen, medium, signers):
            files.remove_tree(path)
            continue
        present = replace(
            present,
            placed=_merged(present.placed, placed),
            manifests={**present.manifests, bag: seen.manifest_digest},
        )
    return present


def _is_sound(seen: Examined, medium: Medium, signers: frozenset[Digest]) -> bool:
    card = seen.card
    ours = card is not None and (card.vault, card.medium) == (medium.identity.vault, medium.identity.medium)
    return ours and not seen.defects and seen.signer is not None and seen.signer.digest in signers


def _merged(one: Sequence[Placed], other: Sequence[Placed]) -> tuple[Placed, ...]:
    """Join two lists; where both have an object, the first one's place counts."""
    return tuple({placed.digest: placed for placed in (*other, *one)}.values())
