"""C2SP checkpoints: the origin, size and root of a log, as the text of a signed note."""

import base64
import re
from dataclasses import dataclass
from typing import Final

from securedoc.formats import note
from securedoc.formats.note import Note

ROOT_BYTES: Final = 32

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_ROOT = re.compile(r"[A-Za-z0-9+/]{43}=")


class CheckpointError(ValueError):
    """A text that is not a checkpoint."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log was at one size."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the text that is signed: three lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse(untrusted_text: str) -> Checkpoint:
    """Read the text of a checkpoint. Extension lines are refused: nobody would vouch for them.

    Raises:
        CheckpointError: it is something else.
    """
    lines = untrusted_text.split("\n")
    if len(lines) != 4 or lines[3]:  # noqa: PLR2004 - three lines, each with its newline
        raise CheckpointError("a checkpoint has three lines")
    origin, size, root = lines[:3]
    if not origin:
        raise CheckpointError("the origin is empty")
    if not _SIZE.fullmatch(size):
        raise CheckpointError("the size is not a decimal number without leading zeros")
    if not _ROOT.fullmatch(root):
        raise CheckpointError("the root is not 32 bytes in base64")
    checkpoint = Checkpoint(origin, int(size), base64.b64decode(root))
    if checkpoint.text() != untrusted_text:
        raise CheckpointError("the root is not base64 as RFC 4648 writes it")
    return checkpoint


def open_note(untrusted: bytes) -> tuple[Checkpoint, Note]:
    """Read a signed checkpoint. Its signatures are not verified yet.

    Raises:
        CheckpointError: not a signed note, or its text is not a checkpoint.
    """
    try:
        opened = note.parse(untrusted)
    except note.NoteError as error:
        raise CheckpointError("not a signed note") from error
    return parse(opened.text), opened
