"""Measures how fast a medium writes and reads: a file that nobody sees, gone afterwards."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.system import files

SAMPLE_BYTES: Final = 8 << 20
LIMIT_S: Final = 4.0
"""A stick that takes longer is slow, and that is all that must be known."""
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a medium is."""

    sample_bytes: int
    """Written and read for it."""
    write_bytes_per_s: int
    read_bytes_per_s: int

    def write_s(self, size_bytes: int) -> int:
        """Return about how many seconds so many bytes take to be written and read back."""
        return max(1, round(size_bytes / self.write_bytes_per_s + size_bytes / self.read_bytes_per_s))


def measure(directory: Path, *, sample_bytes: int = SAMPLE_BYTES, limit_s: float = LIMIT_S) -> Pace:
    """Write a sample, see it onto the medium, and read it back from there.

    Raises:
        OSError: the medium failed, or is full; nothing of the sample remains.
    """
    chunk = os.urandom(_CHUNK)  # zeros would flatter what compresses
    with files.staged(directory) as sample:
        begun = time.monotonic()
        while sample.size < sample_bytes and time.monotonic() - begun < limit_s:
            sample.write(chunk[: sample_bytes - sample.size])
            files.drop_cache(sample.fileno())
        written = time.monotonic()
        started, at = time.monotonic(), 0
        while at < sample.size and time.monotonic() - started < limit_s:
            at += len(os.pread(sample.fileno(), _CHUNK, at))
        read = time.monotonic()
    return Pace(sample.size, _rate(sample.size, written - begun), _rate(at, read - started))


def _rate(size_bytes: int, seconds: float) -> int:
    return max(1, round(size_bytes / max(seconds, 1e-6)))
