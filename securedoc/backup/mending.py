"""Brings damaged files of a set back on the machine's own disk, each proven; writes nothing to the medium."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from securedoc.backup import media_set
from securedoc.backup.asking import SETS, fetch_recovery, index_of, repair
from securedoc.backup.defects import DefectKind
from securedoc.backup.examine import Depth, Look, examine
from securedoc.backup.examined import Examined
from securedoc.backup.gathering import copy_of, digest_of, read_whole
from securedoc.backup.layout import BagName
from securedoc.backup.parity import HEAD, Group
from securedoc.backup.proving import ProvenGuard
from securedoc.core.digests import Digest
from securedoc.core.protocols import NoProgress
from securedoc.core.text import Message, message
from securedoc.errors import BackupRefused
from securedoc.formats.par2 import Par2Malformed
from securedoc.system import files, par2, salvage, volumes
from securedoc.system.par2 import Answer, Par2Failed

_CHUNK_BYTES: Final = 1 << 20


class How(StrEnum):
    """Where the bytes of a file came from."""

    PARITY = "parity"
    """From recovery data."""
    COPY = "copy"
    """From its second copy, or from what it follows from."""
    TWIN = "twin"
    """It lay on the medium under another file's name."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A file whose bytes were brought back, and proven."""

    path: str
    """From the directory that all bags lie in."""
    source: Path
    digest: Digest
    how: How
    blocks: int = 0
    """Lost ones of its group that recovery data stood in for."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """Damage that recovery data cannot undo."""

    bag: BagName
    paths: tuple[str, ...]
    needed: int | None
    """Blocks that are lost; None where nobody could count them."""
    available: int
    """Blocks of recovery data that are intact."""
    why: Message


@dataclass(slots=True)
class Mending:
    """What is known of a set while it is being repaired."""

    directory: Path
    scratch: Path
    look: Look
    mended: dict[str, Mended] = field(default_factory=dict)
    beyond: list[Beyond] = field(default_factory=list)
    possible: set[str] = field(default_factory=set)
    """Files that recovery data can bring back."""
    found: dict[str, Digest | None] = field(default_factory=dict)
    """Large files as they were read; None: missing, partly unreadable, or larger than any of ours."""
    office: str = ""
    """Name of the office, as the proven identity says it."""
    _number: int = 0

    def place(self) -> Path:
        """Make a new directory for one group."""
        self._number += 1
        path = self.scratch / f"{self._number:06d}"
        path.mkdir(mode=0o700)
        return path

    def keep(self, mended: Mended) -> None:
        """Keep the bytes of a file that was brought back."""
        self._number += 1
        kept = self.scratch / f"{self._number:06d}.kept"
        shutil.copyfile(mended.source, kept)
        self.mended[mended.path] = replace(mended, source=kept)
        self.possible.add(mended.path)

    def give_up(self, bag: BagName, paths: tuple[str, ...], answer: Answer | None, why: Message) -> None:
        """Note damage that stays."""
        needed, available = (answer.needed, answer.available) if answer else (None, 0)
        self.beyond.append(Beyond(bag, paths, needed, available, why))


BEYOND: Final = message("more is damaged than its recovery data can bring back")
NO_DATA: Final = message("there is no recovery data for it")
UNUSABLE: Final = message("its recovery data is too damaged to be used")
FORGED: Final = message("its recovery data was made by somebody else: it names other files")
NOT_SIGNED: Final = message("what its recovery data brings back is not what was signed")


def mend_head(work: Mending, guard: ProvenGuard) -> Examined | None:
    """Bring a bag's small files back, and those beside the bags; None, noted, where nothing proves them."""
    group, bag = guard.parity.groups[0], guard.parity.bag
    place = work.place()
    whole = _gather(work, group, place)
    seen = _prove(work, guard, place)
    answer = None
    if seen is None:
        answer = _ask(work, guard, group, place)
        if answer is None:
            return None
        seen = _prove(work, guard, place) if repair(place, group) else None
    if seen is None:
        work.give_up(bag, tuple(path for path, _ in group.files if path not in whole), answer, NOT_SIGNED)
        return None
    for path, _ in group.files:
        digest = digest_of(place / path)
        if whole.get(path) != digest and path not in work.mended:
            work.keep(Mended(path, place / path, digest, How.PARITY, answer.needed if answer else 0))
    return seen


