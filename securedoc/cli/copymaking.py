"""The `copy make` command."""

import click

from securedoc.cli.command import command, confirmed
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.core.text import message


@command(
    "make",
    example="securedoc --as an copy make 05/BC-UBND --count 2 --kind sao-y --for 'Sở Mẫu' --for 'Phòng Mẫu' "
    "--allowed-by binh",
)
@click.argument("document", metavar="ID")
@click.option(
    "--count", type=click.IntRange(1, 99), required=True, metavar="N", help="How many are allowed and made."
)
@click.option("--kind", required=True, metavar="KIND", help="sao-y, sao-luc or trich-sao.")
@click.option(
    "--for", "recipients", multiple=True, required=True, metavar="NAME", help="Whom a copy is for; once each."
)
@click.option(
    "--allowed-by", required=True, metavar="OFFICER", help="Officer who allows it, and confirms here."
)
@click.option(
    "--position", default="", metavar="KEY", help="Position of the law in which that officer allows it."
)
@click.option(
    "--spoiled", type=click.IntRange(0, 99), default=0, metavar="N", help="Spoiled ones, destroyed at once."
)
@click.option("--place", default="", metavar="TEXT", help="Where it was done.")
@click.option("--device", default="", metavar="TEXT", help="On which device; never one with a network.")
@click.option("--note", default="", metavar="TEXT", help="Remark for the book.")
@confirmed
@pass_context
def make_command(
    context: Context,
    document: str,
    count: int,
    kind: str,
    recipients: tuple[str, ...],
    allowed_by: str,
    position: str,
    spoiled: int,
    place: str,
    device: str,
    note: str,
) -> None:
    """Enter copies made of a document: only so many as were allowed by who has authority at its level.

    The officer who allows is asked for the passphrase. Each copy gets a number of its own, s1, s2 and so on,
    under which it is handed over, lent and returned.
    """
    from securedoc.core.people import officer_id
    from securedoc.custody import copying
    from securedoc.errors import KeyMissing

    try:
        allowing = officer_id(allowed_by)
    except ValueError:
        raise KeyMissing("there is no officer {officer}", officer=allowed_by) from None
    wanted = copying.Wanted(
        count=count,
        kind=kind,
        recipients=recipients,
        allowed_by=allowing,
        position=position,
        spoiled=spoiled,
        place=place,
        device=device,
        note=note,
    )
    context.second_officer = context.second_officer or allowed_by
    app = context.app
    with app.open() as office, app.second() as second:
        done = copying.make(office, office.ledger.find(document), wanted, second)
    context.show(
        {
            "id": done.document,
            "notation": done.notation,
            "copies": [{"copy": copy, "for": name} for copy, name in done.copies],
            "authority": done.authority,
            "book": done.book,
            "year": done.year,
            "row": done.row,
            "entry": done.entry,
        },
        message(
            "{count} copies of {document} are entered under {notation}",
            count=len(done.copies),
            document=done.document,
            notation=done.notation,
        ),
        Table((message("copy number"), message("for whom")), done.copies),
        message("write BẢN SAO SỐ on the first page, and the copy's particulars on the last"),
    )
