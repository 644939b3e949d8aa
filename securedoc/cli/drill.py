"""The `backup drill` command."""

from pathlib import Path

import click

from securedoc.cli import unlocking
from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.types import PATH
from securedoc.core.text import message


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
    with unlocking.once(context, share) as unlock, unlocking.live(context, unlock) as live:
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
