"""Checks that the emergency is rehearsed: a drill opened by recovery shares alone, with the last kit."""

from securedoc.audit.outcomes import Outcome, failed, passed, unknown
from securedoc.core.entries import Act
from securedoc.core.findings import Severity
from securedoc.core.officetime import day_of
from securedoc.core.text import message
from securedoc.errors import BackupIncomplete, BackupStale
from securedoc.office.office import Office
from securedoc.policy.schedule import due

_HOW = message("hold one with the sheet in hand: securedoc backup drill PATH --share FILE … --kit N")


def rehearsed(office: Office) -> Outcome:
    """Tell when the emergency was rehearsed last, whether that is due again, and with which sheet."""
    drills = (entry for entry in office.ledger.newest(Act.BACKUP_DRILLED))
    last = next((entry for entry in drills if entry.facts.get("opened_by") == "shares"), None)
    if last is None:
        never = message(
            "the emergency was never rehearsed: whether the recovery shares open a backup is not known"
        )
        return unknown("backup.rehearsal", never, fix=_HOW)
    day = day_of(last.at).isoformat()
    if last.facts.get("failures") != 0:
        broken = BackupIncomplete(
            "not everything came back in the rehearsal of {day}",
            day=day,
            hint="make a new backup on another medium, and rehearse with it",
        )
        return failed("backup.rehearsal", broken)
    when = due(last.at, office.policy.backup.rehearsal_interval_days, office.now())
    if when.overdue:
        late = BackupStale(
            "the emergency was rehearsed last on {last}; the next time was due on {due}",
            last=day,
            due=day_of(when.due_at).isoformat(),
            hint=_HOW.template,
        )
        return failed("backup.rehearsal", late, severity=Severity.MEDIUM)
    made = office.ledger.last(Act.KIT_MADE)
    if made is not None and last.facts.get("kit") != made.facts.get("kit"):
        other = BackupStale(
            "the last rehearsal, of {day}, was not held with the last emergency kit, number {kit}",
            day=day,
            kit=str(made.facts.get("kit")),
            hint=_HOW.template,
        )
        return failed("backup.rehearsal", other, severity=Severity.LOW)
    return passed("backup.rehearsal", message("the emergency was rehearsed on {day}", day=day))
