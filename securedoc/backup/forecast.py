"""How much there is to do on a medium, and how fast it was before: what a person asks before a long job."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Final

from securedoc.backup import layout
from securedoc.backup.examine import Depth
from securedoc.core.entries import Act
from securedoc.core.protocols import Progress
from securedoc.core.text import Message
from securedoc.ledger.ledger import Ledger

LEAST_BYTES: Final = 16 << 20
"""A shorter job measures how long a medium takes to answer, not how fast it is."""
_ENTRIES: Final = 100
"""Looked through for the last job that was long enough."""


def write_rate(ledger: Ledger, medium: str) -> int | None:
    """Return the bytes a second of the last long backup to a medium; None where there was none."""
    return _rate(ledger, medium, Act.BACKUP_WRITTEN, "bytes")


def read_rate(ledger: Ledger, medium: str) -> int | None:
    """Return the bytes a second of the last long verification of a medium; None where there was none."""
    return _rate(ledger, medium, Act.BACKUP_VERIFIED, "checked_bytes")


def _rate(ledger: Ledger, medium: str, act: Act, measure: str) -> int | None:
    for entry in islice(ledger.newest(act), _ENTRIES):
        octets, seconds = entry.facts.get(measure), entry.facts.get("seconds")
        if entry.facts.get("medium") != medium or not isinstance(octets, int) or octets < LEAST_BYTES:
            continue
        if isinstance(seconds, int) and seconds > 0:
            return octets // seconds
    return None


def set_bytes(directory: Path, depth: Depth = Depth.FULL) -> int:
    """Return about how many bytes of a set are read at a depth; what cannot be asked counts as nothing."""
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            path = Path(folder, name)
            if depth is Depth.FULL or not layout.is_bulk(f"{path.parent.name}/{name}"):
                with suppress(OSError):
                    total += path.lstat().st_size
    return total


class _Inner:
    """A Progress whose stages all count towards one that is shown."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown

    def foresee(self, total: int, rate: int | None) -> None:
        """Do nothing: it was said of the whole."""

    def start(self, what: Message, total: int, unit: str = "bytes") -> None:
        """Do nothing."""

    def advance(self, by: int) -> None:
        """Count."""
        self._shown.advance(by)

    def finish(self) -> None:
        """Do nothing."""


@contextmanager
def one_stage(progress: Progress, what: Message, total: int) -> Iterator[Progress]:
    """Show one stage for a job of many: a bag on a medium is nothing that a person knows of."""
    progress.start(what, total)
    yield _Inner(progress)
    progress.finish()
