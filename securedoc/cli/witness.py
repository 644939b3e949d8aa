"""The `ledger witness` command: the auditor's own word on the ledger."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Showable
from securedoc.cli.types import PATH
from securedoc.core.digests import Digest
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.keyring.session import Session
    from securedoc.witnessing.cosigning import Witnessed


@command(
    "witness",
    example=(
        "securedoc --as phuc ledger witness --state /media/phuc/witness.json",
        "securedoc --as phuc ledger witness --key k.json --state w.json --checkpoint request.txt --out c.txt",
        "securedoc --as an ledger witness --add /media/usb/cosigned.txt",
    ),
)
@click.option(
    "--checkpoint",
    "given",
    type=PATH,
    metavar="FILE",
    help="Cosign this checkpoint or request, not the head.",
)
@click.option(
    "--state", type=PATH, metavar="FILE", help="What you saw last, on your own stick; written anew each time."
)
@click.option(
    "--key", type=PATH, metavar="FILE", help="Your key file: cosign --checkpoint without the vault."
)
@click.option(
    "--out", type=PATH, metavar="FILE", help="Write the cosigned checkpoint here; never over a file."
)
@click.option("--add", type=PATH, metavar="FILE", help="Take a checkpoint that was cosigned elsewhere in.")
@pass_context
def witness_command(
    context: Context,
    given: Path | None,
    state: Path | None,
    key: Path | None,
    out: Path | None,
    add: Path | None,
) -> None:
    """Cosign the ledger's head, after proving that it only added to what you saw last.

    With --state, what you saw last is in a file of your own, and a vault that was rolled back or
    forked is refused. Without it, only the vault's own memory of your cosignatures is compared. With
    --key, on your own machine, the vault is not needed: the office makes the request with
    `ledger checkpoint --request FILE`, and takes your answer in with --add.
    """
    if add is not None:
        if given or state or key or out:
            raise click.UsageError("--add stands alone")
        _add(context, add)
        return
    if key is None:
        _here(context, given, state, out)
        return
    if given is None or state is None or out is None:
        raise click.UsageError("--key needs --checkpoint, --state and --out")
    _apart(context, key, given, state, out)


def _here(context: Context, given: Path | None, state: Path | None, out: Path | None) -> None:
    from securedoc.cli.ledger import write_new
    from securedoc.witnessing import cosigning

    untrusted = None if given is None else _read(given)
    with context.app.open() as office:
        done = cosigning.cosign_here(office, state, untrusted)
    if out is not None:
        write_new(out, done.note)
    notes = [] if state is not None else [_without_memory()]
    _show(context, done, out, notes)


def _apart(context: Context, key: Path, given: Path, state: Path, out: Path) -> None:
    from securedoc.cli.ledger import write_new
    from securedoc.witnessing import cosigning

    with _unlocked(context, key) as own:
        done = cosigning.cosign_apart(own, _read(given), state, context.app.clock.now())
    write_new(out, done.note)
    _show(context, done, out, [message("give it to the office: securedoc ledger witness --add FILE")])


def _add(context: Context, add: Path) -> None:
    from securedoc.witnessing import keeping

    untrusted = _read(add)
    with context.app.open() as office:
        entered = keeping.take_in(office, untrusted)
        standing = keeping.standing(office)
    context.show(
        {"entries": list(entered), "size": standing.size, "due_at": standing.due_at},
        message("{count} cosignatures were entered", count=len(entered)),
        message("witnesses cosigned the first {n} entries", n=standing.size),
    )


def _unlocked(context: Context, key: Path) -> "Session":
    from securedoc.app import SetClock
    from securedoc.core.people import officer_id
    from securedoc.errors import PolicyRefused
    from securedoc.keyring import unlocking

    if context.officer is None:
        raise click.UsageError("give --as OFFICER: whose key file it is")
    if isinstance(context.app.clock, SetClock):
        raise PolicyRefused(
            "--now is for training vaults only",
            hint="leave --now out: a witness uses the machine's clock",
        )
    try:
        officer = officer_id(context.officer)
    except ValueError as error:
        raise click.UsageError("an officer's identifier is lower-case letters, digits and hyphens") from error
    with context.prompter.passphrase(officer) as passphrase:
        return unlocking.unlock_alone(key, officer, passphrase)


def _read(path: Path) -> bytes:
    from securedoc.errors import LedgerMissing
    from securedoc.formats.witnessrequest import MAX_REQUEST_BYTES
    from securedoc.system import files

    try:
        return files.read_bounded(path, MAX_REQUEST_BYTES)
    except OSError as error:
        raise LedgerMissing(
            "{name} cannot be read: {reason}", name=path.name, reason=error.strerror or ""
        ) from error


def _show(context: Context, done: "Witnessed", out: Path | None, notes: list[Message]) -> None:
    stated = done.checkpoint
    shown: dict[str, Showable] = {
        "origin": stated.origin,
        "size": stated.size,
        "root": Digest(stated.root),
        "at": done.at,
        "since": done.since,
        "remembered": done.remembered,
        "entry": done.entry,
        "file": out,
        "note": done.note.decode("utf-8"),
    }
    began = (
        message("it only added to the {since} that you saw before", since=done.since)
        if done.since
        else message("it is the first that you cosigned: nothing was there to compare it with")
    )
    said = message("the first {n} entries are cosigned", n=stated.size)
    context.show(shown, said, began, *notes)


def _without_memory() -> Message:
    return message(
        "what you saw last was taken from the vault itself: an old copy of the whole vault would not be "
        "noticed; keep your own memory with --state FILE"
    )
