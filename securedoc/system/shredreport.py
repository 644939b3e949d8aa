"""What became of files that were to be shredded: what was done, what is left, what nobody can promise."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from securedoc.core.text import Message
from securedoc.errors import ScratchIncomplete, ScratchRefused
from securedoc.system import terminal
from securedoc.system.volumes import MediumKind


class Step(StrEnum):
    """What was done to a file, in order."""

    OVERWRITTEN = "overwritten"
    """Wherever it had data, in place, with random bytes, and synced."""
    VERIFIED = "verified"
    """Read back from the device, past the cache, and found to be what was written over it."""
    RELEASED = "released"
    """Its blocks were given back, so that a device that knows discard may forget them."""
    RENAMED = "renamed"
    TRUNCATED = "truncated"
    REMOVED = "removed"
    """And its directory synced."""
    DISCARDED = "discarded"
    """The device was told to forget what is free on the file system, and took it."""


@dataclass(frozen=True, slots=True)
class ShredFile:
    """What was done with one file, and what could not be promised."""

    path: Path
    bytes: int
    overwritten_bytes: int
    """Where it had data; a hole has none."""
    done: tuple[Step, ...]
    not_promised: tuple[Message, ...]
    filesystem: str
    medium: MediumKind
    passes: int

    @property
    def verified(self) -> bool | None:
        """Whether the medium gave back what was written; None where nothing was, or there is no medium."""
        if self.medium is MediumKind.MEMORY or not self.overwritten_bytes:
            return None
        return Step.VERIFIED in self.done


@dataclass(frozen=True, slots=True)
class Residue:
    """Something that is still there."""

    path: Path
    why: Message
    refused: bool
    """It was left alone on purpose: a link, a device, another file system, a file in use."""
    done: tuple[Step, ...] = ()
    """What was done to it all the same, before it failed."""
    now: Path | None = None
    """The name that it has now, where it was renamed already."""


@dataclass(frozen=True, slots=True)
class ShredReport:
    """What became of everything that was to be shredded."""

    files: tuple[ShredFile, ...] = ()
    residue: tuple[Residue, ...] = ()

    def __add__(self, other: "ShredReport") -> "ShredReport":
        return ShredReport(self.files + other.files, self.residue + other.residue)

    def check(self) -> None:
        """Raise when anything is left.

        Raises:
            ScratchIncomplete: content may remain.
            ScratchRefused: what remains was not ours to shred.
        """
        left = [residue for residue in self.residue if not residue.refused]
        if left:
            raise ScratchIncomplete(
                "{count} files or directories could not be shredded, the first is {name}",
                count=len(left),
                name=terminal.visible(left[0].path.name),
                hint="what is there can still be read: remove the cause, then shred again",
            )
        if self.residue:
            raise ScratchRefused(
                "{name} was left alone: links, devices, other file systems, files in use are not shredded",
                name=terminal.visible(self.residue[0].path.name),
                hint="name the file itself, close what has it open; give --recursive for a directory",
            )
