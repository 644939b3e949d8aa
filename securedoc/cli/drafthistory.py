"""The `draft versions` and `draft export` commands."""

from pathlib import Path

import click

from securedoc.cli.command import command, deferrable
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.types import PATH
from securedoc.core.text import Message, message


@command("versions", example="securedoc --as an draft versions D-2026-000001")
@click.argument("document", metavar="ID")
@pass_context
def versions_command(context: Context, document: str) -> None:
    """List the versions of a draft, oldest first: each save made one."""
    from securedoc.issuing.draftversions import versions

    with context.app.open(read_only=True) as office:
        found = office.ledger.find(document)
        made = versions(office, found)
    context.show(
        {
            "id": found,
            "versions": [
                {
                    "version": one.version,
                    "entry": one.entry,
                    "at": one.at,
                    "officer": one.who,
                    "bytes": one.size_bytes,
                    "source": one.source,
                }
                for one in made
            ],
        },
        Table(
            (
                message("version"),
                message("when"),
                message("officer"),
                message("sealed bytes"),
                message("source"),
                message("entry"),
            ),
            [(one.version, one.at, one.who, one.size_bytes, _source(one.source), one.entry) for one in made],
        ),
    )


def _source(source: str) -> Message | str:
    """Say how a version came about."""
    return {
        "new": message("begun"),
        "import": message("taken in"),
        "edit": message("saved in an editor"),
        "salvage": message("salvaged after a crash"),
    }.get(source, source)


@command(
    "export",
    example="securedoc --as an draft export D-2026-000001 --out /dev/shm/draft.docx --second binh",
)
@click.argument("document", metavar="ID")
@click.option(
    "--out", type=PATH, required=True, metavar="FILE.docx", help="Write the draft here; never over a file."
)
@deferrable
@pass_context
def export_command(context: Context, document: str, out: Path) -> None:
    """Take a draft out of the vault as a file; two people, and an entry.

    What is written is plaintext. Put it in memory (/dev/shm), and shred it at once.
    """
    from securedoc.issuing.draftversions import export_draft

    app = context.app
    with app.open() as office, app.consent() as second:
        done = export_draft(office, office.ledger.find(document), out, second)
    context.show(
        {
            "id": done.document,
            "version": done.version,
            "file": done.path,
            "digest": done.digest,
            "entry": done.entry,
        },
        message(
            "{document} is in {name}, entry {entry}",
            document=done.document,
            name=done.path.name,
            entry=done.entry,
        ),
        str(done.digest),
    )
    context.note(message("{name} is plaintext outside the vault: securedoc shred FILE", name=done.path.name))
