"""The `book show` command: a register in its official columns."""

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.core.text import Message, message


@command("show", example="securedoc --as an book show di --year 2026")
@click.argument("book")
@click.option("--year", type=click.IntRange(1900, 9999), help="Year of the book; this year when left out.")
@pass_context
def show_command(context: Context, book: str, year: int | None) -> None:
    """Show a register in its official columns; columns that are signed by hand stay empty."""
    from securedoc.books.rows import rows as filled

    with context.app.open(read_only=True) as office:
        form = office.policy.book(book)
        of_year = year or office.today().year
        rows = list(filled(office, form, of_year, lambda words: words.said(context.translate)))
        closed = office.ledger.closed_books().get((form.key, of_year))
    columns = [column.title for column in form.columns]
    context.show(
        {
            "book": form.key,
            "title": form.title,
            "year": of_year,
            "closed": closed,
            "columns": columns,
            "rows": [dict(zip(columns, row, strict=True)) for row in rows],
        },
        f"{form.title} — {of_year}",
        Table([_verbatim(title) for title in columns], rows),
        message("{count} rows", count=len(rows)),
        *([message("the book is closed, by entry {entry}", entry=closed)] if closed is not None else []),
    )


def _verbatim(title: str) -> Message:
    """A column title is the form's own wording: printed as it is, never translated."""
    return Message("{title}", {"title": title})
