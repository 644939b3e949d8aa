"""The `draft edit` command."""

import sys
from pathlib import Path

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.shred import lines
from securedoc.core.text import message
from securedoc.system import terminal


@command("edit", example="securedoc --as dung draft edit D-2026-000001 --editor 'soffice'")
@click.argument("document", metavar="ID")
@click.option("--editor", metavar="CMD", help="Program to edit with; LibreOffice when left out.")
@pass_context
def edit_command(context: Context, document: str, editor: str | None) -> None:
    """Edit a draft in memory.

    The draft is decrypted into a RAM disk, the editor runs without a network, each save is sealed
    into the vault at once, and when the editor ends everything is shredded. After a crash, the next
    start salvages the last save.
    """
    from securedoc.editing.desk import PASSED_ON
    from securedoc.editing.session import Surroundings, edit
    from securedoc.system import process, sandbox

    outside = Surroundings(
        environment=process.inherited((*PASSED_ON, *sandbox.DISPLAY_VARIABLES)),
        terminal=terminal.has_terminal() and terminal.is_terminal(sys.stdin),
        home=Path.home(),
        note=context.note,
    )
    with context.app.open() as office:
        done = edit(office, office.ledger.find(document), editor, outside)
    report = done.shredded
    context.show(
        {
            "id": document,
            "session": done.session,
            "version": done.version,
            "saves": done.saves,
            "missing": list(done.missing),
            "traces": [{"sign": trace.sign, "path": trace.path} for trace in done.traces],
            "shred": {
                "done": len(report.files),
                "residue": [{"path": left.path, "why": left.why} for left in report.residue],
            },
        },
        message("{document} is at version {version}", document=document, version=done.version),
        message("{count} saves were sealed", count=done.saves),
        Table(
            (message("traces outside"), message("where")), [(trace.sign, trace.path) for trace in done.traces]
        ),
        *lines(report),
    )
    report.check()
    if done.unfinished is not None:
        raise done.unfinished
