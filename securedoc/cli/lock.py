"""The `lock` command."""

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.core.text import message
from securedoc.errors import ScratchBusy

MOST_WAIT_S = 3600


@command("lock", example="securedoc --vault /srv/vault lock")
@click.option(
    "--wait",
    "wait_s",
    type=click.IntRange(1, MOST_WAIT_S),
    default=120,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the sessions to close.",
)
@pass_context
def lock_command(context: Context, wait_s: int) -> None:
    """Have every open editor and viewer of the vault save and close.

    No passphrase is needed: this only makes things safer. Each session seals what was saved and
    shreds the rest. Keys are not kept between commands, so there is nothing else to lock. Ends with
    code 67 when a session did not close in time.
    """
    from securedoc.editing.locking import lock
    from securedoc.office import card

    place = context.app.place()
    card.read(place)  # says that there is no vault
    done = lock(place.root, wait_s=wait_s)
    context.show(
        {
            "closed": [
                {"session": one.session, "document": one.document, "officer": one.officer}
                for one in done.closed
            ],
            "open": [
                {"session": one.session, "document": one.document, "officer": one.officer}
                for one in done.still_open
            ],
            "keys": 0,
        },
        message("{count} open sessions were closed", count=len(done.closed))
        if done.closed or done.still_open
        else message("no session was open; keys are not kept between commands"),
        Table(
            (message("document"), message("opened by"), message("state")),
            [
                *((one.document, one.officer, message("closed")) for one in done.closed),
                *((one.document, one.officer, message("still open")) for one in done.still_open),
            ],
        ),
    )
    if done.still_open:
        raise ScratchBusy(
            "{count} sessions are still open",
            count=len(done.still_open),
            hint="close the editor or viewer by hand; its plaintext is still in memory",
        )
