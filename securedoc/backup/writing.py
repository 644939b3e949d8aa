"""Writes a bag under a name that no reader looks at, reads it back, and renames it into being."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from securedoc.backup import layout
from securedoc.backup.card import BagCard
from securedoc.backup.largefile import Block, LargeFile, Proof, other_bytes
from securedoc.backup.layout import BagName
from securedoc.core.digests import Digest
from securedoc.core.protocols import Progress
from securedoc.formats import bagit
from securedoc.formats.bagit import ManifestLine, Oxum
from securedoc.system import files

CHUNK_BYTES: Final = 1 << 20

Sign = Callable[[bytes], bytes]
"""Returns the detached CMS signature over a manifest."""


class BagWriter:
    """A bag that does not exist yet for anybody else."""

    def __init__(
        self, parent: Path, card: BagCard, progress: Progress, keep: Path | None = None, *, read_back: bool
    ) -> None:
        self._target = parent / str(card.bag)
        self._directory = parent / card.bag.partial
        self._card = card
        self._progress = progress
        # A second copy on the machine's own disk: recovery data is made from it, not from the slow medium.
        self._keep = keep / str(card.bag) if keep else None
        self._read_back = read_back
        self._large: dict[str, LargeFile] = {}
        self._payload: dict[str, Digest] = {}
        self._tags: dict[str, Digest] = {}
        self._octets = 0
        files.make_dirs(self._directory / "data")
        self.add(layout.CARD, card.as_bytes())

    @property
    def name(self) -> BagName:
        """Which bag it is."""
        return self._card.bag

    @property
    def octets(self) -> int:
        """Bytes of payload so far."""
        return self._octets

    @contextmanager
    def unbroken(self) -> Iterator[None]:
        """Stop everything that goes on beside when an exception leaves the block.

        A file that is still being read back would keep a medium that failed from being unmounted.
        """
        try:
            yield
        except BaseException:
            self.abandon()
            raise

    def add(self, path: str, data: bytes) -> None:
        """Write a small payload file; `finish` makes it durable."""
        self._write(path, data)
        self._payload[path] = Digest.of(data)
        self._octets += len(data)

    def copy(self, path: str, source: BinaryIO) -> None:
        """Copy a large payload file."""
        with self.stream(path) as block:
            while chunk := source.read(CHUNK_BYTES):
                block.put(chunk)

    @contextmanager
    def stream(self, path: str, proof: Proof | None = None) -> Iterator[Block]:
        """Write a large payload file in one pass; an exception leaves nothing of it.

        Where the bag is read back, that begins at once, and goes on after the last byte was written.
        """
        target = self._directory / path
        large = LargeFile(target, self._named(path), proof, self._progress, read_back=self._read_back)
        self._large[path] = large
        try:
            with self._kept(path) as keep:

                def write(data: memoryview) -> None:
                    keep(data)
                    large.write(data)

                block = Block(write)
                yield block
                block.flush()
            large.end()
        except BaseException:
            self.abandon()
            raise

    def abandon(self) -> None:
        """Stop what still goes on; the directory is for whoever cleans the medium."""
        for large in self._large.values():
            # What a medium that was pulled out says to this is of no interest; the next one is let go too.
            with suppress(OSError):
                large.abandon()
        self._large.clear()

    def finish(self, office: str, sign: Sign, repeat: Mapping[str, bytes] | None = None) -> Digest:
        """Write the tag files and the signature, make all durable, and return the manifest's digest.

        What `repeat` holds lies a second time in the bag, and so do manifest and signature then.

        Raises:
            BackupUntrusted: the medium gave other bytes than were written.
            DocumentUntrusted: a sealed object was damaged already in the vault.
            OSError: the medium failed.
        """
        try:
            return self._finish(office, sign, repeat or {})
        except BaseException:
            self.abandon()
            raise

    def _finish(self, office: str, sign: Sign, repeat: Mapping[str, bytes]) -> Digest:
        proven = frozenset(self._large)
        while self._large:
            path, large = next(iter(self._large.items()))
            self._payload[path] = large.settle()
            self._octets += large.size
            del self._large[path]
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
        if self._read_back:
            self._compare((self._tags | self._payload).items(), proven)
        return Digest.of(manifest)

    def _compare(self, written: Iterable[tuple[str, Digest]], proven: frozenset[str]) -> None:
        """Read the small files from the medium, not from memory; the large ones were, behind the writer."""
        for path, digest in written:
            if path not in proven and Digest.of_chunks(files.read_back(self._directory / path)) != digest:
                raise other_bytes(self._named(path))

    def publish(self) -> None:
        """Make the bag exist: one rename."""
        files.rename_durable(self._directory, self._target)

    @contextmanager
    def _kept(self, path: str) -> Iterator[Callable[[bytes | memoryview], object]]:
        if self._keep is None:
            yield _nowhere
            return
        target = self._keep / path
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with target.open("xb") as file:
            yield file.write

    def _named(self, path: str) -> str:
        return f"{self._card.bag}/{path}"

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


def _nowhere(data: bytes | memoryview) -> None:
    del data


def _lines(digests: dict[str, Digest]) -> list[ManifestLine]:
    return [ManifestLine(path, digest) for path, digest in digests.items()]
