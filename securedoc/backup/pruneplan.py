"""Finds out what pruning a medium removes; changes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from securedoc.backup import continuity, forking, layout, media_set, outside, trusting
from securedoc.backup.card import BagCard
from securedoc.backup.defects import require_none
from securedoc.backup.examine import Depth, Look
from securedoc.backup.examined import Examined
from securedoc.backup.guarding import Guards, look_at_guards
from securedoc.backup.layout import BagKind, BagName
from securedoc.backup.media import Medium
from securedoc.backup.survey import Survey, survey
from securedoc.core.digests import Digest
from securedoc.errors import BackupFailed, BackupRefused
from securedoc.ledger.rows import SnapshotRow
from securedoc.office.office import Office
from securedoc.policy import keeping


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes from a medium, or went."""

    snapshots: tuple[int, ...]
    bags: tuple[BagName, ...]
    """In the order of their removal: snapshots, the objects bags that only they needed, recovery data."""
    octets: int
    left: tuple[int, ...]
    """Snapshots that stay."""


@dataclass(frozen=True, slots=True)
class Work:
    """One pruning of one medium, as planned: nothing was changed yet."""

    office: Office
    medium: Medium
    seen: Survey
    rows: tuple[SnapshotRow, ...]
    """What the ledger knows of the medium's snapshots."""
    removal: Removal

    @property
    def newest(self) -> Examined:
        """The snapshot that certainly stays."""
        return self.seen.snapshots[-1]

    @property
    def manifests(self) -> dict[int, Digest]:
        """Of the snapshots that go."""
        return {
            one.bag.number: one.manifest_digest
            for one in self.seen.snapshots
            if one.bag.number in self.removal.snapshots and one.manifest_digest is not None
        }

    @property
    def renews(self) -> bool:
        """Whether the list on the medium lacks something that goes."""
        return _renews(self.seen, self.removal.snapshots)

    @property
    def announced(self) -> frozenset[int]:
        """Snapshots that an entry says are to be removed, and none that they were."""
        return frozenset(row.snapshot for row in self.rows if row.pruning is not None and row.pruned is None)

    def card(self, kind: BagKind, number: int, previous: Digest | None = None) -> BagCard:
        """Return what a new bag says of itself."""
        return BagCard(
            BagName(kind, number),
            self.office.vault_id,
            self.medium.identity.medium,
            self.office.now(),
            self.office.session.officer,
            previous=previous,
        )


def keep_by_policy(office: Office, medium: Medium) -> frozenset[int]:
    """Return the numbers of the snapshots on a medium that policy keeps.

    Raises:
        BackupFailed: the medium cannot be read.
    """
    there = {bag.number for bag in media_set.listing(medium.directory).bags if bag.kind is BagKind.SNAPSHOT}
    rows = [row for row in office.ledger.snapshots(medium.identity.medium) if row.snapshot in there]
    made = {row.snapshot: office.ledger.entry(row.entry).at for row in rows}
    stay = keeping.kept(made, office.policy.backup, office.now()) if made else frozenset()
    # What an entry says is being removed goes, whatever a policy that came since would keep: anybody could
    # take it away unseen, and until it is gone every backup would say again that nothing went.
    stay -= {row.snapshot for row in rows if row.pruning is not None and row.snapshot != max(there)}
    return stay | (there - made.keys())  # of the unrecorded nobody knows yet when they were made


def planned(office: Office, medium: Medium, keep: frozenset[int]) -> Removal:
    """Return what pruning would remove if only the snapshots `keep` stay; remove nothing.

    Raises:
        BackupRefused: the newest snapshot would go, or no entry records it.
        BackupUntrusted, BackupStale, BackupMalformed, BackupFailed: something on the medium is wrong.
        LedgerStale, LedgerUntrusted: the ledger is not the continuation of what the medium has seen.
    """
    return plan(office, medium, keep).removal


def plan(office: Office, medium: Medium, keep: frozenset[int]) -> Work:
    """Find out what goes if only the snapshots `keep` stay.

    Raises:
        see `planned`.
    """
    known = trusting.known(office, medium.identity.medium)
    look = Look(trusting.trust(office), office.now(), Depth.NAMES)
    seen = survey(medium.directory, look, known=known)
    require_none(seen.defects)
    for one in seen.snapshots:
        # A vault that went another way must not decide what the other one's stick keeps.
        if one.card is not None and one.card.tree is not None:
            forking.require_one_history(office, one.directory, one.card.tree, medium.identity.label)
    if not seen.snapshots or seen.snapshots[-1].bag.number not in keep:
        raise BackupRefused("the newest snapshot of {label} stays", label=medium.identity.label)
    rows = office.ledger.snapshots(medium.identity.medium)
    if not any(row.snapshot == seen.snapshots[-1].bag.number for row in rows):
        raise BackupRefused(
            "the newest snapshot of {label} is not recorded yet",
            label=medium.identity.label,
            hint="run first: securedoc backup run, or securedoc backup prune",
        )
    return Work(office, medium, seen, rows, _removal(seen, look_at_guards(seen, look, known), keep))


def _removal(seen: Survey, guards: Guards, keep: frozenset[int]) -> Removal:
    gone = [one.bag for one in seen.snapshots if one.bag.number not in keep]
    needs = {one.bag.number: frozenset(_needs(one)) for one in seen.snapshots}
    needed = frozenset[BagName]().union(*(bags for number, bags in needs.items() if number in keep))
    # One that no snapshot ever needed is what an interrupted backup finished: the next backup uses it.
    ever = seen.pruned.bags.union(*needs.values())
    idle = [bag for bag in seen.listed.bags if bag in ever and bag not in needed]
    # A list of removals repeats the ones before it; where another is written, this one goes, too.
    counts = (
        None if _renews(seen, [bag.number for bag in gone]) else continuity.newest_record(seen.listed.bags)
    )
    lists = [bag for bag in seen.listed.bags if bag.kind is BagKind.PRUNING and bag != counts]
    bags = [*gone, *idle, *lists]
    parity = [guard.seen.bag for guard in guards.guards if guard.protects in bags]
    everything = (*bags, *parity, *guards.idle)
    return Removal(
        tuple(bag.number for bag in gone),
        everything,
        sum(_octets(seen.root.directory / str(bag)) for bag in everything),
        tuple(one.bag.number for one in seen.snapshots if one.bag.number in keep),
    )


def _renews(seen: Survey, gone: Sequence[int]) -> bool:
    return any(number not in seen.pruned.snapshots for number in gone)


def _needs(snapshot: Examined) -> Iterator[BagName]:
    data = snapshot.content(layout.BAGS, outside.MAX_OUTSIDE_BYTES)
    # What cannot be read now was a defect, and refused; the medium may have failed since.
    if data is None:
        raise BackupFailed(
            "{path} could not be read: {found}", path=f"{snapshot.name}/{layout.BAGS}", found="-"
        )
    for path in outside.parse_outside(data):
        if path not in layout.FIXED_FILES:
            yield BagName.parse(path.partition("/")[0])


def _octets(directory: Path) -> int:
    return sum(path.lstat().st_size for path in directory.rglob("*") if not path.is_dir())
