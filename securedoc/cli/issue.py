"""The `issue` command."""

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.core.people import officer_id
from securedoc.core.text import message


@command(
    "issue",
    example=(
        "securedoc --as an issue D-2026-000001",
        "securedoc --as an issue D-2026-000002 --wet-signed --signed-by binh",
    ),
)
@click.argument("document", metavar="ID")
@click.option("--wet-signed", is_flag=True, help="The paper original was signed in ink.")
@click.option("--signed-by", metavar="OFFICER", help="Who signed the paper; with --wet-signed.")
@pass_context
def issue_command(context: Context, document: str, wet_signed: bool, signed_by: str | None) -> None:
    """Register a signed document in the outgoing book.

    Its signatures are judged once more. With --wet-signed the PDF is kept as file copy under the
    office's evidence seal, and the signature that counts is the one on paper.
    """
    from securedoc.issuing import registering

    if wet_signed != (signed_by is not None):
        raise click.UsageError("--wet-signed and --signed-by OFFICER go together")
    with context.app.open() as office:
        found = office.ledger.find(document)
        if signed_by is not None:
            done = registering.issue_wet_signed(office, found, officer_id(signed_by))
        else:
            done = registering.issue(office, found)
    context.show(
        {
            "id": done.document,
            "number": done.number_text,
            "book": done.book,
            "year": done.year,
            "row": done.row,
            "digest": done.digest,
        },
        message(
            "{document} is registered: number {number}, book {book} {year}, row {row}",
            document=done.document,
            number=done.number_text,
            book=done.book,
            year=done.year,
            row=done.row,
        ),
        str(done.digest),
    )
