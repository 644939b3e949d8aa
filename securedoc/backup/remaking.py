"""Makes damaged recovery data anew: the same program makes the same bytes, and the signature proves it."""

import shutil
from pathlib import Path

from securedoc.backup import layout
from securedoc.backup.asking import SETS
from securedoc.backup.gathering import digest_of, read_whole
from securedoc.backup.mending import How, Mended, Mending
from securedoc.backup.parity import Group
from securedoc.backup.proving import ProvenGuard
from securedoc.core.digests import Digest
from securedoc.core.protocols import NoProgress
from securedoc.formats import bagit
from securedoc.formats.bagit import ManifestLine, Oxum
from securedoc.system import files, par2, salvage


def remake(work: Mending, guard: ProvenGuard) -> None:
    """Bring the files of a parity bag back, as far as they follow from what is whole.

    What cannot be made the same stays as it is: the verification afterwards names it.
    """
    small = {path: data for path, data in guard.small.items() if path.startswith(bagit.PAYLOAD)}
    for path, data in small.items():
        _restore(work, guard, path, data)
    sizes = {path: len(data) for path, data in small.items()}
    for group in guard.parity.groups:
        sizes |= _remake_group(work, guard, group)
    for path, data in _tags(work, guard, sizes).items():
        _restore(work, guard, path, data)


def _remake_group(work: Mending, guard: ProvenGuard, group: Group) -> dict[str, int]:
    """Return the sizes of the group's files that are whole, or were made so."""
    owned = [path for path in guard.payload if group.owns(path)]
    sizes: dict[str, int] = {}
    for path in owned:
        if _whole(work, f"{guard.name}/{path}", group.cost) == guard.payload[path]:
            sizes[path] = (work.directory / str(guard.name) / path).lstat().st_size
    if len(sizes) == len(owned):
        return sizes
    place = work.place()
    try:
        return sizes | _made_anew(work, guard, group, place)
    finally:
        files.remove_tree(place)


def _made_anew(work: Mending, guard: ProvenGuard, group: Group, place: Path) -> dict[str, int]:
    for path in group.named:
        target = place / path
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path in work.mended:
            shutil.copyfile(work.mended[path].source, target)
        else:
            salvage.copy(work.directory / path, target, group.octets)
    (place / SETS).mkdir()
    try:
        par2.create(
            place,
            place / SETS / group.index,
            group.named,
            block_bytes=group.block_bytes,
            recovery=group.recovery,
        )
    except OSError:
        return {}
    sizes = {}
    for made in sorted((place / SETS).iterdir()):
        inner = f"data/{made.name}"
        # Another par2 than the one that made them makes others: as good, but nobody has signed them.
        if digest_of(made) != guard.payload.get(inner):
            continue
        name = f"{guard.name}/{inner}"
        sizes[inner] = made.stat().st_size
        if _whole(work, name, group.cost) != guard.payload[inner]:
            work.keep(Mended(name, made, guard.payload[inner], How.PARITY))
    return sizes


def _tags(work: Mending, guard: ProvenGuard, sizes: dict[str, int]) -> dict[str, bytes]:
    """Return the tag files of a parity bag: all of them follow from what is signed."""
    tags = {
        bagit.DECLARATION_FILE: bagit.DECLARATION,
        bagit.MANIFEST: guard.small[bagit.MANIFEST],
        layout.SIGNATURE: guard.small[layout.SIGNATURE],
        **{layout.COPIES[path]: data for path, data in guard.small.items()},
    }
    if sizes.keys() != guard.payload.keys():
        return tags  # some recovery data is still wrong: how large it must be is not known
    oxum = Oxum(sum(sizes.values()), len(sizes))
    tags[bagit.INFO_FILE] = bagit.format_info(guard.card.info(work.office, oxum))
    lines = [ManifestLine(path, Digest.of(data)) for path, data in tags.items()]
    return {**tags, bagit.TAG_MANIFEST: bagit.format_manifest(lines)}


def _restore(work: Mending, guard: ProvenGuard, path: str, data: bytes) -> None:
    """Bring a small file back from bytes that are proven."""
    name, digest = f"{guard.name}/{path}", Digest.of(data)
    if _whole(work, name, len(data)) == digest:
        return
    source = work.place() / "small"
    with source.open("xb") as file:
        file.write(data)
    work.keep(Mended(name, source, digest, How.COPY))


def _whole(work: Mending, name: str, limit: int) -> Digest | None:
    return read_whole(work.directory / name, limit, NoProgress())
