"""The `book import` command: an office comes with years of registers."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.command import command, deferrable
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.reading import read_input
from securedoc.cli.types import PATH
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.books.importing import Taken


@command(
    "import",
    example=(
        "securedoc --as an book import den so-den-2024.xlsx --year 2024 --dry-run",
        "securedoc --as an book import den so-den-2024.xlsx --year 2024 --second binh",
    ),
)
@click.argument("book")
@click.argument("file", type=PATH, metavar="FILE")
@click.option("--year", type=click.IntRange(1945, 9999), required=True, help="Year of the book.")
@click.option("--dry-run", is_flag=True, help="List what is wrong, row by row; write nothing.")
@deferrable
@pass_context
def import_command(context: Context, book: str, file: Path, year: int, *, dry_run: bool) -> None:
    """Take over a register of a former year from XLSX or CSV, in the columns of its official form.

    Every row is marked as imported. With one problem in it nothing is taken over.
    """
    from securedoc.books import importing

    untrusted = read_input(file)
    app = context.app
    if dry_run:
        with app.open(read_only=True) as office:
            done = importing.look(office, book, year, untrusted)
    else:
        with app.open() as office, app.consent() as second:
            done = importing.take_over(office, book, year, untrusted, second)
    _show(context, done)


def _show(context: Context, done: "Taken") -> None:
    context.show(
        {
            "book": done.book,
            "year": done.year,
            "rows": done.rows,
            "source": done.source,
            "entry": done.entry,
            "problems": [
                {"row": one.row, "column": one.column, "problem": one.what} for one in done.problems
            ],
        },
        Table(
            (message("row"), message("column"), message("problem")),
            [(one.row, one.column, one.what) for one in done.problems],
        ),
        message(
            "{title} {year}: {rows} rows, {count} problems",
            title=done.title,
            year=done.year,
            rows=done.rows,
            count=len(done.problems),
        ),
        message("nothing was written")
        if done.entry is None
        else message("all of it is taken over, entry {entry}", entry=done.entry),
    )
