"""The `copy identify` command."""

from pathlib import Path

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.reading import read_input
from securedoc.cli.types import PATH
from securedoc.core.text import message


@command(
    "identify",
    example=(
        "securedoc --as phuc copy identify scan.png",
        "securedoc --as phuc copy identify --code 'SD12 0260 0012 3002 001P …'",
    ),
)
@click.argument("scan", type=PATH, required=False)
@click.option("--code", "typed", metavar="TEXT", help="What stands beside the code, where it is too worn.")
@pass_context
def identify_command(context: Context, scan: Path | None, typed: str | None) -> None:
    """Name the printed copy that a scan shows: PNG, JPEG, TIFF or PDF, 200 dpi and better.

    A process of its own reads the scan, before the vault is opened. Naming a copy is an entry.
    """
    from securedoc.core.digests import Digest
    from securedoc.documents import apart
    from securedoc.printing import copycode, identifying
    from securedoc.system import sandbox

    if (scan is None) is (typed is None):
        raise click.UsageError("give a scan, or what stands beside the code with --code")
    digest, seen = None, apart.Seen(0, (), ())
    if scan is not None:
        untrusted = read_input(scan)
        if sandbox.probe() is not None:
            context.note(
                message("the scan is read outside a sandbox: bubblewrap is missing or does not work")
            )
        digest, seen = Digest.of(untrusted), apart.read_codes(untrusted)
        if not seen.codes:
            raise identifying.nothing_read()
    codes = seen.codes if typed is None else ((1, copycode.typed(typed)),)
    with context.app.open() as office:
        done = identifying.identify(office, codes, digest)
    context.show(
        {
            "copies": [
                {
                    "document": one.document,
                    "copy": one.copy,
                    "copies": one.copies,
                    "page": one.page,
                    "print": one.print_id,
                    "valid": one.valid,
                    "scan_page": one.scan_page,
                }
                for one in done.sightings
            ],
            "unread_pages": list(seen.unread),
            "scan": digest,
            "entries": list(done.entries),
        },
        Table(
            (
                message("page of the scan"),
                message("document"),
                message("copy number"),
                message("page"),
                message("print id"),
                message("code"),
            ),
            [
                (
                    one.scan_page,
                    one.document,
                    f"{one.copy}/{'?' if one.copies is None else one.copies}",
                    one.page,
                    one.print_id,
                    message("of this vault") if one.valid else message("not of this vault"),
                )
                for one in done.sightings
            ],
        ),
        *(
            [message("no code could be read on pages: {pages}", pages=", ".join(map(str, seen.unread)))]
            if seen.unread
            else []
        ),
    )
    done.require()
