"""Who opens a keyring that is not a vault's yet: recovery shares, or an officer with a passphrase."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.context import Context

if TYPE_CHECKING:
    from securedoc.backup.restore import Unlock
    from securedoc.core.protocols import Prompter
    from securedoc.keyring.session import Session
    from securedoc.office.office import Office


def first(context: Context, shares: tuple[Path, ...]) -> "Callable[[Path], AbstractContextManager[Session]]":
    """Return how the restored keyring is opened."""
    from securedoc.keyring import unlocking
    from securedoc.system import terminal

    if shares:
        mnemonics = [terminal.read_passphrase_file(path)[0] for path in shares]
        return lambda keyring: unlocking.recover(keyring, mnemonics)
    if context.officer is None:
        raise click.UsageError("give --share FILE for each recovery share, or --as OFFICER")
    return _by_passphrase(context.officer, context.prompter)


def second(context: Context) -> "Callable[[Path], AbstractContextManager[Session]] | None":
    """Return how the confirming officer opens the keyring; None where nobody was named."""
    app = context.app
    if app.second_officer is None:
        return None
    return _by_passphrase(app.second_officer, app.second_prompter or app.prompter)


def _by_passphrase(
    untrusted_officer: str, prompter: "Prompter"
) -> "Callable[[Path], AbstractContextManager[Session]]":
    from securedoc.core.people import officer_id
    from securedoc.keyring import unlocking

    try:
        officer = officer_id(untrusted_officer)
    except ValueError as error:
        raise click.UsageError("an officer's identifier is lower-case letters, digits and hyphens") from error

    def unlock(keyring: Path) -> "Session":
        with prompter.passphrase(officer) as passphrase:
            return unlocking.unlock(keyring, officer, passphrase)

    return unlock


def clock_rule(context: Context) -> "Callable[[bool], None]":
    """Return what refuses `--now` where the vault turns out not to be for training."""
    from securedoc.app import SetClock
    from securedoc.errors import PolicyRefused

    def rule(training: bool) -> None:
        if isinstance(context.clock, SetClock) and not training:
            raise PolicyRefused(
                "--now is for training vaults only",
                hint="leave --now out: this vault uses the machine's clock",
            )

    return rule


@contextmanager
def once(context: Context, share: tuple[Path, ...]) -> "Iterator[Unlock]":
    """Yield how a keyring is opened; a passphrase is asked for once, and tried on medium and vault."""
    from securedoc.core.people import officer_id
    from securedoc.keyring import unlocking

    if share or context.officer is None:
        yield first(context, share)
        return
    try:
        officer = officer_id(context.officer)
    except ValueError as error:
        raise click.UsageError("an officer's identifier is lower-case letters, digits and hyphens") from error
    with context.prompter.passphrase(officer) as passphrase:
        yield lambda keyring: unlocking.unlock(keyring, officer, passphrase)


@contextmanager
def live(context: Context, unlock: "Unlock") -> "Iterator[Office | None]":
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
    clock_rule(context)(card.read(place).training)
    with (
        unlock(place.keyring) as session,
        open_with(
            session, place, clock=app.clock, progress=context.progress, randomness=app.randomness
        ) as office,
    ):
        yield office
