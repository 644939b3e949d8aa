"""The `backup restore` command."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli import unlocking
from securedoc.cli.command import command, confirmed
from securedoc.cli.context import Context, pass_context
from securedoc.cli.types import PATH
from securedoc.core.officetime import day_of
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.backup.newer import Newer
    from securedoc.backup.partial import Wanted


@command(
    "restore",
    example=(
        "securedoc backup restore /media/usb --into vault --share 1.txt --share 2.txt",
        "securedoc --as an backup restore /media/usb --into vault --second binh",
        "securedoc --as an backup restore /media/usb --document 05/BC-UBND --into /dev/shm/a --second binh",
    ),
)
@click.argument("path", type=PATH)
@click.option("--into", type=PATH, required=True, metavar="DIR", help="An empty or new directory.")
@click.option("--snapshot", type=click.IntRange(1, 9999), metavar="N", help="Which one; default: the newest.")
@click.option(
    "--share", type=PATH, multiple=True, metavar="FILE", help="A recovery share; name enough of them."
)
@click.option("--document", metavar="ID", help="One document only, as a file in DIR.")
@click.option("--trust", type=PATH, metavar="FILE", help="The office's certificate, brought from elsewhere.")
@confirmed
@pass_context
def restore_command(
    context: Context,
    path: Path,
    into: Path,
    snapshot: int | None,
    share: tuple[Path, ...],
    document: str | None,
    trust: Path | None,
) -> None:
    """Restore a vault from a medium into an empty place.

    Everything is verified before it is decrypted, every document is opened to prove it, and the
    vault gets its name only then. Opened by recovery shares, or by an officer with a second one.

    With --document one document comes out as a file, by the rules of `export`; the vault of this
    machine, where there is one, is asked, too, and records it. That file is plaintext: shred it at once.
    """
    if document is not None:
        from securedoc.backup.partial import Wanted

        _restore_document(context, path, Wanted(document, into, snapshot), share, trust)
        return
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
            "newer": [
                {"snapshot": one.number, "at": one.at, "entries": one.entries} for one in restored.newer
            ],
        },
        *(_newer(one) for one in restored.newer),
        message(
            "restored from snapshot {number}: {documents} documents, {objects} objects verified, "
            "{opened} opened",
            number=restored.snapshot,
            documents=restored.documents,
            objects=restored.objects,
            opened=restored.opened,
        ),
    )


def _newer(one: "Newer") -> Message:
    """Return what is said loudly about a snapshot that is newer than the restored one."""
    if one.at is None or one.entries is None:
        return message(
            "WARNING: snapshot {number} on this medium is newer, and could not be read", number=one.number
        )
    return message(
        "WARNING: snapshot {number} of {day} is newer: the restored vault lacks {count} entries of it",
        number=one.number,
        day=day_of(one.at).isoformat(),
        count=one.entries,
    )


def _restore_document(
    context: Context, path: Path, wanted: "Wanted", share: tuple[Path, ...], trust: Path | None
) -> None:
    from securedoc.backup.partial import restore_document
    from securedoc.backup.restore import Opening
    from securedoc.signing.trust import TrustStore

    app = context.app
    store = TrustStore.load(trust) if trust is not None else None
    with unlocking.once(context, share) as unlock, unlocking.live(context, unlock) as live:
        opening = Opening(
            unlock=unlock,
            second=unlocking.second(context),
            clock=app.clock,
            permit_clock=unlocking.clock_rule(context),
            progress=context.progress,
            randomness=app.randomness,
        )
        taken = restore_document(path, wanted, opening, live, trust=store)
    context.show(
        {
            "id": taken.document,
            "file": taken.path,
            "digest": taken.digest,
            "kind": taken.kind,
            "version": taken.version,
            "medium": taken.medium,
            "snapshot": taken.snapshot,
            "entry": taken.entry,
            "recorded": taken.entry is not None,
        },
        message(
            "{document} of snapshot {number} is in {name}",
            document=taken.document,
            number=taken.snapshot,
            name=taken.path.name,
        ),
        str(taken.digest),
        message("entry {entry} records it", entry=taken.entry)
        if taken.entry is not None
        else message(
            "NOT RECORDED: there is no vault on this machine to enter it in; write it into the paper register"
        ),
    )
    context.note(message("{name} is plaintext outside the vault: securedoc shred FILE", name=taken.path.name))
