"""The `finalize` command."""

from datetime import date

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.types import DATE
from securedoc.core.people import officer_id
from securedoc.core.text import message


@command("finalize", example="securedoc --as an finalize D-2026-000001 --signer binh")
@click.argument("document", metavar="ID")
@click.option("--signer", required=True, metavar="OFFICER", help="Officer whose signature it is made for.")
@click.option(
    "--initials",
    multiple=True,
    metavar="OFFICER",
    help="Officer who signs before the signer; several sign in the order given.",
)
@click.option("--date", "on", type=DATE, metavar="DATE", help="Date in the document; today when left out.")
@click.option(
    "--engine",
    type=click.Choice(["typst", "libreoffice"]),
    default="typst",
    show_default=True,
    help="What lays the pages out.",
)
@pass_context
def finalize_command(
    context: Context,
    document: str,
    signer: str,
    initials: tuple[str, ...],
    on: date | None,
    engine: str,
) -> None:
    """Give a draft its number and freeze it as PDF/A.

    The number stands inside the page and is used from now on, even if the document is voided.

    What Typst cannot lay out it refuses by name: text boxes, tables in tables, floating pictures. With
    --engine libreoffice LibreOffice lays the text out, in a sandbox without a network; the frame is the same.
    """
    from securedoc.documents.finalising import Engine
    from securedoc.issuing.finalising import finalise

    with context.app.open() as office:
        found, first = office.ledger.find(document), [officer_id(one) for one in initials]
        done = finalise(office, found, officer_id(signer), on, Engine(engine), initials=first)
    final = done.final
    for warning in done.warnings:
        context.note(warning.detail)
    context.show(
        {
            "id": done.document,
            "number": done.number_text,
            "digest": final.digest,
            "pages": final.pages,
            "removed": list(final.removed),
            "engine": final.engine,
            "fonts": list(final.fonts),
            "warnings": list(done.warnings),
        },
        message(
            "{document} is number {number}, {pages} pages",
            document=done.document,
            number=done.number_text,
            pages=final.pages,
        ),
        *(message("taken out of the draft: {check}", check=check) for check in final.removed),
        str(final.digest),
    )
