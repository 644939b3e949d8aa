"""The `media destroyed` command."""

import click

from securedoc.cli.command import command, deferrable
from securedoc.cli.context import Context, pass_context
from securedoc.core.text import message


@command(
    "destroyed",
    example="securedoc --as bao media destroyed 'USB 1' --method 'Nghiền nát' "
    "--witness 'Lê Văn Bình' --witness 'Phạm Thị Chi' --second chi",
)
@click.argument("medium", metavar="MEDIUM")
@click.option("--method", required=True, metavar="TEXT", help="How: crushed, shredded, melted.")
@click.option("--witness", multiple=True, metavar="NAME", help="Somebody who looked on; once for each.")
@deferrable
@pass_context
def destroyed_command(context: Context, medium: str, method: str, witness: tuple[str, ...]) -> None:
    """Enter that a stick out of use was destroyed physically; two officers, before witnesses.

    From then on nobody is reminded of what was on it. A lost stick is not destroyed: it stays named.
    """
    from securedoc.backup.ending import enter_destroyed

    app = context.app
    with app.open() as office, app.consent() as second:
        row = enter_destroyed(office, medium, method, witness, second)
    context.show(
        {"medium": row.medium, "label": row.label, "state": row.state, "entry": row.changed},
        message("{label} is entered as destroyed, entry {entry}", label=row.label, entry=row.changed),
    )
