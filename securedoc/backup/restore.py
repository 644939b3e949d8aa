"""Restores a vault from a medium into an empty place: verified, laid out, opened, proven, then named."""

import base64
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from securedoc.backup import layout, media_set, trusting
from securedoc.backup.defects import require_none
from securedoc.backup.everything import open_everything
from securedoc.backup.examine import Depth, Look
from securedoc.backup.examined import Examined, reason
from securedoc.backup.newer import Newer, newer_than
from securedoc.backup.registration import as_pem
from securedoc.backup.survey import Survey, survey
from securedoc.backup.unpack import unpack_head, unpack_objects
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.protocols import Clock, Progress, Randomness
from securedoc.core.text import message
from securedoc.errors import (
    BackupBusy,
    BackupFailed,
    BackupMalformed,
    BackupRefused,
    BackupStale,
    BackupUntrusted,
    PolicyRefused,
)
from securedoc.keyring.session import Session
from securedoc.office.office import Office
from securedoc.office.opening import open_with
from securedoc.office.place import Place
from securedoc.office.trust import authority_certificate
from securedoc.signing.trust import TrustStore
from securedoc.system import claiming, files, volumes

Unlock = Callable[[Path], AbstractContextManager[Session]]
"""Unlocks somebody's keys from a keyring directory."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Who opens the restored vault, and what comes from outside."""

    unlock: Unlock
    second: Unlock | None
    """Another officer who confirms; None where nobody was named."""
    clock: Clock
    permit_clock: Callable[[bool], None]
    """Refuses a clock that was set by hand where the vault is not for training."""
    progress: Progress
    randomness: Randomness


@dataclass(frozen=True, slots=True)
class Restored:
    """A vault that was restored."""

    vault: str
    medium: str
    snapshot: int
    documents: int
    objects: int
    opened: int
    """Objects that were decrypted to prove them; fewer where the officer may not open documents."""
    entries: int
    newer: tuple[Newer, ...] = ()
    """Snapshots on the medium that are newer than the one restored."""


def restore(
    path: Path, into: Path, opening: Opening, *, snapshot: int | None = None, trust: TrustStore | None = None
) -> Restored:
    """Restore a snapshot of the medium at `path` as the vault `into`; the newest, if none is named.

    Without `trust`, the certificate on the medium is believed until the ledger has been opened, which
    proves the right one by way of the officer's own keys.

    Raises:
        BackupRefused: `into` is not empty, or has no room.
        BackupBusy: another process is restoring to the same place.
        BackupMissing, BackupUntrusted, BackupStale, BackupMalformed, BackupFailed: the medium.
        KeysError: the shares or the passphrase do not open the keyring.
        LedgerError: the restored ledger does not hold.
        DocumentError: a document does not open.
        PolicyRefused: this officer may not restore, or nobody confirmed.
    """
    # (1) An empty place: nothing is ever restored over something.
    into = Path(os.path.abspath(into))  # noqa: PTH100 - a link must be seen, not followed
    _refuse_occupied(into)
    # (2) Everything on the medium but the packs is verified before anything is copied; the packs
    #     object by object while they are, against the digests verified here.
    directory = media_set.find(path)
    look = Look(
        trust or media_set.stated_trust(directory), opening.clock.now(), Depth.QUICK, opening.progress
    )
    with naming_repair(directory):
        seen, chosen = verified(directory, look, snapshot)
    opening.progress.foresee(_octets(seen, chosen), None)
    # (3) In a private place beside it, which gets its name only when all is proven.
    with _staging(into) as place:
        with _on_disk():
            _require_room(seen, chosen, place)
            unpack_head(chosen, place)
        # A wrong passphrase or share is told now, not after the packs were copied.
        with opening.unlock(place.keyring) as session:
            with _on_disk():
                with naming_repair(directory):
                    objects = unpack_objects(seen, chosen, place, opening.progress)
                volumes.sync_filesystem(place.root)
            newer = newer_than(directory, chosen, look)
            restored = _prove(place, session, seen, chosen, objects, opening, newer)
        with _on_disk():
            files.remove_dir(into)
            files.rename_durable(place.root, into)
    return restored


