"""Makes the recovery data of bags that have none: each in a parity bag of its own, once."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

from securedoc.backup import layout, parity
from securedoc.backup.card import BagCard
from securedoc.backup.compose import FIXED_COST_BYTES, Target
from securedoc.backup.examined import Examined
from securedoc.backup.guarding import Guards
from securedoc.backup.layout import BagKind, BagName
from securedoc.backup.parity import Group, Parity
from securedoc.backup.survey import Survey
from securedoc.backup.writing import BagWriter
from securedoc.core.text import message
from securedoc.errors import BackupUntrusted
from securedoc.formats import bagit
from securedoc.system import files, par2

_OUT: Final = ".par2"
"""Beside the bags in the workshop: no bag has such a name."""


@dataclass(slots=True)
class Workshop:
    """A directory on the machine's own disk where recovery data is made; as sealed as the medium."""

    root: Path
    percent: int
    _pool: ThreadPoolExecutor
    _begun: dict[tuple[BagName, str], "Future[None]"] = field(default_factory=dict)

    def begin(self, bag: BagName, path: str) -> None:
        """Begin with a large file that lies here whole, while others are still being written."""
        size = (self.root / str(bag) / path).stat().st_size
        group = parity.large_group(bag, path, size, self.percent)
        self._begun[bag, group.name] = self._pool.submit(self._make, bag, group)

    def has_begun(self, bag: BagName, group: Group) -> bool:
        """Tell whether a group is being made, or was."""
        return (bag, group.name) in self._begun

    def finish(self, bag: BagName, group: Group) -> list[Path]:
        """Return the files of a group's recovery data, made now where that was not begun."""
        begun = self._begun.pop((bag, group.name), None)
        if begun is not None:
            begun.result()
        else:
            self._make(bag, group)
        return sorted((self.root / _OUT / str(bag)).glob(f"{group.name}.*par2"))

    def _make(self, bag: BagName, group: Group) -> None:
        out = self.root / _OUT / str(bag)
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        par2.create(
            self.root, out / group.index, group.named, block_bytes=group.block_bytes, recovery=group.recovery
        )
        if group.name != parity.HEAD:
            files.remove(self.root / group.files[0][0])  # a gigabyte that nobody needs any more


@dataclass(frozen=True, slots=True)
class Protected:
    """Recovery data that was made."""

    bags: int
    octets: int


@contextmanager
def workshop(root: Path, percent: int) -> Iterator[Workshop]:
    """Hold a workshop; what is being made in it ends with it."""
    files.remove_tree(root)
    files.make_dirs(root)
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="par2")
    try:
        yield Workshop(root, percent, pool)
    finally:
        pool.shutdown(cancel_futures=True)
        files.remove_tree(root)


def cost(octets: int, percent: int) -> int:
    """Return about how many bytes the recovery data of a bag of that size takes on a medium."""
    return (
        octets * percent // 100 + 2 * parity.BLOCKS * parity.STEP_BYTES + FIXED_COST_BYTES if percent else 0
    )


def steps(octets: int, percent: int) -> int:
    """Return about how many bytes `protect` counts as done for a bag of that size: read, then written."""
    return octets + octets * percent // 100


def unprotected(seen: Survey, guards: Guards) -> list[Examined]:
    """Return the bags that have no recovery data, or none that holds."""
    bags = [*seen.objects.values(), *seen.snapshots, *([seen.record] if seen.record else [])]
    return [bag for bag in bags if not any(one.sound and one.protects == bag.bag for one in guards.guards)]


def protect(target: Target, shop: Workshop, bag: Examined, fixed: Mapping[str, int], card: BagCard) -> int:
    """Make the recovery data of a bag, write it, read it back, publish it; return how many bytes.

    Raises:
        BackupUntrusted: the bag is damaged: recovery data would make the damage last.
        OSError: par2, the disk or the medium failed.
    """
    if bag.manifest_digest is None:
        raise AssertionError("a bag without a manifest was not refused")
    tags = {bagit.TAG_MANIFEST, bagit.DECLARATION_FILE, bagit.INFO_FILE, bagit.MANIFEST, layout.SIGNATURE}
    sizes = {path: bag.sizes[path] for path in sorted({*tags, *bag.manifest})}
    groups = parity.groups(bag.bag, sizes, fixed, shop.percent)
    said = Parity(bag.bag, bag.manifest_digest, shop.percent, groups)
    target.progress.start(
        message("making recovery data for {bag}", bag=bag.name), sum(group.octets for group in groups)
    )
    made: list[Path] = []
    for group in groups:
        if not shop.has_begun(bag.bag, group):
            _fetch(bag, group, target.directory, shop.root)
        made += shop.finish(bag.bag, group)
        target.progress.advance(group.octets)
    target.progress.finish()
    return _write(target, card, said, made)


def _fetch(bag: Examined, group: Group, directory: Path, root: Path) -> None:
    """Copy the files of a group from the medium, unless a copy was kept, and compare them on the way."""
    for path, _ in group.files:
        copy = root / path
        if copy.exists():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        hasher = hashlib.sha256()
        with copy.open("xb") as file:
            for chunk in files.read_back(directory / path):
                hasher.update(chunk)
                file.write(chunk)
        expected = bag.manifest.get(path.removeprefix(f"{bag.name}/"))
        if expected is not None and hasher.digest() != expected.value:
            raise BackupUntrusted(
                "{path} is damaged", path=path, hint="repair the medium first: securedoc backup repair PATH"
            )


def _write(target: Target, card: BagCard, said: Parity, made: list[Path]) -> int:
    total = sum(path.stat().st_size for path in made)
    target.progress.start(message("writing {bag}", bag=str(card.bag)), total)
    bag = BagWriter(target.directory, card, target.progress, read_back=target.read_back)
    with bag.unbroken():
        bag.add(layout.PARITY, said.as_bytes())
        for path in made:
            with files.open_bounded(path) as source:
                bag.copy(f"data/{path.name}", source)
    repeat = {layout.CARD: card.as_bytes(), layout.PARITY: said.as_bytes()}
    bag.finish(target.office, target.sign, repeat)
    target.progress.finish()
    bag.publish()
    return bag.octets


def next_number(listed: Collection[BagName]) -> int:
    """Return the number of the next parity bag: the one after the highest, else the lowest that is free."""
    taken = {bag.number for bag in listed if bag.kind is BagKind.PARITY}
    after = max(taken, default=0) + 1
    # Nobody need have signed the highest: whoever had the stick in hand could have made that directory.
    return after if after <= layout.MAX_NUMBER else next(one for one in count(1) if one not in taken)
