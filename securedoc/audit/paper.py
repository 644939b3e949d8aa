"""Checks that every sheet of every numbered copy is accounted for."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Final

from securedoc.audit.outcomes import Outcome, failed, passed
from securedoc.audit.papertrail import PaperTrail
from securedoc.core.findings import Severity
from securedoc.core.text import message
from securedoc.errors import LedgerIncomplete, LedgerUntrusted
from securedoc.ledger.paperqueries import CopyRow, PrintRow
from securedoc.office.office import Office

CutOff = Callable[[], Sequence[PrintRow]]
"""Returns the prints that were begun, are not over, and that no process holds."""

_OUT: Final = frozenset({"printed", "unknown", "sent"})


def paper(office: Office, cut_off: CutOff, trail: PaperTrail) -> Iterator[Outcome]:
    """Find copies that nobody can account for, prints that were cut off, and sheets that nobody shredded."""
    yield from _vanished(trail)
    yield from _incidents(office.ledger.incidents())
    yield from _cut_off(cut_off())
    yield from _numbers(office, office.ledger.every_copy())
    yield from _waiting(office)


def _vanished(trail: PaperTrail) -> Iterator[Outcome]:
    """Find entries that let sheets vanish: the program leaves them open until two officers close them."""
    for one in trail.contradictions:
        error = LedgerUntrusted(
            "entry {entry} by {officer} accounts for {left} sheets of copy {copy} of {document}, of which "
            "{out} came out",
            entry=one.entry.sequence,
            officer=one.entry.who,
            left=one.left,
            copy=one.copy,
            document=one.entry.about or "-",
            out=one.out,
            hint="find the sheets, and ask this officer; the entry is signed with their key",
        )
        yield failed("paper.vanished", error, about=one.entry.about)
    if not trail.contradictions:
        words = message("no entry lets sheets vanish that an earlier one says came out")
        yield passed("paper.vanished", words)


def _incidents(rows: Sequence[CopyRow]) -> Iterator[Outcome]:
    for row in rows:
        error = LedgerIncomplete(
            "the sheets of copy {copy} of {document} are not accounted for: {incident}",
            copy=row.copy,
            document=row.document,
            incident=str(row.incident),
            hint="count them: securedoc print reconcile {print} --copy {copy} --counted N --spoiled N",
            print=row.print,
        )
        yield failed("paper.incident", error, about=row.document)
    if not rows:
        yield passed("paper.incident", message("every sheet that was printed is accounted for"))


def _cut_off(rows: Sequence[PrintRow]) -> Iterator[Outcome]:
    for row in rows:
        error = LedgerIncomplete(
            "the print {print} was cut off, and nobody ended it",
            print=row.print,
            hint="a job may still wait in the print service; run: securedoc recover",
        )
        yield failed("paper.cut-off", error, about=row.document)
    if not rows:
        yield passed("paper.cut-off", message("no print was cut off"))


def _numbers(office: Office, rows: Iterator[CopyRow]) -> Iterator[Outcome]:
    """Hold the copies on paper against what was approved: the program gives no number twice, or beyond it."""
    wrong = seen = 0
    for document, of_document in groupby(rows, key=lambda row: row.document):
        approved = office.ledger.document(document).copies
        out = [row.copy for row in of_document if row.state in _OUT]
        seen += len(out)
        twice = sorted(copy for copy in out if out.count(copy) > 1 or copy > approved)
        if twice:
            wrong += 1
            error = LedgerUntrusted(
                "copy {copy} of {document} is on paper twice, or beyond the {approved} approved",
                copy=twice[0],
                document=document,
                approved=approved,
                hint="find every copy of it, and out how it came to be printed",
            )
            yield failed("paper.copies", error, about=document)
    if not wrong:
        words = message("{count} copies are on paper, none twice or beyond the number approved", count=seen)
        yield passed("paper.copies", words)


def _waiting(office: Office) -> Iterator[Outcome]:
    sheets = sum(row.sheets for row in office.ledger.paper())
    if not sheets:
        yield passed("paper.spoiled", message("no spoiled sheet waits for the shredder"))
        return
    error = LedgerIncomplete(
        "{count} spoiled sheets wait for the shredder",
        count=sheets,
        hint="destroy them before a second officer, then: securedoc paper destroyed --second OFFICER",
    )
    at_once = office.policy.copying.destroy_spoiled_at_once
    yield failed("paper.spoiled", error, severity=Severity.MEDIUM if at_once else Severity.LOW)
