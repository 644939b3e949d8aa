"""The `print` commands: numbered copies through the print service, and the count of their sheets."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.command import command, confirmed
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.types import PATH
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.cli.output import Showable
    from securedoc.printing.copyjob import Outcome
    from securedoc.printing.reconciling import Reconciled
    from securedoc.printing.run import Printed
    from securedoc.system.spool import SpoolReport

COUNT = click.IntRange(0, 100_000)


@command(
    "run",
    example=(
        "securedoc --as an print D-2026-000001 --copies 2 --printer mau --duplex",
        "securedoc --as an print run D-2026-000001 --copies 1 --printer mau",
    ),
)
@click.argument("document", metavar="ID")
@click.option("--copies", type=click.IntRange(1, 999), required=True, help="How many copies to print.")
@click.option("--printer", required=True, metavar="NAME", help="Queue of the print service: see lpstat -e.")
@click.option("--duplex", is_flag=True, help="Print on both sides.")
@click.option("--socket", type=PATH, metavar="PATH", help="Socket of the print service, where it is another.")
@click.option(
    "--cups", type=PATH, metavar="DIR", help="Directory of the print service's settings, where it is another."
)
@pass_context
def run_command(
    context: Context,
    document: str,
    copies: int,
    printer: str,
    duplex: bool,
    socket: Path | None,
    cups: Path | None,
) -> None:
    """Print the next free copies of a finished document, each with its number on every page.

    Each copy is a job of its own under a neutral name. It is sent held, recorded, released, watched to its
    end, and its files in the print service are removed. Never more copies than were approved: a spoiled one
    is printed again under its own number, once its sheets are counted and destroyed. Ends with code 36 when
    a copy is not whole or its paper is not accounted for.
    """
    from securedoc.printing.run import Asked, print_copies
    from securedoc.system.printers import CONFIGURATION, SOCKET, PrintService

    service = PrintService(socket or SOCKET, cups or CONFIGURATION)
    with context.app.open() as office:
        done = print_copies(
            office,
            office.ledger.find(document),
            Asked(copies, printer, duplex, service),
            context.note,
        )
    if not done.outcomes:
        done.check()
    for remark in _remarks(done):
        context.note(remark)
    context.show(
        {
            "id": done.plan.document,
            "print": done.plan.print,
            "printer": done.plan.printer,
            "device": done.device,
            "pages": done.plan.pages,
            "duplex": done.plan.duplex,
            "sheets": {"each": done.plan.sheets, "expected": done.expected},
            "copies": [_outcome(one) for one in done.outcomes],
            "unprinted": list(done.unprinted),
            "ended": done.ended,
        },
        message(
            "{print}: {document} on {printer}, {sheets} sheets expected",
            print=done.plan.print,
            document=done.plan.document,
            printer=done.plan.printer,
            sheets=done.expected,
        ),
        Table(
            (
                message("copy number"),
                message("fate"),
                message("sides by the printer's count"),
                message("not accounted for"),
                message("print service's files"),
            ),
            [
                (one.copy, one.state, one.impressions, one.incident, _spool(one.spool))
                for one in done.outcomes
            ],
        ),
        *(
            [message("not printed: {copies}", copies=", ".join(map(str, done.unprinted)))]
            if done.unprinted
            else []
        ),
    )
    done.check()


def _outcome(one: "Outcome") -> "Showable":
    return {
        "copy": one.copy,
        "state": one.state,
        "job": one.job,
        "why": one.why or None,
        "impressions": one.impressions,
        "media_sheets": one.sheets_said,
        "incident": one.incident,
        "entry": one.entry,
        "spool": None if one.spool is None else {**one.spool.as_json(), "clean": one.spool.clean},
    }


def _spool(report: "SpoolReport | None") -> Message:
    if report is None:
        return message("still there")
    if report.clean:
        return message("overwritten and removed")
    if report.remains is None:
        return message("nobody may look: run as root")
    if report.remains:
        return message("{count} files remain", count=len(report.remains))
    return message("removed, not overwritten")


def _remarks(done: "Printed") -> list[Message]:
    remarks = []
    reports = [one.spool for one in done.outcomes if one.spool is not None]
    if any(report.setup.keeps_files is not False for report in reports):
        remarks.append(
            message("the print service keeps what it prints, or cannot be asked: see securedoc guard check")
        )
    if any(
        (one.impressions or one.sheets_said) is None for one in done.outcomes if one.state.value == "printed"
    ):
        remarks.append(message("the printer's own count could not be read: count the sheets by hand"))
    if done.device.startswith(("cups-pdf:", "file:")) and not done.device.startswith("file:/dev/"):
        remarks.append(
            message("this printer writes files, not paper: what it wrote is plaintext on the disk")
        )
    if not done.ended:
        remarks.append(
            message("the print service does not answer: a job may still wait there; run: securedoc recover")
        )
    return remarks


@command(
    "reconcile",
    example=(
        "securedoc --as an print reconcile D-2026-000001 --spoiled 0",
        "securedoc --as an print reconcile D-2026-000001 --copy 2 --counted 3 --spoiled 3",
    ),
)
@click.argument("named", metavar="ID")
@click.option("--counted", type=COUNT, help="All sheets that came out; left out: as many as were needed.")
@click.option("--spoiled", type=COUNT, required=True, help="How many of them are spoiled.")
@click.option(
    "--copy", "copy", type=click.IntRange(1, 999), metavar="N", help="One copy; else the whole print."
)
@click.option("--note", default="", metavar="TEXT", help="What happened.")
@pass_context
def reconcile_command(
    context: Context, named: str, counted: int | None, spoiled: int, copy: int | None, note: str
) -> None:
    """Hold the officer's count of sheets against what was printed; ID is a document or a print.

    Sheets that came out, less the spoiled ones, are the copy whole, or all of the copy is spoiled. Anything
    else is a difference: it stays open, and this ends with code 36. Spoiled sheets wait for the shredder.
    """
    from securedoc.printing.reconciling import Count, reconcile

    with context.app.open() as office:
        done = reconcile(office, named, Count(counted, spoiled, copy, note))
    context.show(
        {
            "id": done.document,
            "print": done.print,
            "expected": done.account.expected,
            "difference": done.account.difference,
            "copies": [
                {"copy": one.copy, "state": one.state, "spoiled": one.spoiled, "incident": one.incident}
                for one in done.account.copies
            ],
            "entry": done.entry,
        },
        Table(
            (
                message("copy number"),
                message("fate"),
                message("sheets for the shredder"),
                message("not accounted for"),
            ),
            [(one.copy, one.state, one.spoiled, one.incident) for one in done.account.copies],
        ),
        *(
            [message("shred the spoiled sheets and have it entered; which they are: securedoc paper list")]
            if done.account.of_the_pile or any(one.spoiled for one in done.account.copies)
            else []
        ),
    )
    _check_account(done)


def _check_account(done: "Reconciled") -> None:
    from securedoc.errors import DocumentIncomplete

    if done.account.difference:
        raise DocumentIncomplete(
            "{print} is {count} sheets off",
            print=done.print,
            count=done.account.difference,
            hint="look for the sheet; what is never found is closed by two: securedoc print close {document} "
            "--copy N --counted N --why TEXT --second OFFICER",
            document=done.document,
        )


@command(
    "close",
    example="securedoc --as an print close D-2026-000001 --copy 2 --counted 2 --why 'kẹt giấy' --second binh",
)
@click.argument("document", metavar="ID")
@click.option("--copy", "copy", type=click.IntRange(1, 999), required=True, metavar="N", help="Which copy.")
@click.option("--counted", type=COUNT, required=True, help="Sheets of it that there are.")
@click.option("--why", required=True, metavar="TEXT", help="What was done to find the rest.")
@confirmed
@pass_context
def close_command(context: Context, document: str, copy: int, counted: int, why: str) -> None:
    """Close an incident of paper that no count explains; two officers.

    The copy counts as spoiled, and every sheet of it that there is waits for the shredder. What is missing
    stays in the history.
    """
    from securedoc.printing.reconciling import close

    app = context.app
    with app.open() as office, app.second() as second:
        found = office.ledger.find(document)
        entry = close(office, found, copy, counted, why=why, second=second)
    context.show(
        {"id": found, "copy": copy, "counted": counted, "entry": entry},
        message(
            "the incident of copy {copy} of {document} is closed, entry {entry}",
            copy=copy,
            document=found,
            entry=entry,
        ),
    )
