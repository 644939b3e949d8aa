"""The `destroy` commands that tell and write: list, show, report, papers."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.naming import level_name, type_name
from securedoc.cli.output import Showable, Table
from securedoc.cli.types import PATH
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.destruction.dossier import Said
    from securedoc.ledger.destructionqueries import DestructionRow

STAGES = {
    "proposed": message("proposed; waits for a decision"),
    "refused": message("refused"),
    "decided": message("decided; not carried out"),
    "begun": message("BEGUN AND CUT OFF; run: securedoc recover"),
    "destroyed": message("destroyed; the evidence is missing, run: securedoc recover"),
    "ended": message("destroyed"),
}


@command("list", example="securedoc --as an destroy list")
@pass_context
def list_command(context: Context) -> None:
    """List destructions and how far each has come."""
    with context.app.open(read_only=True) as office:
        rows = office.ledger.destructions(open_only=False)
    context.show(
        {"destructions": [_result(row) for row in rows]},
        Table(
            (message("request"), message("how it stands"), message("documents"), message("urgent")),
            [
                (row.request, STAGES[row.stage], len(row.items), message("yes") if row.urgent else "")
                for row in rows
            ],
        ),
        message("{count} destructions", count=len(rows)),
        *(
            message(
                "the report of {request} is owed: securedoc destroy report {request}", request=row.request
            )
            for row in rows
            if row.urgent and row.reported is None
        ),
    )


@command("show", example="securedoc --as an destroy show R-2026-000001")
@click.argument("request")
@pass_context
def show_command(context: Context, request: str) -> None:
    """Show one destruction: its documents, its steps, and who did each."""
    from securedoc.destruction import dossier

    with context.app.open(read_only=True) as office:
        found = dossier.read(office, request)
        items = found.items
        policy = office.policy
    steps = {
        "proposed": found.proposed,
        "decided": found.decided,
        "begun": found.begun,
        "ended": found.ended,
        "reported": found.reported,
    }
    context.show(
        {
            **_result(found.row),
            "reason": found.reason,
            "documents": [dict(items[document]) for document in found.row.documents],
            "steps": {name: _said(said) for name, said in steps.items()},
        },
        STAGES[found.row.stage],
        message("reason: {reason}", reason=found.reason),
        Table(
            (
                message("document"),
                message("number"),
                message("type"),
                message("level"),
                message("destroyed by entry"),
            ),
            [
                (
                    *(item.document, str(items[item.document].get("number_text") or "")),
                    type_name(policy, str(items[item.document].get("type"))),
                    level_name(policy, str(items[item.document].get("level"))),
                    item.destroyed,
                )
                for item in found.row.items
            ],
        ),
        "",
        Table(
            (message("step"), message("entry"), message("time"), message("officer"), message("confirmed by")),
            [
                (
                    *(STEPS[name], said.entry.sequence, said.entry.at, said.author.id),
                    said.second.id if said.second else "",
                )
                for name, said in steps.items()
                if said is not None
            ],
        ),
    )


STEPS = {
    "proposed": message("proposal"),
    "decided": message("decision"),
    "begun": message("intent"),
    "ended": message("evidence"),
    "reported": message("report"),
}


@command("report", example="securedoc --as an destroy report R-2026-000003 --number 07/BC-UBND")
@click.argument("request")
@click.option("--number", required=True, metavar="NO", help="Number of the report on paper.")
@pass_context
def report_command(context: Context, request: str, number: str) -> None:
    """Enter that an urgent destruction was reported in writing."""
    from securedoc.destruction import carrying

    with context.app.open() as office:
        entry = carrying.report(office, request, number)
    context.show(
        {"request": request, "report": number, "entry": entry},
        message("the report of {request} is entered, entry {entry}", request=request, entry=entry),
    )


@command("papers", example="securedoc --as an destroy papers R-2026-000001 --out /media/ho-so")
@click.argument("request")
@click.option("--out", type=PATH, required=True, metavar="DIR", help="Directory to write the papers into.")
@pass_context
def papers_command(context: Context, request: str, out: Path) -> None:
    """Write the papers of the dossier as DOCX and PDF, filled in as far as the destruction has come.

    They name documents by their numbers and never say what they are about. They are signed in ink, and kept
    with the register for ever. A paper whose step is not done yet is not written.
    """
    from securedoc.destruction import papers

    with context.app.open() as office:
        written = papers.write(office, request, out)
    context.show(
        {
            "request": request,
            "papers": [{"name": one.title, "file": one.path, "digest": one.digest} for one in written.papers],
            "missing": list(written.missing),
            "entry": written.entry,
        },
        Table((message("paper"), message("file")), [(one.title, one.path.name) for one in written.papers]),
        *(message("not written, its step is not done: {paper}", paper=title) for title in written.missing),
        message("their digests are entry {entry}", entry=written.entry),
    )


def _result(row: "DestructionRow") -> dict[str, Showable]:
    return {
        "request": row.request,
        "stage": row.stage,
        "urgent": row.urgent,
        "documents": list(row.documents),
        "destroyed": [item.document for item in row.items if item.destroyed is not None],
        "report_owed": row.urgent and row.reported is None,
    }


def _said(said: "Said | None") -> dict[str, Showable] | None:
    if said is None:
        return None
    return {
        "entry": said.entry.sequence,
        "at": said.entry.at,
        "who": said.author.id,
        "second": said.second.id if said.second else None,
    }
