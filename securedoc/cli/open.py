"""The `open` command."""

import click

from securedoc.cli import sessions
from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.shred import workspace_lines
from securedoc.core.text import message


@command("open", example="securedoc --as binh open 05/BC-UBND --viewer mupdf")
@click.argument("document", metavar="ID")
@click.option("--viewer", metavar="CMD", help="Program to look with; the first installed when left out.")
@pass_context
def open_command(context: Context, document: str, viewer: str | None) -> None:
    """Look at a finished document in memory.

    The document is decrypted into a RAM disk and shown in a viewer without network, printer or any
    place to write to; when the viewer ends everything is shredded. Opening and closing are entries.
    """
    from securedoc.editing.viewing import view

    with context.app.open() as office:
        found = office.ledger.find(document)
        done = view(office, found, viewer, sessions.surroundings(context))
    context.show(
        {
            "id": found,
            "session": done.session,
            "version": done.version,
            "ended": done.ended,
            "missing": list(done.missing),
            **sessions.as_result(done.report, done.traces, done.shredded),
        },
        message("{document} was shown, version {version}", document=found, version=done.version),
        sessions.closed_by(done.ended),
        *sessions.as_lines(done.report, done.traces),
        *workspace_lines(done.shredded, in_full=context.verbose),
    )
    done.shredded.check()
