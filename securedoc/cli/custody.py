"""The commands about who holds which copy: handover, lend, return, carry, recall."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.bookfile import in_its_language
from securedoc.cli.command import command, confirmed
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Result, Table
from securedoc.cli.types import DATE, PATH
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.custody.moving import Moved
    from securedoc.custody.receipt import Words
    from securedoc.office.office import Office

COPY = click.option(
    "--copy", "copy", required=True, metavar="N", help="Which copy: 2, or s2 for one made later."
)
NOTE = click.option("--note", default="", metavar="TEXT", help="Remark for the book.")
RECEIPT = click.option("--receipt", type=PATH, metavar="FILE", help="Write a receipt as PDF, to be signed.")


@command("handover", example="securedoc --as an handover 05/BC-UBND --copy 2 --to 'Sở Mẫu'")
@click.argument("document", metavar="ID")
@COPY
@click.option("--to", required=True, metavar="NAME", help="Who receives it.")
@NOTE
@RECEIPT
@pass_context
def handover_command(
    context: Context, document: str, copy: str, to: str, note: str, receipt: Path | None
) -> None:
    """Hand a copy over for good: a row of the hand-over book, where the receiver signs."""
    from securedoc.custody import moving

    with context.app.open() as office:
        _refuse_existing(receipt)
        done = moving.hand_over(office, office.ledger.find(document), moving.Giving(copy, to, note))
        _write_receipt(office, done, receipt)
    context.show(
        _moved(done, None, receipt),
        message(
            "copy {copy} of {document} is handed over to {holder}",
            copy=done.copy,
            document=done.document,
            holder=done.holder,
        ),
        _row(done),
    )


@command(
    "lend", example="securedoc --as an lend 05/BC-UBND --copy 3 --to 'Nguyễn Văn Mẫu' --until 2026-12-15"
)
@click.argument("document", metavar="ID")
@COPY
@click.option("--to", required=True, metavar="NAME", help="Who borrows it.")
@click.option("--until", type=DATE, required=True, metavar="DATE", help="Day by which it is back.")
@click.option("--allowed-by", default="", metavar="NAME", help="Who allowed it; you, when left out.")
@NOTE
@RECEIPT
@pass_context
def lend_command(
    context: Context,
    document: str,
    copy: str,
    to: str,
    until: date,
    allowed_by: str,
    note: str,
    receipt: Path | None,
) -> None:
    """Lend a copy until a day; `status` and `due` name it when it is late."""
    from securedoc.custody import moving

    with context.app.open() as office:
        _refuse_existing(receipt)
        found = office.ledger.find(document)
        done = moving.lend(office, found, moving.Giving(copy, to, note), until, allowed_by=allowed_by)
        _write_receipt(office, done, receipt, until)
    context.show(
        _moved(done, until, receipt),
        message(
            "copy {copy} of {document} is lent to {holder} until {day}",
            copy=done.copy,
            document=done.document,
            holder=done.holder,
            day=until.isoformat(),
        ),
        _row(done),
    )


@command("return", example="securedoc --as an return 05/BC-UBND --copy 3 --sheets 2")
@click.argument("document", metavar="ID")
@COPY
@click.option("--sheets", type=click.IntRange(1, 9999), metavar="N", help="How many sheets were counted.")
@NOTE
@pass_context
def return_command(context: Context, document: str, copy: str, sheets: int | None, note: str) -> None:
    """Enter that a copy came back, whole."""
    from securedoc.custody import moving

    with context.app.open() as office:
        done = moving.bring_back(office, office.ledger.find(document), copy, sheets=sheets, note=note)
    context.show(
        {
            "id": done.document,
            "copy": done.copy,
            "holder": done.holder,
            "late": done.late,
            "entry": done.entry,
        },
        message(
            "copy {copy} of {document} came back from {holder}",
            copy=done.copy,
            document=done.document,
            holder=done.holder,
        ),
        *([message("it came back late")] if done.late else []),
    )


@command(
    "carry",
    example="securedoc --as an carry 05/BC-UBND --copy 1 --to 'Lê Văn Mẫu' --reason họp --place 'Sở Mẫu' "
    "--until 2026-11-30 --second binh",
)
@click.argument("document", metavar="ID")
@COPY
@click.option("--to", required=True, metavar="NAME", help="Who carries it.")
@click.option("--until", type=DATE, required=True, metavar="DATE", help="Day by which it is back.")
@click.option("--reason", default="", metavar="TEXT", help="What for.")
@click.option("--place", default="", metavar="TEXT", help="Where to.")
@click.option(
    "--allowed-by", default="", metavar="NAME", help="Who permitted it; the second officer, when left out."
)
@NOTE
@confirmed
@pass_context
def carry_command(
    context: Context,
    document: str,
    copy: str,
    to: str,
    until: date,
    reason: str,
    place: str,
    allowed_by: str,
    note: str,
) -> None:
    """Let a copy be carried out of the place it is kept in, with the permission that the policy asks for."""
    from securedoc.custody import moving

    giving = moving.Giving(copy, to, note)
    errand = moving.Errand(until=until, reason=reason, place=place, allowed_by=allowed_by)
    app = context.app
    with app.open() as office, app.second() as second:
        done = moving.carry(office, office.ledger.find(document), giving, errand, second)
    context.show(
        _moved(done, until, None),
        message(
            "{holder} carries copy {copy} of {document} until {day}",
            copy=done.copy,
            document=done.document,
            holder=done.holder,
            day=until.isoformat(),
        ),
        _row(done),
    )


@command(
    "recall", example="securedoc --as an recall 05/BC-UBND --until 2026-12-01 --why 'thu hồi theo yêu cầu'"
)
@click.argument("document", metavar="ID")
@click.option("--until", type=DATE, metavar="DATE", help="Day by which all are back; 15 days when left out.")
@click.option("--why", default="", metavar="TEXT", help="Reason.")
@pass_context
def recall_command(context: Context, document: str, until: date | None, why: str) -> None:
    """Ask back every copy of a document that is out; each stays due until it comes."""
    from datetime import timedelta

    from securedoc.custody import recalling

    with context.app.open() as office:
        day = until or office.today() + timedelta(days=office.policy.notices.adjust_days)
        done = recalling.recall(office, office.ledger.find(document), day, why)
    context.show(
        {
            "id": done.document,
            "until": done.until,
            "out": [{"copy": one.copy, "holder": one.holder, "kind": one.kind} for one in done.out],
            "entry": done.entry,
        },
        message(
            "{count} copies of {document} are asked back by {day}",
            count=len(done.out),
            document=done.document,
            day=done.until.isoformat(),
        ),
        Table(
            (message("copy number"), message("who has it"), message("since")),
            [(one.copy, one.holder, one.at) for one in done.out],
        ),
    )


def _moved(done: "Moved", until: date | None, receipt: Path | None) -> Result:
    return {
        "id": done.document,
        "copy": done.copy,
        "holder": done.holder,
        "until": until,
        "book": done.book,
        "year": done.year,
        "row": done.row,
        "entry": done.entry,
        "receipt": receipt,
    }


def _row(done: "Moved") -> Message:
    return message(
        "{book} {year}, row {row}: have it signed in ink", book=done.book_title, year=done.year, row=done.row
    )


def _refuse_existing(receipt: Path | None) -> None:
    from securedoc.office import newfile

    if receipt is not None:
        newfile.require_new(receipt)


def _write_receipt(office: "Office", done: "Moved", path: Path | None, until: date | None = None) -> None:
    if path is None:
        return
    from securedoc.custody import receipt
    from securedoc.office import newfile

    last = "" if until is None else until.strftime("%d/%m/%Y")
    newfile.write_new(path, receipt.draw(office, done, _words(office), last))


def _words(office: "Office") -> "Words":
    """Return the words of the receipt in the language of the policy: it is an official paper."""
    from securedoc.custody.receipt import Words

    say = in_its_language(office)
    return Words(
        title=say(message("Receipt for a secret document")),
        number=say(message("Number and notation")),
        level=say(message("Level of secrecy")),
        copy=say(message("Copy no.")),
        giver=say(message("Handed over by")),
        receiver=say(message("Received by")),
        day=say(message("Date")),
        until=say(message("To be back by")),
        book=say(message("Row of the book")),
        field=say(message("Field")),
        value=say(message("What it says")),
        signatures=say(message("Signatures")),
        training=say(message("TRAINING: this vault holds no real secrets")),
        page=say(message("Page")),
    )
