"""Writes a bag under a name that no reader looks at, reads it back, and renames it into being."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from securedoc.backup import layout
from securedoc.backup.card import BagCard
from securedoc.core.digests import Digest
from securedoc.core.protocols import Progress
from securedoc.errors import BackupUntrusted
from securedoc.formats import bagit
from securedoc.formats.bagit import ManifestLine, Oxum
from securedoc.system import files

CHUNK_BYTES: Final = 1 << 20

Sign = Callable[[bytes], bytes]
"""Returns the detached CMS signature over a manifest."""


class BagWriter:
    """A bag that does not exist yet for anybody else."""

    def __init__(self, parent: Path, card: BagCard, progress: Progress, keep: Path | None = None) -> None:
        self._target = parent / str(card.bag)
        self._directory = parent / card.bag.partial
        self._card = card
        self._progress = progress
        # A second copy on the machine's own disk: recovery data is made from it, not from the slow medium.
        self._keep = keep / str(card.bag) if keep else None
        self._payload: dict[str, Digest] = {}
        self._tags: dict[str, Digest] = {}
        self._octets = 0
        files.make_dirs(self._directory / "data")
        self.add(layout.CARD, card.as_bytes())

    @property
    def octets(self) -> int:
        """Bytes of payload so far."""
        return self._octets

    def add(self, path: str, data: bytes) -> None:
        """Write a small payload file; `finish` makes it durable."""
        self._write(path, data)
        self._payload[path] = Digest.of(data)
        self._octets += len(data)

    def copy(self, path: str, source: BinaryIO) -> None:
        """Copy a large payload file."""
        with self.stream(path) as write:
            while chunk := source.read(CHUNK_BYTES):
                write(chunk)

    @contextmanager
    def stream(self, path: str) -> Iterator[Callable[[bytes], None]]:
        """Write a large payload file in one pass, digested on the way; an exception leaves nothing of it."""
        hasher = hashlib.sha256()
        target = self._directory / path
        with files.staged(target.parent) as staged:
            with self._kept(path) as keep:

                def write(data: bytes) -> None:
                    hasher.update(data)
                    keep(data)
                    self._progress.advance(staged.write(data))

                yield write
            staged.publish(target)
            self._payload[path] = Digest(hasher.digest())
            self._octets += staged.size

    def finish(self, office: str, sign: Sign, repeat: Mapping[str, bytes] | None = None) -> Digest:
        """Write the tag files and the signature, make all durable, and return the manifest's digest.

        What `repeat` holds lies a second time in the bag, and so do manifest and signature then.
        """
        manifest = bagit.format_manifest(_lines(self._payload))
        self._tag(bagit.DECLARATION_FILE, bagit.DECLARATION)
        oxum = Oxum(self._octets, len(self._payload))
        self._tag(bagit.INFO_FILE, bagit.format_info(self._card.info(office, oxum)))
        self._tag(bagit.MANIFEST, manifest)
        signature = sign(manifest)
        self._tag(layout.SIGNATURE, signature)
        if repeat:
            for name, data in {**repeat, bagit.MANIFEST: manifest, layout.SIGNATURE: signature}.items():
                self._tag(layout.COPIES[name], data)
        self._tag(bagit.TAG_MANIFEST, bagit.format_manifest(_lines(self._tags)))
        files.sync_tree(self._directory)
        return Digest.of(manifest)

    def read_back(self) -> None:
        """Read everything from the medium, not from memory, and compare it with what was written.

        Raises:
            BackupUntrusted: the medium gave other bytes.
        """
        for path, digest in (self._tags | self._payload).items():
            hasher = hashlib.sha256()
            for chunk in files.read_back(self._directory / path):
                hasher.update(chunk)
                self._progress.advance(len(chunk))
            if hasher.digest() != digest.value:
                raise BackupUntrusted(
                    "the medium did not give {path} back as it was written",
                    path=f"{self._card.bag}/{path}",
                    hint="use another medium; this one loses data",
                )

    def publish(self) -> None:
        """Make the bag exist: one rename."""
        files.rename_durable(self._directory, self._target)

    @contextmanager
    def _kept(self, path: str) -> Iterator[Callable[[bytes], object]]:
        if self._keep is None:
            yield _nowhere
            return
        target = self._keep / path
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with target.open("xb") as file:
            yield file.write

    def _tag(self, path: str, data: bytes) -> None:
        self._write(path, data)
        self._tags[path] = Digest.of(data)

    def _write(self, path: str, data: bytes) -> None:
        target = self._directory / path
        if not target.parent.is_dir():
            target.parent.mkdir(parents=True, mode=0o700)
        with target.open("xb") as file:
            file.write(data)
        with self._kept(path) as keep:
            keep(data)
        self._progress.advance(len(data))


def _nowhere(data: bytes) -> None:
    del data


def _lines(digests: dict[str, Digest]) -> list[ManifestLine]:
    return [ManifestLine(path, digest) for path, digest in digests.items()]
