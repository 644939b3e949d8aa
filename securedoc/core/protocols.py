"""What comes from outside as an argument: clock, answers, progress, signatures."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from securedoc.core.secret import Secret
from securedoc.core.text import Message


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        ...


class Prompter(Protocol):
    """Asks the person at the terminal."""

    def passphrase(self, who: str, *, confirm: bool = False) -> Secret:
        """Ask `who` for a passphrase, twice when `confirm`; UTF-8 in NFC.

        Raises:
            KeyRefused: there is no terminal and no passphrase option, or the two differ.
        """
        ...


class Progress(Protocol):
    """Shows how far long work has come; silent when nobody looks."""

    def foresee(self, total: int, rate: int | None) -> None:
        """Say before the first stage how many bytes there are, and how long that takes at `rate` a second.

        None where no rate was ever measured.
        """
        ...

    def start(self, what: Message, total: int, unit: str = "bytes") -> None:
        """Begin a stage of `total` units: `bytes` or `items`."""
        ...

    def advance(self, by: int) -> None:
        """Count `by` more units as done."""
        ...

    def finish(self) -> None:
        """End the stage."""
        ...


class NoteSigner(Protocol):
    """Signs C2SP notes with one key."""

    @property
    def name(self) -> str:
        """Key name in the note: no spaces, no plus sign."""
        ...

    @property
    def key_id(self) -> bytes:
        """First four bytes of the digest that C2SP signed-note defines."""
        ...

    def sign(self, text: bytes) -> bytes:
        """Return the signature over `text`, without the key id."""
        ...


Randomness = Callable[[int], bytes]
"""Returns that many unpredictable bytes; `secrets.token_bytes` outside tests."""


class NoProgress:
    """A Progress for callers that have nobody to show it to."""

    def foresee(self, total: int, rate: int | None) -> None:
        """Do nothing."""

    def start(self, what: Message, total: int, unit: str = "bytes") -> None:
        """Do nothing."""

    def advance(self, by: int) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""
