"""Repairs a medium: everything brought back and proven on the machine first, then put in place one by one."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from securedoc.backup import forecast, layout, media_set, mending
from securedoc.backup.assessing import mend, scratch
from securedoc.backup.defects import Defect
from securedoc.backup.examine import Depth, Look
from securedoc.backup.examined import reason
from securedoc.backup.layout import BagName
from securedoc.backup.mending import Beyond, How, Mended, Mending
from securedoc.backup.verify import Report, verify
from securedoc.core.digests import Digest
from securedoc.core.text import message
from securedoc.errors import (
    BackupFailed,
    BackupIncomplete,
    BackupRefused,
    BackupUntrusted,
)
from securedoc.system import files, par2, volumes

_SPARE_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Repaired:
    """A file that is again what was signed."""

    path: str
    how: How
    blocks: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a repair did."""

    repaired: tuple[Repaired, ...]
    beyond: tuple[Beyond, ...]
    """Damage that cannot be undone; nothing was changed then."""
    report: Report | None
    """Verification of the whole set afterwards; None where nothing was changed."""
    where: Path
    """The repaired set."""

    @property
    def left(self) -> tuple[Defect, ...]:
        """What is wrong after the repair."""
        return self.report.defects if self.report else ()

    def require(self) -> None:
        """Accept a repair that left nothing wrong.

        Raises:
            BackupUntrusted: something is beyond repair; nothing was changed.
            BackupIncomplete: what could be repaired was, and defects remain.
        """
        if self.beyond:
            raise _beyond(self.beyond)
        if self.left:
            first = self.left[0]
            raise BackupIncomplete(
                "{count} defects remain that recovery data cannot undo, the first is {path} ({kind})",
                count=len(self.left),
                path=first.path,
                kind=first.kind.value,
                hint="see each with: securedoc backup verify; recovery data that is wrong is made anew by "
                "the next backup once its directory is removed",
            )


def _beyond(beyond: tuple[Beyond, ...]) -> BackupUntrusted:
    first = beyond[0]
    path = first.paths[0] if first.paths else str(first.bag)
    if first.why == mending.NO_DATA:
        error = BackupUntrusted(
            "{path} cannot be repaired: there is no recovery data for it; nothing was changed", path=path
        )
    elif first.why == mending.FORGED:
        error = BackupUntrusted(
            "{path} cannot be repaired: its recovery data was made by somebody else; nothing was changed",
            path=path,
        )
    elif first.why == mending.NOT_SIGNED:
        error = BackupUntrusted(
            "{path} cannot be repaired: its recovery data brings back something else than was signed; "
            "nothing was changed",
            path=path,
        )
    elif first.needed is None:
        error = BackupUntrusted(
            "{path} cannot be repaired: its recovery data is too damaged to be used; nothing was changed",
            path=path,
        )
    else:
        error = BackupUntrusted(
            "{path} cannot be repaired: {needed} blocks are lost, recovery data has {available}; "
            "nothing was changed",
            path=path,
            needed=first.needed,
            available=first.available,
        )
    error.hint_template = message(
        "use another medium; with --snapshot N one that is whole can still be repaired or restored"
    ).template
    return error


def repair(
    path: Path,
    look: Look,
    *,
    snapshot: int | None = None,
    into: Path | None = None,
    rate: int | None = None,
) -> Outcome:
    """Repair the set at `path`, or one snapshot and what it needs; with `into`, a repaired copy of it there.

    `rate` is how many bytes a second the medium gave before, where that is known.

    Raises:
        BackupMissing: there is no medium, no set, or no such snapshot.
        BackupRefused: the medium cannot be written, there is no room, or par2 is not installed.
        BackupFailed: the medium failed; what is replaced already is whole, and the next run goes on.
        BackupUntrusted: the medium did not keep what was put on it.
    """
    directory = media_set.find(path)
    if par2.program() is None:
        raise BackupRefused(
            "the program that reads recovery data, par2, is not installed", hint="Debian: apt install par2"
        )
    if into is None:
        _require_writable(directory)
    else:
        _require_empty(into)
    # Read once to find what is damaged, and once more to prove that it is not any more.
    look.progress.foresee(2 * forecast.set_bytes(directory), rate)
    with scratch(into) as place, _on_medium():
        work = Mending(directory, place, look)
        bags = mend(work, snapshot, ask_only=False)
        if work.beyond:
            return Outcome((), tuple(work.beyond), None, directory)
        where = directory
        if into is None:
            _put_in_place(work, bags)
        else:
            where = _copy_repaired(work, bags, into)
    report = verify(where, replace(look, depth=Depth.FULL), snapshot=snapshot)
    repaired = tuple(Repaired(one.path, one.how, one.blocks) for one in work.mended.values())
    return Outcome(repaired, (), report, where)


