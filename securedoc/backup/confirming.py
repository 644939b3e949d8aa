"""Confirms snapshots: written, then read again, whole, from a stick that was plugged in again."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from securedoc.backup import media
from securedoc.backup.examine import Depth
from securedoc.backup.verify import Report
from securedoc.core.entries import Act, Entry
from securedoc.core.jsonvalue import JsonObject
from securedoc.errors import SecuredocError
from securedoc.ledger.rows import SnapshotRow
from securedoc.office.office import Office
from securedoc.system import plugging
from securedoc.system.plugging import Plugging


class Replugged(StrEnum):
    """Whether a stick was plugged in again since a snapshot was written."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a verification confirmed."""

    snapshots: tuple[int, ...] = ()
    """Confirmed just now."""
    waiting: tuple[int, ...] = ()
    """Verified without a defect, and not confirmed: the stick was not plugged in again."""
    replugged: Replugged = Replugged.UNKNOWN
    """As far as the newest snapshot that was looked at goes."""
    why: Replugged = Replugged.UNKNOWN
    """Why the last one waits."""


def facts(path: Path) -> JsonObject:
    """Return which time of plugging in it is, as entries hold it."""
    now = plugging.of(path)
    return {"boot": now.boot, "sequence": now.sequence}


def confirm(office: Office, path: Path, report: Report, depth: Depth) -> Confirmed:
    """Enter which of the snapshots that were verified are confirmed by it.

    What is in the memory of the machine or of the stick's own controller reads back well, and may never
    have reached the flash. So only a stick that was without power in between counts.
    """
    if depth is not Depth.FULL or report.defects or report.signature != "trusted":
        return Confirmed()
    try:
        medium = media.proven(office, path)
    except SecuredocError:
        return Confirmed()  # a copy of a stick says nothing of the stick; `backup run` says what is wrong
    now = plugging.of(medium.directory)
    found = {(one.number, one.manifest) for one in report.snapshots}
    rows = [
        row
        for row in reversed(office.ledger.snapshots(medium.identity.medium))
        if (row.snapshot, row.manifest) in found
    ]
    done = office.ledger.confirmed(medium.identity.medium)
    fresh: list[SnapshotRow] = []
    waiting: list[SnapshotRow] = []
    newest = why = Replugged.UNKNOWN
    for row in rows:
        newest = _replugged(office.ledger.entry(row.entry), now)
        if row.snapshot in done:
            continue
        if newest is Replugged.YES:
            fresh.append(row)
        else:
            waiting.append(row)
            why = newest
    _enter(office, fresh, now)
    return Confirmed(_numbers(fresh), _numbers(waiting), newest, why)


def plugged_of(entry: Entry) -> Plugging | None:
    """Return which plugging-in an entry is about; None for one from before these were entered."""
    value = entry.facts.get("plugged")
    if not isinstance(value, dict):
        return None
    boot, sequence = value.get("boot"), value.get("sequence")
    if not isinstance(boot, str) or not (sequence is None or isinstance(sequence, int)):
        return None
    return Plugging(boot, sequence)


def _replugged(written: Entry, now: Plugging) -> Replugged:
    before = plugged_of(written)
    answer = None if before is None else plugging.again(before, now)
    return {True: Replugged.YES, False: Replugged.NO, None: Replugged.UNKNOWN}[answer]


def _enter(office: Office, rows: Sequence[SnapshotRow], now: Plugging) -> None:
    if not rows:
        return
    with office.write() as writing:
        for row in rows:
            writing.append(
                Act.BACKUP_CONFIRMED,
                None,
                {
                    "medium": row.medium,
                    "snapshot": row.snapshot,
                    "manifest": str(row.manifest),
                    "plugged": {"boot": now.boot, "sequence": now.sequence},
                },
            )


def _numbers(rows: Sequence[SnapshotRow]) -> tuple[int, ...]:
    return tuple(row.snapshot for row in rows)
