"""The commands that change a level, extend a term, declassify, and enter that holders were told."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.bookfile import in_its_language
from securedoc.cli.command import command, deferrable
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.types import PATH
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.custody.levels import Changed
    from securedoc.office.office import Office

BASIS = click.option(
    "--basis", required=True, metavar="TEXT", help="Decision, or item of the list it rests on."
)
OUT = click.option("--out", type=PATH, metavar="FILE", help="Write the stamp and the letters as PDF.")


@command(
    "change",
    example="securedoc --as an level change 05/BC-UBND --to toi-mat --basis 'QĐ 12/QĐ-UBND' --second binh",
)
@click.argument("document", metavar="ID")
@click.option("--to", "level", required=True, metavar="LEVEL", help="The new level.")
@BASIS
@OUT
@deferrable
@pass_context
def change_command(context: Context, document: str, level: str, basis: str, out: Path | None) -> None:
    """Raise or lower the level of a document; its term is counted again, and every holder is to be told."""
    from securedoc.custody import levels

    app = context.app
    with app.open() as office, app.consent() as second:
        _refuse_existing(out)
        done = levels.change(office, office.ledger.find(document), level, basis, second)
        words = message(
            "{document} is {level} from today; its term ends on {day}",
            document=done.document,
            level=office.policy.level(done.level).name,
            day=_day(done.ends),
        )
        _show(context, office, done, words, out)


@command(
    "extend",
    example=(
        "securedoc --as an extend 05/BC-UBND --years 5 --basis 'QĐ 12/QĐ-UBND' --second binh",
        "securedoc --as an level extend 05/BC-UBND --years 5 --basis 'QĐ 12/QĐ-UBND' --second binh",
    ),
)
@click.argument("document", metavar="ID")
@click.option("--years", type=click.IntRange(1, 100), required=True, metavar="N", help="By how many years.")
@BASIS
@OUT
@deferrable
@pass_context
def extend_command(context: Context, document: str, years: int, basis: str, out: Path | None) -> None:
    """Extend the protection term of a document before it ends."""
    from securedoc.custody import levels

    app = context.app
    with app.open() as office, app.consent() as second:
        _refuse_existing(out)
        done = levels.extend(office, office.ledger.find(document), years, basis, second)
        if done.late:
            context.note(
                message(
                    "the policy asks for an extension {days} days before the term ends",
                    days=office.policy.terms.extend_before_end_days,
                )
            )
        words = message(
            "the term of {document} ends on {day} now", document=done.document, day=_day(done.ends)
        )
        _show(context, office, done, words, out)


@command(
    "declassify",
    example=(
        "securedoc --as an declassify 05/BC-UBND --basis 'hết thời hạn bảo vệ' --second binh",
        "securedoc --as an level declassify 05/BC-UBND --basis 'hết thời hạn bảo vệ' --second binh",
    ),
)
@click.argument("document", metavar="ID")
@BASIS
@OUT
@deferrable
@pass_context
def declassify_command(context: Context, document: str, basis: str, out: Path | None) -> None:
    """Enter that a document is no secret any more; every holder is to be told."""
    from securedoc.custody import levels

    app = context.app
    with app.open() as office, app.consent() as second:
        _refuse_existing(out)
        done = levels.declassify(office, office.ledger.find(document), basis, second)
        words = message("{document} is declassified from today", document=done.document)
        _show(context, office, done, words, out)


@command("told", example="securedoc --as an level told 05/BC-UBND --to 'Sở Mẫu' --how 'CV 14/UBND-VP'")
@click.argument("document", metavar="ID")
@click.option("--to", "holder", required=True, metavar="NAME", help="Who was told.")
@click.option("--how", default="", metavar="TEXT", help="How: number of the letter.")
@pass_context
def told_command(context: Context, document: str, holder: str, how: str) -> None:
    """Enter that a holder was told of a change; `due` names those who were not yet."""
    from securedoc.custody import levels

    with context.app.open() as office:
        found = office.ledger.find(document)
        done = levels.told(office, found, holder, how)
        waiting = office.ledger.notices(found, waiting=True)
    context.show(
        {"id": found, "holder": done.holder, "waiting": [one.holder for one in waiting]},
        message("{holder} was told; {count} still wait", holder=done.holder, count=len(waiting)),
    )


def _show(context: Context, office: "Office", done: "Changed", words: Message, out: Path | None) -> None:
    from securedoc.custody import letters

    lines = letters.stamp_lines(office, done)
    if out is not None:
        from securedoc.office import newfile

        newfile.write_new(out, letters.draw(office, done, in_its_language(office)))
    context.show(
        {
            "id": done.document,
            "from": done.old_level,
            "level": done.level,
            "was": done.was,
            "ends": done.ends,
            "stamp": list(lines),
            "notices": [{"holder": one.holder, "due": one.due} for one in done.notices],
            "entry": done.entry,
            "file": out,
        },
        words,
        message("stamp on every copy: {stamp}", stamp=" — ".join(lines)),
        Table(
            (message("who is to be told"), message("due date")),
            [(one.holder, one.due) for one in done.notices],
        ),
    )


def _day(day: date | None) -> str:
    return "—" if day is None else day.isoformat()


def _refuse_existing(out: Path | None) -> None:
    from securedoc.office import newfile

    if out is not None:
        newfile.require_new(out)
