"""The person at the terminal: what is safe to show, and passphrases asked without echo."""

import os
import stat
import termios
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from securedoc.core.secret import Secret
from securedoc.core.text import Message, message
from securedoc.errors import KeyMissing, KeyRefused, same
from securedoc.system import files

REPLACEMENT: Final = "\ufffd"
# Control and format characters move the cursor or turn the reading direction; separators break lines;
# surrogates and private characters show nothing that two readers would agree on.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_TERMINAL: Final = Path("/dev/tty")
_PASSPHRASE_BYTES: Final = 4096  # what a terminal line can hold
_LOCAL_MODES: Final = 3
_ATTEMPTS: Final = 3


def visible(untrusted_text: str) -> str:
    """Return the text with every character that could deceive a reader replaced."""
    return "".join(
        REPLACEMENT if unicodedata.category(character) in _HIDDEN else character
        for character in untrusted_text
    )


class _Stream(Protocol):
    def isatty(self) -> bool: ...


def is_terminal(stream: _Stream) -> bool:
    """Tell whether somebody watches this stream."""
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def has_terminal() -> bool:
    """Tell whether this process has a terminal that a person can be asked on."""
    try:
        os.close(os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True


class TerminalPrompter:
    """The Prompter that asks on the terminal itself, so that standard input stays data."""

    def __init__(self, translate: Callable[[str], str] = same) -> None:
        self._translate = translate

    def passphrase(self, who: str, *, confirm: bool = False) -> Secret:
        """Ask `who` for a passphrase, twice when `confirm`.

        Raises:
            KeyRefused: there is no terminal, the two differ, or the answer is no passphrase.
        """
        prompt = message("passphrase of {who}: ", who=visible(who)).said(self._translate)
        again = message("the same passphrase again: ").said(self._translate) if confirm else None
        differ = message("the two differ; please type both once more").said(self._translate)
        return ask_passphrase(prompt, again=again, differ=differ)


def ask_passphrase(prompt: str, *, again: str | None = None, differ: str = "") -> Secret:
    """Ask for a passphrase without echo; a second time with the prompt `again` where it is given.

    Where the two differ, `differ` is said and both are asked for once more, at most three times.

    Raises:
        KeyRefused: there is no terminal, the two differ, or the answer is no passphrase.
    """
    with _terminal() as descriptor:
        # A slip of the keys is asked about again: at a ceremony, five others have typed theirs before.
        for _attempt in range(_ATTEMPTS):
            first = _ask(descriptor, prompt)
            if again is None:
                return first
            with _ask(descriptor, again) as second:
                if first.reveal() == second.reveal():
                    return first
            first.wipe()
            os.write(descriptor, differ.encode() + b"\n")
        raise KeyRefused("the two passphrases differ", hint="type the same passphrase twice")


def ask_yes(question: str) -> bool:
    """Ask on the terminal itself, and tell whether the answer was yes; anything else is no.

    Raises:
        KeyRefused: there is no terminal.
    """
    with _terminal() as descriptor:
        termios.tcflush(descriptor, termios.TCIFLUSH)  # what was typed ahead was not meant for this question
        os.write(descriptor, question.encode("utf-8", "replace"))
        answer = os.read(descriptor, _PASSPHRASE_BYTES)
    return answer.strip().lower() in {b"y", b"yes", b"c", "có".encode()}


@contextmanager
def _terminal() -> Iterator[int]:
    try:
        descriptor = os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise KeyRefused(
            "there is no terminal to ask for a passphrase on",
            hint="run this at a terminal, or give --passphrase-file or --passphrase-fd",
        ) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _ask(descriptor: int, prompt: str) -> Secret:
    before = termios.tcgetattr(descriptor)
    silent = termios.tcgetattr(descriptor)
    silent[_LOCAL_MODES] &= ~termios.ECHO
    try:
        # TCSAFLUSH drops what was typed ahead: it was not meant for this question.
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, silent)
        os.write(descriptor, prompt.encode())
        return _read_line(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        os.write(descriptor, b"\n")


def read_passphrase_file(path: Path) -> tuple[Secret, Message | None]:
    """Read a passphrase from a file, one newline at its end left out; and warn if others can read it.

    Raises:
        KeyMissing: there is no such file.
        KeyRefused: it cannot be read, or holds no passphrase.
    """
    name = visible(path.name)
    try:
        with files.open_bounded(path, _PASSPHRASE_BYTES) as stream:
            mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
            line = bytearray(stream.read(_PASSPHRASE_BYTES))
    except FileNotFoundError as error:
        raise KeyMissing("passphrase file {name} is missing", name=name) from error
    except OSError as error:
        raise KeyRefused(
            "passphrase file {name} cannot be read: {why}",
            name=name,
            why=error.strerror or "",
            hint="it must be an ordinary file, not a link, of at most 4096 bytes",
        ) from error
    warning = None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        warning = message("passphrase file {name} can be read by other users of this machine", name=name)
    return _passphrase(line), warning


def read_passphrase_fd(descriptor: int) -> Secret:
    """Read one line from an open descriptor as a passphrase; what follows it is left there.

    Raises:
        KeyRefused: it cannot be read, or holds no passphrase.
    """
    return _read_line(descriptor)


def _read_line(descriptor: int) -> Secret:
    # Byte by byte: the next line may be the second officer's passphrase, and is not ours to take.
    line = bytearray()
    while len(line) <= _PASSPHRASE_BYTES:
        try:
            byte = os.read(descriptor, 1)
        except OSError as error:
            raise KeyRefused(
                "the passphrase cannot be read from descriptor {number}", number=descriptor
            ) from error
        line += byte
        if byte in {b"", b"\n"}:
            break
    return _passphrase(line)


def _passphrase(line: bytearray) -> Secret:
    for ending in (b"\n", b"\r"):
        if line.endswith(ending):
            del line[-1]
    try:
        text = unicodedata.normalize("NFC", line.decode())
    except UnicodeDecodeError as error:
        # `from None`: the exception carries the bytes.
        del error
        raise KeyRefused("the passphrase is not UTF-8 text") from None
    finally:
        line[:] = bytes(len(line))
    if not text:
        raise KeyRefused("the passphrase is empty")
    if len(text.encode()) > _PASSPHRASE_BYTES:
        raise KeyRefused("the passphrase is longer than {limit} bytes", limit=_PASSPHRASE_BYTES)
    return Secret(text.encode())
