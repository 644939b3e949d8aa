"""Reads dates, moments and paths from the command line."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Final

import click

from securedoc.cli.language import _
from securedoc.core.officetime import OFFICE_TIME

if TYPE_CHECKING:
    from pathlib import Path


class DateType(click.ParamType[date]):
    """A date as ISO 8601 spells it, or as Vietnamese papers do."""

    name = "date"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read `2026-11-22` or `22/11/2026`."""
        if isinstance(value, date):
            return value
        try:
            if "/" in value:
                day, month, year = value.split("/")
                return date(int(year), int(month), int(day))
            return date.fromisoformat(value)
        except ValueError:
            self.fail(_("a date is written 2026-11-22 or 22/11/2026"), param, ctx)


class MomentType(click.ParamType[datetime]):
    """A date and time; without a zone it is Vietnam's."""

    name = "moment"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read `2026-11-22T09:00:00+07:00`, `2026-11-22T09:00` or `2026-11-22`."""
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(_("a moment is written 2026-11-22T09:00:00+07:00"), param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=OFFICE_TIME)


class PathType(click.ParamType["Path"]):
    """A path, not checked here: the command names what is wrong with it, and how to go on."""

    name = "path"

    def convert(
        self, value: "str | Path", param: click.Parameter | None, ctx: click.Context | None
    ) -> "Path":
        """Read any path."""
        from pathlib import Path

        if "\0" in str(value):
            self.fail(_("a path has no zero byte"), param, ctx)
        return Path(value)


DATE: Final = DateType()
MOMENT: Final = MomentType()
PATH: Final = PathType()
