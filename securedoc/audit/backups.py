"""Checks the backups: whether one is due, and every medium that was plugged in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from securedoc.audit import prunings, rehearsal
from securedoc.audit.outcomes import Outcome, failed, passed, unknown
from securedoc.audit.sticks import sticks
from securedoc.core.entries import Act
from securedoc.core.findings import Severity
from securedoc.core.media import MediumState
from securedoc.core.officetime import day_of
from securedoc.core.text import message
from securedoc.errors import BackupIncomplete, BackupStale, SecuredocError
from securedoc.ledger.anchors import Anchor
from securedoc.ledger.rows import MediumRow
from securedoc.office.office import Office
from securedoc.policy.schedule import due


@dataclass(frozen=True, slots=True)
class MediumLook:
    """What the verification of one medium found."""

    medium: str | None
    """Its identifier; None where it could not even be read."""
    label: str
    snapshots: int
    files: int
    bytes: int
    errors: tuple[SecuredocError, ...]
    anchors: tuple[Anchor, ...] = ()
    """Checkpoints on it, where nothing on it is wrong: our ledger must have grown from them."""


LookAt = Callable[[Path], MediumLook]
"""Verifies the medium at a path, in full."""


def backups(office: Office, looks: Sequence[MediumLook]) -> Iterator[Outcome]:
    """Check that backups are made when policy asks, on enough media, and hold."""
    yield _due(office)
    yield _drilled(office)
    yield rehearsal.rehearsed(office)
    yield _enough(office)
    yield from prunings.prunings(office)
    yield from sticks(office)
    seen: set[str] = set()
    for look in looks:
        seen.add(look.medium or "")
        yield from of_medium(look)
    for row in office.ledger.media():
        if not row.in_use:
            yield _out_of_use(row)
        elif row.medium not in seen:
            yield unknown(
                "backup.medium",
                message("the medium {label} was not plugged in", label=row.label),
                fix=message("plug it in and give its path with --media"),
                about=row.medium,
            )


def _out_of_use(row: MediumRow) -> Outcome:
    if row.state is MediumState.SANITISING:
        error = BackupIncomplete(
            "the sanitising of {label} was begun and never ended",
            label=row.label,
            hint="begin it again: securedoc media sanitise DEVICE; or have the medium destroyed",
        )
        return failed("backup.sanitising", error, about=row.medium)
    if row.state is MediumState.UNSANITISED:
        error = BackupIncomplete(
            "{label} did not give back what was written over it",
            label=row.label,
            hint="have it destroyed before two witnesses, then enter that: securedoc media destroyed MEDIUM",
        )
        return failed("backup.sanitising", error, about=row.medium)
    what = message("the medium {label}: {state}", label=row.label, state=row.state)
    return passed("backup.medium", what, about=row.medium)


def of_medium(look: MediumLook) -> Iterator[Outcome]:
    """Return an outcome for each thing wrong with a medium, or one that it holds."""
    for error in look.errors:
        yield failed("backup.medium", error, about=look.medium)
    if not look.errors:
        yield passed(
            "backup.medium",
            message(
                "the medium {label} holds: {snapshots} snapshots, {files} files, {bytes} bytes read",
                label=look.label,
                snapshots=look.snapshots,
                files=look.files,
                bytes=look.bytes,
            ),
            about=look.medium,
        )


def _due(office: Office) -> Outcome:
    written = office.ledger.snapshots()
    last = max((office.ledger.entry(row.entry).at for row in written), default=None)
    when = due(last, office.policy.backup.interval_days, office.now())
    if last is None:
        never = BackupStale("no backup was ever made", hint="make one: securedoc backup run")
        return failed("backup.due", never)
    if when.overdue:
        late = BackupStale(
            "the last backup is of {last}; the next was due on {due}",
            last=last.date().isoformat(),
            due=day_of(when.due_at).isoformat(),
            hint="make one: securedoc backup run",
        )
        return failed("backup.due", late)
    return passed(
        "backup.due",
        message(
            "the last backup is of {last}; the next is due on {due}",
            last=last.date().isoformat(),
            due=day_of(when.due_at).isoformat(),
        ),
    )


def _drilled(office: Office) -> Outcome:
    """A backup that nobody ever restored is a hope."""
    last = office.ledger.last(Act.BACKUP_DRILLED)
    if last is None:
        return unknown(
            "backup.drill",
            message("no restore drill was ever held: whether the backups restore is not known"),
            fix=message("hold one: securedoc backup drill PATH"),
        )
    day = day_of(last.at).isoformat()
    if last.facts.get("failures") != 0:
        broken = BackupIncomplete(
            "not everything came back in the restore drill of {day}",
            day=day,
            hint="make a new backup on another medium, and hold a drill with it",
        )
        return failed("backup.drill", broken)
    when = due(last.at, office.policy.backup.drill_interval_days, office.now())
    if when.overdue:
        late = BackupStale(
            "the last restore drill is of {last}; the next was due on {due}",
            last=day,
            due=day_of(when.due_at).isoformat(),
            hint="hold one: securedoc backup drill PATH",
        )
        return failed("backup.drill", late, severity=Severity.MEDIUM)
    return passed("backup.drill", message("in the restore drill of {day} everything came back", day=day))


def _enough(office: Office) -> Outcome:
    """One medium is not a backup plan: it burns in the same fire as the machine."""
    count = sum(row.in_use for row in office.ledger.media())
    least = office.policy.backup.least_media
    if count < least:
        error = BackupIncomplete(
            "{count} media are registered, and the policy asks for {least}",
            count=count,
            least=least,
            hint="register another one: securedoc media register PATH, and keep one elsewhere",
        )
        return failed("backup.media", error, severity=Severity.LOW)
    return passed("backup.media", message("{count} media are registered", count=count))
