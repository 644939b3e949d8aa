"""Backs the vault up to a registered medium: plan, objects, snapshot, one rename, one entry."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from securedoc.backup import (
    adopt,
    compose,
    failing,
    fitness,
    forecast,
    kitonstick,
    media,
    media_set,
    packing,
    plan,
    protect,
    pruning,
    refreshing,
    reminding,
    state,
    trusting,
)
from securedoc.backup.adopt import Made
from securedoc.backup.card import BagCard
from securedoc.backup.checked import busy
from securedoc.backup.compose import Begun, Contents, Target, Written
from securedoc.backup.defects import require_none
from securedoc.backup.examine import Depth, Look
from securedoc.backup.failing import of_snapshot, on_medium, still_there
from securedoc.backup.guarding import look_at_guards
from securedoc.backup.index import Index
from securedoc.backup.layout import BagKind, BagName
from securedoc.backup.media import Medium
from securedoc.backup.outside import manifest_path
from securedoc.backup.packing import Source
from securedoc.backup.plan import Plan
from securedoc.backup.protect import Protected, Workshop, workshop
from securedoc.backup.pruneplan import Removal
from securedoc.backup.state import Present
from securedoc.backup.survey import survey
from securedoc.backup.trees import small_files
from securedoc.backup.vaultcopy import VaultCopy, copied
from securedoc.core.digests import Digest
from securedoc.core.text import Message, message
from securedoc.errors import BackupRefused
from securedoc.office import unrecorded
from securedoc.office.office import Office
from securedoc.office.unrecorded import Unrecorded
from securedoc.system import condition, files, par2, volumes


@dataclass(frozen=True, slots=True)
class Done:
    """A backup that was written."""

    medium: str
    label: str
    made: Made
    seconds: int
    """At least 1."""
    adopted: tuple[int, ...]
    """Snapshots that were on the medium, whole, without an entry; recorded now."""
    removed: tuple[str, ...]
    """What an interrupted backup had left."""
    stray: tuple[str, ...]
    """What another system left beside the bags; it stays."""
    protected: Protected
    """Recovery data that was made."""
    pruned: Removal | None
    """What was removed because policy keeps no more; None where nothing was."""
    refreshed: Removal | None
    """What was removed because it still opened a destroyed document; None where nothing did."""
    remarks: tuple[Message, ...] = ()
    """What the policy has said of the medium, though it allows it."""

    @property
    def rate(self) -> int:
        """Bytes written a second."""
        return self.made.octets // self.seconds


@dataclass(frozen=True, slots=True)
class _Work:
    """One backup of one vault to one medium."""

    office: Office
    medium: Medium
    present: Present

    @property
    def label(self) -> str:
        """What is written on the stick."""
        return self.medium.identity.label

    def target(self, *, read_back: bool, shop: Workshop | None = None) -> Target:
        """Return where the bags go; with a workshop, recovery data is begun while they are written."""
        target = Target(
            self.medium.directory,
            self.office.card.office,
            lambda data: trusting.sign(self.office, data),
            read_back,
            self.office.progress,
        )
        return target if shop is None else replace(target, keep=shop.root, kept=shop.begin)

    def card(self, kind: BagKind, number: int) -> BagCard:
        """Return what a new bag says of itself."""
        return BagCard(
            BagName(kind, number),
            self.office.vault_id,
            self.medium.identity.medium,
            self.office.now(),
            self.office.session.officer,
        )


@dataclass(frozen=True, slots=True)
class _Objects:
    """Where the objects of a snapshot lie."""

    manifests: dict[str, Digest]
    """Of the objects bags that it needs, by path."""
    placed: Index
    octets: int
    """Written just now."""


def run(
    office: Office,
    to: Path | None,
    *,
    read_back: bool = True,
    parity_percent: int | None = None,
    keep_all: bool = False,
) -> Done:
    """Write a snapshot of the vault to the medium at `to`, or to the one registered medium plugged in.

    Then recovery data for every bag on the medium that has none: `parity_percent` of it, else as policy says.
    Then snapshots that still open a destroyed document are removed, and those that policy keeps no more,
    unless `keep_all`.

    Raises:
        PolicyRefused: this officer may not back up.
        BackupBusy: another backup of this vault is running.
        BackupMissing, BackupRefused: there is no medium, or not the right one, or no room on it.
        BackupUntrusted, BackupStale, BackupMalformed: what is on the medium does not hold.
        BackupFailed: the medium failed; the snapshots on it are as they were.
        BackupIncomplete: the snapshot is written and recorded, but not its recovery data, or what policy
            keeps no more is not all removed.
        LedgerStale, LedgerUntrusted: the ledger is not the continuation of what the medium has seen.
        DocumentMissing, DocumentUntrusted, DocumentFailed: an object in the vault is damaged.
    """
    office.permit("backup")
    percent = office.policy.backup.parity_percent if parity_percent is None else parity_percent
    if percent and par2.program() is None:
        raise BackupRefused(
            "the program that makes recovery data, par2, is not installed",
            hint="install it (Debian: apt install par2), or back up without: --parity 0",
        )
    begun = time.monotonic()
    with files.locked(office.place.backup_lock, holder=office.session.officer, busy=busy):
        medium = media.choose(office, to)
        with on_medium(medium):
            removed = state.clean(medium)
            stray = media_set.listing(medium.directory).stray
            present = state.take_stock(office, medium)
        # A snapshot that is on the medium but not in the ledger comes first: the machine died
        # between the rename and the entry.
        for number in present.unrecorded:
            adopt.record(office, medium, number)
        pruning.adopt(office, medium, present.removed)
        unrecorded.forget(office.place, medium.identity.medium)  # recorded just now, or cleared away
        work = _Work(office, medium, present)
        with copied(office) as copy, workshop(office.place.backup_scratch / "parity", percent) as shop:
            going = Unrecorded(present.next_snapshot, copy.tree.size)
            unrecorded.note(office.place, medium.identity.medium, going)
            made = _write(work, copy, shop, read_back=read_back)
            adopt.append(office, medium, made)
            unrecorded.forget(office.place, medium.identity.medium)
            reminding.keep_note(office)
            # What still opens a destroyed document goes as soon as the new snapshot is whole and recorded:
            # a stick without room for recovery data must not keep it.
            with failing.after_backup(medium):
                refreshed = refreshing.refresh(office, medium, parity_percent=percent, read_back=read_back)
            protected = _protect(work, shop, made, read_back=read_back)
            # Last: what is kept is protected too before anything else goes.
            pruned = pruning.after_backup(
                office, medium, keep_all=keep_all, parity_percent=percent, read_back=read_back
            )
    return Done(
        medium.identity.medium,
        medium.identity.label,
        made,
        seconds=max(1, round(time.monotonic() - begun)),
        adopted=present.unrecorded,
        removed=removed,
        stray=stray,
        protected=protected,
        pruned=pruned,
        refreshed=refreshed,
        remarks=medium.remarks,
    )


def _write(work: _Work, copy: VaultCopy, shop: Workshop, *, read_back: bool) -> Made:
    chosen = plan.plan(copy.objects, work.present.placed)
    small = {
        **small_files(work.office.place),
        **kitonstick.files_of(work.office, copy.tree.size),
        "checkpoint.txt": copy.head.note,
    }
    cost = compose.objects_cost(size for _, size in chosen.new) + compose.snapshot_cost(
        copy.ledger, small, chosen.objects
    )
    # Where the machine's own disk has no room for a second copy, recovery data is made from the medium.
    spacious = volumes.volume(shop.root).free_bytes > 2 * cost
    target = work.target(read_back=read_back, shop=shop if shop.percent and spacious else None)
    with on_medium(work.medium):
        room = condition.look(work.medium.directory)
        fitness.require_files(room, work.label, _sizes(work, copy, small, chosen))
        cost += compose.cluster_cost(len(small), room.cluster_bytes) + protect.cost(cost, shop.percent)
        rate = forecast.write_rate(work.office.ledger, work.medium.identity.medium)
        work.office.progress.foresee(cost, rate)
        begun = time.monotonic()
        with pruning.offering_room(work.office, work.medium):
            plan.require_room(cost, volumes.volume(work.medium.directory).free_bytes, work.label)
        # The objects first: a bag of them that no snapshot names yet harms nobody.
        objects = _write_objects(work, target, chosen)
        contents = Contents(copy.ledger, small, objects.placed, {**work.medium.fixed, **objects.manifests})
        card = replace(
            work.card(BagKind.SNAPSHOT, work.present.next_snapshot),
            previous=work.present.previous,
            tree=copy.tree,
        )
        snapshot = compose.write_snapshot(target, card, contents)
        still_there(work.medium)
        # This rename is the backup: before it there is the last one, after it this one.
        snapshot.bag.publish()
    return Made(
        snapshot=card.bag.number,
        tree=copy.tree,
        manifest=snapshot.manifest,
        objects=chosen.objects,
        new_objects=len(chosen.new),
        octets=objects.octets + snapshot.bag.octets,
        read_back=read_back,
        seconds=max(1, round(time.monotonic() - begun)),
    )


def _sizes(
    work: _Work, copy: VaultCopy, small: Mapping[str, bytes], chosen: Plan
) -> Iterator[tuple[str, int]]:
    """Yield every file that is about to be written, but indexes, which are never as large."""
    yield "ledger.db", copy.ledger.stat().st_size
    yield from ((name, len(data)) for name, data in small.items())
    # One alone in its pack is the largest pack that can be.
    digest, size = max(chosen.new, key=lambda one: one[1], default=(None, 0))
    if digest is not None and size > packing.PACK_BYTES:
        objects = (one for one in work.office.ledger.objects() if one.digest == digest)
        named = next((f"{one.document} ({one.kind})" for one in objects), digest.hex)
        yield named, packing.pack_size([size])


def _write_objects(work: _Work, target: Target, chosen: Plan) -> _Objects:
    """Write the new objects, in bags that each exist by themselves: a cut loses the last one only."""
    known = {bag: digest for bag, digest in work.present.manifests.items() if bag in chosen.bags}
    manifests = {manifest_path(bag): digest for bag, digest in known.items()}
    if not chosen.new:
        return _Objects(manifests, chosen.kept, 0)
    vault = work.office.objects
    sources = (Source(digest, size, vault.path(digest)) for digest, size in chosen.new)
    cost = compose.objects_cost(size for _, size in chosen.new)
    target.progress.start(message("writing objects to {label}", label=work.label), cost)
    # While one bag is proven and published, the next one is written: the medium never waits.
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="publish") as pool:
        published: list[Future[Written]] = []
        placed = [chosen.kept]
        bags = packing.into_packs(sources, packing.PACK_BYTES)
        for number, bag in enumerate(bags, start=work.present.next_objects):
            begun = compose.begin_objects(target, work.card(BagKind.OBJECTS, number), bag)
            placed.append(begun.placed)
            if published and published[-1].exception() is not None:  # waits: not more than one at a time
                begun.bag.abandon()
                break
            published.append(pool.submit(_publish, work, target, begun))
        written = [one.result() for one in published]
    target.progress.finish()
    manifests |= {manifest_path(one.bag.name): one.manifest for one in written}
    return _Objects(manifests, Index.merged(*placed), sum(one.bag.octets for one in written))


def _publish(work: _Work, target: Target, begun: Begun) -> Written:
    written = compose.finish(target, begun.bag)
    still_there(work.medium)
    written.bag.publish()
    return written


def _protect(work: _Work, shop: Workshop, made: Made, *, read_back: bool) -> Protected:
    """Make recovery data for every bag that has none, and remove what is for bags that are no more."""
    if not shop.percent:
        return Protected(0, 0)
    octets = 0
    with of_snapshot(work.medium, made.snapshot):
        directory = work.medium.directory
        look = Look(trusting.trust(work.office), work.office.now(), Depth.NAMES)
        seen = survey(directory, look)
        # What was written is looked at as its readers will, by name: read back, it is only what was sent.
        require_none(seen.defects)
        known = trusting.known(work.office, work.medium.identity.medium)
        found = look_at_guards(seen, look, known)
        fixed = {name: (directory / name).stat().st_size for name in work.medium.fixed}
        taken = [*seen.listed.bags]
        lacking = protect.unprotected(seen, found)
        total = sum(protect.steps(sum(bag.sizes.values()), shop.percent) for bag in lacking)
        what = message("making recovery data for {label}", label=work.label)
        with forecast.one_stage(work.office.progress, what, total) as progress:
            target = replace(work.target(read_back=read_back), progress=progress)
            for bag in lacking:
                card = work.card(BagKind.PARITY, protect.next_number(taken))
                octets += protect.protect(target, shop, bag, fixed, card)
                taken.append(card.bag)
        unsound = (guard.seen.bag for guard in found.guards if not guard.sound)
        for name in (*unsound, *found.idle):
            files.remove_tree(directory / str(name))
    return Protected(len(lacking), octets)
