"""Replays the entries into empty tables, and compares the tables that are stored with them."""

import contextlib
import secrets
import tempfile
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Final

from securedoc.core.entries import Entry
from securedoc.core.secret import Secret
from securedoc.errors import LedgerRefused, LedgerUntrusted
from securedoc.ledger import schema, store
from securedoc.ledger.store import Store
from securedoc.ledger.writing import project

IN_MEMORY: Final = 50_000
"""With more entries than this, the replayed tables go to a file, under a key that nobody keeps."""


class Replay:
    """Tables that hold only what the entries say."""

    def __init__(self, tables: Store) -> None:
        self._tables = tables
        tables.script(schema.REPLAYED)
        tables.run("BEGIN")

    def add(self, entry: Entry) -> None:
        """Replay one entry.

        Raises:
            LedgerUntrusted: it could never have been written: a number given twice, a row left out.
        """
        try:
            project(self._tables, entry)
        except LedgerRefused as error:
            raise LedgerUntrusted("entry {n} could never have been written", n=entry.sequence) from error

    def compare(self, stored: Store) -> dict[str, int]:
        """Return how many rows of each table are what the entries say.

        Raises:
            LedgerUntrusted: a table differs; the first one and its first row are named.
        """
        self._compare_rules(stored)
        return {table: self._compare_table(stored, table) for table in schema.PROJECTED}

    def _compare_rules(self, stored: Store) -> None:
        # An insider could have dropped the rules that the tables hold everybody to.
        sql = "SELECT type || ' ' || name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 1"
        with store.memory() as fresh:
            fresh.script(schema.SCHEMA)
            for expected, found in zip_longest(fresh.rows(sql), stored.rows(sql)):
                if expected != found:
                    nearest = min(row[0] for row in (expected, found) if row is not None)
                    raise LedgerUntrusted(
                        "the rules of the ledger's tables were changed: {name}", name=nearest
                    )

    def _compare_table(self, stored: Store, table: str) -> int:
        order = schema.PROJECTED[table]
        sql = f"SELECT {order}, * FROM {table} ORDER BY {order}"  # noqa: S608 - our own names
        keys, count = order.count(",") + 1, 0
        for expected, found in zip_longest(self._tables.rows(sql), stored.rows(sql)):
            if expected != found:
                nearest = min(row[:keys] for row in (expected, found) if row is not None)
                raise LedgerUntrusted(
                    "the table {table} is not what the entries say, at {row}",
                    table=table,
                    row=", ".join(map(str, nearest)),
                    hint="the table was edited: restore the ledger from the last backup",
                )
            count += 1
        return count


@contextlib.contextmanager
def replaying(size: int, directory: Path) -> Iterator[Replay]:
    """Hold empty tables for `size` entries: in memory, or encrypted in `directory` for the time it takes."""
    if size <= IN_MEMORY:
        with store.memory() as tables:
            yield Replay(tables)
        return
    with tempfile.TemporaryDirectory(
        prefix=".~replay-", dir=directory, ignore_cleanup_errors=True
    ) as scratch:
        key = Secret(secrets.token_bytes(32))
        with key, store.scratch(Path(scratch), key) as tables:
            yield Replay(tables)
