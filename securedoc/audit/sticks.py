"""Checks each medium in use: when it was last seen, and whether its newest backup was ever read again."""

from collections.abc import Iterator

from securedoc.audit.outcomes import Outcome, failed, passed
from securedoc.core.entries import Entry
from securedoc.core.findings import Severity
from securedoc.core.text import message
from securedoc.errors import BackupIncomplete, BackupStale, BackupUntrusted
from securedoc.ledger.rows import MediumRow, SnapshotRow
from securedoc.office.office import Office
from securedoc.policy.schedule import due


def sticks(office: Office) -> Iterator[Outcome]:
    """Check that each medium comes back often enough, and that what is on it was confirmed."""
    for row in office.ledger.media():
        if row.in_use:
            snapshots = office.ledger.snapshots(row.medium)
            yield _seen(office, row, snapshots[0].entry if snapshots else row.entry)
            yield from _confirmed(office, row, snapshots)


def _seen(office: Office, row: MediumRow, written: int) -> Outcome:
    last = office.ledger.entry(max(row.entry, written, office.ledger.verified(row.medium) or 0)).at
    when = due(last, office.policy.media.unseen_days, office.now())
    if when.overdue:
        error = BackupStale(
            "{label}, kept by {keeper}, was not seen since {when}",
            label=row.label,
            keeper=row.keeper,
            when=last.date().isoformat(),
            hint="have it brought, and verify it: securedoc backup verify; or take it out of use",
        )
        return failed("backup.seen", error, about=row.medium, severity=Severity.MEDIUM)
    what = message("{label} was last seen on {when}", label=row.label, when=last.date().isoformat())
    return passed("backup.seen", what, about=row.medium)


def _confirmed(office: Office, row: MediumRow, snapshots: tuple[SnapshotRow, ...]) -> Iterator[Outcome]:
    confirmed = office.ledger.confirmed(row.medium)
    for one in snapshots:
        # Whoever holds the ledger key can write such an entry: the two must name two pluggings-in.
        if one.snapshot in confirmed and not _again(office, one, confirmed[one.snapshot]):
            error = BackupUntrusted(
                "snapshot {number} on {label} is called confirmed, and its stick was not plugged in again",
                number=one.snapshot,
                label=row.label,
                hint="ask who entered it; verify the stick after plugging it in again",
            )
            yield failed("backup.confirmed", error, about=row.medium)
    if not snapshots:
        return
    newest = snapshots[0]
    written = office.ledger.entry(newest.entry).at
    if newest.snapshot in confirmed:
        what = message("snapshot {number} on {label} is confirmed", number=newest.snapshot, label=row.label)
        yield passed("backup.confirmed", what, about=row.medium)
    elif due(written, office.policy.media.confirm_days, office.now()).overdue:
        late = BackupIncomplete(
            "snapshot {number} on {label} was never read again from a stick that was plugged in again",
            number=newest.snapshot,
            label=row.label,
            hint="plug the stick in again and verify it: securedoc backup verify",
        )
        yield failed("backup.confirmed", late, about=row.medium, severity=Severity.LOW)


def _again(office: Office, one: SnapshotRow, confirming: int) -> bool:
    before = _plugged(office.ledger.entry(one.entry))
    after = office.ledger.entry(confirming)
    # Snapshots of one medium are numbered once: the entry is of this one, or of another medium's.
    same = after.facts.get("manifest") == str(one.manifest)
    return same and before is not None and before != _plugged(after)


def _plugged(entry: Entry) -> tuple[object, object] | None:
    value = entry.facts.get("plugged")
    return (value.get("boot"), value.get("sequence")) if isinstance(value, dict) else None
