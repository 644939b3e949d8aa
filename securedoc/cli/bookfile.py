"""The commands that end a year's register: written as a file to be printed, and closed."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.command import command, deferrable
from securedoc.cli.context import Context, pass_context
from securedoc.cli.types import PATH
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.books.rows import Say
    from securedoc.office.office import Office

FORMATS = ("pdf", "docx", "xlsx", "csv")
YEAR = click.option(
    "--year", type=click.IntRange(1900, 9999), help="Year of the book; this year when left out."
)


def in_its_language(office: "Office") -> "Say":
    """Return what puts words into the language of the policy: a register is an official paper."""
    from securedoc.cli.language import translator

    translate = translator(office.policy.pack.language)
    return lambda words: words.said(translate)


@command("export", example="securedoc --as an book export di --year 2026 --format pdf --out so-di-2026.pdf")
@click.argument("book")
@YEAR
@click.option("--format", "form", type=click.Choice(FORMATS), help="By the file's name when left out.")
@click.option(
    "--out", type=PATH, required=True, metavar="FILE", help="File to write; nothing is overwritten."
)
@pass_context
def export_command(context: Context, book: str, year: int | None, form: str | None, out: Path) -> None:
    """Write a register as a file: A4 on its side, the head repeated, columns left empty for ink.

    The file says what the book says, and leaves the vault with it: that is an entry. Shred it once printed.
    """
    from securedoc.books.exporting import BookFormat, export

    wanted = form or out.suffix.removeprefix(".").lower()
    if wanted not in FORMATS:
        raise click.UsageError("say with --format what to write: pdf, docx, xlsx or csv")
    with context.app.open() as office:
        of_year = year or office.today().year
        done = export(office, book, of_year, BookFormat(wanted), out, say=in_its_language(office))
    context.show(
        {
            "book": done.book,
            "title": done.title,
            "year": done.year,
            "rows": done.rows,
            "file": done.path,
            "format": wanted,
            "digest": done.digest,
            "entry": done.entry,
        },
        message("{title} {year}: {count} rows written", title=done.title, year=done.year, count=done.rows),
        message("print it, have it signed and bound, then: securedoc shred {file}", file=out.name),
    )


@command("close", example="securedoc --as an book close di --year 2026 --second binh")
@click.argument("book")
@YEAR
@deferrable
@pass_context
def close_command(context: Context, book: str, year: int | None) -> None:
    """Close the book of a year, with a second officer: nothing is ever entered in it again."""
    from securedoc.books.closing import close

    app = context.app
    with app.open() as office, app.consent() as second:
        done = close(office, book, year or office.today().year, second)
    if done.early:
        context.note(
            message("{year} is not over: nothing can be entered in this book until it is", year=done.year)
        )
    context.show(
        {
            "book": done.book,
            "title": done.title,
            "year": done.year,
            "rows": done.rows,
            "digest": done.digest,
            "entry": done.entry,
        },
        message(
            "{title} {year} is closed with {count} rows, entry {entry}",
            title=done.title,
            year=done.year,
            count=done.rows,
            entry=done.entry,
        ),
        message("digest of its rows: {digest}", digest=str(done.digest)),
        message(
            "print it now: securedoc book export {book} --year {year} --out FILE.pdf",
            book=book,
            year=done.year,
        ),
    )
