"""Checks what was removed from backup media: only what policy does not keep, and to the end."""

from collections.abc import Iterator, Sequence
from typing import Final

from securedoc.audit.outcomes import Outcome, failed, passed
from securedoc.core.entries import Entry
from securedoc.core.findings import Severity
from securedoc.core.text import message
from securedoc.errors import BackupIncomplete, PolicyRefused
from securedoc.ledger.rows import SnapshotRow
from securedoc.office.office import Office
from securedoc.policy import keeping

POLICY: Final = "policy"
"""Why snapshots are removed that policy no longer keeps; the entry says another reason where there is one."""


def prunings(office: Office) -> Iterator[Outcome]:
    """Hold every removal of snapshots against the policy, and name those that did not end."""
    removed = 0
    labels = {row.medium: row.label for row in office.ledger.media()}
    for medium, label in labels.items():
        rows = office.ledger.snapshots(medium)
        for number in sorted({row.pruning for row in rows if row.pruning is not None}):
            yield from _beyond(office, rows, office.ledger.entry(number), label)
        removed += sum(row.pruned is not None for row in rows)
        open_ones = sorted(row.snapshot for row in rows if row.pruning is not None and row.pruned is None)
        if open_ones:
            error = BackupIncomplete(
                "the removal of old snapshots ({numbers}) from {label} was begun and never ended",
                numbers=", ".join(map(str, open_ones)),
                label=label,
                hint="plug it in, then: securedoc backup prune",
            )
            yield failed("backup.pruning", error, severity=Severity.LOW, about=medium)
    yield passed(
        "backup.pruning", message("{count} old snapshots were removed from backup media", count=removed)
    )


def _beyond(office: Office, rows: Sequence[SnapshotRow], entry: Entry, label: str) -> Iterator[Outcome]:
    """Report snapshots that policy kept at the time: the program refuses, an operator's keys would not."""
    if entry.facts.get("why") != POLICY:
        return
    # What lay on the medium just before, as the ledger knows it.
    there = [
        row
        for row in rows
        if row.entry < entry.sequence and (row.pruning is None or row.pruning >= entry.sequence)
    ]
    made = {row.snapshot: office.ledger.entry(row.entry).at for row in there}
    stay = keeping.kept(made, office.policy.backup, entry.at) if made else frozenset()
    wrong = sorted(row.snapshot for row in there if row.pruning == entry.sequence and row.snapshot in stay)
    if wrong:
        error = PolicyRefused(
            "snapshots that policy keeps ({numbers}) were removed from {label} by {officer}",
            numbers=", ".join(map(str, wrong)),
            label=label,
            officer=entry.who,
            hint="ask this officer; make a new backup, and keep the other media",
        )
        yield failed("backup.pruning", error, about=str(entry.facts.get("medium")))
