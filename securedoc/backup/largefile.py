"""Writes one large file of a bag, and proves what the medium gives back of it while more is being written."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from securedoc.core.digests import Digest
from securedoc.core.protocols import Progress
from securedoc.errors import BackupUntrusted
from securedoc.system import files
from securedoc.system.following import BLOCK_BYTES, Follower


class Proof(Protocol):
    """Judges a file by its bytes, fed in order."""

    def feed(self, untrusted_data: memoryview) -> None:
        """Take the next bytes; raise where they are not what they should be."""
        ...

    def digest(self) -> Digest:
        """Return the digest of the whole; raise where it ended too early."""
        ...


class Block:
    """Gathers bytes and passes them on in large pieces: a call costs the same for few as for many."""

    def __init__(self, write: Callable[[memoryview], object]) -> None:
        self._write = write
        self._view = memoryview(bytearray(BLOCK_BYTES))
        self._used = 0

    def put(self, data: bytes) -> None:
        """Add some bytes."""
        left = memoryview(data)
        while left:
            piece = left[: BLOCK_BYTES - self._used]
            self._view[self._used : self._used + len(piece)] = piece
            self._grew(len(piece))
            left = left[len(piece) :]

    def fill(self, descriptor: int, size: int) -> int:
        """Add at most `size` bytes out of a file, which go through no other memory; return how many."""
        got = os.readv(descriptor, [self._view[self._used : self._used + size]])
        self._grew(got)
        return got

    def flush(self) -> None:
        """Pass on what was gathered."""
        if self._used:
            self._write(self._view[: self._used])
            self._used = 0

    def _grew(self, by: int) -> None:
        self._used += by
        if self._used == BLOCK_BYTES:
            self.flush()


class LargeFile:
    """A file that exists once `settle` was called; with `read_back`, only as the medium gave it back."""

    def __init__(
        self, target: Path, name: str, proof: Proof | None, progress: Progress, *, read_back: bool
    ) -> None:
        self._target = target
        self._name = name
        self._progress = progress
        self._written = hashlib.sha256() if proof is None and read_back else None
        self._proof = proof or _Plain()
        self._staged = files.Staged(target.parent, 0o600)
        self._follower = Follower(self._staged.fileno(), self._feed) if read_back else None

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._staged.size

    def write(self, data: memoryview) -> None:
        """Append a block; all but the last must be whole ones.

        Raises:
            OSError: the medium failed.
            BackupUntrusted, DocumentUntrusted: the proof refused what was read back, or written.
        """
        self._staged.write(data)
        if self._written is not None:
            self._written.update(data)
        if self._follower is None:
            self._feed(data)
        else:
            self._follower.wrote(len(data))

    def end(self) -> None:
        """Say that this was all: what remains goes on by itself, and `settle` waits for it."""
        if self._follower is not None:
            self._follower.end()

    def settle(self) -> Digest:
        """Wait for the proof, give the file its name, and return its digest.

        Raises:
            OSError: the medium failed.
            BackupUntrusted, DocumentUntrusted: the proof refused what was read back, or written.
        """
        if self._follower is not None:
            self._follower.join()
        digest = self._proof.digest()
        if self._written is not None and self._written.digest() != digest.value:
            raise other_bytes(self._name)
        self._staged.publish(self._target)
        self._staged.discard()
        return digest

    def abandon(self) -> None:
        """Leave nothing of the file."""
        if self._follower is not None:
            self._follower.cancel()
        self._staged.discard()

    def _feed(self, data: memoryview) -> None:
        self._proof.feed(data)
        self._progress.advance(len(data))


class _Plain:
    """A proof that asks for no particular bytes."""

    def __init__(self) -> None:
        self._hasher = hashlib.sha256()

    def feed(self, untrusted_data: memoryview) -> None:
        self._hasher.update(untrusted_data)

    def digest(self) -> Digest:
        return Digest(self._hasher.digest())


def other_bytes(path: str) -> BackupUntrusted:
    """Return what is raised where a medium gives other bytes than were written."""
    return BackupUntrusted(
        "the medium did not give {path} back as it was written",
        path=path,
        hint="use another medium; this one loses data",
    )
