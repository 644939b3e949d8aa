"""The `audit` commands: every check there is, and what came of it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.audit.areas import AREAS
from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.types import PATH
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.audit.backups import MediumLook
    from securedoc.audit.run import Audited, Instruments
    from securedoc.backup.verify import Report
    from securedoc.ledger.anchors import Anchor
    from securedoc.office.office import Office
    from securedoc.signing.trust import TrustStore

REPORT_FORMATS = (".html", ".pdf", ".json")


@command(
    "run",
    example=(
        "securedoc --as kien audit run --report kiem-tra.html",
        "securedoc --as kien audit run --media /media/usb --anchor slip.txt",
    ),
)
@click.option("--report", type=PATH, metavar="FILE", help="Write the report: .html, .pdf or .json.")
@click.option("--media", type=PATH, multiple=True, metavar="PATH", help="A backup medium to verify as well.")
@click.option(
    "--anchor", type=PATH, multiple=True, metavar="FILE", help="A checkpoint that was kept outside."
)
@click.option(
    "--without",
    type=click.Choice(AREAS),
    multiple=True,
    help="Leave an area out; the report says that it was not checked.",
)
@pass_context
def run_command(
    context: Context,
    report: Path | None,
    media: tuple[Path, ...],
    anchor: tuple[Path, ...],
    without: tuple[str, ...],
) -> None:
    """Run every check on the vault.

    Ledger, who did what, numbers, sealed objects, signatures, keys, policy, editing sessions, this
    machine, backups. What failed, what could not be checked and what passed are counted apart; the
    exit code is that of the gravest failure. A failure of low severity is advice: it is listed, and
    does not change the exit code.
    """
    from securedoc.audit import run as auditing
    from securedoc.errors import LedgerError, PolicyUntrusted
    from securedoc.ledger import anchors
    from securedoc.office import card

    _require_format(report)
    known = [anchors.load(path) for path in anchor]
    audited: Audited
    try:
        with context.app.open() as office:
            audited = auditing.run(office, _instruments(office), media=media, anchors=known, without=without)
    except (LedgerError, PolicyUntrusted) as error:
        # A vault that does not open because it does not hold is what an audit is for: it is reported.
        if error.what not in {"untrusted", "stale", "malformed"} or not context.app.has_vault():
            raise
        found = card.read(context.app.place())
        audited = auditing.unopened(found, context.officer or "", context.clock.now(), error)
    _finish(context, audited, report)


@command("media", example="securedoc audit media /media/usb --trust authority.pem --report usb.html")
@click.argument("path", type=PATH)
@click.option(
    "--trust", type=PATH, required=True, metavar="FILE", help="Certificate of the office, or a directory."
)
@click.option("--report", type=PATH, metavar="FILE", help="Write the report: .html, .pdf or .json.")
@pass_context
def media_command(context: Context, path: Path, trust: Path, report: Path | None) -> None:
    """Check a backup medium alone, without vault or key: every bit of every file on it."""
    from securedoc.audit import run as auditing
    from securedoc.signing.trust import TrustStore

    _require_format(report)
    look = _without_vault(context, TrustStore.load(trust))(path)
    _finish(context, auditing.medium(look, context.clock.now()), report)


def _instruments(office: "Office") -> "Instruments":
    """Put together what the other journeys lend to the audit."""
    from securedoc.audit import guard
    from securedoc.audit.run import Instruments
    from securedoc.issuing.judging import judge
    from securedoc.printing import recovery

    return Instruments(
        judge=judge,
        look_at=_with_vault(office),
        pending=lambda: _pending(office.place.root),
        guard=lambda: guard.look(office.policy).findings,
        cut_off=lambda: recovery.pending(office),
    )


def _pending(vault: Path) -> list[str]:
    from securedoc.editing import recovery

    return [pending.session for pending in recovery.pending(vault)]


def _with_vault(office: "Office") -> "Callable[[Path], MediumLook]":
    """Return what verifies a medium against what the ledger knows of it, and enters that."""
    from securedoc.backup import checked
    from securedoc.backup.examine import Depth

    def look_at(path: Path) -> "MediumLook":
        return _look(path, lambda: checked.verify_known(office, path, Depth.FULL)[0], _checkpoints)

    return look_at


def _without_vault(context: Context, trust: "TrustStore") -> "Callable[[Path], MediumLook]":
    """Return what verifies a medium by itself."""
    from securedoc.backup.examine import Look
    from securedoc.backup.verify import verify

    by = Look(trust, context.clock.now(), progress=context.progress)
    return lambda path: _look(path, lambda: verify(path, by), lambda _path, _found: ())


def _look(
    path: Path,
    verify: "Callable[[], Report]",
    checkpoints: "Callable[[Path, Report], tuple[Anchor, ...]]",
) -> "MediumLook":
    """Verify a medium in full; each defect becomes an error."""
    from securedoc.audit.backups import MediumLook
    from securedoc.backup.defects import require_none
    from securedoc.errors import SecuredocError

    try:
        found = verify()
    except SecuredocError as error:
        return MediumLook(None, path.name, 0, 0, 0, (error,))
    errors = []
    for defect in found.defects:
        try:
            require_none([defect])
        except SecuredocError as error:
            errors.append(error)
    return MediumLook(
        medium=found.medium,
        label=found.label or path.name,
        snapshots=len(found.snapshots),
        files=found.counts.checked_files,
        bytes=found.counts.checked_octets,
        errors=tuple(errors),
        anchors=() if errors else checkpoints(path, found),
    )


def _checkpoints(path: Path, found: "Report") -> "tuple[Anchor, ...]":
    """Return the checkpoints of a sound medium's snapshots."""
    from securedoc.backup import layout, media_set
    from securedoc.ledger import anchors

    directory = media_set.find(path)
    bags = (layout.BagName(layout.BagKind.SNAPSHOT, one.number) for one in found.snapshots)
    return tuple(anchors.load(directory / str(bag) / layout.CHECKPOINT) for bag in bags)


