"""Restores one document of a medium as a file: opened in memory, by two people, recorded where a vault is."""

import io
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.backup import drill, drillspace, forking, layout, media_set, packing, restore, trusting
from securedoc.backup.card import Tree
from securedoc.backup.examine import Depth, Look
from securedoc.backup.examined import Examined, reason
from securedoc.backup.index import Placed
from securedoc.backup.restore import Opening
from securedoc.backup.survey import Survey
from securedoc.backup.unpack import unpack_head
from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, DocumentState, Kind, Level, SealedObject
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import Role
from securedoc.errors import (
    BackupFailed,
    BackupMissing,
    BackupUntrusted,
    DocumentMissing,
    DocumentRefused,
    PolicyRefused,
)
from securedoc.keyring.session import Session
from securedoc.ledger.rows import DocumentRow
from securedoc.office import consent
from securedoc.office.office import Office
from securedoc.office.opening import open_with
from securedoc.policy.vocabulary import Right
from securedoc.signing.trust import TrustStore
from securedoc.system import files

RIGHT: Final = Right.RESTORE_DOCUMENT.value

_PDF_MAGIC: Final = b"%PDF-"
_FINISHED: Final = (Kind.FINAL, Kind.SIGNED, Kind.SCAN)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which document, from which snapshot, to where."""

    document: str
    """Its identifier, number or an unambiguous beginning."""
    into: Path
    snapshot: int | None
    """The newest where none is named."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A document that was restored: plaintext outside any vault."""

    document: DocumentId
    path: Path
    digest: Digest
    kind: Kind
    version: int
    medium: str
    snapshot: int
    entry: int | None
    """In the vault of this machine; None where there is none to enter it in."""


def restore_document(
    path: Path, wanted: Wanted, opening: Opening, live: Office | None, *, trust: TrustStore | None = None
) -> Taken:
    """Restore one document of the medium at `path`: all is verified before anything is decrypted, in memory.

    It leaves as an export does: who may not export it, or needs a second officer for that, may not and
    needs one here; the recovery shares are several people already. With the vault open (`live`), what it
    says today counts, too: a level that was raised, a role taken away, a document destroyed since.

    Raises:
        BackupMissing, BackupUntrusted, BackupStale, BackupMalformed, BackupFailed: the medium.
        KeysError: the shares or the passphrase do not open the keyring on the medium.
        LedgerError: the ledger on the medium does not hold, or is no earlier state of the vault's.
        DocumentMissing, DocumentRefused, DocumentUntrusted: there is no such document, or nothing to restore.
        PolicyRefused: this officer may not, or nobody confirmed.
        ScratchRefused: there is not enough memory.
    """
    # (1) The medium: everything but the packs is verified before anything is copied.
    directory = media_set.find(path, live.vault_id if live else None)
    store = trust or (trusting.trust(live) if live else media_set.stated_trust(directory))
    look = Look(store, opening.clock.now(), Depth.QUICK, opening.progress)
    with restore.naming_repair(directory):
        seen, chosen = restore.verified(directory, look, wanted.snapshot)
    # (2) What the vault remembers of this medium.
    if live is not None:
        drill.require_known(live, chosen, _noted(seen, chosen), newest=wanted.snapshot is None)
    # (3) The ledger, the keyring and the policy in memory, sealed as they are, and one object beside them.
    largest = max((one.size_bytes for one in chosen.placed(layout.OBJECT_INDEX) or ()), default=0)
    with drillspace.in_memory(drill.budget(chosen) + largest) as place:
        try:
            unpack_head(chosen, place)
        except OSError as error:
            raise BackupFailed("the medium could not be read: {reason}", reason=reason(error)) from error
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
            return _Restoring(office, live, opening, seen, chosen).take(wanted)


def _noted(seen: Survey, chosen: Examined) -> drill.Drilled:
    noted = drill.Drilled()
    drill.note(noted, seen, chosen)
    return noted


