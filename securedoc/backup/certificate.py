"""The certificate of a sanitised medium, with the content that NIST SP 800-88 asks for, in two languages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from securedoc import __version__
from securedoc.core.officetime import day_of
from securedoc.core.people import Officer
from securedoc.core.text import Message, message
from securedoc.documents.report import Column, Report, Section
from securedoc.ledger.rows import MediumRow
from securedoc.system.disks import Disk

Say = Callable[[Message], str]
"""Says a sentence in the office's language."""

_SIGN_LINES: Final = "\n" * 3  # room for a signature over the name


@dataclass(frozen=True, slots=True)
class Certificate:
    """Everything that is certified."""

    office: str
    training: bool
    medium: MediumRow
    disk: Disk
    discarded: bool
    at: datetime
    """In the office's time zone."""
    officer: Officer
    second: Officer | None


def pdf(certified: Certificate, say: Say) -> bytes:
    """Draw the certificate as PDF/A.

    Raises:
        DocumentRefused: a character in it is in no font.
        DocumentFailed: the engine failed.
    """
    words = _Words(say)
    training = words.both(message("TRAINING (MẪU): this vault holds no real secrets"))
    return Report(
        title=say(message("CERTIFICATE OF MEDIA SANITISATION")),
        subtitle=f"{certified.office}\nCertificate of media sanitisation",
        sections=(
            _medium(certified, words),
            _sanitised(certified, words),
            _limits(words),
            _people(certified, words),
        ),
        day=day_of(certified.at),
        notes=(
            words.both(
                message(
                    "The fields follow the sample certificate of NIST SP 800-88; that is an engineering "
                    "reference. For state secrets the national rules govern."
                )
            ),
        ),
        training=training if certified.training else "",
        page_label=say(message("Page")),
    ).pdf()


class _Words:
    """Sentences in the office's language, English beneath."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def both(self, words: Message) -> str:
        """Put English under it."""
        said, english = self._say(words), str(words)
        return english if said == english else f"{said}\n{english}"

    def beside(self, words: Message) -> str:
        """Put English beside it."""
        return self.both(words).replace("\n", " / ")

    def table(self, title: Message, rows: list[tuple[Message, Message | str]]) -> Section:
        shown = tuple(
            (self.beside(name), value if isinstance(value, str) else self.both(value)) for name, value in rows
        )
        columns = (Column(self.beside(message("Field")), 1.0), Column(self.beside(message("Value")), 1.5))
        return Section(self.beside(title), (), columns, shown)


def _medium(certified: Certificate, words: _Words) -> Section:
    disk, medium = certified.disk, certified.medium
    unknown = message("the device does not say")
    kind = message("USB flash medium") if disk.usb else message("removable medium")
    return words.table(
        message("Medium"),
        [
            (message("Media type"), words.beside(kind)),
            (message("Make and model"), disk.model or unknown),
            (message("Serial number"), disk.serial or unknown),
            (message("Size"), f"{disk.size_bytes} byte"),
            (message("Label and identifier"), f"{medium.label} ({medium.medium})"),
            (message("Source: kept by"), medium.keeper),
        ],
    )


def _sanitised(certified: Certificate, words: _Words) -> Section:
    size = certified.disk.size_bytes
    forgotten = message("the device was then told to forget everything (discard), and took it")
    no_discard = message("the device cannot be told to forget (no discard)")
    return words.table(
        message("Sanitisation"),
        [
            (message("Type of method"), words.beside(message("Clear"))),
            (
                message("Method"),
                message("the whole device overwritten once, pseudorandom (AES-256-CTR)"),
            ),
            (
                message("Verification"),
                message("all {size} bytes read back past the cache: no difference", size=size),
            ),
            (message("Afterwards"), forgotten if certified.discarded else no_discard),
            (message("Tool and version"), f"securedoc {__version__}"),
            (message("Date and time"), certified.at.strftime("%d/%m/%Y %H:%M %z")),
        ],
    )


def _limits(words: _Words) -> Section:
    limits = [
        message("Clear is not Purge: it protects against reading through the device's own interface."),
        message("Flash media keep spare blocks that no command reaches; they may hold old content."),
        message("Where that matters, the medium is to be destroyed physically before two witnesses."),
    ]
    return Section(
        words.beside(message("What is not promised")), tuple(words.both(limit) for limit in limits)
    )


def _people(certified: Certificate, words: _Words) -> Section:
    second = "" if certified.second is None else certified.second.name
    titles = (message("Carried out by (signature, name)"), message("Confirmed by (signature, name)"))
    columns = tuple(Column(words.both(title), 1.0, "center") for title in titles)
    rows = ((_SIGN_LINES + certified.officer.name, _SIGN_LINES + second),)
    return Section(words.beside(message("Persons")), (), columns, rows)