@contextmanager
def naming_repair(directory: Path) -> Iterator[None]:
    """Say what to do first where a damaged medium has recovery data."""
    try:
        yield
    except (BackupUntrusted, BackupMalformed, BackupFailed) as error:
        parity = [bag for bag in media_set.listing(directory).bags if bag.kind is layout.BagKind.PARITY]
        # A medium of somebody else's making is not to be repaired; where only others are damaged, said so.
        if parity and not error.facts.get("newest"):
            hint = message(
                "repair the medium first, then restore: securedoc backup repair PATH; or restore from another"
            )
            error.hint_template = hint.template
        raise


@contextmanager
def _on_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupFailed(
            "restoring failed: {reason}; nothing was left behind", reason=reason(error)
        ) from error


def _refuse_occupied(into: Path) -> None:
    try:
        occupied = into.is_symlink() or (into.exists() and (not into.is_dir() or any(into.iterdir())))
        mounted = os.path.ismount(into)
        missing = not into.parent.is_dir()
    except OSError as error:
        raise BackupRefused(
            "{path} cannot be used: {reason}", path=into.name, reason=reason(error)
        ) from error
    if occupied or missing:
        raise BackupRefused(
            "{path} is not an empty place",
            path=into.name,
            hint="name an empty directory, or a new one in a directory that exists",
        )
    if mounted:
        # The vault gets its name by a rename beside it: found out now, not after hours of copying.
        raise BackupRefused(
            "{path} is where a disk is mounted", path=into.name, hint="name a new directory on that disk"
        )


def verified(directory: Path, look: Look, number: int | None) -> tuple[Survey, Examined]:
    """Verify a snapshot, the newest if none is named, and all that it needs but the packs.

    Raises:
        BackupMissing, BackupUntrusted, BackupStale, BackupMalformed, BackupFailed: something is wrong.
    """
    if number is None:
        # All of them: a snapshot is the newest only if none was taken away after it.
        everything = survey(directory, Look(look.trust, look.now, Depth.NAMES))
        number = everything.snapshots[-1].bag.number
        _require_sound(everything, number)
    seen = survey(directory, look, snapshot=number)
    require_none(seen.defects)
    return seen, seen.snapshots[0]


def _require_sound(everything: Survey, newest: int) -> None:
    try:
        require_none(everything.defects)
    except (BackupUntrusted, BackupMalformed, BackupFailed) as error:
        others = tuple(f"{one.name}/" for one in everything.snapshots if one.bag.number != newest)
        # One bad sector in an old snapshot must not take the newest from whoever needs it.
        if all(defect.path.startswith(others) for defect in everything.defects):
            hint = message("only other snapshots are damaged: restore this one with --snapshot {newest}")
            error.hint_template = hint.template
            error.facts = {**error.facts, "newest": newest}
        raise


@contextmanager
def _staging(into: Path) -> Iterator[Place]:
    place = Place(into.parent / f".{into.name}.partial")
    with ExitStack() as held:
        try:
            # What a restore that was cut off left is sealed, and worth nothing; another's is not ours.
            held.enter_context(claiming.claimed(place.root))
        except BlockingIOError as error:
            raise BackupBusy(
                "another process is restoring to {path}", path=into.name, hint="wait until it has ended"
            ) from error
        try:
            yield place
        except BaseException:
            with suppress(OSError):
                files.remove_tree(place.root)
            raise


def _require_room(seen: Survey, chosen: Examined, place: Place) -> None:
    needed = _octets(seen, chosen)
    free = volumes.volume(place.root).free_bytes
    if needed > free:
        raise BackupRefused(
            "there is no room to restore: {needed} bytes are needed, {free} are free",
            needed=needed,
            free=free,
            hint="name a place on a larger disk with --into",
        )


