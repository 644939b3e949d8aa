"""Checks what destructions left behind: files, pieces of keys, media, reports that are owed."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from securedoc.audit.outcomes import Outcome, failed, passed
from securedoc.core.entries import Act
from securedoc.core.findings import Severity
from securedoc.core.officetime import day_of
from securedoc.core.text import message
from securedoc.errors import BackupIncomplete, DocumentIncomplete, LedgerIncomplete, PolicyRefused
from securedoc.ledger.destructionqueries import DestructionRow
from securedoc.office import residue
from securedoc.office.office import Office

DESTRUCTION: Final = "destruction"
"""Why snapshots are removed that still open a destroyed document; the entry says so."""


def destructions(office: Office) -> Iterator[Outcome]:
    """Find destructions that were cut off or left something, and urgent ones that nobody reported.

    That every destroyed key is gone, and every other there, is the ledger check's business.
    """
    rows = office.ledger.destructions(open_only=False)
    yield from _cut_off(rows)
    yield from _pieces(office)
    yield from _files(office, rows)
    yield from _reports(office, rows)
    yield from _media(office)
    yield from _removals(office)


def _cut_off(rows: Sequence[DestructionRow]) -> Iterator[Outcome]:
    wrong = [row for row in rows if row.stage in {"begun", "destroyed"}]
    for row in wrong:
        error = LedgerIncomplete(
            "destruction {request} was begun and has no evidence that it ended",
            request=row.request,
            hint="run: securedoc recover",
        )
        yield failed("destruction.cut-off", error, about=row.request)
    if not wrong:
        yield passed("destruction.cut-off", message("no destruction was cut off"))


def _pieces(office: Office) -> Iterator[Outcome]:
    """Report what the last reading of the ledger's file found: each one reads all of it."""
    last = office.ledger.last(Act.DESTRUCTION_ENDED)
    keys = {} if last is None else last.facts.get("keys")
    found = keys.get("found", 0) if isinstance(keys, dict) else 0
    if last is not None and found:
        error = LedgerIncomplete(
            "{count} pieces of destroyed keys were found in the ledger's file, by entry {entry}",
            count=found if isinstance(found, int) else 0,
            entry=last.sequence,
            hint="ask for help before this machine is used on",
        )
        yield failed("destruction.keys", error)
    else:
        yield passed(
            "destruction.keys", message("no piece of a destroyed key was found in the ledger's file")
        )


def _files(office: Office, rows: Sequence[DestructionRow]) -> Iterator[Outcome]:
    left = 0
    for row in rows:
        for item in row.items:
            if item.destroyed is None:
                continue
            for one in office.ledger.objects(item.document):
                if office.objects.path(one.digest).exists():
                    left += 1
                    error = DocumentIncomplete(
                        "a sealed file of {document} is still there, although it was destroyed",
                        document=item.document,
                        hint="nobody can open it; to remove it run: securedoc recover",
                    )
                    yield failed("destruction.files", error, about=item.document, severity=Severity.MEDIUM)
    if not left:
        yield passed("destruction.files", message("no sealed file of a destroyed document is left"))


def _reports(office: Office, rows: Sequence[DestructionRow]) -> Iterator[Outcome]:
    owed = [row for row in rows if row.urgent and row.reported is None and row.begun is not None]
    patience = timedelta(days=office.policy.destruction.report_days)
    for row in owed:
        begun = office.ledger.entry(row.begun or 0).at
        error = LedgerIncomplete(
            "the urgent destruction {request} of {day} was not reported in writing",
            request=row.request,
            day=day_of(begun).isoformat(),
            hint="report it, then: securedoc destroy report {request} --number NO",
        )
        late = office.now() > begun + patience
        yield failed(
            "destruction.report",
            error,
            about=row.request,
            severity=Severity.HIGH if late else Severity.MEDIUM,
        )
    if not owed:
        yield passed("destruction.report", message("no report of an urgent destruction is owed"))


def _media(office: Office) -> Iterator[Outcome]:
    held = residue.media(office)
    for one in held:
        error = BackupIncomplete(
            "{label}, kept by {keeper}, still opens {count} destroyed documents",
            label=one.label,
            keeper=one.keeper,
            count=len(one.documents),
            hint="see what to do with it: securedoc backup residue",
        )
        late = residue.due_at(office, one) < office.now()
        yield failed(
            "destruction.media", error, about=one.label, severity=Severity.HIGH if late else Severity.MEDIUM
        )
    if not held:
        yield passed("destruction.media", message("no medium holds the key of a destroyed document"))


def _removals(office: Office) -> Iterator[Outcome]:
    """Find snapshots that were removed in the name of a destruction, and held no key of one."""
    wrong = 0
    for medium in office.ledger.media():
        for row in office.ledger.snapshots(medium.medium):
            if row.pruning is None:
                continue
            intent = office.ledger.entry(row.pruning)
            if intent.facts.get("why") != DESTRUCTION:
                continue
            if not office.ledger.held_its_key(medium.medium, row.snapshot, row.pruning):
                wrong += 1
                error = PolicyRefused(
                    "snapshot {number} was removed from {label} by {officer}, and opened nothing destroyed",
                    number=row.snapshot,
                    label=medium.label,
                    officer=intent.who,
                    hint="ask this officer; make a new backup, and keep the other media",
                )
                yield failed("destruction.removals", error, about=medium.label)
    if not wrong:
        yield passed(
            "destruction.removals", message("snapshots went for a destruction only where they held its keys")
        )
