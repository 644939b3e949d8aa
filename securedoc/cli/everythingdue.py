"""The `due` command: one list of everything that is due, whatever part of the office it comes from."""

import re
from datetime import timedelta
from typing import Final

import click

from securedoc.cli import dueitems
from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.core.text import message

_WITHIN: Final = re.compile(r"([0-9]{1,4})\s*([dwmy]?)")
_DAYS: Final = {"": 1, "d": 1, "w": 7, "m": 30, "y": 365}


class WithinType(click.ParamType[timedelta]):
    """A span such as `30d`, `6w`, `3m` or `1y`."""

    name = "span"

    def convert(
        self, value: "str | timedelta", param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read it."""
        if isinstance(value, timedelta):
            return value
        found = _WITHIN.fullmatch(value.strip().casefold())
        if found is None:
            from securedoc.cli.language import _

            self.fail(_("a span is written 30d, 6w, 3m or 1y"), param, ctx)
        return timedelta(days=int(found[1]) * _DAYS[found[2]])


@command("due", example=("securedoc --as an due", "securedoc --as an due --within 90d"))
@click.option(
    "--within",
    type=WithinType(),
    default="30d",
    show_default=True,
    metavar="SPAN",
    help="How far ahead to look.",
)
@pass_context
def due_command(context: Context, within: timedelta) -> None:
    """List what is overdue or comes due, from every part of the office.

    Terms, loans, recalls and notices; backups, drills and rehearsals; sticks not seen or not confirmed, and
    media to bring in after a destruction; certificates and revocation lists; witnessing; reports of urgent
    destructions; requests; books to close.
    """
    with context.app.open(read_only=True) as office:
        last = office.today() + within
        found = sorted(
            (one for one in dueitems.items(office, within) if one.when <= last),
            key=lambda one: (one.when, one.kind, one.about),
        )
    late = sum(one.overdue for one in found)
    context.show(
        {
            "within_days": within.days,
            "overdue": late,
            "due": [
                {
                    "kind": one.kind,
                    "id": one.about,
                    "when": one.when,
                    "overdue": one.overdue,
                    "copy": one.copy,
                    "who": one.who or None,
                }
                for one in found
            ],
        },
        Table(
            (
                message("due date"),
                message("state"),
                message("what is due"),
                message("about"),
                message("copy number"),
                message("who"),
            ),
            [
                (
                    one.when,
                    message("OVERDUE") if one.overdue else None,
                    dueitems.KINDS[one.kind],
                    one.about,
                    one.copy or "",
                    one.who,
                )
                for one in found
            ],
        ),
        message(
            "{count} things are due within {days} days, {late} are overdue",
            count=len(found),
            days=within.days,
            late=late,
        ),
    )