def _octets(seen: Survey, chosen: Examined) -> int:
    return sum(chosen.sizes.values()) + sum(sum(bag.sizes.values()) for bag in seen.objects.values())


def _prove(  # noqa: PLR0913, PLR0917 - what is proven, by whom, of what
    place: Place,
    session: Session,
    seen: Survey,
    chosen: Examined,
    objects: int,
    opening: Opening,
    newer: tuple[Newer, ...],
) -> Restored:
    with (
        open_with(
            session,
            place,
            clock=opening.clock,
            progress=opening.progress,
            randomness=opening.randomness,
        ) as office,
        opening.second(place.keyring) if opening.second else nullcontext() as second,
    ):
        opening.permit_clock(office.card.training)
        office.permit("restore")
        # (4) The keys pin the ledger, the ledger names the authority, the authority the signers:
        #     only now is it proven that the medium was written by this office.
        require_same_authority(office, seen, chosen)
        # (5) The ledger holds as a whole, and ends where the snapshot says.
        report = office.ledger.verify(session.genesis_pin, progress=opening.progress)
        require_head(office, chosen)
        # (6) Every object that it names is there and, where the keys allow, opens.
        documents, opened = open_everything(office)
        # (7) The restored vault says of itself that it was restored, and from what.
        _append(office, {**_facts(seen, chosen), "newer": [one.number for one in newer]}, second)
    known = seen.fixed.identity
    return Restored(
        vault=office.vault_id,
        medium=known.medium if known else "",
        snapshot=chosen.bag.number,
        documents=documents,
        objects=objects,
        opened=opened,
        entries=report.entries,
        newer=newer,
    )


def require_same_authority(office: Office, seen: Survey, chosen: Examined) -> None:
    """Accept a medium that was written under the authority that its ledger names, by who may.

    Raises:
        BackupUntrusted: it was not.
    """
    on_medium = seen.root.read(layout.AUTHORITY, media_set.MAX_FIXED_BYTES)
    if on_medium != as_pem(authority_certificate(office)):
        raise BackupUntrusted(
            "the medium was signed under another authority than the one its ledger names",
            hint="somebody made this medium out of an old backup; use another one",
        )
    for bag in (chosen, *seen.objects.values()):
        if bag.signer is None or bag.signer.digest not in trusting.signers(office):
            raise BackupUntrusted(
                "{bag} was signed by somebody who may not write backups",
                bag=bag.name,
                hint="ask who made this medium; use another one",
            )


def require_head(office: Office, chosen: Examined) -> None:
    """Accept a ledger that ends where its snapshot says.

    Raises:
        BackupStale: it ends elsewhere.
    """
    head = office.ledger.head().checkpoint
    stated = chosen.card.tree if chosen.card else None
    if stated is None or (head.size, head.root) != (stated.size, stated.root):
        raise BackupStale(
            "the ledger on the medium is not the one that snapshot {number} speaks of",
            number=chosen.bag.number,
            hint="use another medium",
        )


def _append(office: Office, facts: JsonObject, second: Session | None) -> None:
    confirmation = None
    if second is not None:
        office.policy.may_confirm(second.role, "restore")
        confirmation = office.confirmation(Act.VAULT_RESTORED, None, facts, second)
    elif office.policy.needs_second(office.who.role, "restore"):
        raise PolicyRefused(
            "restoring with one officer's keys needs a second officer",
            hint="name one with --second OFFICER, or restore with the recovery shares",
        )
    with office.write() as writing:
        writing.append(Act.VAULT_RESTORED, None, facts, confirmation)


def _facts(seen: Survey, chosen: Examined) -> JsonObject:
    tree = chosen.card.tree if chosen.card else None
    return {
        "medium": seen.fixed.identity.medium if seen.fixed.identity else None,
        "snapshot": chosen.bag.number,
        "checkpoint": {"size": tree.size, "root": base64.b64encode(tree.root).decode("ascii")}
        if tree
        else None,
        "manifest": str(chosen.manifest_digest),
    }
