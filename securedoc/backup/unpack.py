"""Lays a verified snapshot out as a vault: every file compared again as it is copied."""

import os
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from securedoc.backup import layout, packing
from securedoc.backup.examined import Examined
from securedoc.backup.index import Index
from securedoc.backup.survey import Survey
from securedoc.backup.trees import MAX_FILE_BYTES, decoded
from securedoc.core.digests import Digest
from securedoc.core.protocols import Progress
from securedoc.core.text import message
from securedoc.errors import BackupMalformed, BackupUntrusted
from securedoc.office.place import Place
from securedoc.system import copying, files

_WRITERS: Final = 2
_HELD_BYTES: Final = 8 << 20
"""Of objects that were read and are not written yet; a larger one is written as it is read."""
_MOST_WAITING: Final = 64
_TREES: Final = tuple(f"{bagit_tree}/" for bagit_tree in layout.TREES)


def unpack_head(snapshot: Examined, place: Place) -> None:
    """Make the directory of a vault from a snapshot: everything but its objects.

    Raises:
        BackupUntrusted: what was read now is not what was verified before.
        BackupMalformed: the snapshot names a file that no vault has.
        OSError: the medium or the disk failed.
    """
    for directory in (place.keyring, place.objects, place.policy, place.journal, place.trust, place.anchors):
        files.make_dirs(directory)
    _small_files(snapshot, place)
    digest, _ = copying.copy_stream(snapshot.directory / layout.LEDGER, place.ledger)
    if digest != snapshot.manifest.get(layout.LEDGER):
        raise _changed(snapshot.name, layout.LEDGER)


def unpack_objects(seen: Survey, snapshot: Examined, place: Place, progress: Progress) -> int:
    """Take the objects that a snapshot names out of their packs; return how many.

    Raises:
        BackupUntrusted, BackupMalformed: a pack does not hold what the snapshot says.
        OSError: the medium or the disk failed.
    """
    placed = snapshot.placed(layout.OBJECT_INDEX)
    if placed is None:
        raise _changed(snapshot.name, layout.OBJECT_INDEX)
    _objects(seen, placed, place, progress)
    return len(placed)


def _small_files(snapshot: Examined, place: Place) -> None:
    for path in snapshot.manifest:
        inner = path.removeprefix("data/")
        if inner.startswith(_TREES):
            try:
                target = place.root / decoded(inner)
            except ValueError as error:
                raise BackupMalformed("{path} is no file of a vault", path=path) from error
        elif path == layout.VAULT_CARD:
            target = place.vault_file
        else:
            continue
        data = snapshot.content(path, MAX_FILE_BYTES)
        if data is None:
            raise _changed(snapshot.name, path)
        files.make_dirs(target.parent)
        with _private(target) as file:
            file.write(data)


def _objects(seen: Survey, placed: Index, place: Place, progress: Progress) -> None:
    progress.start(message("unpacking objects"), sum(one.size_bytes for one in placed))
    for shard in sorted({one.digest.hex[:2] for one in placed}):
        (place.objects / shard).mkdir(mode=0o700, exist_ok=True)
    for bag, part in placed.by_bag().items():
        # Of one bag at a time: a list of every object with its size would fill the memory.
        packs: dict[str, dict[Digest, int]] = {}
        for one in part:
            packs.setdefault(one.path, {})[one.digest] = one.size_bytes
        for path, sizes in sorted(packs.items()):
            with _Writers(progress) as writers:
                found = _pack(seen.objects[bag].directory / path, f"{bag}/{path}", sizes, place, writers)
            if missing := sizes.keys() - found:
                raise BackupUntrusted(
                    "{pack} lacks the object {digest}", pack=f"{bag}/{path}", digest=min(missing).hex
                )
    progress.finish()


def _pack(
    path: Path, name: str, wanted: Mapping[Digest, int], place: Place, writers: "_Writers"
) -> set[Digest]:
    found = set()
    with files.open_bounded(path) as stream:
        for member in packing.read_pack(stream, name):
            if member.digest not in wanted:
                for _ in member.chunks:  # of a draft that was discarded since; checked and left
                    pass
                continue
            name = member.digest.hex
            writers.write(place.objects / f"{name[:2]}/{name}", member.chunks, member.size_bytes)
            found.add(member.digest)
    return found


class _Writers:
    """Writes objects beside the reading of the next: to make a file takes the disk as long as to fill it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._pool = ThreadPoolExecutor(_WRITERS, "unpack")
        self._waiting: deque[tuple[Future[None], int]] = deque()
        self._octets = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            while error is None and self._waiting:
                self._settle()
        finally:
            self._pool.shutdown(cancel_futures=True)

    def write(self, path: Path, chunks: Iterator[bytes], size: int) -> None:
        """Write an object; one that does not hold raises before any of its bytes is handed over.

        Raises:
            OSError: an object before this one could not be written.
        """
        if size > _HELD_BYTES:
            with _private(path) as file:
                for chunk in chunks:
                    self._progress.advance(file.write(chunk))
            return
        data = b"".join(chunks)
        self._waiting.append((self._pool.submit(_put, path, data), len(data)))
        self._octets += len(data)
        while self._octets > _HELD_BYTES or len(self._waiting) > _MOST_WAITING:
            self._settle()

    def _settle(self) -> None:
        done, octets = self._waiting.popleft()
        done.result()
        self._octets -= octets
        self._progress.advance(octets)


def _put(path: Path, data: bytes) -> None:
    with _private(path) as file:
        file.write(data)


def _private(path: Path) -> IO[bytes]:
    # Made durable all together, before the vault gets its name.
    return open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600))


def _changed(bag: str, path: str) -> BackupUntrusted:
    return BackupUntrusted(
        "{path} changed while it was being restored",
        path=f"{bag}/{path}",
        hint="the medium is failing; restore from another one",
    )
