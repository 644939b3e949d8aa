"""Rehearses a restore: the vault is laid out in memory, every object decrypted and let go, on record."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from securedoc.backup import (
    drillspace,
    forecast,
    forking,
    layout,
    media_set,
    packing,
    reminding,
    restore,
    trusting,
)
from securedoc.backup.examine import Depth, Look
from securedoc.backup.examined import Examined, reason
from securedoc.backup.packing import Member
from securedoc.backup.restore import Opening
from securedoc.backup.schedule import BY_SHARES
from securedoc.backup.survey import Survey
from securedoc.backup.unpack import unpack_head
from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, SealedObject
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import RoleKey
from securedoc.core.protocols import Progress
from securedoc.core.secret import Secret
from securedoc.core.text import message
from securedoc.crypto import objects
from securedoc.errors import (
    BackupError,
    BackupFailed,
    BackupMalformed,
    BackupMissing,
    BackupRefused,
    BackupStale,
    BackupUntrusted,
    DocumentError,
    KeyRefused,
    KeysError,
    LedgerError,
    SecuredocError,
)
from securedoc.office.office import Office
from securedoc.office.opening import open_with
from securedoc.office.place import Place
from securedoc.signing.trust import TrustStore
from securedoc.system import files
from securedoc.vault.context import object_context

MARGIN_BYTES: Final = 16 << 20
"""What the directories, and the tables that the ledger's check keeps beside it, take in memory."""
BY_OFFICER: Final = "officer"
MAX_FAILURES: Final = 1000
"""Listed one by one; beyond, only counted."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An object that would not come back, or a pack that is none."""

    digest: Digest | None
    sealed: SealedObject | None
    """Which document's; None where the ledger does not name it."""
    error: SecuredocError


@dataclass(frozen=True, slots=True)
class How:
    """Who opens it, and from what."""

    opening: Opening
    by_shares: bool
    kit: int | None = None
    """Number of the emergency kit that was followed."""

    @property
    def opened_by(self) -> str:
        """`shares` or `officer`."""
        return BY_SHARES if self.by_shares else BY_OFFICER


@dataclass(slots=True)
class Drilled:
    """What a drill found."""

    vault: str = ""
    medium: str = ""
    label: str = ""
    snapshot: int = 0
    manifest: Digest | None = None
    documents: int = 0
    objects: int = 0
    """That the restored ledger names."""
    opened: int = 0
    octets: int = 0
    """Of plaintext, decrypted and let go."""
    entries: int = 0
    seconds: int = 0
    failures: list[Failure] = field(default_factory=list)
    failed: int = 0
    """How many there were; more than are listed where there were too many."""
    recorded: bool = False

    def require(self) -> None:
        """Accept a drill in which everything came back.

        Raises:
            BackupUntrusted: something did not.
            BackupFailed: something could not be read; nothing that was read is wrong.
        """
        if not self.failed:
            return
        first = self.failures[0]
        # What could not be read is not known to be wrong.
        unread = all(isinstance(one.error, BackupFailed) for one in self.failures)
        raise (BackupFailed if unread else BackupUntrusted)(
            "{failed} of {objects} objects would not come back; the first: {why}",
            failed=self.failed,
            objects=self.objects,
            why=str(first.error),
            hint="make a new backup on another medium now, and drill it",
        )


def drill(
    path: Path, how: How, live: Office | None, *, snapshot: int | None = None, trust: TrustStore | None = None
) -> Drilled:
    """Restore a snapshot of the medium at `path` into memory, open everything, and record what came of it.

    With the vault open (`live`), what is on the medium is also held against it, and the drill is an
    entry there. Nothing is written to any disk but that entry, and no plaintext anywhere.

    Raises:
        PolicyRefused: this officer may not hold a drill.
        BackupMissing, BackupUntrusted, BackupStale, BackupMalformed, BackupFailed: the medium.
        KeysError: the shares or the passphrase do not open the keyring on the medium.
        LedgerError: the restored ledger does not hold, or is no earlier state of the vault's.
        ScratchRefused: there is not enough memory.
    """
    if live is not None:
        live.permit("drill")
        _require_kit(live, how.kit)
    begun = time.monotonic()
    done = Drilled()
    try:
        _Rehearsal(how, live, done).hold(path, snapshot, trust)
    except (BackupError, LedgerError) as error:
        # A stick that does not restore is what a drill is there to find: it goes on record, too.
        if live is not None and done.medium and not isinstance(error, (BackupMissing, BackupRefused)):
            done.failed += 1
            _record(live, done, how, begun)
        raise
    done.seconds = _seconds(begun)
    if live is not None:
        _record(live, done, how, begun)
    return done


