"""The `paper` commands: what goes through the shredder."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.command import command, confirmed
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.types import PATH
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.printing.paper import Waiting, Words


@command("list", example="securedoc --as an paper list --out tieu-huy.pdf")
@click.option("--out", type=PATH, metavar="FILE", help="Write the list as PDF, to be signed in ink.")
@pass_context
def list_command(context: Context, out: Path | None) -> None:
    """List the spoiled sheets that wait for the shredder.

    The list names documents by their identifiers and never says what they are about. Its digest is what
    `paper destroyed` enters.
    """
    from securedoc.office import newfile
    from securedoc.printing import paper

    with context.app.open(read_only=True) as office:
        found = paper.waiting(office)
        if out is not None:
            newfile.require_new(out)
            newfile.write_new(out, paper.sheet(office, found, _words(context, found), office.today()))
    context.show(
        {
            "sheets": found.sheets,
            "digest": found.digest,
            "file": out,
            "paper": [
                {
                    "id": row.document,
                    "print": row.print,
                    "copy": row.copy,
                    "sheets": row.sheets,
                    "entry": row.entry,
                }
                for row in found.rows
            ],
        },
        Table(
            (
                message("document"),
                message("print of copies"),
                message("copy number"),
                message("sheets"),
                message("entry"),
            ),
            [(row.document, row.print, row.copy, row.sheets, row.entry) for row in found.rows],
        ),
        message("{count} sheets wait for the shredder", count=found.sheets),
        *(
            [
                message(
                    "shred them before a second officer, then: "
                    "securedoc paper destroyed --list {digest} --second OFFICER",
                    digest=str(found.digest),
                )
            ]
            if found.rows
            else []
        ),
    )


@command("destroyed", example="securedoc --as an paper destroyed --second binh")
@click.option("--list", "listed", metavar="DIGEST", help="Digest on the list that was signed.")
@confirmed
@pass_context
def destroyed_command(context: Context, listed: str | None) -> None:
    """Enter that every sheet on the list went through the shredder, before a second officer's eyes."""
    from securedoc.core.digests import Digest
    from securedoc.errors import DocumentMalformed
    from securedoc.printing import paper

    try:
        digest = None if listed is None else Digest.parse(listed)
    except ValueError:
        raise DocumentMalformed("this is no digest", hint="copy it from the list: sha256:…") from None
    app = context.app
    with app.open() as office, app.second() as second:
        done, entry = paper.destroyed(office, digest, second)
    context.show(
        {"sheets": done.sheets, "digest": done.digest, "entry": entry},
        message("{count} sheets are entered as destroyed, entry {entry}", count=done.sheets, entry=entry),
    )


def _words(context: Context, found: "Waiting") -> "Words":
    from securedoc.printing.paper import Words

    say = context.translate
    return Words(
        title=message("List of spoiled sheets for destruction").said(say),
        intro=message(
            "The sheets below were spoiled while secret documents were printed. They go through the paper "
            "shredder at once, before two people."
        ).said(say),
        columns=(
            message("No.").said(say),
            message("Document").said(say),
            message("Print").said(say),
            message("Copy").said(say),
            message("Sheets").said(say),
            message("Destroyed (initials)").said(say),
        ),
        total=message("In all {count} sheets.", count=found.sheets).said(say),
        digest=message("Digest of this list: {digest}", digest=str(found.digest)).said(say),
        signatures=message("Destroyed and witnessed, time and signature").said(say),
        signers=(message("Destroyed by").said(say), message("Witness").said(say)),
        training=message("TRAINING: this vault holds no real secrets").said(say),
        page=message("Page").said(say),
    )
