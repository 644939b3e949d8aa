"""The `receive` command."""

from datetime import date
from pathlib import Path

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.reading import read_input
from securedoc.cli.types import DATE, PATH
from securedoc.core.documents import Level
from securedoc.core.text import message


@command(
    "receive",
    example="securedoc --as an receive --from 'Sở Mẫu' --number 12/SM-VP --date 2026-11-20 --level mat "
    "--type cong-van --subject 'V/v rà soát'",
)
@click.option("--from", "sender", required=True, metavar="ORG", help="Agency that issued it.")
@click.option("--number", "number_text", required=True, metavar="NO", help="Number and notation on it.")
@click.option("--date", "dated", required=True, type=DATE, metavar="DATE", help="Date on it.")
@click.option("--level", required=True, metavar="LEVEL", help="Level of secrecy on it.")
@click.option("--type", "type_key", required=True, metavar="TYPE", help="Type of document.")
@click.option(
    "--subject", metavar="TEXT", help="Abstract; never for a level whose abstracts are not written."
)
@click.option(
    "--copies", type=click.IntRange(1, 9999), default=1, show_default=True, help="Copies that came."
)
@click.option("--unit", default="", metavar="TEXT", help="Unit that receives it.")
@click.option("--note", default="", metavar="TEXT", help="Remark for the book.")
@click.option(
    "--file", "scan", type=PATH, metavar="SCAN", help="Scan to keep sealed, where the level allows it."
)
@pass_context
def receive_command(
    context: Context,
    sender: str,
    number_text: str,
    dated: date,
    level: str,
    type_key: str,
    subject: str | None,
    copies: int,
    unit: str,
    note: str,
    scan: Path | None,
) -> None:
    """Register a document that came in."""
    from securedoc.issuing.receiving import Incoming, receive

    incoming = Incoming(
        sender=sender,
        number_text=number_text,
        dated=dated,
        level=Level(level),
        type_key=type_key,
        subject=subject,
        copies=copies,
        unit=unit,
        note=note,
        scan=None if scan is None else read_input(scan),
    )
    with context.app.open() as office:
        done = receive(office, incoming)
    for twin in done.twins:
        context.note(
            message("{document} came from the same sender with the same number and date", document=twin)
        )
    context.show(
        {
            "id": done.document,
            "book": done.book,
            "year": done.year,
            "row": done.row,
            "twins": list(done.twins),
        },
        message(
            "{document} is registered: {book} {year}, row {row}",
            document=done.document,
            book=done.book_title,
            year=done.year,
            row=done.row,
        ),
    )
