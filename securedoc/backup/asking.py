"""Lets par2 work on one group of files on the machine's own disk, with recovery data nobody vouches for."""

import mmap
from pathlib import Path
from typing import Final

from securedoc.backup.gathering import digest_of
from securedoc.backup.parity import Group
from securedoc.backup.proving import ProvenGuard
from securedoc.formats import par2 as packets
from securedoc.formats.par2 import Named, Par2Malformed
from securedoc.system import files, par2, salvage
from securedoc.system.par2 import Par2Failed

SETS: Final = "par2"
"""Where, in a group's own directory, its recovery data lies: no bag has such a name."""


def fetch_recovery(directory: Path, guard: ProvenGuard, group: Group, sets: Path) -> None:
    """Copy a group's recovery data from the medium, and look at what is not as it was signed.

    Raises:
        Par2Malformed: it names other files than those of the group, or other blocks.
        OSError: the medium or the disk failed.
    """
    for inner, expected in guard.payload.items():
        if not group.owns(inner):
            continue
        name, copy = f"{guard.name}/{inner}", sets / Path(inner).name
        try:
            salvage.copy(directory / name, copy, group.cost)
        except FileNotFoundError:
            continue
        if digest_of(copy) != expected:
            # Damaged, or somebody's own: par2 writes to the names it finds in there.
            _refuse_forged(copy, group)


def _refuse_forged(path: Path, group: Group) -> None:
    if not path.stat().st_size:
        files.remove(path)
        return
    sizes = {name: size for name, size in group.files if size}
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as untrusted_data:
        for packet in packets.packets(untrusted_data):
            if isinstance(packet, Named):
                if sizes.get(packet.name) != packet.size_bytes:
                    raise Par2Malformed("a file that is not of this group")
            elif (packet.block_bytes, packet.files) != (group.block_bytes, len(sizes)):
                raise Par2Malformed("blocks of another size")


def index_of(sets: Path, group: Group) -> Path | None:
    """Return the file to give to par2; None where there is none."""
    index = sets / group.index
    # par2 finds the volumes beside whichever file of the set it is given.
    return index if index.exists() else next(iter(sorted(sets.iterdir())), None)


def repair(place: Path, group: Group) -> bool:
    """Repair a group in its own directory; tell whether that was all that happened there.

    Raises:
        OSError: par2 could not be run, so that nobody knows.
    """
    index = index_of(place / SETS, group)
    try:
        if index is None:
            return False
        par2.repair(place, index)
    except Par2Failed:
        return False
    expected = {path for path, _ in group.files}
    there = {path.relative_to(place).as_posix() for path in place.rglob("*") if not path.is_dir()}
    # The damaged files are kept as NAME.1; any other name is none that we asked for.
    damaged = {f"{name}.1" for name in expected} & there
    strange = {name for name in there - expected - damaged if not name.startswith(f"{SETS}/")}
    for name in damaged:
        files.remove(place / name)
    return not strange and all(
        (place / name).is_file() and not (place / name).is_symlink() for name in expected
    )
