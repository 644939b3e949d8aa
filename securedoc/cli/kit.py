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


@command(
    "check",
    example=(
        "securedoc --as an kit check kit.pdf",
        "securedoc kit check kit.pdf --from /media/usb --trust authority.pem",
    ),
)
@click.argument("file", type=PATH)
@click.option(
    "--from", "source", type=PATH, metavar="PATH", help="Compare it with a stick; no vault, no key."
)
@click.option("--trust", type=PATH, metavar="FILE", help="The office's certificate, brought from elsewhere.")
@pass_context
def check_command(context: Context, file: Path, source: Path | None, trust: Path | None) -> None:
    """Say whether a sheet is the last one made for this vault.

    With --from it is held against what the newest snapshot of a stick says, signed: a stranger who has a
    sheet and a stick learns whether they belong together.
    """
    from securedoc.backup import kit

    if source is not None:
        _check_with_stick(context, file, source, trust)
        return
    with context.app.open(read_only=True) as office:
        found = kit.check(office, file)
    context.show(
        {"kit": found.number, "digest": found.digest},
        message("{name} is the last emergency kit, number {number}", name=file.name, number=found.number),
    )


def _check_with_stick(context: Context, file: Path, source: Path, trust: Path | None) -> None:
    from securedoc.backup import kitonstick
    from securedoc.backup.examine import Depth, Look
    from securedoc.cli.backup import trusted_by

    store, proven = trusted_by(context, source, trust)
    found = kitonstick.check(file, source, Look(store, context.clock.now(), Depth.NAMES))
    context.show(
        {"kit": found.number, "digest": found.digest, "proven": proven},
        message(
            "{name} is emergency kit number {number}, the one that the medium names",
            name=file.name,
            number=found.number,
        ),
    )