def look_at_bodies(work: Mending, guard: ProvenGuard, limit: int) -> None:
    """Read the large files of a bag once, around what cannot be read; none larger than any of ours."""
    work.look.progress.start(
        message("reading {bag}", bag=str(guard.parity.bag)),
        sum(one.octets for one in guard.parity.groups[1:]),
    )
    for group in guard.parity.groups[1:]:
        for path, _ in group.files:
            work.found[path] = read_whole(work.directory / path, limit, work.look.progress)
    work.look.progress.finish()


def mend_bodies(work: Mending, guard: ProvenGuard, head: Examined, *, ask_only: bool) -> None:
    """Bring the large files of a bag back, group by group."""
    for group in guard.parity.groups[1:]:
        for path, _ in group.files:
            expected = head.manifest.get(path.removeprefix(f"{head.name}/"))
            if expected is None:
                work.give_up(head.bag, (path,), None, NOT_SIGNED)
            elif work.found[path] != expected:
                _mend_body(work, guard, group, path, expected, ask_only=ask_only)


def _mend_body(  # noqa: PLR0913 - which file, and what it must be
    work: Mending, guard: ProvenGuard, group: Group, path: str, expected: Digest, *, ask_only: bool
) -> None:
    twin = next((other for other, found in work.found.items() if found == expected), None)
    if twin is not None:
        source = work.place() / "twin"
        salvage.copy(work.directory / twin, source, group.octets)
        if digest_of(source) == expected:
            work.keep(Mended(path, source, expected, How.TWIN))
            return
    place = work.place()
    _gather(work, group, place)
    answer = _ask(work, guard, group, place)
    if answer is not None and ask_only:
        work.possible.add(path)
    elif answer is None:
        pass  # noted
    elif repair(place, group) and digest_of(place / path) == expected:
        work.keep(Mended(path, place / path, expected, How.PARITY, answer.needed))
    else:
        work.give_up(guard.parity.bag, (path,), answer, NOT_SIGNED)
    files.remove_tree(place)


def _ask(work: Mending, guard: ProvenGuard, group: Group, place: Path) -> Answer | None:
    """Ask par2 whether it can repair a group; None, noted, where it cannot."""
    paths = tuple(path for path, _ in group.files) if group.name != HEAD else (str(guard.parity.bag),)
    sets = place / SETS
    sets.mkdir()
    try:
        fetch_recovery(work.directory, guard, group, sets)
    except Par2Malformed:
        work.give_up(guard.parity.bag, paths, None, FORGED)
        return None
    index = index_of(sets, group)
    try:
        answer = par2.verify(place, index) if index else None
    except Par2Failed:  # no answer: what is left of its own files does not do
        answer = None
    if answer is None or not answer.possible:
        work.give_up(guard.parity.bag, paths, answer, BEYOND if answer else UNUSABLE)
        return None
    return answer


def _prove(work: Mending, guard: ProvenGuard, place: Path) -> Examined | None:
    """Examine small files as those of a bag without its large ones; None where anything is wrong."""
    root = Examined(place, "")
    fixed = media_set.read_fixed(root, work.look.trust, work.look.now)
    if root.defects or fixed.identity is None:
        return None
    bag = guard.parity.bag
    look = Look(work.look.trust, work.look.now, Depth.QUICK, NoProgress(), fixed.identity.office)
    seen = examine(place / str(bag), bag, look)
    large = {path for group in guard.parity.groups[1:] for path, _ in group.files}
    wrong = [one for one in seen.defects if one.kind is not DefectKind.MISSING or one.path not in large]
    card, identity = seen.card, fixed.identity
    ours = card is not None and {(one.vault, one.medium) for one in (card, guard.card)} == {
        (identity.vault, identity.medium)
    }
    work.office = identity.office
    proven = not wrong and ours and seen.signer is not None and seen.manifest_digest == guard.parity.manifest
    return seen if proven else None


def _gather(work: Mending, group: Group, place: Path) -> Mapping[str, Digest]:
    """Copy a group to `place`, around what cannot be read; return the digests of the files that are whole."""
    free = volumes.volume(place).free_bytes
    if 2 * group.octets + group.cost > free:
        raise BackupRefused(
            "there is no room to repair: {needed} bytes are needed, {free} are free",
            needed=2 * group.octets + group.cost,
            free=free,
            hint="name a place on a larger disk with --into",
        )
    whole = {}
    for path, size in group.files:
        target = place / path
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path in work.mended:
            shutil.copyfile(work.mended[path].source, target)
        elif copy_of(work.directory / path, target, size):
            whole[path] = digest_of(target)
        if not size and not target.exists():
            target.touch(mode=0o600)  # PAR2 does not know of empty files
    return whole
