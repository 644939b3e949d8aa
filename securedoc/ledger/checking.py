"""Checks a whole ledger: pages, chain, signatures, tables, anchors; streaming, in steady memory."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from securedoc.core.digests import Digest
from securedoc.core.protocols import Progress
from securedoc.core.text import message
from securedoc.errors import LedgerBusy, LedgerError, LedgerIncomplete, LedgerUntrusted, SecuredocError, worst
from securedoc.ledger import anchors
from securedoc.ledger.anchors import Anchor
from securedoc.ledger.beside import SignatureChecks
from securedoc.ledger.chain import Chain, Node
from securedoc.ledger.destructionqueries import DestructionQueries
from securedoc.ledger.replay import Replay, replaying
from securedoc.ledger.store import Row, Store

_STEP = 1000
# The library counts this as writing, although it changes nothing.
_SEARCH_INDEX = "INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 1)"


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What was checked, how much of it, and what does not hold."""

    entries: int
    transactions: int
    officers: int
    root: bytes
    """Of the tree over the stored entries, as far as they were followed."""
    anchors: int
    tables: Mapping[str, int]
    """Rows of each table that are what the entries say."""
    unchecked: tuple[str, ...]
    """What could not be checked: something before it does not hold, or another process writes."""
    defects: tuple[LedgerError, ...]

    def require(self) -> None:
        """Raise the worst defect.

        Raises:
            SecuredocError: there is one.
            LedgerIncomplete: there is none, but something could not be checked.
        """
        if self.defects:
            found: list[SecuredocError] = list(self.defects)
            raise worst(found)
        if self.unchecked:
            raise LedgerIncomplete(
                "not everything of the ledger could be checked: {what}",
                what=", ".join(self.unchecked),
                hint="another process is writing: try again when it has finished",
            )


@dataclass(slots=True)
class Checker:
    """One check of one ledger."""

    store: Store
    origin: str
    scratch: Path
    """Where the replayed tables of a large ledger may stand, encrypted, for the time of the check."""
    progress: Progress
    beside: Callable[[], Store]
    """Opens one more connection to the same ledger."""
    _defects: list[LedgerError] = field(default_factory=list)
    _unchecked: list[str] = field(default_factory=list)
    _tables: dict[str, int] = field(default_factory=dict)

    def check(self, pin: Digest, known: Sequence[Anchor]) -> LedgerReport:
        """Check everything; whatever does not hold is collected, not raised."""
        with SignatureChecks() as signatures:
            return self._check(Chain(self.origin, pin, signatures.add), signatures, known)

    def _check(self, chain: Chain, signatures: SignatureChecks, known: Sequence[Anchor]) -> LedgerReport:
        # 1. Every page is authentic, and the tables and indexes are sound in themselves. The library
        #    does this alone, on a connection of its own, while we go on.
        with ThreadPoolExecutor(1) as beside:
            soundness = beside.submit(_check_pages, self.beside)
            if self.store.value("PRAGMA journal_mode") != "wal":
                wait([soundness])  # a copy at rest: there, reading would keep the check waiting
            with self.store.reading():
                # 2. Every entry, node, checkpoint and confirmation, from the genesis on; 3. the tables.
                self._history(chain, signatures)
                self._keys()
                # 4. It continues what others have seen of it.
                for anchor in known:
                    self._anchor(anchor)
        defects, unchecked = soundness.result()
        self._defects[:0] = defects
        self._unchecked += unchecked
        return LedgerReport(
            entries=chain.size,
            transactions=chain.transactions,
            officers=len(chain.officers),
            root=chain.root,
            anchors=len(known),
            tables=self._tables,
            unchecked=tuple(self._unchecked),
            defects=tuple(self._defects),
        )

    def _history(self, chain: Chain, signatures: SignatureChecks) -> None:
        try:
            size = int(self.store.value("SELECT count(*) FROM entries"))
            self.progress.start(message("checking the ledger"), size, "items")
            with replaying(size, self.scratch) as replay:
                with _proven(signatures):
                    self._follow(chain, replay)
                self._tables = replay.compare(self.store)
        except LedgerError as error:
            self._defects.append(error)
            if not self._tables:
                self._unchecked.append("tables")
        finally:
            self.progress.finish()

    def _follow(self, chain: Chain, replay: Replay) -> None:
        checkpoints = self.store.rows("SELECT size, signer, note FROM checkpoints ORDER BY size")
        pending = next(checkpoints, None)
        nodes = _Nodes(self.store)
        for row in self.store.rows("SELECT seq, body, leaf, act, document FROM entries ORDER BY seq"):
            entry, leaf, completed = chain.add(row[1])
            if row != (entry.sequence, row[1], leaf, entry.act.value, entry.about):
                raise LedgerUntrusted("entry {n} is stored beside another's particulars", n=entry.sequence)
            nodes.require(completed)
            replay.add(entry)
            if pending is not None and pending[0] == chain.size:
                _close(chain, pending)
                pending = next(checkpoints, None)
            if chain.size % _STEP == 0:
                self.progress.advance(_STEP)
        if pending is not None:
            raise LedgerUntrusted("a checkpoint of {n} entries has lost its entries", n=int(pending[0]))
        nodes.finish()
        chain.finish()

    def _keys(self) -> None:
        """Hold the keys, which no entry contains, against what the entries say was destroyed."""
        asked = DestructionQueries(self.store)
        try:
            for document in asked.still_keyed():
                self._defects.append(
                    LedgerUntrusted(
                        "{document} was destroyed, and its key is still there",
                        document=document,
                        hint="somebody put it back: keep this ledger for the investigation, and restore the "
                        "last backup",
                    )
                )
            for document in asked.keyless():
                self._defects.append(
                    LedgerUntrusted(
                        "the key of {document} is gone, and no entry says that it was destroyed",
                        document=document,
                        hint="stop using this ledger; restore it from the last backup",
                    )
                )
        except LedgerError as error:
            self._defects.append(error)

    def _anchor(self, anchor: Anchor) -> None:
        try:
            size = int(self.store.value("SELECT count(*) FROM entries"))
            anchors.require(self.store, self.origin, size, anchor)
        except LedgerError as error:
            self._defects.append(error)


