"""The `trust crl` command."""

from pathlib import Path

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.reading import read_input
from securedoc.cli.trust import as_json, lines
from securedoc.cli.types import PATH


@command("add", example="securedoc --as an trust crl add danh-sach-thu-hoi.crl")
@click.argument("file", type=PATH)
@pass_context
def add_command(context: Context, file: Path) -> None:
    """Take in a revocation list that came on a stick.

    The authority that signed it must be trusted here already. An older list than the one that is here
    is refused: it could hide that a key was given up.
    """
    from securedoc.office import trusting
    from securedoc.office.trust import trust_store

    with context.app.open() as office:
        added = trusting.add_crl(office, read_input(file), trust_store(office))
    context.show({"added": [as_json(one) for one in added]}, *lines(added))
