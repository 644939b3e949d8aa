"""The `officer` commands: the people of the office."""

from pathlib import Path

import click

from securedoc.cli.command import command, confirmed
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.types import PATH
from securedoc.core.people import Role, officer_id
from securedoc.core.text import message
from securedoc.errors import KeyRefused


@command("list", example="securedoc --as an officer list")
@pass_context
def list_command(context: Context) -> None:
    """List the officers."""
    with context.app.open(read_only=True) as office:
        people = office.ledger.officers()
    context.show(
        {
            "officers": [
                {
                    "id": one.id,
                    "role": one.role,
                    "name": one.name,
                    "title": one.title,
                    "active": one.active,
                    "enrolled_by": one.enrolled_by,
                }
                for one in people
            ]
        },
        Table(
            (message("officer"), message("role"), message("name"), message("title"), message("entry")),
            [(one.id, one.role, one.name, one.title, one.enrolled_by) for one in people],
        ),
    )


@command(
    "add",
    example="securedoc --as chi officer add dung --role drafter --name 'Vũ Dũng' "
    "--second an --second-passphrase-file an.txt",
)
@click.argument("officer", metavar="ID")
@click.option(
    "--role",
    required=True,
    type=click.Choice([role.value for role in Role if role is not Role.RECOVERY]),
    help="What the officer may do.",
)
@click.option("--name", required=True, metavar="NAME", help="Full name.")
@click.option("--title", default="", metavar="TEXT", help="Position printed over the signature.")
@click.option(
    "--new-passphrase-file",
    type=PATH,
    metavar="FILE",
    help="File with the new officer's passphrase; without it the terminal is asked.",
)
@confirmed
@pass_context
def add_command(
    context: Context, officer: str, role: str, name: str, title: str, new_passphrase_file: Path | None
) -> None:
    """Enrol an officer; another one confirms.

    The security officer makes the certificate; keys to documents are handed on by the officer
    who confirms, so that one must hold them when the new role needs them.
    """
    from securedoc.crypto.passphrase import DEFAULT_COST
    from securedoc.keyring.ceremony import Person
    from securedoc.office.enrolling import enrol

    try:
        who = officer_id(officer)
    except ValueError:
        raise KeyRefused(
            "{officer} is not an officer identifier",
            officer=officer,
            hint="an identifier is a lower-case letter, then letters, digits and hyphens",
        ) from None
    app = context.app
    with app.open() as office, app.second() as second:
        passphrase = context.prompter_for(new_passphrase_file).passphrase(who, confirm=True)
        person = Person(id=who, role=Role(role), name=name, title=title, passphrase=passphrase)
        entry = enrol(office, person, second, cost=context.kdf_cost or DEFAULT_COST)
        people = office.ledger.officers()
    context.show(
        {
            "id": who,
            "entry": entry,
            "officers": [{"id": one.id, "role": one.role, "name": one.name} for one in people],
        },
        message("{officer} is enrolled as {role}, entry {entry}", officer=who, role=person.role, entry=entry),
    )
