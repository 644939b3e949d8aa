"""The `traces` commands: remnants of documents on this machine, found and cleaned."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar, cast

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Line, Showable, Table
from securedoc.cli.types import MOMENT, PATH
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.office.office import Office
    from securedoc.system.shred import ShredReport
    from securedoc.tracing.cleaning import Plan
    from securedoc.tracing.remnants import Remnant
    from securedoc.tracing.scanning import Scanned, Where

F = TypeVar("F", bound=Callable[..., object])
_AGO: Final = re.compile(r"(\d{1,5})([dhm])")
_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes"}
ROOT = Path("/")
"""Where the machine's own places are; tests put a fake machine here."""
_SHOWN: Final = 200
"""Rows on a screen; the report and --json have all."""


class SinceType(click.ParamType["datetime | timedelta"]):
    """A moment, or how long ago: `7d`, `12h`, `30m`."""

    name = "since"

    def convert(
        self, value: "str | datetime | timedelta", param: click.Parameter | None, ctx: click.Context | None
    ) -> "datetime | timedelta":
        """Read `7d`, or a moment as ISO 8601 spells it."""
        if isinstance(value, str) and (match := _AGO.fullmatch(value)):
            return timedelta(**{_UNITS[match[2]]: int(match[1])})
        if isinstance(value, timedelta):
            return value
        return MOMENT.convert(value, param, ctx)


def looking(function: F) -> F:
    """Give a command the options that say where to look."""
    for decorate in (
        click.option("--report", type=PATH, metavar="FILE.json", help="Write the report to this file."),
        click.option("--afresh", is_flag=True, help="Take the fingerprints of all documents anew."),
        click.option("--every-pdf", is_flag=True, help="Read the text of every PDF; slow."),
        click.option(
            "--home",
            type=PATH,
            multiple=True,
            metavar="DIR",
            help="Home to look into instead of yours; may be given again. Root looks into all homes.",
        ),
        click.option(
            "--since",
            type=SinceType(),
            metavar="ISO8601|7d",
            help="Only files changed since; lists and databases are always looked into.",
        ),
    ):
        function = decorate(function)
    return function


@command(
    "scan",
    example=(
        "securedoc --as an traces scan",
        "securedoc --as an traces scan --since 7d --report traces.json",
    ),
)
@looking
@pass_context
def scan_command(
    context: Context,
    since: "datetime | timedelta | None",
    home: tuple[Path, ...],
    every_pdf: bool,
    afresh: bool,
    report: Path | None,
) -> None:
    """Look for remnants of documents on this machine; change nothing.

    Looks into the known places (recent files, thumbnails, backups and locks of editors, trash, printing,
    clipboard, histories, indexes, logs, temporary directories) and into every file of the home. Files are
    recognised by what they say, where your keys open documents; by name; and by the time of sessions.
    What was not looked into is counted. Ends with code 66 when words of a document lie outside the vault.
    """
    from securedoc.tracing import scanning

    with context.app.open() as office:
        scanned = scanning.scan(office, _where(office, since, home, every_pdf, afresh))
        entry = scanning.enter(office, scanned)
    _write(scanned, report)
    context.show(
        {**_result(scanned), "report": report, "report_digest": scanned.digest(), "entry": entry},
        *_lines(scanned),
        message("the scan is entry {entry} of the ledger", entry=entry),
    )
    for note in scanned.notes:
        context.note(note)
    scanned.check()


@command(
    "clean",
    example=(
        "securedoc --as an traces clean --dry-run",
        "securedoc --as an traces clean",
        "securedoc --as an traces clean --yes-path ~/Downloads/05-BC-UBND.docx",
    ),
)
@looking
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option(
    "--yes-path",
    type=PATH,
    multiple=True,
    metavar="PATH",
    help="Clean this finding although it is not certain; may be given again.",
)
@pass_context
def clean_command(
    context: Context,
    since: "datetime | timedelta | None",
    home: tuple[Path, ...],
    every_pdf: bool,
    afresh: bool,
    report: Path | None,
    dry_run: bool,
    yes_path: tuple[Path, ...],
) -> None:
    """Remove the remnants that are attributed with certainty; ask about the others.

    Scans first, and shows what it will do. Files are shredded; of lists such as the recent files, the
    entries are taken out and the list stays. What is not certain is asked about one by one on a
    terminal, and left without one or with --json. What no program can clean is named, with what to do.
    Ends with code 66 when words of a document are left.
    """
    from securedoc.tracing import cleaning, scanning

    app = context.app
    with app.open() as office:
        office.permit("traces-clean")
        scanned = scanning.scan(office, _where(office, since, home, every_pdf, afresh))
        planned = cleaning.plan(scanned.remnants, yes_path)
        _write(scanned, report)
        for note in scanned.notes:
            context.note(note)
        if dry_run:
            context.show({**_result(scanned), "plan": _planned(planned)}, *_plan_lines(planned))
            return
        if not context.json:
            context.show({}, *_plan_lines(planned))
        cleaned = cleaning.clean(planned, scanned.looker, _asking(context))
        entry = cleaning.enter(office, scanned, cleaned, str(scanned.digest()))
    residue = cleaned.report.residue
    shown = {one.path: one.shown() for one in scanned.remnants}
    context.show(
        {
            **_result(scanned),
            "removed": [one.as_json() for one in cleaned.removed],
            "left": [one.as_json() for one in cleaned.left],
            "residue": [{"path": shown.get(one.path, one.path), "why": one.why} for one in residue],
            "not_promised": list(_not_promised(cleaned.report)),
            "report": report,
            "report_digest": scanned.digest(),
            "entry": entry,
        },
        message(
            "{removed} remnants were removed, {left} are left",
            removed=len(cleaned.removed),
            left=len(cleaned.left),
        ),
        Table((message("could not be removed"), message("why")), [(one.path, one.why) for one in residue]),
        Table(
            (message("left"), message("where"), message("what to do")),
            [(one.what, one.path, one.cannot) for one in cleaned.left[:_SHOWN]],
        ),
        Table(
            (message("what shredding cannot reach here"),), [(one,) for one in _not_promised(cleaned.report)]
        ),
        message("the cleaning is entry {entry} of the ledger", entry=entry),
    )
    scanning.require_none(cleaned.left)
    cleaned.check()


