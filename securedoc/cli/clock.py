"""The `clock` commands: no network sets the time of this machine; two officers do."""

from typing import TYPE_CHECKING

from securedoc.cli.command import command, confirmed
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.office.confirming import Clock


@command("show", example="securedoc --as an clock show")
@pass_context
def show_command(context: Context) -> None:
    """Say what the clock says, beside the last entry of the ledger."""
    from securedoc.office import confirming

    with context.app.open(read_only=True, recover=False) as office:
        clock = confirming.look(office)
    said = (
        message("the clock is believed")
        if clock.believed
        else message("the clock is not believed: nothing can be entered before it is set right or confirmed")
    )
    _show(context, clock, said)


@command("confirm", example="securedoc --as chi clock confirm --second an")
@confirmed
@pass_context
def confirm_command(context: Context) -> None:
    """Say that the clock is right, as two officers who looked at a calendar and at another clock.

    Needed when the clock was set back, or stands far after the last entry. Where it stands before the
    last entry, entries keep the time of that entry until the clock has caught up.
    """
    from securedoc.office import confirming

    app = context.app
    with app.open(recover=False) as office, app.second() as second:
        clock = confirming.confirm(office, second)
    _show(context, clock, message("entered: two officers say that the clock is right"))


def _show(context: Context, clock: "Clock", said: Message) -> None:
    context.show(
        {"says": clock.says, "last": clock.last, "believed": clock.believed, "entry": clock.entry},
        Table(
            (message("what"), message("time")),
            [(message("the clock says"), clock.says), (message("the last entry is of"), clock.last)],
        ),
        said,
    )
