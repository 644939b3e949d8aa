"""Builds the program from its parts: the only module that knows them all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from securedoc.core.people import OfficerId, officer_id
from securedoc.core.protocols import Clock, Progress, Prompter, Randomness
from securedoc.core.text import Message, message
from securedoc.crypto.passphrase import KdfCost
from securedoc.errors import KeyMissing, LedgerMissing, PolicyRefused
from securedoc.keyring import unlocking
from securedoc.keyring.session import Session
from securedoc.ledger.ledger import Ledger
from securedoc.office import card
from securedoc.office.deferred import Approved, Ask, Second
from securedoc.office.office import Office
from securedoc.office.opening import open_office, open_untrusted
from securedoc.office.place import Place


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SetClock:
    """A clock that stands where `--now` put it; training vaults only."""

    at: datetime

    def now(self) -> datetime:
        """Return the time it was set to, aware, in UTC."""
        return self.at.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class App:
    """What the global options decide, and what can be opened with it."""

    vault: Path | None
    officer: str | None
    clock: Clock
    prompter: Prompter
    progress: Progress
    randomness: Randomness
    kdf_cost: KdfCost | None = None
    second_officer: str | None = None
    second_prompter: Prompter | None = None
    ask: bool = False
    """Ask for the second officer's consent instead of having it now."""
    approved: str | None = None
    """The request that a second officer has approved."""
    tell: Callable[[Message], None] | None = None
    """Says what the start of a command found and mended."""

    def place(self) -> Place:
        """Return where the vault is.

        Raises:
            LedgerMissing: none was named.
        """
        if self.vault is None:
            raise LedgerMissing("no vault was named", hint="give --vault DIR, or set SECUREDOC_VAULT")
        return Place(self.vault)

    def has_vault(self) -> bool:
        """Tell whether a vault was named and is there."""
        return self.vault is not None and self.place().exists()

    @contextmanager
    def open(self, *, read_only: bool = False, recover: bool = True) -> Iterator[Office]:
        """Open the vault with the officer's passphrase, and finish what a crash left.

        Raises:
            KeyMissing: no officer was named.
            PolicyRefused: `--now` on a vault that is not for training.
            see `open_office` for the rest.
        """
        place = self.place()
        self._refuse_set_clock(card.read(place).training)
        officer = _named(self.officer)
        with (
            self.prompter.passphrase(officer) as passphrase,
            open_office(
                place,
                officer,
                passphrase,
                clock=self.clock,
                progress=self.progress,
                randomness=self.randomness,
                read_only=read_only,
            ) as office,
        ):
            self._refuse_set_clock(office.card.training)  # now proven
            if recover and not read_only:
                self._recover(office)
                self._end_prints(office)
                self._end_destructions(office)
            yield office

    @contextmanager
    def open_untrusted(self) -> Iterator[tuple[Session, Ledger]]:
        """Open the ledger for checking only: nothing in it is believed yet.

        Raises:
            KeyMissing: no officer was named.
            see `opening.open_untrusted` for the rest.
        """
        place = self.place()
        officer = _named(self.officer)
        with (
            self.prompter.passphrase(officer) as passphrase,
            open_untrusted(place, officer, passphrase) as opened,
        ):
            yield opened

    @contextmanager
    def second(self) -> Iterator[Session | None]:
        """Unlock the officer who confirms, when one was named with `--second`."""
        if self.second_officer is None:
            yield None
            return
        officer = _named(self.second_officer)
        prompter = self.second_prompter or self.prompter
        with (
            prompter.passphrase(officer) as passphrase,
            unlocking.unlock(self.place().keyring, officer, passphrase) as session,
        ):
            yield session

    @contextmanager
    def consent(self) -> Iterator[Second]:
        """Return how a second officer consents: beside the first, asked now, or asked before.

        Raises:
            PolicyRefused: more than one of these was said.
        """
        if sum((self.ask, self.approved is not None, self.second_officer is not None)) > 1:
            raise PolicyRefused(
                "a second officer consents in one way only",
                hint="give one of --second, --ask and --approved",
            )
        if self.ask:
            yield Ask()
        elif self.approved is not None:
            yield Approved(self.approved)
        else:
            with self.second() as second:
                yield second

    def _recover(self, office: Office) -> None:
        from securedoc.backup import drillspace  # noqa: PLC0415 - loads what only a crash needs
        from securedoc.editing import recovery  # noqa: PLC0415
        from securedoc.system import passingspace  # noqa: PLC0415

        drillspace.sweep()
        passingspace.sweep()
        if not recovery.pending(office.place.root):
            return
        done = recovery.recover(office, tidy=False)
        if self.tell is not None:
            self.tell(
                message(
                    "after a crash: {salvaged} editing sessions were salvaged, {waiting} wait for an "
                    "officer who can open the document",
                    salvaged=len(done.salvaged),
                    waiting=len(done.waiting),
                )
            )
        done.shredded.check()

    def _end_prints(self, office: Office) -> None:
        if not office.ledger.prints(open_only=True):
            return
        from securedoc.printing import recovery  # noqa: PLC0415 - loads what only a cut-off print needs

        done = recovery.recover(office)
        if self.tell is None:
            return
        for one in done.ended:
            self.tell(
                message(
                    "the print {print} was cut off: {unknown} copies must be counted, {unprinted} were not "
                    "printed, {cancelled} jobs were cancelled",
                    print=one.print,
                    unknown=len(one.unknown),
                    unprinted=len(one.unprinted),
                    cancelled=one.cancelled,
                )
            )
        for name in done.waiting:
            self.tell(
                message(
                    "the print {print} was cut off, and its print service does not answer: "
                    "a job may wait there",
                    print=name,
                )
            )

    def _end_destructions(self, office: Office) -> None:
        if not office.ledger.destructions(begun_only=True):
            return
        from securedoc.destruction import carrying  # noqa: PLC0415 - loads what only a cut-off one needs

        done = carrying.recover(office)
        for one in done.finished:
            if self.tell is not None:
                self.tell(
                    message(
                        "destruction {request} was cut off and is finished: {count} documents are destroyed",
                        request=one.request,
                        count=len(one.documents),
                    )
                )
            one.require()
        for error in done.refused:
            if self.tell is not None:
                self.tell(Message(error.template, error.facts))

    def _refuse_set_clock(self, training: bool) -> None:  # noqa: FBT001 - one private caller
        if isinstance(self.clock, SetClock) and not training:
            raise PolicyRefused(
                "--now is for training vaults only",
                hint="leave --now out: this vault uses the machine's clock",
            )


def _named(untrusted_officer: str | None) -> OfficerId:
    if untrusted_officer is None:
        raise KeyMissing("no officer was named", hint="give --as OFFICER, or set SECUREDOC_OFFICER")
    try:
        return officer_id(untrusted_officer)
    except ValueError:
        raise KeyMissing(
            "{officer} is not an officer identifier",
            officer=untrusted_officer,
            hint="identifiers are lower-case letters, digits and hyphens; see: securedoc officer list",
        ) from None
