"""Remembers to which media a backup was begun that no entry records: a copy of the ledger may lie there."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from securedoc.office.place import Place
from securedoc.system import files

_MAX_BYTES: Final = 64
_UNKNOWN: Final = 0


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """A snapshot that may lie on a medium, whole or in part, and that no entry records."""

    snapshot: int
    """0 where the note of it is damaged."""
    size: int
    """Entries of the ledger copied for it; 0 where that is not known."""


def note(place: Place, medium: str, one: Unrecorded) -> None:
    """Remember, before the first byte of it is written, that a snapshot is begun.

    Raises:
        OSError: that cannot be remembered.
    """
    files.make_dirs(place.unrecorded)
    files.replace(place.unrecorded / medium, f"{one.snapshot} {one.size}\n".encode())


def forget(place: Place, medium: str) -> None:
    """Forget what was begun on a medium: an entry records it, or nothing of it is left there."""
    with suppress(FileNotFoundError):
        files.remove(place.unrecorded / medium)


def of(place: Place, medium: str) -> Unrecorded | None:
    """Return what was begun on a medium and may lie there; None where nothing was."""
    try:
        snapshot, size = map(int, files.read_bounded(place.unrecorded / medium, _MAX_BYTES).split())
        return Unrecorded(snapshot, size)
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        # That something was begun is certain: what cannot be read is taken for the worst.
        return Unrecorded(_UNKNOWN, _UNKNOWN)
