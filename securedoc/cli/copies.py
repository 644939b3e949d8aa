"""The commands about single copies: their fate, and spoiling one."""

from datetime import date

import click

from securedoc.cli import standing
from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.types import DATE
from securedoc.core.text import message


@command(
    "copies",
    example=("securedoc --as an copies D-2026-000001", "securedoc --as an copies 05/BC-UBND --at 2026-11-01"),
)
@click.argument("document", metavar="ID")
@click.option("--at", "day", type=DATE, metavar="DATE", help="Who held what at the end of that day.")
@pass_context
def copies_command(context: Context, document: str, day: date | None) -> None:
    """Say what became of each copy of a document, who holds it, and which may still be printed."""
    from securedoc.custody.standing import standings
    from securedoc.printing import accounting
    from securedoc.printing.accounting import CopyState, Incident

    with context.app.open(read_only=True) as office:
        office.permit("search")
        found = office.ledger.find(document)
        document_row = office.ledger.document(found)
        approved, gone = document_row.copies, office.ledger.destroyed_by(found)
        rows = office.ledger.copies(found)
        waiting = office.ledger.paper(found)
        free = accounting.free_numbers(
            0 if gone else approved,
            rows,
            waiting,
            destroyed_first=office.policy.copying.destroy_spoiled_at_once,
        )
        when = {row.entry: office.ledger.entry(row.entry).at for row in rows}
        held, today = standings(office, found, day), day or office.today()
    if day is not None:
        context.show(
            {"id": found, "at": day, "holders": standing.result(held, today)},
            message("at the end of {day}", day=day.isoformat()),
            standing.summary(held),
            standing.table(held, today),
        )
        return
    context.show(
        {
            "id": found,
            "state": document_row.state,
            "destruction": None if gone is None else gone[0].request,
            "approved": approved,
            "free": free,
            "copies": [
                {
                    "copy": row.copy,
                    "state": CopyState(row.state),
                    "print": row.print,
                    "printer": row.printer,
                    "at": when[row.entry],
                    "sheets": row.sheets,
                    "impressions": row.impressions,
                    "counted": row.counted,
                    "incident": row.incident,
                    "entry": row.entry,
                }
                for row in rows
            ],
            "waiting_sheets": sum(row.sheets for row in waiting),
            "holders": standing.result(held, today),
        },
        *standing.destroyed(gone),
        Table(
            (
                message("copy number"),
                message("fate"),
                message("print of copies"),
                message("time"),
                message("sheets"),
                message("not accounted for"),
            ),
            [
                (
                    row.copy,
                    CopyState(row.state),
                    row.print,
                    when[row.entry],
                    row.sheets,
                    None if row.incident is None else Incident(row.incident),
                )
                for row in rows
            ],
        ),
        standing.summary(held),
        standing.table(held, today),
        message(
            "{approved} copies are approved; these may be printed: {free}",
            approved=approved,
            free=", ".join(map(str, free)) or "—",
        ),
        *(
            [
                message(
                    "{count} spoiled sheets wait for the shredder: securedoc paper list",
                    count=sum(row.sheets for row in waiting),
                )
            ]
            if waiting
            else []
        ),
    )


@command("spoil", example="securedoc --as an copy spoil D-2026-000001 --copy 2 --why 'mờ chữ'")
@click.argument("document", metavar="ID")
@click.option("--copy", "copy", type=click.IntRange(1, 999), required=True, metavar="N", help="Which copy.")
@click.option("--why", default="", metavar="TEXT", help="What is wrong with it.")
@pass_context
def spoil_command(context: Context, document: str, copy: int, why: str) -> None:
    """Enter that a printed copy is spoiled: its sheets wait for the shredder.

    Its number is free again once they are entered as destroyed.
    """
    from securedoc.printing.reconciling import spoil

    with context.app.open() as office:
        found = office.ledger.find(document)
        entry = spoil(office, found, copy, why)
        waiting = sum(row.sheets for row in office.ledger.paper(found))
    context.show(
        {"id": found, "copy": copy, "entry": entry, "waiting_sheets": waiting},
        message(
            "copy {copy} of {document} is spoiled; {count} sheets wait for the shredder",
            copy=copy,
            document=found,
            count=waiting,
        ),
        message("destroy them at once, then: securedoc paper destroyed --second OFFICER"),
    )
