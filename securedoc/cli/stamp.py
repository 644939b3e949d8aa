"""The `stamp` command."""

from datetime import date

import click

from securedoc.cli.command import command, confirmed
from securedoc.cli.context import Context, pass_context
from securedoc.cli.types import DATE
from securedoc.core.text import message


@command(
    "stamp",
    example="securedoc --as an stamp 05/BC-UBND --mark giai-mat --date 2037-02-05 --second binh",
)
@click.argument("document", metavar="ID")
@click.option("--mark", required=True, metavar="MARK", help="giai-mat, gia-han, tang-do-mat or giam-do-mat.")
@click.option("--date", "on", type=DATE, metavar="DATE", help="From when; today when left out.")
@click.option("--until", type=DATE, metavar="DATE", help="Until when, for gia-han.")
@click.option("--level", default="", metavar="LEVEL", help="The new level, for tang-do-mat and giam-do-mat.")
@confirmed
@pass_context
def stamp_command(
    context: Context, document: str, mark: str, on: date | None, until: date | None, level: str
) -> None:
    """Put the stamp of a decision on a registered document; two people, and an entry.

    It comes into the place that was kept for it, as a new revision that the office signs: the
    signatures that are there stay valid. The file that was registered stays in the vault.
    """
    from securedoc.issuing.stamping import stamp

    app = context.app
    with app.open() as office, app.second() as second:
        said = {"date": (on or office.today()).strftime("%d/%m/%Y")}
        if until is not None:
            said["until"] = until.strftime("%d/%m/%Y")
        if level:
            said["level"] = office.policy.mark_text(level)
        done = stamp(office, office.ledger.find(document), mark, said, second)
    judged = done.verdict.as_json(context.translate)
    context.show(
        {
            "id": done.document,
            "field": done.field,
            "mark": mark,
            "digest": done.digest,
            "verdict": done.verdict.judgement,
            "signatures": judged["signatures"],
        },
        message("{document} carries the stamp {mark}", document=done.document, mark=mark),
        str(done.digest),
    )
