"""The `kit` commands: the sheet for the safe."""

from pathlib import Path

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.types import PATH
from securedoc.core.text import message


@command("emergency", example="securedoc --as an kit emergency --out kit.pdf")
@click.option(
    "--out", type=PATH, required=True, metavar="FILE.pdf", help="Write the sheet here; never over a file."
)
@pass_context
def emergency_command(context: Context, out: Path) -> None:
    """Draw the sheet for the safe: what a stranger needs to restore in ten years.

    In Vietnamese and English, with the sticks, who keeps them, and every step with and without securedoc. No
    secret is on it. Its digest is recorded; print it, and fill in by hand who holds the shares.
    """
    from securedoc.backup import kit, kitsheet
    from securedoc.cli.language import translator
    from securedoc.keyring import words

    with context.app.open() as office:
        made = kit.make(office, out, lambda facts: kitsheet.draw(facts, translator("vi")))
    spelt = words.spell(made.digest)
    context.show(
        {
            "kit": made.number,
            "file": out,
            "digest": made.digest,
            "words": spelt,
            "media": list(made.media),
        },
        message("emergency kit number {number} is in {name}", number=made.number, name=out.name),
        message("its digest: {digest}", digest=str(made.digest)),
        message("the same to read aloud: {words}", words=spelt),
        message("print it, and write on it by hand who holds each share and where each stick is"),
    )


@command("check", example="securedoc --as an kit check kit.pdf")
@click.argument("file", type=PATH)
@pass_context
def check_command(context: Context, file: Path) -> None:
    """Say whether a sheet is the last one made for this vault."""
    from securedoc.backup import kit

    with context.app.open(read_only=True) as office:
        found = kit.check(office, file)
    context.show(
        {"kit": found.number, "digest": found.digest},
        message("{name} is the last emergency kit, number {number}", name=file.name, number=found.number),
    )
