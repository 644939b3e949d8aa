"""Composes the two kinds of bags: objects in packs, and the snapshot that names them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.backup import layout, outside, packing
from securedoc.backup.card import BagCard
from securedoc.backup.index import Index, Placed, format_chunks
from securedoc.backup.layout import BagName
from securedoc.backup.packing import Source
from securedoc.backup.writing import BagWriter, Sign
from securedoc.core.digests import Digest
from securedoc.core.protocols import Progress
from securedoc.core.text import message
from securedoc.system import files

FIXED_COST_BYTES: Final = 256 * 1024
"""What the tag files, the signature and the directory of one bag take, rounded up."""
CLUSTER_BYTES: Final = 32 * 1024
"""What a small file takes at least on a large FAT or exFAT medium."""
_FIXED_FILES: Final = 96
"""Tag files, indexes, recovery data and directories of a backup; FIXED_COST_BYTES holds them otherwise."""
LINE_COST_BYTES: Final = 128
"""What an object takes in an index."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how bags are written."""

    directory: Path
    """The one that all bags lie in."""
    office: str
    sign: Sign
    read_back: bool
    progress: Progress
    keep: Path | None = None
    """Where on the machine's own disk a second copy of what is written is put."""
    kept: Callable[[BagName, str], object] = lambda _bag, _path: None
    """Told of each large file that lies there whole."""

    def bag(self, card: BagCard) -> BagWriter:
        """Begin a bag."""
        return BagWriter(self.directory, card, self.progress, self.keep, read_back=self.read_back)


@dataclass(frozen=True, slots=True)
class Begun:
    """An objects bag whose packs are written, and perhaps not all on the medium yet."""

    bag: BagWriter
    placed: Index


@dataclass(frozen=True, slots=True)
class Written:
    """A bag that is whole, on the medium, and not published yet."""

    bag: BagWriter
    manifest: Digest


@dataclass(frozen=True, slots=True)
class Contents:
    """What a snapshot holds."""

    ledger: Path
    """The consistent copy, in the vault."""
    small: Mapping[str, bytes]
    """Path below `data/`, and bytes: vault card, checkpoint, keyring, policy, trust."""
    placed: Sequence[Placed]
    outside: Mapping[str, Digest]
    """Manifests of the objects bags it needs, and the fixed files."""


def objects_cost(sizes: Iterable[int]) -> int:
    """Return about how many bytes the objects bags of objects of these sizes take on the medium."""
    count = octets = 0
    for size in sizes:
        count, octets = count + 1, octets + packing.member_bytes(size)
    # Two neighbours fill more than one bag, so there are never twice as many as it would take at least.
    bags = 1 + 2 * (octets // packing.PACK_BYTES + count // packing.PACK_OBJECTS)
    return octets + count * LINE_COST_BYTES + bags * FIXED_COST_BYTES if count else 0


def snapshot_cost(ledger: Path, small: Mapping[str, bytes], objects: int) -> int:
    """Return about how many bytes a snapshot takes on the medium."""
    files_cost = sum(len(data) + CLUSTER_BYTES for data in small.values())
    return ledger.stat().st_size + files_cost + objects * LINE_COST_BYTES + FIXED_COST_BYTES


def cluster_cost(files: int, cluster_bytes: int) -> int:
    """Return what a snapshot of so many small files takes more where clusters are that large."""
    return max(0, cluster_bytes - CLUSTER_BYTES) * (files + _FIXED_FILES)


def write_objects(target: Target, card: BagCard, sources: Sequence[Source]) -> tuple[Written, Index]:
    """Write an objects bag under its partial name.

    Raises:
        DocumentMissing, DocumentFailed, DocumentUntrusted: see `packing.write_pack`.
        BackupUntrusted: the medium gave back other bytes.
        OSError: the medium failed.
    """
    begun = begin_objects(target, card, sources)
    return finish(target, begun.bag), begun.placed


def begin_objects(target: Target, card: BagCard, sources: Sequence[Source]) -> Begun:
    """Write what is large in an objects bag; the medium may still be at work on it.

    Raises:
        DocumentMissing, DocumentFailed, DocumentUntrusted, BackupUntrusted, OSError: as `write_objects`.
    """
    bag = target.bag(card)
    placed = []
    with bag.unbroken():
        for number, pack in enumerate(packing.into_packs(sources, packing.PACK_BYTES), start=1):
            path = layout.pack_path(number)
            with bag.stream(path, packing.PackProof(pack)) as block:
                packing.write_pack(pack, block)
            target.kept(card.bag, path)
            placed += [Placed(one.digest, one.size_bytes, card.bag.number, number) for one in pack]
        index = Index.of(placed)
        with bag.stream(layout.PACK_INDEX) as block:
            for chunk in format_chunks(index):
                block.put(chunk)
    return Begun(bag, index)


def write_snapshot(target: Target, card: BagCard, contents: Contents) -> Written:
    """Write a snapshot under its partial name.

    Raises:
        BackupUntrusted: the medium gave back other bytes.
        OSError: the medium failed.
    """
    cost = snapshot_cost(contents.ledger, contents.small, len(contents.placed))
    target.progress.start(message("writing {bag}", bag=str(card.bag)), cost)
    bag = target.bag(card)
    with bag.unbroken():
        for path, data in sorted(contents.small.items()):
            bag.add(f"data/{path}", data)
        with bag.stream(layout.OBJECT_INDEX) as block:
            for chunk in format_chunks(Index.of(contents.placed)):
                block.put(chunk)
        bag.add(layout.BAGS, outside.format_outside(contents.outside))
        with files.open_bounded(contents.ledger) as ledger:
            bag.copy(layout.LEDGER, ledger)
        target.kept(card.bag, layout.LEDGER)
    written = finish(target, bag)
    target.progress.finish()
    return written


def finish(target: Target, bag: BagWriter) -> Written:
    """Write what makes files a bag, when all of them are as they were written.

    Raises:
        DocumentUntrusted, BackupUntrusted, OSError: as `write_objects`.
    """
    return Written(bag, bag.finish(target.office, target.sign))
