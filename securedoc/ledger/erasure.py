"""Destroys document keys so that no page of the ledger's file keeps them, and looks whether one does."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.core.documents import DocumentId
from securedoc.core.secret import Secret
from securedoc.crypto.pages import PAGE_BYTES, plain_page
from securedoc.errors import LedgerBusy
from securedoc.ledger.store import Store

_TABLES: Final = ("document_key_copies", "document_keys")
"""The one that refers to the other first: so they are dropped."""
_SALT_BYTES: Final = 16
_MARK_BYTES: Final = 24
_BATCH: Final = 256
MOST_MARKS: Final = 96
"""Pieces of destroyed keys looked for in one reading of the file; more would take hours in a large one."""


@dataclass(frozen=True, slots=True)
class Remnants:
    """What a reading of every page of the file looked for, and found."""

    looked_for: int
    """Pieces of sealed keys; 0 where the keys were gone before anybody could note them."""
    pages: int
    found: int


def destroy_keys(store: Store, documents: Collection[DocumentId]) -> None:
    """Destroy the keys of documents: `secure_delete` zeroes their rows and every page that becomes free."""
    for document in documents:
        for table in _TABLES:
            store.run(f"DELETE FROM {table} WHERE document = ?", (document,))  # noqa: S608 - our own names


def marks(store: Store, documents: Collection[DocumentId]) -> tuple[bytes, ...]:
    """Return pieces of the sealed keys of documents, to be looked for when they are destroyed."""
    found: list[bytes] = []
    for document in documents:
        for table, column in (("document_keys", "wrapped"), ("document_key_copies", "sealed")):
            sql = f"SELECT {column} FROM {table} WHERE document = ?"  # noqa: S608 - our own names
            for (sealed,) in store.rows(sql, (document,)):
                # The end is what holds the key, the beginning what stands in the page itself.
                found += [sealed[-_MARK_BYTES:], sealed[:_MARK_BYTES]]
    return tuple(found)


def settle(store: Store) -> None:
    """Bring every change into the file itself and empty the log beside it, which still has the old pages.

    Raises:
        LedgerBusy: another process reads or writes the ledger.
    """
    row = store.row("PRAGMA wal_checkpoint(TRUNCATE)")
    if row is not None and row[0]:
        raise LedgerBusy(
            "another process holds the ledger: old pages stay beside it until it is done",
            hint="end the other program; the next start of securedoc finishes the destruction",
        )


def rewrite(store: Store) -> None:
    """Write the whole file anew from its rows alone, in memory as large as it is.

    For pieces of keys that another program left in it, which did not zero what it deleted.
    """
    store.run("VACUUM")


def look(path: Path, key: Secret, marked: Sequence[bytes]) -> Remnants:
    """Read every page of the ledger's file and of its log, free ones too, and look for pieces of keys.

    Raises:
        OSError: the file cannot be read.
    """
    chosen = list(marked)[:MOST_MARKS]
    pages = found = 0
    for batch in _batches(path, key):
        pages += len(batch)
        joined = b"".join(batch)
        found += sum(joined.count(mark) for mark in chosen)
    return Remnants(len(chosen), pages, found)


def _batches(path: Path, key: Secret) -> Iterator[list[bytes]]:
    skip = _SALT_BYTES
    with path.open("rb") as file:
        while data := file.read(_BATCH * PAGE_BYTES):
            pieces = [data[at : at + PAGE_BYTES] for at in range(0, len(data), PAGE_BYTES)]
            yield [
                plain_page(key, piece, skip=skip if not number else 0) for number, piece in enumerate(pieces)
            ]
            skip = 0
