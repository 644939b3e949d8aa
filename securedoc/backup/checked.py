"""Verifies a medium with the vault open: against what its ledger knows, and on record."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from securedoc.backup import forecast, forking, media, media_set, reminding, trusting
from securedoc.backup.confirming import Confirmed, confirm
from securedoc.backup.defects import Defect
from securedoc.backup.examine import Depth, Look
from securedoc.backup.layout import BagKind, BagName
from securedoc.backup.repair import Outcome, repair
from securedoc.backup.verify import Report, verify
from securedoc.core.entries import Act
from securedoc.errors import BackupBusy
from securedoc.office.office import Office
from securedoc.system import files


def repair_known(
    office: Office, path: Path, *, snapshot: int | None = None, into: Path | None = None
) -> tuple[Outcome, bool]:
    """Repair the medium at `path`; tell also whether an entry records it.

    Raises:
        PolicyRefused: this officer may not write to media.
        BackupError: see `repair`.
    """
    office.permit("backup")
    directory = media_set.find(path, office.vault_id)
    look = Look(trusting.trust(office), office.now(), Depth.FULL, office.progress)
    with files.locked(office.place.backup_lock, holder=office.session.officer, busy=busy):
        stated = media_set.stated_medium(directory)
        rate = forecast.read_rate(office.ledger, stated) if stated else None
        outcome = repair(directory, look, snapshot=snapshot, into=into, rate=rate)
    if outcome.beyond or outcome.report is None or not outcome.repaired or into is not None:
        return outcome, False
    with office.write() as writing:
        writing.append(
            Act.BACKUP_REPAIRED,
            None,
            {
                "medium": outcome.report.medium,
                "snapshot": snapshot,
                "repaired": len(outcome.repaired),
                "defects": len(outcome.left),
            },
        )
    return outcome, True


def busy(holder: str) -> BackupBusy:
    """Say who is at work on a medium of this vault."""
    return BackupBusy(
        "another backup of this vault is running, started by {officer}",
        officer=holder or "-",
        hint="wait until it has ended",
    )


def verify_known(
    office: Office, path: Path | None, depth: Depth, *, snapshot: int | None = None
) -> tuple[Report, bool]:
    """Verify the medium at `path`, or the one plugged in; tell also whether an entry records it.

    Raises:
        see `verify_and_confirm`.
    """
    report, recorded, _ = verify_and_confirm(office, path, depth, snapshot=snapshot)
    return report, recorded


def verify_and_confirm(
    office: Office, path: Path | None, depth: Depth, *, snapshot: int | None = None
) -> tuple[Report, bool, Confirmed]:
    """Verify the medium at `path`, or the one plugged in; tell whether it is recorded, and what it confirms.

    Raises:
        PolicyRefused: this officer may not verify backups.
        BackupMissing, BackupRefused, BackupIncomplete, BackupFailed: see `verify`.
    """
    office.permit("backup-verify")
    directory = media_set.find(path or media.the_one(office), office.vault_id)
    look = Look(trusting.trust(office), office.now(), depth, office.progress)
    # Which medium it says it is decides what the ledger knows of it; a lie is a defect below.
    stated = media_set.stated_medium(directory)
    known = trusting.known(office, stated) if stated else None
    asked = known
    if known is not None and snapshot is not None:
        # Of the others nothing is said; who may sign, and what this one was, counts all the same.
        numbers = {number: digest for number, digest in known.snapshots.items() if number == snapshot}
        asked = replace(known, snapshots=numbers)
    if stated and depth is not Depth.NAMES:
        total = forecast.set_bytes(directory, depth)
        office.progress.foresee(total, forecast.read_rate(office.ledger, stated))
    begun = time.monotonic()
    report = verify(directory, look, snapshot=snapshot, known=asked)
    seconds = max(1, round(time.monotonic() - begun))
    report = replace(report, defects=(*report.defects, *_of_history(office, directory, report)))
    if known is None or not report.snapshots:
        return report, False, Confirmed()
    newest = report.snapshots[-1]
    with office.write() as writing:
        writing.append(
            Act.BACKUP_VERIFIED,
            None,
            {
                "medium": stated,
                "snapshot": newest.number,
                "manifest": str(newest.manifest) if newest.manifest else None,
                "checked_bytes": report.counts.checked_octets,
                "defects": len(report.defects),
                "seconds": seconds,
            },
        )
    confirmed = confirm(office, directory, report, depth)
    reminding.keep_note(office)
    return report, True, confirmed


def _of_history(office: Office, directory: Path, report: Report) -> Iterator[Defect]:
    """Yield each snapshot that is no earlier state of this vault: nobody but a vault can tell."""
    label = report.label or report.medium or directory.name
    for one in report.snapshots:
        if one.tree is not None:
            wrong = forking.defect(
                office, directory / str(BagName(BagKind.SNAPSHOT, one.number)), one.tree, label
            )
            if wrong is not None:
                yield wrong
