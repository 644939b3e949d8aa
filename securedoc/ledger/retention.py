"""What pruning does to the tables: which snapshots were to be removed from a medium, and which were."""

from collections.abc import Iterator

from securedoc.core.entries import Entry
from securedoc.ledger.facts import FactError, Facts
from securedoc.ledger.store import Statement


def pruning(entry: Entry, facts: Facts) -> Iterator[Statement]:
    """Say that snapshots are about to be removed: from now on their absence is explained."""
    medium = facts.text("medium")
    for each in facts.each("snapshots"):
        yield (
            "UPDATE snapshots SET pruning = ? WHERE medium = ? AND snapshot = ? AND manifest = ?",
            (entry.sequence, medium, each.integer("snapshot"), each.digest("manifest")),
        )


def pruned(entry: Entry, facts: Facts) -> Iterator[Statement]:
    """Say that they were."""
    medium = facts.text("medium")
    for number in _numbers(entry):
        # Only where the intent was entered before: a result alone would explain what nobody announced.
        yield (
            "UPDATE snapshots SET pruned = ? WHERE medium = ? AND snapshot = ? AND pruning IS NOT NULL",
            (entry.sequence, medium, number),
        )


def _numbers(entry: Entry) -> Iterator[int]:
    values = entry.facts.get("snapshots")
    if not isinstance(values, list | tuple):
        raise FactError("snapshots")
    for value in values:
        if not isinstance(value, int) or isinstance(value, bool):
            raise FactError("snapshots")
        yield value
