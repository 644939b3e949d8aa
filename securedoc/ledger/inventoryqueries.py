"""What can be asked about stock-taking."""

from dataclasses import dataclass

from securedoc.core.documents import DocumentId
from securedoc.ledger.custodyqueries import CustodyQueries


@dataclass(frozen=True, slots=True)
class InventoryRow:
    """One stock-taking; the entry that began it is its name."""

    entry: int
    finished: int | None


@dataclass(frozen=True, slots=True)
class TickRow:
    """One copy that lay in the safe."""

    document: DocumentId
    copy: str
    odd: str | None
    """Why it should not have; None: it should."""
    entry: int


class InventoryQueries(CustodyQueries):
    """The questions about stock-taking, over one store."""

    def inventory_open(self) -> InventoryRow | None:
        """Return the stock-taking that is under way."""
        row = self._store.row("SELECT entry, finished FROM inventories WHERE finished IS NULL")
        return None if row is None else InventoryRow(*row)

    def ticks(self, inventory: int) -> tuple[TickRow, ...]:
        """Return what was ticked in a stock-taking, in the order of ticking."""
        found = self._store.rows(
            "SELECT document, copy, odd, entry FROM inventory_ticks WHERE inventory = ?"
            " ORDER BY entry, document, copy",
            (inventory,),
        )
        return tuple(TickRow(DocumentId(row[0]), *row[1:]) for row in found)
