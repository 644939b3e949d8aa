"""The only door to SQLCipher: an encrypted database whose failures are our errors."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NoReturn, Self

from sqlcipher3 import dbapi2

from securedoc.core.secret import Secret
from securedoc.errors import (
    LedgerBusy,
    LedgerFailed,
    LedgerMalformed,
    LedgerMissing,
    LedgerRefused,
    LedgerUntrusted,
)
from securedoc.system import files

Row = tuple[Any, ...]
Statement = tuple[str, Sequence[Any]]

WAIT_MS: Final = 5000
_KEY_BYTES = 32
_BUSY = frozenset({"SQLITE_BUSY", "SQLITE_LOCKED"})
_UNREADABLE = frozenset({"SQLITE_CORRUPT"})


class Store:
    """One connection. Every statement of it raises LedgerError and nothing else from the library."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._cursor = connection.cursor()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        self._connection.close()

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run one statement for its effect; return how many rows it changed.

        Raises:
            LedgerError: it failed; which one says why.
        """
        try:
            self._cursor.execute(sql, values)
        except dbapi2.Error as error:
            explain(error)
        return int(self._cursor.rowcount)

    def script(self, sql: str) -> None:
        """Run several statements; a transaction that is open is committed first."""
        try:
            self._connection.executescript(sql)
        except dbapi2.Error as error:
            explain(error)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Row]:
        """Yield the rows of a query, a few at a time."""
        try:
            cursor = self._connection.cursor()
            cursor.arraysize = 256
            cursor.execute(sql, values)
            while batch := cursor.fetchmany():
                yield from batch
        except dbapi2.Error as error:
            explain(error)

    def row(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """Return the first row of a query."""
        try:
            found: Row | None = self._cursor.execute(sql, values).fetchone()
            self._cursor.fetchall()  # ends the statement, so that it holds no read lock
        except dbapi2.Error as error:
            explain(error)
        return found

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """Return the first column of the first row, or None."""
        found = self.row(sql, values)
        return None if found is None else found[0]

    @contextlib.contextmanager
    def writing(self, script: str = "") -> Iterator[None]:
        """Hold the one write transaction, begun with `script`; commit at the end, or roll back.

        Raises:
            LedgerBusy: another process held it for 5 seconds.
        """
        try:
            if script:
                self.script(f"BEGIN IMMEDIATE; {script}")
            else:
                self.run("BEGIN IMMEDIATE")
            yield
            self.run("COMMIT")
        except BaseException:
            self._undo()
            raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Hold one read transaction: every query inside sees the same state."""
        if self._connection.in_transaction:
            yield
            return
        self.run("BEGIN")
        try:
            yield
        finally:
            self._undo()

    def permit_checks(self, sql: str) -> None:
        """Run a check that the library counts as writing, also where the store is for reading only."""
        for_reading = self.value("PRAGMA query_only")
        self.run("PRAGMA query_only = OFF")
        try:
            self.run(sql)
        finally:
            self.run(f"PRAGMA query_only = {for_reading}")

    def copy_to(self, other: "Store") -> None:
        """Copy the whole database, as one transaction sees it, over the one of `other`."""
        try:
            self._connection.backup(other._connection)  # noqa: SLF001 - our own class
        except dbapi2.Error as error:
            explain(error)

    def _undo(self) -> None:
        # After a full disk or a failed write SQLite may have rolled back by itself already.
        if self._connection.in_transaction:
            self._connection.rollback()


@contextlib.contextmanager
def creating(path: Path, key: Secret) -> Iterator["Store"]:
    """Make an empty database at `path` and leave it open; nothing remains there if the block fails.

    Raises:
        LedgerRefused: something is there already.
        LedgerFailed: it cannot be written there.
    """
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise LedgerRefused("there is a ledger already") from None
    except OSError as error:
        raise LedgerFailed("the ledger cannot be made: {reason}", reason=error.strerror or "") from error
    with contextlib.ExitStack() as undo:
        for companion in ("", "-wal", "-shm"):
            undo.callback(files.remove, path.with_name(path.name + companion))
        store = undo.enter_context(_connect(path, key, "rw"))
        yield store
        undo.pop_all()