def _require_writable(directory: Path) -> None:
    if volumes.volume(directory).read_only:
        raise BackupRefused(
            "the medium at {path} cannot be written",
            path=directory.name,
            hint="release its write protection, or put the repaired set elsewhere with --into DIR",
        )


def _require_empty(into: Path) -> None:
    try:
        occupied = into.is_symlink() or (into.exists() and any(into.iterdir()))
    except OSError:
        occupied = True
    if occupied or not into.parent.is_dir():
        raise BackupRefused(
            "{path} is not an empty place",
            path=into.name,
            hint="name an empty directory, or a new one in a directory that exists",
        )


@contextmanager
def _on_medium() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupFailed(
            "the repair failed: {reason}; nothing is worse than before",
            reason=reason(error),
            hint="repair again: it goes on; or put the repaired set elsewhere with --into DIR",
        ) from error


def _put_in_place(work: Mending, bags: list[BagName]) -> None:
    """Replace each damaged file by its proven bytes; a cut between two leaves less wrong than there was."""
    root = work.directory
    for bag in bags:
        # Of a repair that was cut off: a name that no bag has.
        for leftover in files.leftovers(root / str(bag)):
            files.remove(leftover)
    largest = max((one.source.stat().st_size for one in work.mended.values()), default=0)
    if work.mended and largest + _SPARE_BYTES > volumes.volume(root).free_bytes:
        raise BackupRefused(
            "{label} is too full: {needed} bytes are needed, {free} are free",
            label=root.name,
            needed=largest + _SPARE_BYTES,
            free=volumes.volume(root).free_bytes,
            hint="put the repaired set elsewhere with --into DIR; nothing was changed",
        )
    for one in work.mended.values():
        _require_inside(root, one.path)
    work.look.progress.start(
        message("putting repaired files in place"),
        sum(one.source.stat().st_size for one in work.mended.values()),
    )
    for one in work.mended.values():
        _replace(root, one, work.look.progress.advance)
    work.look.progress.finish()


def _require_inside(root: Path, path: str) -> None:
    """Refuse a directory of the medium that is none: a link would lead the repaired bytes out of it."""
    for parent in list(Path(path).parents)[:-1]:
        place = root / parent
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            raise BackupRefused(
                "{path} on the medium is a link, or no directory",
                path=parent.as_posix(),
                hint="remove it, and repair again; or put the repaired set elsewhere with --into DIR",
            )


def _replace(root: Path, mended: Mended, advance: Callable[[int], object]) -> None:
    target = root / mended.path
    files.make_dirs(target.parent)
    with files.open_bounded(mended.source) as source, files.staged(target.parent) as staged:
        while chunk := source.read(files.CHUNK_BYTES):
            advance(staged.write(chunk))
        staged.publish(target, over=True)
    if Digest.of_chunks(files.read_back(target)) != mended.digest:
        raise BackupUntrusted(
            "the medium did not give {path} back as it was written",
            path=mended.path,
            hint="use another medium; this one loses data",
        )


def _copy_repaired(work: Mending, bags: list[BagName], into: Path) -> Path:
    """Put a repaired copy of the bags, and of the fixed files, into a place of its own."""
    target = into / work.directory.name
    partial = into / (layout.PARTIAL + work.directory.name)
    if not into.exists():
        files.make_dirs(into)
    files.make_dirs(partial)
    try:
        for name in layout.FIXED_FILES:
            _take(work, name, partial)
        for bag in bags:
            for path in sorted((work.directory / str(bag)).rglob("*")):
                if path.is_file() and not path.is_symlink():
                    _take(work, path.relative_to(work.directory).as_posix(), partial)
        for name in work.mended:
            if not (partial / name).exists():
                _take(work, name, partial)
        files.sync_tree(partial)
        files.rename_durable(partial, target)
    except BaseException:
        with suppress(OSError):
            files.remove_tree(partial)
        raise
    return target


def _take(work: Mending, name: str, partial: Path) -> None:
    mended = work.mended.get(name)
    target = partial / name
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copyfile(mended.source if mended else work.directory / name, target)
