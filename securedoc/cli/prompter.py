"""Answers passphrase questions from a file or a file descriptor."""

from pathlib import Path

from securedoc.core.secret import Secret
from securedoc.system import terminal


class FilePrompter:
    """Reads the passphrase from a file each time it is asked."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def passphrase(self, who: str, *, confirm: bool = False) -> Secret:  # noqa: ARG002 - the Prompter protocol
        """Return what the file holds.

        Raises:
            KeyMissing: there is no such file.
            KeyRefused: it is not a passphrase.
        """
        secret, _warning = terminal.read_passphrase_file(self._path)
        return secret


class DescriptorPrompter:
    """Reads the passphrase once from an open descriptor and remembers it for a second question."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._secret: Secret | None = None

    def passphrase(self, who: str, *, confirm: bool = False) -> Secret:  # noqa: ARG002 - the Prompter protocol
        """Return what the descriptor holds.

        Raises:
            KeyRefused: it is not a passphrase.
        """
        if self._secret is None:
            self._secret = terminal.read_passphrase_fd(self._descriptor)
        # A copy: whoever asked wipes what it was given.
        return Secret(self._secret.reveal())
