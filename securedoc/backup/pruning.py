"""Removes from a medium what need not be kept: announced, listed, snapshots, then what only they needed."""

import errno
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.backup import (
    continuity,
    failing,
    layout,
    media,
    media_set,
    protect,
    pruneplan,
    reminding,
    state,
    trusting,
)
from securedoc.backup.adopt import record
from securedoc.backup.checked import busy
from securedoc.backup.compose import Target
from securedoc.backup.examine import Depth, Look, examine
from securedoc.backup.examined import reason
from securedoc.backup.layout import BagKind, BagName
from securedoc.backup.media import Medium
from securedoc.backup.protect import workshop
from securedoc.backup.pruneplan import Removal, Work, keep_by_policy, planned
from securedoc.backup.writing import BagWriter
from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.text import message
from securedoc.errors import (
    BackupFailed,
    BackupIncomplete,
    BackupRefused,
    BackupUntrusted,
    SecuredocError,
)
from securedoc.office.office import Office
from securedoc.system import files, par2, volumes

POLICY: Final = "policy"
"""Why something is removed: policy keeps no more."""


def prune(  # noqa: PLR0913 - what stays and why, and how what is written is written
    office: Office,
    medium: Medium,
    keep: frozenset[int],
    *,
    why: str = POLICY,
    parity_percent: int | None = None,
    read_back: bool = True,
) -> Removal | None:
    """Remove every snapshot but `keep` from a medium, and what only those needed; None where that is nothing.

    Whoever calls it holds the lock on backups. Nothing that stays is written again. A cut between any two
    steps leaves every snapshot whole that stays; the next run finishes.

    Raises:
        PolicyRefused: this officer may not.
        BackupRefused: the newest snapshot would go, or no entry records it.
        BackupUntrusted, BackupStale, BackupMalformed, BackupFailed: something on the medium is wrong;
            nothing was removed.
        LedgerStale, LedgerUntrusted: the ledger is not the continuation of what the medium has seen.
        BackupIncomplete: not everything could be removed; what stays is whole.
    """
    office.permit("backup")
    work = pruneplan.plan(office, medium, keep)
    if not work.removal.bags and not work.announced:
        return None
    percent = office.policy.backup.parity_percent if parity_percent is None else parity_percent
    with _on_medium(medium):
        # (1) The entry first: what is gone without one was taken away by somebody.
        if set(work.removal.snapshots) - work.announced:
            _announce(work, why)
        # (2) The signed list on the medium: who has no ledger can tell the gap from a removed snapshot.
        if work.renews:
            _publish_list(work, read_back=read_back)
        # (3) Snapshots before what they need: nothing that is left ever lacks something.
        what = message("removing what is no longer kept from {label}", label=medium.identity.label)
        office.progress.start(what, len(work.removal.bags), "items")
        for bag in work.removal.bags:
            _remove(medium, bag)
            office.progress.advance(1)
        office.progress.finish()
        # (4) Recovery data for the list last: a full medium has room for it only now.
        _protect_list(work, percent, read_back=read_back)
    _record(work)
    return work.removal


def after_backup(
    office: Office, medium: Medium, *, keep_all: bool, parity_percent: int, read_back: bool
) -> Removal | None:
    """Prune as policy says, at the end of a backup; None where nothing went.

    Raises:
        BackupIncomplete: the backup is there, but not everything could be looked at, or removed.
    """
    if keep_all or not office.policy.backup.prune:
        return None
    with failing.after_backup(medium):
        keep = keep_by_policy(office, medium)
        # Most backups remove nothing: the names say so, and nothing is read.
        if _there(medium) <= keep and not _unfinished(office, medium):
            return None
        return prune(office, medium, keep, parity_percent=parity_percent, read_back=read_back)


@contextmanager
def offering_room(office: Office, medium: Medium) -> Iterator[None]:
    """Say of a medium that is too full how much pruning would free, where it would."""
    try:
        yield
    except BackupRefused as error:
        with suppress(SecuredocError, OSError):
            freed = planned(office, medium, keep_by_policy(office, medium)).octets
            if freed:
                hint = message(
                    "make room first: securedoc backup prune removes {freed} bytes that policy "
                    "keeps no more; nothing was written"
                )
                error.hint_template = hint.template
                error.facts = {**error.facts, "freed": freed}
        raise


def _unfinished(office: Office, medium: Medium) -> bool:
    rows = office.ledger.snapshots(medium.identity.medium)
    return any(row.pruning is not None and row.pruned is None for row in rows)


def adopt(office: Office, medium: Medium, listed: Mapping[int, Digest]) -> tuple[int, ...]:
    """Enter what was removed after the snapshot that this vault was restored from; return the numbers.

    `listed` is what the list on the medium says, once no defect was found there: see `survey.Known`.
    """
    there = _there(medium)
    missing = {
        row.snapshot: row.manifest
        for row in office.ledger.snapshots(medium.identity.medium)
        if row.pruning is None and row.snapshot not in there and listed.get(row.snapshot) == row.manifest
    }
    if not missing:
        return ()
    with office.write() as writing:
        writing.append(Act.BACKUP_PRUNING, None, _intent(medium, POLICY, there, missing))
        writing.append(Act.BACKUP_PRUNED, None, _result(medium, missing, (), 0, found=True))
    return tuple(sorted(missing))


def _there(medium: Medium) -> frozenset[int]:
    """Return the numbers of the snapshots on a medium."""
    bags = media_set.listing(medium.directory).bags
    return frozenset(bag.number for bag in bags if bag.kind is BagKind.SNAPSHOT)


