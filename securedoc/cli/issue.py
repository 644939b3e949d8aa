"""The `issue` command."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.bodies import read_body
from securedoc.cli.command import command, confirmed
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Showable
from securedoc.cli.particulars import Particulars, particulars
from securedoc.cli.types import PATH
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
@particulars
@click.option("--body", type=PATH, metavar="FILE", help="Prepared body; with --all-in-one.")
@confirmed
@pass_context
def issue_command(
    context: Context,
    document: str | None,
    wet_signed: bool,
    signed_by: str | None,
    all_in_one: bool,
    particulars: Particulars,
    body: Path | None,
) -> None:
    """Register a signed document in the outgoing book.

    Its signatures are judged once more. With --wet-signed the PDF is kept as file copy under the
    office's evidence seal, and the signature that counts is the one on paper.
    """
    if all_in_one:
        if document is not None or body is None or wet_signed or not particulars.complete:
            raise click.UsageError("--all-in-one takes --type, --level, --subject and --body, and no ID")
        request = particulars.request(read_body(body), source="new")
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
