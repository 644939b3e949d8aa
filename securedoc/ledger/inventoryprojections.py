"""What stock-taking does to the tables: one begun, copies ticked, one finished."""

from collections.abc import Iterator
from typing import Final

from securedoc.core.entries import Act, Entry
from securedoc.ledger.facts import Facts
from securedoc.ledger.store import Statement


def _started(entry: Entry, _: Facts) -> Iterator[Statement]:
    yield "INSERT INTO inventories VALUES (?, NULL)", (entry.sequence,)


def _ticked(entry: Entry, facts: Facts) -> Iterator[Statement]:
    inventory = facts.integer("inventory")
    for each in facts.each("items"):
        what = inventory, each.text("document"), each.text("copy"), each.maybe_text("odd"), entry.sequence
        yield "INSERT INTO inventory_ticks VALUES (?, ?, ?, ?, ?)", what


def _finished(entry: Entry, facts: Facts) -> Iterator[Statement]:
    sql = "UPDATE inventories SET finished = ? WHERE entry = ? AND finished IS NULL"
    yield sql, (entry.sequence, facts.integer("inventory"))


INVENTORY: Final = {
    Act.INVENTORY_STARTED: _started,
    Act.INVENTORY_TICKED: _ticked,
    Act.INVENTORY_FINISHED: _finished,
}
