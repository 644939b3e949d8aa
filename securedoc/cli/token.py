"""The `keys token` commands: signing tokens of the office."""

from pathlib import Path

import click

from securedoc.cli.command import command, confirmed
from securedoc.cli.context import Context, pass_context
from securedoc.cli.keys import as_json
from securedoc.cli.types import PATH
from securedoc.core.text import message


@command(
    "add",
    example="securedoc --as chi keys token add --module /usr/lib/libeToken.so --slot 0 --name 'the so 1' "
    "--second an",
)
@click.option("--module", type=PATH, required=True, metavar="LIB", help="The vendor's PKCS#11 module.")
@click.option("--slot", type=int, metavar="N", help="Place of the token, where several are plugged in.")
@click.option("--name", metavar="NAME", help="What the token is called here; its own label by default.")
@confirmed
@pass_context
def add_command(context: Context, module: Path, slot: int | None, name: str | None) -> None:
    """Make a plugged-in token known, to sign with it; two officers. No PIN is asked for.

    The module is the vendor's code, and will be given the PIN each time somebody signs: its digest is
    entered, and another module under the same name is refused from then on.
    """
    from securedoc.office import signingtokens

    with context.app.open() as office, context.app.second() as second:
        known = signingtokens.add(office, module, slot, name, second)
    context.show(
        as_json(known),
        message(
            "{name} is known: label {label}, serial number {serial}, {count} certificates",
            name=known.name,
            label=known.label,
            serial=known.serial,
            count=len(known.certificates),
        ),
        message("sign with it: securedoc sign ID --token NAME"),
    )


@command("remove", example="securedoc --as chi keys token remove 'the so 1' --why 'thẻ hỏng' --second an")
@click.argument("name", metavar="NAME")
@click.option("--why", required=True, metavar="TEXT", help="Reason, for the ledger.")
@confirmed
@pass_context
def remove_command(context: Context, name: str, why: str) -> None:
    """Sign with a token no more; two officers."""
    from securedoc.office import signingtokens

    with context.app.open() as office, context.app.second() as second:
        known = signingtokens.remove(office, name, why, second)
    context.show(as_json(known), message("{name} is used no more", name=known.name))
