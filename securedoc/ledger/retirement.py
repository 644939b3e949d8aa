"""What the end of a backup medium does to the tables: retired, being sanitised, sanitised or not."""

from collections.abc import Iterator

from securedoc.core.entries import Entry
from securedoc.core.media import MediumState
from securedoc.ledger.facts import Facts
from securedoc.ledger.store import Statement


def medium_retired(entry: Entry, facts: Facts) -> Iterator[Statement]:
    """Take a medium out of use."""
    yield _now(entry, facts, MediumState.RETIRED)


def medium_sanitising(entry: Entry, facts: Facts) -> Iterator[Statement]:
    """Say that a medium is about to be overwritten."""
    yield _now(entry, facts, MediumState.SANITISING)


def medium_sanitised(entry: Entry, facts: Facts) -> Iterator[Statement]:
    """Say how that ended: only a medium that gave everything back is sanitised."""
    whole = facts.integer("verified_bytes") == facts.integer("bytes") > 0 and not facts.integer("mismatches")
    yield _now(entry, facts, MediumState.SANITISED if whole else MediumState.UNSANITISED)


def medium_destroyed(entry: Entry, facts: Facts) -> Iterator[Statement]:
    """Say that nothing is left of a medium that was out of use."""
    yield (
        "UPDATE media SET state = ?, changed = ? WHERE medium = ? AND state NOT IN (?, ?)",
        (
            *(MediumState.DESTROYED.value, entry.sequence, facts.text("medium")),
            *(MediumState.REGISTERED.value, MediumState.DESTROYED.value),
        ),
    )


def _now(entry: Entry, facts: Facts, state: MediumState) -> Statement:
    sql = "UPDATE media SET state = ?, changed = ? WHERE medium = ?"
    return sql, (state.value, entry.sequence, facts.text("medium"))
