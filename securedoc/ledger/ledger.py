"""The ledger of one vault: opened, asked, written, proven, copied."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act, Entry
from securedoc.core.people import Officer, OfficerId
from securedoc.core.protocols import Clock, NoProgress, NoteSigner, Progress
from securedoc.core.secret import Secret
from securedoc.errors import LedgerFailed, LedgerMalformed, LedgerMissing, LedgerStale, LedgerUntrusted
from securedoc.formats.merkle import Frontier
from securedoc.formats.proof import Proof
from securedoc.ledger import anchors, erasure, schema, signing, store, timing, tree
from securedoc.ledger.anchors import Anchor
from securedoc.ledger.checking import Checker, LedgerReport
from securedoc.ledger.erasure import Remnants
from securedoc.ledger.queries import Queries
from securedoc.ledger.rows import Head
from securedoc.ledger.store import Store
from securedoc.ledger.timing import TimeRule
from securedoc.ledger.trust import TrustPath
from securedoc.ledger.writing import Writing

_PARAMETERS: Final = (
    "cipher_version",
    "cipher_page_size",
    "cipher_hmac_algorithm",
    "cipher_kdf_algorithm",
    "kdf_iter",
    "cipher_plaintext_header_size",
    "cipher_salt",
)


@dataclass(frozen=True, slots=True)
class _Last:
    """What this process appended last: it need not be read again while it is still the end."""

    note: bytes
    """The checkpoint that it signed."""
    edge: tuple[int, tuple[bytes, ...]]
    """Of the tree, there."""
    at: datetime
    """Time of the last entry."""


class Ledger(Queries):
    """The ledger, open."""

    def __init__(self, path: Path, opened: Store, origin: str, key: Secret, head: Path | None) -> None:
        super().__init__(opened, origin)
        self._path = path
        self._key = key
        self._head_file = head
        self._path_of_trust: TrustPath | None = None
        self._last: _Last | None = None

    @classmethod
    def create(  # noqa: PLR0913 - what a ledger is made of
        cls,
        path: Path,
        key: Secret,
        origin: str,
        *,
        genesis: Entry,
        signer: NoteSigner,
        head: Path | None = None,
    ) -> Self:
        """Make a ledger whose first transaction is its genesis; there is never one without.

        Raises:
            LedgerRefused: something is there already, or the genesis lacks a fact.
            LedgerFailed: it cannot be written.
        """
        if genesis.sequence != 0 or genesis.act is not Act.VAULT_CREATED:
            raise ValueError("a ledger begins with vault.created at 0")
        with store.creating(path, key) as opened:
            ledger = cls(path, opened, origin, key, head)
            opened.run("PRAGMA journal_mode = WAL")
            with opened.writing(schema.SCHEMA):
                opened.run("INSERT INTO meta VALUES ('format', ?), ('origin', ?)", (schema.FORMAT, origin))
                written = ledger._write_genesis(genesis, signer)
        anchors.write_head(head, written.note)
        return ledger

    def _write_genesis(self, genesis: Entry, signer: NoteSigner) -> Head:
        writing = Writing(self._store, self.origin, Frontier(), genesis.who, genesis.at)
        writing.append(Act.VAULT_CREATED, None, genesis.facts, genesis.second)
        head = writing.seal(signer)
        if head is None:
            raise RuntimeError("the genesis was not written")
        return head

    @classmethod
    def open(
        cls, path: Path, key: Secret, origin: str, *, head: Path | None = None, read_only: bool = False
    ) -> Self:
        """Open the ledger at `path`.

        Raises:
            LedgerMissing: there is none.
            LedgerMalformed: not a ledger, of another format, or the key is another's.
            LedgerUntrusted: it is another vault's.
        """
        opened = store.open_existing(path, key, read_only=read_only)
        try:
            _require_ours(opened, origin)
            if not read_only:
                opened.run("PRAGMA journal_mode = WAL")  # a restored copy is not yet
        except BaseException:
            opened.close()
            raise
        return cls(path, opened, origin, key, head)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the ledger; what is not committed is rolled back."""
        self._store.close()

    def trust(self, pin: Digest) -> None:
        """Root the trust in the genesis: entry 0 is the pinned one, and an officer signed the head.

        Raises:
            LedgerUntrusted: it is not, or nobody trusted did.
            LedgerStale: the ledger is behind what this machine remembers of it.
        """
        path = TrustPath(self._store, self, pin)
        behind = self._behind(path, None)
        while behind is not None:
            behind = self._behind(path, behind)
        self._path_of_trust = path

    def _behind(self, path: TrustPath, before: Head | None) -> Head | None:
        with self._store.reading():
            head = path.head()
            try:
                anchors.require_head(self._store, head, self._head_file)
            except LedgerStale:
                # Another process may have committed since our view of the ledger began: only a head
                # that is the same in the next view too is really behind.
                if before is not None and head.note == before.note:
                    raise
                return head
            return None

    def proven_entry(self, sequence: int) -> Entry:
        """Return an entry, proven to be in the tree that the head's signer signed."""
        with self._store.reading():
            return self._trusted().entry(sequence)

    def authored_entry(self, sequence: int) -> tuple[Entry, Officer]:
        """Return an entry and its author, who is proven to have written it.

        Raises:
            LedgerMissing: there is no signed entry of that number.
            LedgerUntrusted: it was altered, or its author did not write it.
        """
        with self._store.reading():
            return self._trusted().authored(sequence)

    def confirmed_entry(self, sequence: int) -> tuple[Entry, Officer, Officer | None]:
        """Return an entry, its author, and who confirmed it; both are proven to have signed.

        Raises:
            LedgerMissing: there is no signed entry of that number.
            LedgerUntrusted: it was altered, or somebody in whose name it stands did not sign it.
        """
        with self._store.reading():
            return self._trusted().confirmed(sequence)

    def trusted_officer(self, officer: OfficerId) -> Officer:
        """Return an officer whose keys a path of signatures leads to from the genesis.

        Raises:
            LedgerMissing: nobody was enrolled under this identifier.
            LedgerUntrusted: no such path.
        """
        with self._store.reading():
            return self._trusted().officer(officer)

    @contextlib.contextmanager
    def writing(
        self, signer: NoteSigner, who: OfficerId, clock: Clock, rule: TimeRule | None = None
    ) -> Iterator[Writing]:
        """Hold the write transaction; at its end the checkpoint is signed and all of it committed.

        Raises:
            LedgerBusy: another process held it for 5 seconds.
            LedgerStale: the clock was set back or stands far ahead, or the ledger is behind what is
                remembered of it.
            LedgerUntrusted: the end of the ledger is not what its last checkpoint states.
        """
        if signer.name != signing.key_name(self.origin, who):
            raise RuntimeError("a transaction is signed by the officer who acts")
        with self._store.writing():
            frontier, last = self._sound_end()
            writing = Writing(
                self._store, self.origin, frontier, who, self._time(clock, last, rule or TimeRule())
            )
            yield writing
            head = writing.seal(signer)
        if head is not None:
            self._last = _Last(head.note, frontier.edge, writing.at)
            if self._path_of_trust is not None:
                self._path_of_trust.signed(head)
            anchors.write_head(self._head_file, head.note)

    def _sound_end(self) -> tuple[Frontier, datetime]:
        """Return the edge of the tree, proven to be what was signed last, and when the last entry was.

        Whoever signs the next checkpoint vouches for everything before it: so nothing is appended
        to a ledger whose end was cut off, rewritten or put back (truncate-and-continue).
        """
        head = self.head() if self._path_of_trust is None else self._path_of_trust.head()
        if self._last is not None and head.note == self._last.note:
            frontier, last = Frontier(*self._last.edge), self._last.at
        else:
            frontier = tree.frontier(self._store, self.size)
            last = self.entry(frontier.size - 1).at
        if frontier.size != head.checkpoint.size or frontier.root() != head.checkpoint.root:
            raise LedgerUntrusted(
                "the end of the ledger is not what its last checkpoint states",
                hint="run `securedoc ledger verify`; restore the last backup if it agrees",
            )
        anchors.require_head(self._store, head, self._head_file)
        return frontier, last

    def _time(self, clock: Clock, last: datetime, rule: TimeRule) -> datetime:
        now = clock.now()
        # Looked for only where it counts: it is a question of its own.
        confirmed = self.last(Act.CLOCK_CONFIRMED) if now < last else None
        return timing.entry_time(now, last, confirmed, rule)

    def prove(self, sequence: int, under: Head | None = None) -> bytes:
        """Return a C2SP log proof of one entry, under a checkpoint or the head; it opens no other entry.

        Raises:
            LedgerMissing: there is none of that number, or the checkpoint is older.
        """
        with self._store.reading():
            head, body = under or self.head(), self.entry_bytes(sequence)
            if sequence >= head.checkpoint.size:
                raise LedgerMissing(
                    "the checkpoint has {size} entries: entry {n} came later",
                    size=head.checkpoint.size,
                    n=sequence,
                )
            hashes = tree.inclusion(self._store, sequence, head.checkpoint.size)
        proof = Proof(sequence, tuple(hashes), head.note, body)
        proof.verify(body)
        return proof.as_bytes()

    def consistency_proof(self, old: int, new: int | None = None) -> list[bytes]:
        """Return the proof that the tree of `new` entries, or the head, only appended to the one of `old`."""
        with self._store.reading():
            return tree.consistency(self._store, old, new or self.head().checkpoint.size)

    def root_at(self, size: int) -> bytes:
        """Return the root of the tree over the first `size` entries, from 1 to how many there are."""
        with self._store.reading():
            return tree.root_at(self._store, size)

    def check(
        self, pin: Digest, *, known: Sequence[Anchor] = (), progress: Progress | None = None
    ) -> LedgerReport:
        """Check everything there is to check; what does not hold is in the report's `defects`."""
        remembered = anchors.read_head(self._head_file)
        everything = [*known] if remembered is None else [*known, remembered]
        checker = Checker(
            self._store, self.origin, self._path.parent, progress or NoProgress(), self._open_beside
        )
        return checker.check(pin, everything)

    def _open_beside(self) -> Store:
        return store.open_existing(self._path, self._key, read_only=True)

    def verify(
        self, pin: Digest, *, known: Sequence[Anchor] = (), progress: Progress | None = None
    ) -> LedgerReport:
        """Check everything; raise the worst of what does not hold.

        Raises:
            LedgerError: the worst defect.
        """
        report = self.check(pin, known=known, progress=progress)
        report.require()
        return report

    def parameters(self) -> dict[str, str]:
        """Return what another SQLCipher must be told to open this ledger, as the file itself says it."""
        return {name: str(self._store.value(f"PRAGMA {name}")) for name in _PARAMETERS}

    def key_marks(self, documents: Sequence[DocumentId]) -> tuple[bytes, ...]:
        """Return pieces of the sealed keys of documents that are about to be destroyed."""
        return erasure.marks(self._store, documents)

    def settle_erasure(self, marks: Sequence[bytes]) -> Remnants:
        """Empty the log beside the file, and look through every page for what `key_marks` gave.

        Where something is found the file is written anew, and looked through once more.

        Raises:
            LedgerBusy: another process holds the ledger.
            LedgerFailed: its file cannot be read.
        """
        erasure.settle(self._store)
        try:
            found = erasure.look(self._path, self._key, marks)
            if not found.found:
                return found
            erasure.rewrite(self._store)
            erasure.settle(self._store)
            return erasure.look(self._path, self._key, marks)
        except OSError as error:
            raise LedgerFailed(
                "the ledger's file cannot be read: {reason}", reason=error.strerror or ""
            ) from error

    def snapshot(self, path: Path) -> Head:
        """Write a consistent copy that opens with the same key, while the ledger is in use.

        Raises:
            LedgerRefused: something is at `path` already.
            LedgerFailed: it cannot be written there.
        """
        with store.creating(path, self._key) as copy:
            # Half a copy is worth nothing, so none of it need survive a power cut.
            copy.script("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
            self._store.copy_to(copy)
            # One file, no companions: it can be read from a medium that cannot be written.
            copy.run("PRAGMA journal_mode = DELETE")
            _require_ours(copy, self.origin)
            head = Queries(copy, self.origin).head()
        copy.close()
        return head

    def _trusted(self) -> TrustPath:
        if self._path_of_trust is None:
            raise RuntimeError("trust(pin) comes first")
        return self._path_of_trust


def _require_ours(opened: Store, origin: str) -> None:
    known = opened.value("SELECT count(*) FROM sqlite_master WHERE name = 'meta'")
    found: dict[str, str] = dict(opened.rows("SELECT name, value FROM meta")) if known else {}
    if found.get("format") != schema.FORMAT:
        raise LedgerMalformed("the ledger is of another format", hint="use the securedoc that wrote it")
    if found.get("origin") != origin:
        raise LedgerUntrusted("this is another vault's ledger", hint="restore this vault's own ledger")
