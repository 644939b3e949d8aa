"""What can be asked about printed paper."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from securedoc.core.documents import DocumentId
from securedoc.errors import LedgerMissing
from securedoc.ledger.store import Row, Store

_PRINT: Final = "print, document, entry, printer, socket, configuration, pages, sheets, duplex, ended"
_COPY: Final = (
    "c.document, c.copy, c.print, c.state, c.job, c.impressions, c.counted, c.incident, c.entry,"
    " p.sheets, p.pages, p.printer FROM copies c JOIN prints p ON p.print = c.print"
)
_PAPER: Final = "SELECT entry, item, document, print, copy, sheets, destroyed FROM paper"


@dataclass(frozen=True, slots=True)
class PrintRow:
    """One print: some copies of one document, asked for at one time."""

    print: str
    """`P-2026-000001`; with the copy's number also the title of its jobs."""
    document: DocumentId
    entry: int
    printer: str
    socket: str
    configuration: str
    pages: int
    """Of one copy."""
    sheets: int
    """Of one copy."""
    duplex: bool
    ended: int | None


@dataclass(frozen=True, slots=True)
class CopyRow:
    """One copy as one print left it."""

    document: DocumentId
    copy: int
    print: str
    state: str
    """`planned`, `sent`, `printed`, `spoiled`, `unknown` or `unprinted`."""
    job: int | None
    impressions: int | None
    """Sides that the printer says it printed; None: it does not say."""
    counted: int | None
    """Sheets that an officer counted."""
    incident: str | None
    """Why the paper of this copy is not accounted for."""
    entry: int
    """Sequence number of the last entry about it."""
    sheets: int
    """How many a whole copy has."""
    pages: int
    printer: str

    @property
    def on_paper(self) -> bool:
        """Whether it is on paper, or may be."""
        return self.state in {"printed", "sent", "unknown"}


@dataclass(frozen=True, slots=True)
class PaperRow:
    """Sheets that wait for the shredder, or went through it."""

    entry: int
    item: int
    document: DocumentId
    print: str | None
    copy: int | None
    sheets: int
    destroyed: int | None


class PaperQueries:
    """The questions about printed paper, over one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def prints(self, document: DocumentId | None = None, *, open_only: bool = False) -> tuple[PrintRow, ...]:
        """Return prints, oldest first; those of one document where it is given."""
        found = self._store.rows(
            f"SELECT {_PRINT} FROM prints WHERE (?1 IS NULL OR document = ?1)"  # noqa: S608
            f"{' AND ended IS NULL' if open_only else ''} ORDER BY entry",
            (document,),
        )
        return tuple(map(_print, found))

    def print_of(self, name: str) -> PrintRow:
        """Return one print.

        Raises:
            LedgerMissing: there is none of that name.
        """
        row = self._store.row(f"SELECT {_PRINT} FROM prints WHERE print = ?", (name,))  # noqa: S608
        if row is None:
            raise LedgerMissing("there is no print {print}", print=name)
        return _print(row)

    def copies(self, document: DocumentId) -> tuple[CopyRow, ...]:
        """Return the copies of a document, each as often as it was printed, oldest first."""
        sql = f"SELECT {_COPY} WHERE c.document = ? ORDER BY c.copy, p.entry"
        return tuple(map(_copy, self._store.rows(sql, (document,))))

    def every_copy(self) -> Iterator[CopyRow]:
        """Yield the copies of all documents, those of one document together."""
        sql = f"SELECT {_COPY} ORDER BY c.document, c.copy, p.entry"
        yield from map(_copy, self._store.rows(sql))

    def copies_of_print(self, name: str) -> tuple[CopyRow, ...]:
        """Return the copies of one print."""
        sql = f"SELECT {_COPY} WHERE c.print = ? ORDER BY c.copy"
        return tuple(map(_copy, self._store.rows(sql, (name,))))

    def incidents(self) -> tuple[CopyRow, ...]:
        """Return the copies whose paper is not accounted for."""
        sql = f"SELECT {_COPY} WHERE c.incident IS NOT NULL ORDER BY c.entry"
        return tuple(map(_copy, self._store.rows(sql)))

    def paper(self, document: DocumentId | None = None, *, waiting: bool = True) -> tuple[PaperRow, ...]:
        """Return sheets for the shredder in the order in which they came: those that wait, or all."""
        found = self._store.rows(
            f"{_PAPER} WHERE (?1 IS NULL OR document = ?1)"
            f"{' AND destroyed IS NULL' if waiting else ''} ORDER BY entry, item",
            (document,),
        )
        return tuple(PaperRow(row[0], row[1], DocumentId(row[2]), *row[3:]) for row in found)


def _print(row: Row) -> PrintRow:
    name, document, entry, printer, socket, configuration, pages, sheets, duplex, ended = row
    service = (printer, socket, configuration)
    return PrintRow(name, DocumentId(document), entry, *service, pages, sheets, bool(duplex), ended)


def _copy(row: Row) -> CopyRow:
    return CopyRow(DocumentId(row[0]), *row[1:])
