"""The `holdings` command: everything that is out, and who has it."""

from datetime import date

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.standing import WAYS
from securedoc.cli.types import DATE
from securedoc.core.text import message


@command(
    "holdings",
    example=("securedoc --as an holdings", "securedoc --as an holdings 'Nguyễn Văn Mẫu' --at 2026-06-30"),
)
@click.argument("holder", metavar="NAME", default="")
@click.option("--at", "day", type=DATE, metavar="DATE", help="As it was at the end of that day.")
@pass_context
def holdings_command(context: Context, holder: str, day: date | None) -> None:
    """List every copy that is out, or those that one person or agency has: for whoever leaves or moves.

    Part of the name is enough, with or without diacritics.
    """
    from securedoc.custody.standing import holdings

    with context.app.open(read_only=True) as office:
        office.permit("search")
        found = holdings(office, holder, day)
        numbers = {one.document: office.ledger.document(one.document).number_text for one in found}
        today = day or office.today()
    context.show(
        {
            "at": day,
            "total": len(found),
            "holdings": [
                {
                    "holder": one.holder,
                    "id": one.document,
                    "number": numbers[one.document],
                    "copy": one.copy,
                    "kind": one.kind,
                    "since": one.at,
                    "until": one.until,
                    "overdue": one.until is not None and one.until < today,
                }
                for one in found
            ],
        },
        Table(
            (
                message("who has it"),
                message("number"),
                message("document"),
                message("copy number"),
                message("how"),
                message("since"),
                message("to be back by"),
            ),
            [
                (
                    one.holder,
                    numbers[one.document],
                    one.document,
                    one.copy,
                    WAYS[one.kind],
                    one.at,
                    one.until,
                )
                for one in found
            ],
        ),
        message("{count} copies are out", count=len(found)),
    )