def _where(
    office: "Office",
    since: "datetime | timedelta | None",
    home: tuple[Path, ...],
    every_pdf: bool,
    afresh: bool,
) -> "Where":
    from securedoc.tracing import scanning

    moment = office.now() - since if isinstance(since, timedelta) else since
    homes = home or scanning.homes_of(ROOT) or (Path.home(),)
    return scanning.Where(homes, ROOT, moment, every_pdf, afresh)


def _asking(context: Context) -> "Callable[[Remnant], bool]":
    from securedoc.system import terminal

    if context.json or not terminal.has_terminal():
        return lambda _remnant: False

    def ask(remnant: "Remnant") -> bool:
        question = message(
            "{what}: {path} ({document}, recognised by {how}). Remove it? y/N: ",
            what=remnant.what,
            path=terminal.visible(str(remnant.path)),
            document=remnant.document or "-",
            how=remnant.recognised,
        )
        return terminal.ask_yes(question.said(context.translate))

    return ask


def _result(scanned: "Scanned") -> dict[str, Showable]:
    report = scanned.report()
    names = ("since", "places", "looked", "unlooked", "compared", "found")
    told: dict[str, Showable] = {name: cast("Showable", report[name]) for name in names}
    # In the language of the person, unlike the report, whose digest must not depend on it.
    told["findings"] = [{**one.as_json(), "cannot": one.cannot} for one in scanned.remnants]
    return told


def _lines(scanned: "Scanned") -> "Iterator[Line]":
    rows = [
        (one.what, one.certainty, one.recognised, one.document, one.path, one.clean, one.cannot)
        for one in scanned.remnants
    ]
    columns = (
        message("remnant"),
        message("how sure"),
        message("recognised by"),
        message("document"),
        message("where"),
        message("cleaned by"),
        message("what to do"),
    )
    yield Table(columns, rows[:_SHOWN])
    if len(rows) > _SHOWN:
        yield message("and {count} more: see them all with --report or --json", count=len(rows) - _SHOWN)
    yield Table(
        (message("not looked into"), message("files")),
        [(reason, count) for reason, count in sorted(scanned.unlooked.items())],
    )
    yield message(
        "{looked} files were looked into, {count} remnants found", looked=scanned.looked, count=len(rows)
    )


def _planned(planned: "Plan") -> dict[str, Showable]:
    groups = {
        "shred": planned.shred,
        "rewrite": planned.rewrite,
        "ask": planned.ask,
        "by_hand": planned.by_hand,
    }
    return {name: [one.shown() for one in group] for name, group in groups.items()}


def _plan_lines(planned: "Plan") -> "Iterator[Line]":
    groups = (
        (message("will be shredded"), planned.shred),
        (message("entries will be taken out of"), planned.rewrite),
        (message("will be asked about"), planned.ask),
        (message("has to be cleaned by hand"), planned.by_hand),
    )
    for heading, group in groups:
        rows = [(one.path, one.document, one.recognised, one.cannot) for one in group]
        columns = (heading, message("document"), message("recognised by"), message("what to do"))
        yield Table(columns, rows[:_SHOWN])
        if len(rows) > _SHOWN:
            yield message("and {count} more: see them all with --report or --json", count=len(rows) - _SHOWN)


def _not_promised(report: "ShredReport") -> "list[Message]":
    found = {str(limit): limit for file in report.files for limit in file.not_promised}
    return list(found.values())


def _write(scanned: "Scanned", report: Path | None) -> None:
    from securedoc.formats import canonical
    from securedoc.system import files

    if report is not None:
        files.replace(report, canonical.encode(scanned.report()))
