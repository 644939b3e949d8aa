"""The `issue` command."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.bodies import read_body
from securedoc.cli.command import command, confirmed
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Showable
from securedoc.cli.types import PATH
from securedoc.core.documents import Level
from securedoc.core.people import officer_id
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.issuing.drafting import DraftRequest
    from securedoc.issuing.registering import Registered


@command(
    "issue",
    example=(
        "securedoc --as an issue D-2026-000001",
        "securedoc --as an issue D-2026-000002 --wet-signed --signed-by binh",
        "securedoc --as an issue --all-in-one --type bao-cao --level mat --subject 'Công tác tháng 11' \\",
        "    --to 'UBND tỉnh Mẫu' --body body.docx --second binh",
    ),
)
@click.argument("document", metavar="[ID]", required=False)
@click.option("--wet-signed", is_flag=True, help="The paper original was signed in ink.")
@click.option("--signed-by", metavar="OFFICER", help="Who signed the paper; with --wet-signed.")
@click.option(
    "--all-in-one",
    is_flag=True,
    help="Draft, finalise, sign and issue a prepared body; --second is the officer who signs.",
)
@click.option("--type", "type_key", metavar="TYPE", help="Type of document; with --all-in-one.")
@click.option("--level", metavar="LEVEL", help="Level of secrecy; with --all-in-one.")
@click.option("--subject", metavar="TEXT", help="What it is about; with --all-in-one.")
@click.option(
    "--list-basis", default="", metavar="TEXT", help="Item of the list of secrets that the level rests on."
)
@click.option("--to", "recipients", multiple=True, metavar="NAME", help="A recipient; give it once for each.")
@click.option(
    "--copies", type=int, metavar="N", help="Copies issued; default: one a recipient and one to file."
)
@click.option("--no-copying", is_flag=True, help="Recipients may not copy it.")
@click.option("--unit", default="", metavar="TEXT", help="Symbol of the drafting unit.")
@click.option("--body", type=PATH, metavar="FILE", help="Prepared body; with --all-in-one.")
@confirmed
@pass_context
def issue_command(
    context: Context,
    document: str | None,
    wet_signed: bool,
    signed_by: str | None,
    all_in_one: bool,
    type_key: str | None,
    level: str | None,
    subject: str | None,
    list_basis: str,
    recipients: tuple[str, ...],
    copies: int | None,
    no_copying: bool,
    unit: str,
    body: Path | None,
) -> None:
    """Register a signed document in the outgoing book.

    Its signatures are judged once more. With --wet-signed the PDF is kept as file copy under the
    office's evidence seal, and the signature that counts is the one on paper.
    """
    from securedoc.issuing.drafting import DraftRequest

    if all_in_one:
        if document is not None or None in {type_key, level, subject, body} or wet_signed:
            raise click.UsageError("--all-in-one takes --type, --level, --subject and --body, and no ID")
        request = DraftRequest(
            type_key=str(type_key),
            level=Level(str(level)),
            subject=str(subject),
            list_basis=list_basis,
            recipients=recipients,
            copies=copies,
            copying_permitted=not no_copying,
            unit=unit,
            body=read_body(Path(str(body))),
            source="new",
        )
        done, steps = _all_in_one(context, request)
    else:
        if document is None or wet_signed != (signed_by is not None):
            raise click.UsageError("give an ID; --wet-signed and --signed-by OFFICER go together")
        done, steps = _issue(context, document, signed_by), {}
    context.show(
        {
            **steps,
            "id": done.document,
            "number": done.number_text,
            "book": done.book,
            "year": done.year,
            "row": done.row,
            "digest": done.digest,
        },
        message(
            "{document} is registered: number {number}; {book} {year}, row {row}",
            document=done.document,
            number=done.number_text,
            book=done.book_title,
            year=done.year,
            row=done.row,
        ),
        str(done.digest),
    )


def _issue(context: Context, document: str, signed_by: str | None) -> "Registered":
    from securedoc.issuing import registering

    with context.app.open() as office:
        found = office.ledger.find(document)
        if signed_by is not None:
            return registering.issue_wet_signed(office, found, officer_id(signed_by))
        return registering.issue(office, found)


def _all_in_one(context: Context, request: "DraftRequest") -> tuple["Registered", dict[str, Showable]]:
    from securedoc.errors import KeyMissing
    from securedoc.issuing import drafting, finalising, registering, signing
    from securedoc.office.opening import open_with

    app = context.app
    with app.open() as office, app.second() as signer:
        if signer is None:
            raise KeyMissing(
                "nobody was named to sign", hint="add --second OFFICER: the officer who signs the document"
            )
        drafted = drafting.draft(office, request)
        final = finalising.finalise(office, drafted.document, signer.officer).final
        with open_with(
            signer, office.place, clock=office.clock, progress=office.progress, randomness=office.randomness
        ) as signing_office:
            judged = signing.sign(signing_office, drafted.document).verdict.as_json(context.translate)
        steps: dict[str, Showable] = {
            "version": drafted.version,
            "pages": final.pages,
            "removed": list(final.removed),
            "verdict": judged["verdict"],
            "signatures": judged["signatures"],
        }
        return registering.issue(office, drafted.document), steps
