"""The `search` command."""

from datetime import date
from typing import TYPE_CHECKING

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.naming import level_name
from securedoc.cli.output import Table
from securedoc.cli.types import DATE
from securedoc.core.documents import DocumentState, Level
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.ledger.destructionqueries import DestructionRow
    from securedoc.ledger.rows import DocumentRow
    from securedoc.office.office import Office


@command("search", example="securedoc --as an search 'bao cao quy' --level mat --from 2026-01-01")
@click.argument("text")
@click.option("--book", metavar="BOOK", help="Only this book: di, den.")
@click.option("--level", metavar="LEVEL", help="Only this level.")
@click.option("--from", "from_date", type=DATE, metavar="DATE", help="Dated on this day or later.")
@click.option("--to", "to_date", type=DATE, metavar="DATE", help="Dated on this day or earlier.")
@click.option(
    "--state", type=click.Choice([state.value for state in DocumentState]), help="Only in this state."
)
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Hits shown at most."
)
@pass_context
def search_command(
    context: Context,
    text: str,
    book: str | None,
    level: str | None,
    from_date: date | None,
    to_date: date | None,
    state: str | None,
    limit: int,
) -> None:
    """Find documents, with or without diacritics: `bao cao` finds `Báo cáo`."""
    from securedoc.ledger.search import SearchQuery

    query = SearchQuery(
        text=text,
        book=book,
        level=None if level is None else Level(level),
        state=None if state is None else DocumentState(state),
        from_date=from_date,
        to_date=to_date,
        limit=limit,
    )
    with context.app.open(read_only=True) as office:
        office.permit("search")
        result = office.ledger.search(query)
        policy = office.policy
        gone = {row.id: found[0].request for row in result.hits if (found := _destroyed(office, row))}
    context.show(
        {
            "total": result.total,
            "hits": [
                {
                    "id": row.id,
                    "number": row.number_text,
                    "date": row.date,
                    "level": row.level,
                    "subject": row.subject,
                    "state": row.state,
                    "destruction": gone.get(row.id),
                }
                for row in result.hits
            ],
        },
        message("{count} found", count=result.total),
        Table(
            (
                message("document"),
                message("number"),
                message("date"),
                message("level"),
                message("subject"),
                message("state"),
            ),
            [
                (
                    row.id,
                    row.number_text,
                    row.date,
                    level_name(policy, row.level),
                    row.subject or "—",
                    message("destroyed under dossier {dossier}", dossier=gone[row.id])
                    if row.id in gone
                    else row.state,
                )
                for row in result.hits
            ],
        ),
    )


def _destroyed(office: "Office", row: "DocumentRow") -> "tuple[DestructionRow, int] | None":
    return office.ledger.destroyed_by(row.id) if row.state is DocumentState.DESTROYED else None
