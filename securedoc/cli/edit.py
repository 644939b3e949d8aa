"""The `draft edit` command."""

import click

from securedoc.cli import sessions
from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.shred import workspace_lines
from securedoc.core.text import message


@command("edit", example="securedoc --as dung draft edit D-2026-000001 --editor 'soffice'")
@click.argument("document", metavar="ID")
@click.option("--editor", metavar="CMD", help="Program to edit with; LibreOffice when left out.")
@pass_context
def edit_command(context: Context, document: str, editor: str | None) -> None:
    """Edit a draft in memory.

    The draft is decrypted into a RAM disk, the editor runs without a network, each save is sealed
    into the vault at once, and when the editor ends everything is shredded. Left alone too long, or
    when the screen or the vault is locked, the editor is asked to save and close. A report says of
    every kind of trace what became of it. After a crash, the next start salvages the last save.
    """
    from securedoc.editing.session import edit

    with context.app.open() as office:
        done = edit(office, office.ledger.find(document), editor, sessions.surroundings(context))
    context.show(
        {
            "id": document,
            "session": done.session,
            "version": done.version,
            "saves": done.saves,
            "ended": done.ended,
            "saved_as": [{"name": other.name, "version": other.version} for other in done.saved_as],
            "missing": list(done.missing),
            **sessions.as_result(done.report, done.traces, done.shredded),
        },
        message("{document} is at version {version}", document=document, version=done.version),
        message("{count} saves were sealed", count=done.saves),
        sessions.closed_by(done.ended),
        *sessions.as_lines(done.report, done.traces),
        *workspace_lines(done.shredded, in_full=context.verbose),
    )
    done.shredded.check()
    if done.unfinished is not None:
        raise done.unfinished
