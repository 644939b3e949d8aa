"""Runs every check on a vault, worst finding first, and enters the audit in the ledger."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from securedoc.audit import (
    backups,
    contents,
    custody,
    destructions,
    history,
    paper,
    people,
    surroundings,
    timestamps,
)
from securedoc.audit.areas import AREAS
from securedoc.audit.backups import LookAt, MediumLook
from securedoc.audit.contents import Judge
from securedoc.audit.history import Survey
from securedoc.audit.outcomes import Outcome, failed, guarded, ordered, unknown
from securedoc.audit.paper import CutOff
from securedoc.audit.surroundings import Guard, Pending
from securedoc.audit.witnesses import witnessed
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.text import message
from securedoc.errors import SecuredocError, worst
from securedoc.ledger.anchors import Anchor
from securedoc.office.card import VaultCard
from securedoc.office.office import Office
from securedoc.reports.auditreport import AuditReport

TITLE: Final = message("Audit of the vault")
MEDIUM_TITLE: Final = message("Audit of a backup medium")


@dataclass(frozen=True, slots=True)
class Instruments:
    """What other journeys lend to the audit."""

    judge: Judge
    look_at: LookAt
    pending: Pending
    guard: Guard
    cut_off: CutOff


@dataclass(frozen=True, slots=True)
class Audited:
    """The report, what failed, and the entry about it."""

    report: AuditReport
    errors: tuple[SecuredocError, ...]
    entry: int | None
    """Sequence number of the entry; None where the ledger does not hold and is not appended to."""

    def require(self) -> None:
        """Accept an audit that found nothing wrong; what could not be checked is stated, not refused.

        Raises:
            SecuredocError: the worst of what failed.
        """
        if self.errors:
            raise worst(list(self.errors))


def run(
    office: Office,
    instruments: Instruments,
    *,
    media: Sequence[Path] = (),
    anchors: Sequence[Anchor] = (),
    without: Collection[str] = (),
) -> Audited:
    """Make every check but those of the areas in `without`, and enter the audit.

    Raises:
        PolicyRefused: the officer may not audit.
        LedgerBusy: another process writes the ledger; the checks were made, the entry was not.
    """
    office.permit("audit")
    # The media first: their checkpoints are the outside witnesses that the ledger is held against.
    looks = () if "backup" in without else tuple(map(instruments.look_at, media))
    known = (*anchors, *(anchor for look in looks for anchor in look.anchors))
    found = _Once(office)
    checks: Mapping[str, Callable[[], Iterable[Outcome]]] = {
        "vault": lambda: (*history.card(office), *surroundings.vault(office)),
        "ledger": lambda: history.ledger(office, known),
        "witnesses": lambda: witnessed(office),
        "rights": lambda: history.rights(found.survey()),
        "numbers": lambda: history.numbers(office, found.survey()),
        "objects": lambda: contents.objects(office),
        "signatures": lambda: [*contents.signatures(office, instruments.judge), *timestamps.chained(office)],
        "keys": lambda: people.keys(office),
        "policy": lambda: (*surroundings.policy(office), *surroundings.trusted_files(office)),
        "editing": lambda: surroundings.editing(office, found.survey(), instruments.pending),
        "paper": lambda: (
            *paper.paper(office, instruments.cut_off, found.survey().paper),
            *custody.custody(office),
        ),
        "destruction": lambda: destructions.destructions(office),
        "host": lambda: surroundings.host(office, instruments.guard),
        "backup": lambda: backups.backups(office, looks),
    }
    outcomes = [
        outcome
        for area in AREAS
        for outcome in (_left_out(area) if area in without else guarded(area, checks[area]))
    ]
    report = _report(office, outcomes)
    errors = tuple(outcome.error for outcome in outcomes if outcome.decides and outcome.error is not None)
    # A ledger that does not hold is evidence: nothing is appended to it.
    broken = any(error.where == "ledger" and error.what == "untrusted" for error in errors)
    return Audited(report, errors, None if broken else _enter(office, report))


class _Once:
    """The survey of the entries, made when the first check wants it."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._survey: Survey | None = None

    def survey(self) -> Survey:
        if self._survey is None:
            self._survey = history.survey(self._office)
        return self._survey


def unopened(card: VaultCard, who: str, at: datetime, error: SecuredocError) -> Audited:
    """Return the audit of a vault that does not open: one failure, and nothing else checked."""
    outcomes = [failed("vault.opens", error), *(one for area in AREAS for one in _left_out(area))]
    report = AuditReport(
        title=TITLE,
        office=card.office,
        vault=card.vault,
        training=card.training,
        at=at,
        auditor=who,
        role="",
        policy=f"{card.policy_pack} {card.policy_version}",
        ledger_size=None,
        ledger_root=None,
        findings=ordered(outcomes),
    )
    return Audited(report, (error,), None)


def medium(look: MediumLook, at: datetime) -> Audited:
    """Return the audit of a medium alone, made without vault and without key."""
    outcomes = list(backups.of_medium(look))
    outcomes.append(
        unknown(
            "backup.newest",
            message("whether a newer snapshot was ever on this medium: only the vault can tell"),
        )
    )
    report = AuditReport(
        title=MEDIUM_TITLE,
        office=look.label,
        vault=look.medium or "",
        training=False,
        at=at,
        auditor="",
        role="",
        policy="",
        ledger_size=None,
        ledger_root=None,
        findings=ordered(outcomes),
    )
    return Audited(report, look.errors, None)


def _left_out(area: str) -> Iterator[Outcome]:
    yield unknown(f"{area}.check", message("this area was not checked"))


def _report(office: Office, outcomes: Sequence[Outcome]) -> AuditReport:
    head = office.ledger.head().checkpoint
    card, who = office.card, office.who
    return AuditReport(
        title=TITLE,
        office=card.office,
        vault=card.vault,
        training=card.training,
        at=office.now(),
        auditor=who.name,
        role=who.role,
        policy=f"{office.policy.pack.name} {office.policy.pack.version}",
        ledger_size=head.size,
        ledger_root=head.root.hex(),
        findings=ordered(outcomes),
    )


def _enter(office: Office, report: AuditReport) -> int:
    facts: JsonObject = {
        "checks": len(report.findings),
        "failed": report.failed,
        "unknown": report.unknown,
        "report": str(report.digest()),
    }
    with office.write() as writing:
        return writing.append(Act.AUDIT_RUN, None, facts).sequence
