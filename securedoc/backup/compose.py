"""Composes the two kinds of bags: objects in packs, and the snapshot that names them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.backup import index, layout, outside, packing
from securedoc.backup.card import BagCard
from securedoc.backup.index import Placed
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


def objects_cost(sources: Sequence[Source]) -> int:
    """Return about how many bytes an objects bag takes on the medium; nothing when it would be empty."""
    if not sources:
        return 0
    packs = packing.pack_size(source.size_bytes for source in sources)
    return packs + len(sources) * LINE_COST_BYTES + FIXED_COST_BYTES


def snapshot_cost(ledger: Path, small: Mapping[str, bytes], objects: int) -> int:
    """Return about how many bytes a snapshot takes on the medium."""
    files_cost = sum(len(data) + CLUSTER_BYTES for data in small.values())
    return ledger.stat().st_size + files_cost + objects * LINE_COST_BYTES + FIXED_COST_BYTES


def cluster_cost(files: int, cluster_bytes: int) -> int:
    """Return what a snapshot of so many small files takes more where clusters are that large."""
    return max(0, cluster_bytes - CLUSTER_BYTES) * (files + _FIXED_FILES)


def write_objects(target: Target, card: BagCard, sources: Sequence[Source]) -> tuple[Written, list[Placed]]:
    """Write an objects bag under its partial name.

    Raises:
        DocumentMissing, DocumentFailed, DocumentUntrusted: see `packing.write_pack`.
        BackupUntrusted: the medium gave back other bytes.
        OSError: the medium failed.
    """
    target.progress.start(message("writing {bag}", bag=str(card.bag)), objects_cost(sources))
    bag = BagWriter(target.directory, card, target.progress, target.keep)
    placed = []
    for number, pack in enumerate(packing.into_packs(sources, packing.PACK_BYTES), start=1):
        with bag.stream(layout.pack_path(number)) as write:
            packing.write_pack(pack, write)
        target.kept(card.bag, layout.pack_path(number))
        placed += [Placed(one.digest, one.size_bytes, card.bag.number, number) for one in pack]
    bag.add(layout.PACK_INDEX, index.format_index(placed))
    return _finish(target, bag), placed


def write_snapshot(target: Target, card: BagCard, contents: Contents) -> Written:
    """Write a snapshot under its partial name.

    Raises:
        BackupUntrusted: the medium gave back other bytes.
        OSError: the medium failed.
    """
    cost = snapshot_cost(contents.ledger, contents.small, len(contents.placed))
    target.progress.start(message("writing {bag}", bag=str(card.bag)), cost)
    bag = BagWriter(target.directory, card, target.progress, target.keep)
    for path, data in sorted(contents.small.items()):
        bag.add(f"data/{path}", data)
    bag.add(layout.OBJECT_INDEX, index.format_index(contents.placed))
    bag.add(layout.BAGS, outside.format_outside(contents.outside))
    with files.open_bounded(contents.ledger) as ledger:
        bag.copy(layout.LEDGER, ledger)
    target.kept(card.bag, layout.LEDGER)
    return _finish(target, bag)


def _finish(target: Target, bag: BagWriter) -> Written:
    manifest = bag.finish(target.office, target.sign)
    target.progress.finish()
    if target.read_back:
        target.progress.start(message("reading back what was written"), bag.octets)
        bag.read_back()
        target.progress.finish()
    return Written(bag, manifest)
