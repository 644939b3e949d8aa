"""The `due` command: one list of everything that is due, whatever part of the office it comes from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.office.office import Office

KINDS: Final = {
    "term": message("term of protection ends: extend it, or declassify"),
    "loan": message("lent copy comes back"),
    "carry": message("copy carried out comes back"),
    "recall": message("copy that was asked back"),
    "notice": message("holder is to be told of a change"),
    "backup": message("backup"),
    "drill": message("restore drill"),
    "rehearsal": message("rehearsal of the emergency"),
    "certificate": message("certificate of an officer ends"),
    "book": message("book of a year that is over: print and close it"),
}
_WITHIN: Final = re.compile(r"([0-9]{1,4})\s*([dwmy]?)")
_DAYS: Final = {"": 1, "d": 1, "w": 7, "m": 30, "y": 365}


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list."""

    kind: str
    about: str
    when: date
    overdue: bool
    copy: str | None = None
    who: str = ""


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
    """List what is overdue or comes due: terms, loans, recalls, notices, backups, certificates, books."""
    with context.app.open(read_only=True) as office:
        last = office.today() + within
        found = sorted(
            (one for one in _items(office, within) if one.when <= last),
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
                    KINDS[one.kind],
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


def _items(office: "Office", within: timedelta) -> Iterator[Item]:
    from securedoc.custody import duelist

    today = office.today()
    for one in duelist.due(office, within):
        yield Item(one.kind.value, one.document, one.when, one.late(today), one.copy, one.who)
    yield from _backups(office)
    yield from _certificates(office)
    yield from _books(office)


def _backups(office: "Office") -> Iterator[Item]:
    from securedoc.backup import schedule
    from securedoc.office.office import OFFICE_TIME

    periodical = {
        "backup": schedule.next_backup(office),
        "drill": schedule.next_drill(office),
        "rehearsal": schedule.next_rehearsal(office),
    }
    for kind, due in periodical.items():
        yield Item(kind, "", due.due_at.astimezone(OFFICE_TIME).date(), due.overdue)


def _certificates(office: "Office") -> Iterator[Item]:
    from securedoc.crypto.certificates import read_validity
    from securedoc.office.office import OFFICE_TIME

    today = office.today()
    for officer in office.ledger.officers():
        if officer.active:
            ends = read_validity(officer.certificate).ends.astimezone(OFFICE_TIME).date()
            yield Item("certificate", officer.id, ends, ends < today, who=officer.name)


def _books(office: "Office") -> Iterator[Item]:
    """Yield the books of former years that nobody closed."""
    closed, this_year = office.ledger.closed_books(), office.today().year
    for book, year, _ in office.ledger.books():
        if year < this_year and (book, year) not in closed:
            ended = date(year, 12, 31)
            yield Item("book", f"{book}/{year}", ended, overdue=True)
