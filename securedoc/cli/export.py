"""The `export` command."""

from pathlib import Path

import click

from securedoc.cli.command import command, deferrable
from securedoc.cli.context import Context, pass_context
from securedoc.cli.types import PATH
from securedoc.core.text import message


@command("export", example="securedoc --as an export D-2026-000001 --out /dev/shm/print --second binh")
@click.argument("document", metavar="ID")
@click.option("--out", type=PATH, required=True, metavar="DIR", help="Directory to write the file into.")
@deferrable
@pass_context
def export_command(context: Context, document: str, out: Path) -> None:
    """Take a finished document out of the vault, to print it; two people, and an entry.

    What is written is plaintext. Put it in memory (/dev/shm), print it, and shred it at once.
    """
    from securedoc.issuing.exporting import export

    app = context.app
    with app.open() as office, app.consent() as second:
        done = export(office, office.ledger.find(document), out, second)
    context.show(
        {"id": done.document, "file": done.path, "digest": done.digest, "entry": done.entry},
        message(
            "{document} is in {name}, entry {entry}",
            document=done.document,
            name=done.path.name,
            entry=done.entry,
        ),
        str(done.digest),
    )
    context.note(message("{name} is plaintext outside the vault: securedoc shred FILE", name=done.path.name))