def _intent(medium: Medium, why: str, keep: Collection[int], gone: Mapping[int, Digest]) -> JsonObject:
    return {
        "medium": medium.identity.medium,
        "newest": max(keep),
        "why": why,
        "keep": sorted(keep),
        "snapshots": [
            {"snapshot": number, "manifest": str(digest)} for number, digest in sorted(gone.items())
        ],
    }


def _result(
    medium: Medium, gone: Collection[int], bags: Collection[BagName], octets: int, *, found: bool
) -> JsonObject:
    return {
        "medium": medium.identity.medium,
        "snapshots": sorted(gone),
        "bags": [str(bag) for bag in bags],
        "bytes": octets,
        "found": found,
    }


def _announce(work: Work, why: str) -> None:
    with work.office.write() as writing:
        writing.append(Act.BACKUP_PRUNING, None, _intent(work.medium, why, work.removal.left, work.manifests))


def _target(work: Work, *, read_back: bool) -> Target:
    return Target(
        work.medium.directory,
        work.office.card.office,
        lambda data: trusting.sign(work.office, data),
        read_back,
        work.office.progress,
    )


def _publish_list(work: Work, *, read_back: bool) -> None:
    objects = frozenset(bag for bag in work.removal.bags if bag.kind is BagKind.OBJECTS)
    said = work.seen.pruned.joined(work.manifests, objects)
    number = work.seen.record.bag.number + 1 if work.seen.record else 1
    card = work.card(BagKind.PRUNING, number, work.newest.manifest_digest)
    data = said.as_bytes()
    work.office.progress.start(message("writing {bag}", bag=str(card.bag)), len(data))
    bag = BagWriter(work.medium.directory, card, work.office.progress, read_back=read_back)
    bag.add(layout.PRUNED, data)
    bag.finish(work.office.card.office, _target(work, read_back=read_back).sign)
    work.office.progress.finish()
    _still_there(work.medium)
    bag.publish()


def _remove(medium: Medium, bag: BagName) -> None:
    """Remove a bag: one rename ends it for every reader, and a cut leaves a name that the next run clears."""
    _still_there(medium)
    gone = medium.directory / bag.partial
    files.rename_durable(medium.directory / str(bag), gone)
    files.remove_tree(gone)


def _protect_list(work: Work, percent: int, *, read_back: bool) -> None:
    """Make recovery data for the list of removals where it has none; without par2 the next backup does."""
    listed = media_set.listing(work.medium.directory).bags
    name = continuity.newest_record(listed)
    if name is None or not work.renews or not percent or par2.program() is None:
        return
    directory = work.medium.directory
    look = Look(trusting.trust(work.office), work.office.now(), Depth.NAMES, office=work.office.card.office)
    fixed = {file: (directory / file).stat().st_size for file in work.medium.fixed}
    card = work.card(BagKind.PARITY, protect.next_number(listed))
    with workshop(work.office.place.backup_scratch / "pruning", percent) as shop:
        target = _target(work, read_back=read_back)
        protect.protect(target, shop, examine(directory / str(name), name, look), fixed, card)


def _record(work: Work) -> None:
    done = {*work.removal.snapshots, *work.announced} - _there(work.medium)
    facts = _result(work.medium, done, work.removal.bags, work.removal.octets, found=False)
    with work.office.write() as writing:
        writing.append(Act.BACKUP_PRUNED, None, facts)
    reminding.keep_note(work.office)


@contextmanager
def _on_medium(medium: Medium) -> Iterator[None]:
    try:
        yield
    except (OSError, BackupFailed, BackupUntrusted) as error:
        raise BackupIncomplete(
            "not everything that is no longer kept could be removed from {label}: {reason}; "
            "what stays is whole",
            label=medium.identity.label,
            reason=reason(error) if isinstance(error, OSError) else str(error),
            hint="plug the medium in again, then: securedoc backup prune",
        ) from error


def _still_there(medium: Medium) -> None:
    if not volumes.same_volume(medium.volume, medium.directory):
        raise OSError(errno.ENODEV, "the medium was pulled out")


@dataclass(frozen=True, slots=True)
class ByHand:
    """What pruning one medium by hand did, or would do."""

    medium: Medium
    removal: Removal | None
    """None where there is nothing to remove."""
    recorded: tuple[int, ...]
    """Snapshots that were on the medium, whole, without an entry; recorded now."""


def by_hand(office: Office, to: Path | None, *, dry_run: bool) -> ByHand:
    """Prune the medium at `to`, or the one plugged in, as policy says; in a dry run change nothing.

    Raises:
        PolicyRefused: this officer may not.
        BackupBusy: a backup is running.
        BackupMissing, BackupRefused: there is no medium, or not the right one.
        see `prune`.
    """
    office.permit("backup")
    with files.locked(office.place.backup_lock, holder=office.session.officer, busy=busy):
        medium = media.choose(office, to)
        if dry_run:
            removal = planned(office, medium, keep_by_policy(office, medium))
            return ByHand(medium, removal if removal.bags else None, ())
        with _on_medium(medium):
            state.clean(medium)
        recorded = _record_found(office, medium)
        keep = keep_by_policy(office, medium)
        adopt(office, medium, pruneplan.plan(office, medium, keep).seen.pruned.snapshots)
        try:
            removal_done = prune(office, medium, keep)
        finally:
            files.remove_tree(office.place.backup_scratch)
        return ByHand(medium, removal_done, recorded)


def _record_found(office: Office, medium: Medium) -> tuple[int, ...]:
    """Record the snapshots that have no entry: what is removed is removed only after that."""
    rows = {row.snapshot for row in office.ledger.snapshots(medium.identity.medium)}
    found = tuple(sorted(_there(medium) - rows))
    for number in found:
        record(office, medium, number)
    return found