@dataclass(frozen=True, slots=True)
class _Restoring:
    office: Office
    """What the medium holds."""
    live: Office | None
    """The vault of this machine."""
    opening: Opening
    seen: Survey
    chosen: Examined

    @property
    def medium(self) -> str:
        """Identifier of the medium."""
        known = self.seen.fixed.identity
        return known.medium if known else ""

    def take(self, wanted: Wanted) -> Taken:
        """Take the document out."""
        # (4) As a whole restore proves it: the authority, the signers, the ledger and its end, and that it is
        #     an earlier state of the vault in use.
        self._prove()
        # (5) The officer may, by what was decided then and by what is decided now.
        document = self.office.ledger.find(wanted.document)
        row = self.office.ledger.document(document)
        self._permit(self.office, row.level)
        if self.live is not None:
            self._permit_today(self.live, document)
        sealed = _newest(self.office, row)
        # (6) One object out of its pack, compared with its digest, then decrypted, in memory.
        with restore.naming_repair(self.seen.root.directory):
            self._fetch(sealed)
        plaintext = self.office.unseal(sealed)
        path = wanted.into / f"{document}{_suffix(sealed.kind, plaintext)}"
        _require_free(path)
        digest = Digest.of(plaintext)
        # (7) Consent and entry first: one may be said to be out that is not, never the other way round.
        entry = self._enter(document, sealed, digest, path.name)
        files.make_dirs(wanted.into)
        files.write_new(path, plaintext)
        return Taken(
            document,
            path,
            digest,
            sealed.kind,
            sealed.version,
            self.medium,
            self.chosen.bag.number,
            entry,
        )

    def _prove(self) -> None:
        office = self.office
        restore.require_same_authority(office, self.seen, self.chosen)
        office.ledger.verify(office.session.genesis_pin, progress=self.opening.progress)
        restore.require_head(office, self.chosen)
        tree: Tree | None = self.chosen.card.tree if self.chosen.card else None
        if self.live is not None and tree is not None:
            known = self.seen.fixed.identity
            forking.require_continued(self.live.ledger, tree, known.label if known else self.medium)

    @staticmethod
    def _permit(office: Office, level: Level) -> None:
        office.permit(RIGHT, level)
        # It leaves as an export does: this must be no way round what policy says of that.
        if office.who.role is not Role.RECOVERY:
            office.permit("export", level)
        elif Right.EXPORT in office.policy.level(level).forbidden:
            raise PolicyRefused(
                "nobody may {right} a document of level {level}",
                right=Right.EXPORT,
                level=office.policy.level(level).name,
                hint="handle this document on paper",
            )

    def _permit_today(self, live: Office, document: DocumentId) -> None:
        self._permit(live, live.ledger.document(document).level)
        # What was destroyed stays destroyed, also where an old stick still holds its key.
        live.document_key(document).wipe()

    def _fetch(self, sealed: SealedObject) -> None:
        """Put one sealed object into the vault in memory, once it is proven to be that one."""
        listed = self.chosen.placed(layout.OBJECT_INDEX) or ()
        placed = next((one for one in listed if one.digest == sealed.digest), None)
        if placed is None:
            raise BackupMissing("object {digest} is in no pack of this snapshot", digest=sealed.digest.hex)
        bag = self.seen.objects[placed.bag_name]
        name = f"{bag.name}/{placed.path}"
        try:
            with files.open_bounded(bag.directory / placed.path) as stream:
                stream.seek(_offset(bag, placed))
                data = stream.read(packing.member_bytes(placed.size_bytes))
        except OSError as error:
            raise BackupFailed(
                "{pack} could not be read: {reason}", pack=name, reason=reason(error)
            ) from error
        member = next(packing.read_pack(io.BytesIO(data), name))
        if member.digest != sealed.digest:
            raise BackupUntrusted("{pack} does not hold {digest}", pack=name, digest=sealed.digest.hex)
        target = self.office.objects.path(sealed.digest)
        files.make_dirs(target.parent)
        files.write_new(target, b"".join(member.chunks))

    def _enter(self, document: DocumentId, sealed: SealedObject, digest: Digest, name: str) -> int | None:
        facts: JsonObject = {
            "medium": self.medium,
            "snapshot": self.chosen.bag.number,
            "manifest": str(self.chosen.manifest_digest),
            "version": sealed.version,
            "kind": sealed.kind.value,
            "digest": str(digest),
            "file": name,
        }
        office = self.live or self.office
        with self._second(office) as second:
            confirmed = consent.second(office, RIGHT, Act.DOCUMENT_RESTORED, document, facts, session=second)
        if self.live is None:
            return None
        with self.live.write() as writing:
            return writing.append(Act.DOCUMENT_RESTORED, document, facts, confirmed).sequence

    def _second(self, office: Office) -> AbstractContextManager[Session | None]:
        second = self.opening.second
        return second(office.place.keyring) if second is not None else nullcontext()


def _newest(office: Office, row: DocumentRow) -> SealedObject:
    if row.state is DocumentState.DISCARDED:
        raise DocumentRefused(
            "{document} was discarded", document=row.id, hint="name an older snapshot with --snapshot N"
        )
    kinds = {one.kind for one in office.ledger.objects(row.id)}
    finished = [kind for kind in _FINISHED if kind in kinds]
    wanted: list[Kind] = [*finished] if finished else [Kind.DRAFT]
    if not kinds.intersection(wanted):
        raise DocumentMissing("{document} has nothing that could be restored", document=row.id)
    return office.latest(row.id, *wanted)


def _suffix(kind: Kind, plaintext: bytes) -> str:
    if kind is Kind.DRAFT:
        return ".docx"
    return ".pdf" if plaintext.startswith(_PDF_MAGIC) else ".bin"


def _require_free(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise DocumentRefused(
            "there is a file {name} already",
            name=path.name,
            hint="name another directory with --into: nothing is overwritten",
        )


def _offset(bag: Examined, placed: Placed) -> int:
    """Return where an object begins in its pack: the objects of a pack stand in order of digest."""
    before = (
        packing.member_bytes(one.size_bytes)
        for one in bag.placed(layout.PACK_INDEX) or ()
        if one.pack == placed.pack and one.digest < placed.digest
    )
    return sum(before)