@dataclass(frozen=True, slots=True)
class _Rehearsal:
    how: How
    live: Office | None
    done: Drilled

    def hold(self, path: Path, snapshot: int | None, trust: TrustStore | None) -> None:
        opening, live = self.how.opening, self.live
        # (1) The medium: everything but the packs is verified before anything is copied.
        directory = media_set.find(path, live.vault_id if live else None)
        self.done.medium = media_set.stated_medium(directory) or ""
        store = trust or (trusting.trust(live) if live else media_set.stated_trust(directory))
        look = Look(store, opening.clock.now(), Depth.QUICK, opening.progress)
        seen, chosen = restore.verified(directory, look, snapshot)
        note(self.done, seen, chosen)
        total = sum(sum(bag.sizes.values()) for bag in (chosen, *seen.objects.values()))
        opening.progress.foresee(total, forecast.read_rate(live.ledger, self.done.medium) if live else None)
        # (2) What the vault remembers of this medium.
        if live is not None:
            require_known(live, chosen, self.done, newest=snapshot is None)
        # (3) The ledger, the keyring and the policy in memory, sealed as they are.
        with drillspace.in_memory(budget(chosen)) as place:
            try:
                unpack_head(chosen, place)
            except OSError as error:
                raise BackupFailed("the medium could not be read: {reason}", reason=reason(error)) from error
            self._open(place, seen, chosen)

    def _open(self, place: Place, seen: Survey, chosen: Examined) -> None:
        opening, live, done = self.how.opening, self.live, self.done
        # (4) The keys of the medium's own keyring: a passphrase or share that opens only the vault here
        #     would not help on the day.
        with (
            opening.unlock(place.keyring) as session,
            open_with(
                session,
                place,
                clock=opening.clock,
                progress=opening.progress,
                randomness=opening.randomness,
                read_only=True,
            ) as office,
        ):
            opening.permit_clock(office.card.training)
            office.permit("drill")
            if not session.holds(RoleKey.DOCUMENTS):
                raise KeyRefused(
                    "{officer} holds no key that opens documents",
                    officer=session.officer,
                    hint="hold the drill as the records officer or a signer, or with the recovery shares",
                )
            # (5) As a restore proves it: the authority, the signers, the whole ledger, its end.
            restore.require_same_authority(office, seen, chosen)
            report = office.ledger.verify(session.genesis_pin, progress=opening.progress)
            restore.require_head(office, chosen)
            # (6) It is an earlier state of the vault that is in use, not another one.
            if live is not None and chosen.card is not None and chosen.card.tree is not None:
                forking.require_continued(live.ledger, chosen.card.tree, done.label)
            done.vault, done.entries = office.vault_id, report.entries
            done.documents = len(office.ledger.documents())
            # (7) Every object, decrypted to its last tag.
            _Opening(office, done, opening.progress, office.key_opener()).everything(seen, chosen)


def note(done: Drilled, seen: Survey, chosen: Examined) -> None:
    """Note which snapshot of which medium it is."""
    known = seen.fixed.identity
    done.medium, done.label = (known.medium, known.label) if known else (done.medium, "")
    done.snapshot, done.manifest = chosen.bag.number, chosen.manifest_digest


def require_known(live: Office, chosen: Examined, done: Drilled, *, newest: bool) -> None:
    """Accept a snapshot that the vault in use remembers, or is too old to remember.

    Raises:
        BackupUntrusted: the medium is not registered there.
        BackupStale: it is another snapshot, or no longer the newest.
    """
    known = trusting.known(live, done.medium)
    if known is None:
        raise BackupUntrusted(
            "this medium is not registered in this vault",
            hint="register it first: securedoc media register; or the ledger is older than the medium",
        )
    recorded = known.snapshots.get(done.snapshot)
    if recorded is not None and recorded != chosen.manifest_digest:
        raise BackupStale(
            "snapshot {number} on {label} is not the one that was recorded",
            number=done.snapshot,
            label=done.label,
            hint="verify the medium: securedoc backup verify",
        )
    if newest and max(known.snapshots, default=0) > done.snapshot:
        raise BackupStale(
            "the newest snapshot of {label} is number {newest}, and the medium ends with {number}",
            newest=max(known.snapshots),
            label=done.label,
            number=done.snapshot,
            hint="somebody put an older state back: verify the medium: securedoc backup verify",
        )


def _require_kit(live: Office, kit: int | None) -> None:
    if kit is None:
        return
    made = [entry.facts.get("kit") for entry in live.ledger.newest(Act.KIT_MADE)]
    if kit not in made:
        raise BackupRefused(
            "there is no emergency kit number {kit}",
            kit=kit,
            hint="the number stands at the top of the sheet; the last one made is {last}",
            last=str(made[0]) if made else "-",
        )


def budget(chosen: Examined) -> int:
    """Return how many bytes of memory a snapshot takes without its objects."""
    ledger = chosen.sizes.get(layout.LEDGER, 0)
    # The check of a long ledger keeps a second set of tables beside it.
    return sum(chosen.sizes.values()) + ledger + MARGIN_BYTES


