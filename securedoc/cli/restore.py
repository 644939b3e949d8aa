"""The `backup restore` command."""

from pathlib import Path

import click

from securedoc.cli import unlocking
from securedoc.cli.command import command, confirmed
from securedoc.cli.context import Context, pass_context
from securedoc.cli.types import PATH
from securedoc.core.text import message


@command(
    "restore",
    example=(
        "securedoc backup restore /media/usb --into vault --share 1.txt --share 2.txt",
        "securedoc --as an backup restore /media/usb --into vault --second binh",
    ),
)
@click.argument("path", type=PATH)
@click.option("--into", type=PATH, required=True, metavar="DIR", help="An empty or new directory.")
@click.option("--snapshot", type=click.IntRange(1, 9999), metavar="N", help="Which one; default: the newest.")
@click.option(
    "--share", type=PATH, multiple=True, metavar="FILE", help="A recovery share; name enough of them."
)
@click.option("--trust", type=PATH, metavar="FILE", help="The office's certificate, brought from elsewhere.")
@confirmed
@pass_context
def restore_command(
    context: Context,
    path: Path,
    into: Path,
    snapshot: int | None,
    share: tuple[Path, ...],
    trust: Path | None,
) -> None:
    """Restore a vault from a medium into an empty place.

    Everything is verified before it is decrypted, every document is opened to prove it, and the
    vault gets its name only then. Opened by recovery shares, or by an officer with a second one.
    """
    from securedoc.backup.restore import Opening, restore
    from securedoc.signing.trust import TrustStore

    app = context.app
    opening = Opening(
        unlock=unlocking.first(context, share),
        second=unlocking.second(context),
        clock=app.clock,
        permit_clock=unlocking.clock_rule(context),
        progress=context.progress,
        randomness=app.randomness,
    )
    store = TrustStore.load(trust) if trust is not None else None
    restored = restore(path, into, opening, snapshot=snapshot, trust=store)
    context.show(
        {
            "vault_id": restored.vault,
            "medium": restored.medium,
            "snapshot": restored.snapshot,
            "documents": restored.documents,
            "objects": restored.objects,
            "verified": restored.objects,
            "opened": restored.opened,
            "entries": restored.entries,
        },
        message(
            "restored from snapshot {number}: {documents} documents, {objects} objects verified, "
            "{opened} opened",
            number=restored.snapshot,
            documents=restored.documents,
            objects=restored.objects,
            opened=restored.opened,
        ),
    )