def _require_format(report: Path | None) -> None:
    from securedoc.errors import DocumentRefused

    if report is not None and report.suffix.lower() not in REPORT_FORMATS:
        raise DocumentRefused(
            "a report is .html, .pdf or .json, not {suffix}",
            suffix=report.suffix or report.name,
            hint="name the report file with one of these endings",
        )


def _finish(context: Context, audited: "Audited", path: Path | None) -> None:
    """Write the report, show the findings, and end with the gravest failure."""
    from securedoc.core.findings import State
    from securedoc.reports.auditpage import SEVERITIES, STATES

    report = audited.report
    if path is not None:
        _write(context, audited, path)
    listed = [finding for finding in report.findings if context.verbose or finding.state is not State.PASS]
    rows = [(STATES[one.state], SEVERITIES[one.severity], one.check, one.about, one.detail) for one in listed]
    columns = (
        message("result"),
        message("how grave"),
        message("check"),
        message("object"),
        message("detail"),
    )
    context.show(
        {
            "checks": len(report.findings),
            "failed": report.failed,
            "unknown": report.unknown,
            "passed": report.passed,
            "findings": report.findings,
            "report": path,
            "report_digest": report.digest(),
            "entry": audited.entry,
        },
        Table(columns, rows),
        report.summary(),
        message("the report is in {path}", path=str(path)) if path is not None else "",
        message("the audit is entry {entry} of the ledger", entry=audited.entry)
        if audited.entry is not None
        else message("the audit is not entered in a ledger"),
    )
    audited.require()


def _write(context: Context, audited: "Audited", path: Path) -> None:
    from securedoc.reports import auditpage
    from securedoc.system import files

    report, suffix = audited.report, path.suffix.lower()
    if suffix == ".json":
        data = report.as_bytes()
    elif suffix == ".html":
        data = auditpage.page(report, context.translate, context.lang)
    else:
        from securedoc.audit import printed

        data = printed.pdf(report, context.translate)
    files.replace(path, data)
