"""The `void` command."""

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.core.text import message


@command("void", example="securedoc --as an void D-2026-000001 --why 'Không ban hành'")
@click.argument("document", metavar="ID")
@click.option("--why", required=True, metavar="TEXT", help="Reason, kept in the ledger.")
@pass_context
def void_command(context: Context, document: str, why: str) -> None:
    """Give up a document that has its number already; the number stays used.

    What was finalised or signed, and will not be issued. Its copies on paper are spoiled and destroyed first;
    its sealed files stay until it is destroyed: securedoc destroy propose.
    """
    from securedoc.issuing.voiding import void

    with context.app.open() as office:
        done = void(office, office.ledger.find(document), why)
    number = done.number
    context.show(
        {
            "id": done.document,
            "state": "voided",
            "number": number.text,
            "book": number.book,
            "year": number.year,
            "entry": done.entry,
        },
        message(
            "the number {number} of {document} is voided, entry {entry}; it stays used",
            number=number.text,
            document=done.document,
            entry=done.entry,
        ),
    )