@contextlib.contextmanager
def _proven(signatures: SignatureChecks) -> Iterator[None]:
    """End with every signature proven; one that does not hold comes before what was met after it."""
    try:
        yield
    except LedgerError:
        signatures.finish()
        raise
    signatures.finish()


def _check_pages(open_store: Callable[[], Store]) -> tuple[list[LedgerError], list[str]]:
    """Return what does not hold in the file itself, and what could not be checked of it."""
    defects: list[LedgerError] = []
    unchecked: list[str] = []
    try:
        with open_store() as store:
            for pragma in (
                "cipher_integrity_check",
                "integrity_check(1)",
                "foreign_key_check(document_keys)",
            ):
                defects += _unsound(store, pragma)
            # The index of the search has every word of every text, and no other.
            try:
                store.permit_checks(_SEARCH_INDEX)
            except LedgerBusy:
                unchecked.append("search index")
            except LedgerError as error:
                defects.append(LedgerUntrusted("the search index is not what the tables say"))
                defects[-1].__cause__ = error
    except LedgerError as error:
        defects.append(error)
    return defects, unchecked


def _unsound(store: Store, pragma: str) -> Iterator[LedgerError]:
    for row in store.rows(f"PRAGMA {pragma}"):
        if row[0] != "ok":
            yield LedgerUntrusted(
                "the ledger's file is damaged: {finding}",
                finding=str(row[0]),
                hint="restore the ledger from the last backup",
            )


def _close(chain: Chain, row: Row) -> None:
    _, signer = chain.close(row[2])
    if signer.id != row[1]:
        raise LedgerUntrusted("the checkpoint of {n} entries is filed under another officer", n=int(row[0]))


class _Nodes:
    """The stored nodes of the tree, read level by level beside the entries."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._levels: dict[int, Iterator[Row]] = {}

    def require(self, completed: list[Node]) -> None:
        for level, place, expected in completed:
            if level not in self._levels:
                sql = "SELECT place, hash FROM nodes WHERE level = ? ORDER BY place"
                self._levels[level] = self._store.rows(sql, (level,))
            if next(self._levels[level], None) != (place, expected):
                raise LedgerUntrusted(
                    "the node {place} of level {level} in the tree is not what the entries give",
                    place=place,
                    level=level,
                )

    def finish(self) -> None:
        above = self._store.value(
            "SELECT count(*) FROM nodes WHERE level > ?", (max(self._levels, default=0),)
        )
        if above or any(next(level, None) is not None for level in self._levels.values()):
            raise LedgerUntrusted("the tree over the entries has nodes of no entry")
