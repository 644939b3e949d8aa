"""The `media label` command."""

from pathlib import Path

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.types import PATH
from securedoc.core.digests import Digest
from securedoc.core.text import message


@command("label", example="securedoc --as bao media label 'USB 1' --out label.pdf")
@click.argument("medium", metavar="MEDIUM")
@click.option("--out", type=PATH, required=True, metavar="FILE.pdf", help="Write it here; never over a file.")
@pass_context
def label_command(context: Context, medium: str, out: Path) -> None:
    """Draw the label of a registered stick, to be cut out and glued onto its case.

    It says whose the stick is, who keeps it, and bears the marking of the highest level that it holds.
    """
    from securedoc.backup import label
    from securedoc.errors import BackupFailed, BackupRefused
    from securedoc.office import newfile

    with context.app.open(read_only=True) as office:
        data = label.label_of(office, medium, context.translate).pdf()
    newfile.write_new(out, data, refused=BackupRefused, failed=BackupFailed)
    context.show(
        {"medium": medium, "file": out, "digest": Digest.of(data)},
        message("the label is in {name}; print it in its own size, without scaling", name=out.name),
    )
