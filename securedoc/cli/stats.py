"""The `stats` command: the periodical statistics."""

from datetime import date
from pathlib import Path

import click

from securedoc.cli.bookfile import FORMATS, in_its_language
from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.types import DATE, PATH
from securedoc.core.text import message


@command(
    "stats",
    example=(
        "securedoc --as an stats",
        "securedoc --as an stats --from 2025-12-15 --to 2026-12-14 --out thong-ke.docx",
    ),
)
@click.option(
    "--from", "first", type=DATE, metavar="DATE", help="First day; the policy's period when left out."
)
@click.option("--to", "last", type=DATE, metavar="DATE", help="Last day; today when left out.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="By the file's name when left out.")
@click.option("--out", type=PATH, metavar="FILE", help="Write them as a file, in the official columns.")
@pass_context
def stats_command(
    context: Context, first: date | None, last: date | None, form: str | None, out: Path | None
) -> None:
    """Count documents by level over a period: issued, received, held, recalled, declassified, destroyed."""
    from securedoc.books import counting
    from securedoc.books.exporting import BookFormat, export_statistics
    from securedoc.errors import PolicyRefused

    wanted = form or ("" if out is None else out.suffix.removeprefix(".").lower())
    if out is not None and wanted not in FORMATS:
        raise click.UsageError("say with --format what to write: pdf, docx, xlsx or csv")
    if out is None and form is not None:
        raise click.UsageError("--format goes with --out")
    with context.app.open(read_only=out is None) as office:
        office.permit("statistics")
        usual = counting.report_period(office, last or office.today())
        period = counting.Period(first or usual.first, last or min(usual.last, office.today()))
        if period.first > period.last:
            raise PolicyRefused(
                "the period ends before it begins: {first} to {last}",
                first=period.first.isoformat(),
                last=period.last.isoformat(),
            )
        counts = counting.count(office, period)
        names = {
            key: office.policy.levels[key].name if key in office.policy.levels else key for key in counts
        }
        written = None
        if out is not None:
            written = export_statistics(office, period, BookFormat(wanted), out, say=in_its_language(office))
    context.show(
        {
            "from": period.first,
            "to": period.last,
            "levels": [
                {
                    "level": key,
                    "out": one.count_out,
                    "in": one.count_in,
                    "held": one.count_held,
                    "recalled": one.count_recalled,
                    "declassified": one.count_declassified,
                    "destroyed": one.count_destroyed,
                }
                for key, one in counts.items()
            ],
            "file": out,
            "digest": None if written is None else written.digest,
        },
        message("from {first} to {last}", first=period.first.isoformat(), last=period.last.isoformat()),
        Table(
            (
                message("level"),
                message("issued"),
                message("received documents"),
                message("copies held"),
                message("recalled copies"),
                message("declassified documents"),
                message("destroyed documents"),
            ),
            [
                (
                    names[key],
                    one.count_out,
                    one.count_in,
                    one.count_held,
                    one.count_recalled,
                    one.count_declassified,
                    one.count_destroyed,
                )
                for key, one in counts.items()
            ],
        ),
    )