def open_existing(path: Path, key: Secret, *, read_only: bool) -> Store:
    """Open the database at `path`.

    Raises:
        LedgerMissing: there is none.
        LedgerMalformed: it is not a database, or the key is another's.
    """
    if not path.is_file():
        raise LedgerMissing("there is no ledger here", hint="give --vault, or restore from a backup")
    store = _connect(path, key, "rw")
    if read_only:
        store.run("PRAGMA query_only = ON")
    return store


def memory() -> Store:
    """Make an empty database in memory, for tables whose rows are known to belong together."""
    store = _connect(None, None, "memory")
    store.run("PRAGMA foreign_keys = OFF")
    return store


def scratch(directory: Path, key: Secret) -> Store:
    """Make an empty database in `directory` that survives nothing: no journal, no syncing."""
    store = _connect(directory / "replay.db", key, "rwc")
    store.script(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -32000;"
        "PRAGMA foreign_keys = OFF; PRAGMA secure_delete = OFF;"
    )
    return store


def explain(error: dbapi2.Error) -> NoReturn:
    """Raise the error of ours that says what the library's means."""
    # The extended code's first two words are the class: SQLITE_IOERR_WRITE is an SQLITE_IOERR.
    name = "_".join(str(getattr(error, "sqlite_errorname", "")).split("_")[:2])
    if name in _BUSY:
        raise LedgerBusy(
            "another process is writing the ledger", hint="wait until it has finished, then try again"
        ) from error
    if name == "SQLITE_NOTADB":
        raise LedgerMalformed(
            "the ledger does not open with this key, or is not a ledger",
            hint="restore the ledger from the last backup if the keys are right",
        ) from error
    if name in _UNREADABLE:
        raise LedgerUntrusted(
            "a page of the ledger is damaged or was put in from elsewhere",
            hint="stop using this ledger; restore it from the last backup",
        ) from error
    if name == "SQLITE_FULL":
        raise LedgerFailed(
            "the disk is full; nothing was written to the ledger", hint="free some space, then try again"
        ) from error
    if name == "SQLITE_IOERR":
        raise LedgerFailed(
            "the disk failed; nothing was written to the ledger", hint="check the disk, then try again"
        ) from error
    if name == "SQLITE_CANTOPEN":
        raise LedgerFailed(
            "the ledger cannot be opened: its disk is read-only, or its directory is not yours",
            hint="check the write protection of the disk, and who owns the vault",
        ) from error
    if name == "SQLITE_READONLY":
        raise LedgerRefused("the ledger is open for reading only") from error
    if name == "SQLITE_CONSTRAINT":
        raise LedgerRefused("the ledger refuses this entry: {rule}", rule=str(error)) from error
    raise LedgerFailed("the ledger failed: {reason}", reason=str(error)) from error


def _connect(path: Path | None, key: Secret | None, mode: str) -> Store:
    place = ":memory:" if path is None else f"{path.absolute().as_uri()}?mode={mode}"
    try:
        connection = dbapi2.connect(place, uri=path is not None, isolation_level=None, cached_statements=256)
    except dbapi2.Error as error:
        explain(error)
    store = Store(connection)
    try:
        if key is not None:
            _unlock(store, key)
        # trusted_schema: a ledger written by somebody else must not run functions of its own choice.
        store.script(
            f"PRAGMA busy_timeout = {WAIT_MS}; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
            "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"
        )
        store.value("SELECT count(*) FROM sqlite_master")
    except BaseException:
        store.close()
        raise
    return store


def _unlock(store: Store, key: Secret) -> None:
    raw = key.reveal()
    if len(raw) != _KEY_BYTES:
        raise ValueError("a ledger key has 32 bytes")
    # Without this, SQLCipher tells stderr about every wrong key and damaged page.
    store.run("PRAGMA cipher_log_level = NONE")
    store.run(f"PRAGMA key = \"x'{raw.hex()}'\"")