@dataclass(frozen=True, slots=True)
class _Opening:
    office: Office
    done: Drilled
    progress: Progress
    key_of: Callable[[DocumentId], Secret]

    def everything(self, seen: Survey, chosen: Examined) -> None:
        """Open every object that the ledger names, pack by pack."""
        wanted = {sealed.digest: sealed for sealed in self.office.ledger.objects()}
        self.done.objects = len(wanted)
        placed = [one for one in chosen.placed(layout.OBJECT_INDEX) or () if one.digest in wanted]
        for digest in wanted.keys() - {one.digest for one in placed}:
            error = BackupMissing("object {digest} is in no pack of this snapshot", digest=digest.hex)
            _fail(self.done, Failure(digest, wanted[digest], error))
        packs: dict[tuple[str, str], dict[Digest, SealedObject]] = {}
        for one in placed:
            packs.setdefault((str(one.bag_name), one.path), {})[one.digest] = wanted[one.digest]
        directories = {bag.name: bag.directory for bag in seen.objects.values()}
        self.progress.start(message("opening every document"), sum(one.size_bytes for one in placed))
        for (bag, path), left in sorted(packs.items()):
            self._pack(directories[bag] / path, f"{bag}/{path}", left)
        self.progress.finish()

    def _pack(self, path: Path, name: str, left: dict[Digest, SealedObject]) -> None:
        # Object by object: no more of a pack is ever in memory than one piece of one object.
        broken: SecuredocError | None = None
        try:
            with files.open_bounded(path) as stream:
                files.drop_cache(stream.fileno())
                for member in packing.read_pack(stream, name):
                    self._member(member, left.pop(member.digest, None))
        except OSError as error:
            broken = BackupFailed("{pack} could not be read: {reason}", pack=name, reason=reason(error))
        except BackupMalformed as error:
            broken = error
        # Whatever the pack did not come to is not known to open.
        for digest, sealed in left.items():
            lacking = broken or BackupUntrusted("{pack} does not hold it", pack=name)
            _fail(self.done, Failure(digest, sealed, lacking))
        if broken is not None and not left:
            _fail(self.done, Failure(None, None, broken))

    def _member(self, member: Member, sealed: SealedObject | None) -> None:
        wrong: SecuredocError | None = None
        octets = 0
        chunks = _counted(member.chunks, self.progress)
        try:
            octets = 0 if sealed is None else self._decrypted(sealed, chunks)
        except (DocumentError, KeysError, BackupUntrusted) as error:
            wrong = error
        try:
            for _ in chunks:  # to its end, where its digest is compared and the next one begins
                pass
        except BackupUntrusted as error:
            wrong = error
        if wrong is not None:
            _fail(self.done, Failure(member.digest, sealed, wrong))
        elif sealed is not None:
            self.done.opened += 1
            self.done.octets += octets

    def _decrypted(self, sealed: SealedObject, chunks: Iterator[bytes]) -> int:
        """Decrypt an object and let go of every piece; return how many bytes they were."""
        context = object_context(self.office.vault_id, sealed.document, sealed.version, sealed.kind)
        with self.key_of(sealed.document) as key:
            return sum(len(piece) for piece in objects.decrypt(key, context, chunks))


def _counted(chunks: Iterator[bytes], progress: Progress) -> Iterator[bytes]:
    for chunk in chunks:
        progress.advance(len(chunk))
        yield chunk


def _fail(done: Drilled, failure: Failure) -> None:
    done.failed += 1
    if len(done.failures) < MAX_FAILURES:
        done.failures.append(failure)


def _seconds(begun: float) -> int:
    return max(1, round(time.monotonic() - begun))


def _record(live: Office, done: Drilled, how: How, begun: float) -> None:
    facts: JsonObject = {
        "medium": done.medium,
        "snapshot": done.snapshot,
        "manifest": str(done.manifest) if done.manifest else None,
        "documents": done.documents,
        "objects": done.objects,
        "failures": done.failed,
        "seconds": _seconds(begun),
        "opened_by": how.opened_by,
        "kit": how.kit,
    }
    with live.write() as writing:
        writing.append(Act.BACKUP_DRILLED, None, facts)
    done.recorded = True
    reminding.keep_note(live)


def failure_facts(failure: Failure) -> Mapping[str, str | int | None]:
    """Return a failure as `--json` shows it: which object of which document, never what it says."""
    sealed = failure.sealed
    return {
        "digest": str(failure.digest) if failure.digest else None,
        "document": sealed.document if sealed else None,
        "version": sealed.version if sealed else None,
        "kind": sealed.kind.value if sealed else None,
        "code": failure.error.exit_code,
    }
