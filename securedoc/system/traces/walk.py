"""Walks what is below a directory, file by file: no link followed, no other file system entered."""

import os
import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Final

from securedoc.system.traces.places import (
    OF_A_HOME,
    OF_THE_MACHINE,
    TREES_OF_THE_MACHINE,
    Place,
    by_name,
    known,
)
from securedoc.system.traces.reaching import Identity

MOST_FILES: Final = 2_000_000
Passed = Callable[[str, Path], None]
"""Told why something was passed over: `unreachable`, `another-file-system`, `many`; and where."""


@dataclass(frozen=True, slots=True)
class Met:
    """A regular file, as it was met."""

    file: str
    """Its path. Of a hundred thousand files few are looked at as a `Path`, which takes time to make."""
    base: Path
    """What it was found below: nothing between is a link."""
    place: Place
    identity: Identity
    changed_s: float
    """When its content or its name last changed."""
    shared: bool
    """It lies in a place of the machine, not in somebody's home."""

    @property
    def path(self) -> Path:
        """Return where it lies."""
        return Path(self.file)

    @property
    def name(self) -> str:
        """Return the last part of its path."""
        return self.file[self.file.rfind("/") + 1 :]


def of_home(home: Path, avoid: Collection[tuple[int, int]], passed: Passed) -> Iterator[Met]:
    """Yield every regular file of a home; the directories of `avoid` (device, inode) are left out."""
    places = dict(known(home, OF_A_HOME))
    yield from _tree(home, places, avoid, passed, shared=False)


def of_machine(root: Path, avoid: Collection[tuple[int, int]], passed: Passed) -> Iterator[Met]:
    """Yield the files of the machine's known places, and all in its directories for temporary files."""
    for path, place in known(root, OF_THE_MACHINE):
        try:
            status = path.lstat()
        except OSError:
            continue
        yield _met(os.fspath(path), root, place, status, shared=True)
    for name in TREES_OF_THE_MACHINE:
        top = root / name
        if not any(
            part.is_symlink() for part in (top, *top.parents) if part != root and part.is_relative_to(root)
        ):
            yield from _tree(top, {}, avoid, passed, shared=True)


def count(top: Path) -> int:
    """Return about how many files are below a directory: only for showing how far the walk has come."""
    return sum(len(names) for _folder, _folders, names in os.walk(top))


def unreadable_places(root: Path) -> Iterator[Path]:
    """Yield the machine's own directories that this user may not look into."""
    for name in ("var/spool/cups", "var/log/cups", "var/cache/cups", "var/log/journal", "var/crash"):
        path = root / name
        if path.is_dir() and not os.access(path, os.R_OK | os.X_OK):
            yield path


def _tree(
    top: Path,
    places: Mapping[Path, Place],
    avoid: Collection[tuple[int, int]],
    passed: Passed,
    *,
    shared: bool,
) -> Iterator[Met]:
    try:
        first = top.lstat()
    except OSError:
        return
    if not stat.S_ISDIR(first.st_mode) or (first.st_dev, first.st_ino) in avoid:
        return
    device, base = None if shared else first.st_dev, os.fspath(top)
    named = {os.fspath(path): place for path, place in places.items()}
    for files, (path, status) in enumerate(_files(base, device, avoid, passed), start=1):
        if files > MOST_FILES:
            passed("many", top)
            return
        place = named.get(path) or by_name(path, base, shared=shared)
        yield _met(path, top, place, status, shared=shared)


def _files(
    top: str, device: int | None, avoid: Collection[tuple[int, int]], passed: Passed
) -> Iterator[tuple[str, os.stat_result]]:
    """Yield regular files below `top`; of one device where it is given."""
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                listed = [(entry.path, status) for entry in entries if (status := _status(entry))]
        except OSError:
            # Not there any more, or not ours to list: what it holds is not known.
            passed("unreachable", Path(folder))
            continue
        for path, status in sorted(listed, key=itemgetter(0)):
            if stat.S_ISREG(status.st_mode):
                yield path, status
            elif stat.S_ISDIR(status.st_mode) and device not in {None, status.st_dev}:
                # A mount in a home may be a network's or a phone's.
                passed("another-file-system", Path(path))
            elif stat.S_ISDIR(status.st_mode) and (status.st_dev, status.st_ino) not in avoid:
                waiting.append(path)


def _status(entry: "os.DirEntry[str]") -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except OSError:  # it went while we looked
        return None


def _met(path: str, base: Path, place: Place, status: os.stat_result, *, shared: bool) -> Met:
    changed = max(status.st_ctime, status.st_mtime)
    return Met(path, base, place, Identity.of(status), changed, shared)
