"""The `backup drill` command."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli import unlocking
from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.types import PATH
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.backup.restore import Unlock
    from securedoc.office.office import Office


@command(
    "drill",
    example=(
        "securedoc --as an backup drill /media/usb",
        "securedoc backup drill /media/usb --share 1.txt --share 2.txt --kit 1",
    ),
)
@click.argument("path", type=PATH)
@click.option("--snapshot", type=click.IntRange(1, 9999), metavar="N", help="Which one; default: the newest.")
@click.option(
    "--share", type=PATH, multiple=True, metavar="FILE", help="A recovery share; name enough of them."
)
@click.option("--trust", type=PATH, metavar="FILE", help="The office's certificate, brought from elsewhere.")
@click.option("--kit", type=click.IntRange(1), metavar="N", help="Number of the emergency kit in hand.")
@pass_context
def drill_command(
    context: Context,
    path: Path,
    snapshot: int | None,
    share: tuple[Path, ...],
    trust: Path | None,
    kit: int | None,
) -> None:
    """Rehearse a restore in memory: every document is opened, none is written anywhere.

    With the recovery shares it is the rehearsal of the emergency. With the vault here, the medium is also
    held against it, and the result is recorded there.
    """
    from securedoc.backup.drill import How, drill, failure_facts
    from securedoc.backup.restore import Opening
    from securedoc.signing.trust import TrustStore

    app = context.app
    store = TrustStore.load(trust) if trust is not None else None
    with _unlock(context, share) as unlock, _live(context, unlock) as live:
        if kit is not None and live is None:
            raise click.UsageError("--kit is looked up in the vault: give --vault too")
        opening = Opening(
            unlock=unlock,
            second=None,
            clock=app.clock,
            permit_clock=unlocking.clock_rule(context),
            progress=context.progress,
            randomness=app.randomness,
        )
        done = drill(path, How(opening, bool(share), kit), live, snapshot=snapshot, trust=store)
    context.show(
        {
            "vault_id": done.vault,
            "medium": done.medium,
            "label": done.label,
            "snapshot": done.snapshot,
            "documents": done.documents,
            "objects": done.objects,
            "opened": done.opened,
            "bytes": done.octets,
            "entries": done.entries,
            "seconds": done.seconds,
            "failures": [
                {**failure_facts(one), "message": one.error.message(context.translate)}
                for one in done.failures
            ],
            "failed": done.failed,
            "recorded": done.recorded,
        },
        message(
            "{opened} of {objects} objects of {documents} documents came back from snapshot {number} on "
            "{label}, in {seconds} s",
            opened=done.opened,
            objects=done.objects,
            documents=done.documents,
            number=done.snapshot,
            label=done.label,
            seconds=done.seconds,
        ),
        Table(
            (message("document"), message("version"), message("what is wrong")),
            [
                (
                    one.sealed.document if one.sealed else None,
                    one.sealed.version if one.sealed else None,
                    one.error.message(context.translate),
                )
                for one in done.failures
            ],
        ),
        message("recorded in the ledger")
        if done.recorded
        else message("not recorded: no vault was given with --vault"),
    )
    done.require()


@contextmanager
def _unlock(context: Context, share: tuple[Path, ...]) -> "Iterator[Unlock]":
    """Yield how a keyring is opened; a passphrase is asked for once, and tried on medium and vault."""
    from securedoc.core.people import officer_id
    from securedoc.keyring import unlocking as keyring_unlocking

    if share or context.officer is None:
        yield unlocking.first(context, share)
        return
    try:
        officer = officer_id(context.officer)
    except ValueError as error:
        raise click.UsageError("an officer's identifier is lower-case letters, digits and hyphens") from error
    with context.prompter.passphrase(officer) as passphrase:
        yield lambda keyring: keyring_unlocking.unlock(keyring, officer, passphrase)


@contextmanager
def _live(context: Context, unlock: "Unlock") -> "Iterator[Office | None]":
    """Yield the vault of this machine, opened by the same keys; None where there is none."""
    from securedoc.backup import drillspace
    from securedoc.office import card
    from securedoc.office.opening import open_with

    app = context.app
    if not app.has_vault():
        drillspace.sweep()
        yield None
        return
    place = app.place()
    unlocking.clock_rule(context)(card.read(place).training)
    with (
        unlock(place.keyring) as session,
        open_with(
            session, place, clock=app.clock, progress=context.progress, randomness=app.randomness
        ) as office,
    ):
        yield office
