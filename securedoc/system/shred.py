"""Shredding: overwrite in place, read back, release, rename, remove; and say what that cannot reach.

One pass of random bytes: on a turning disk a second adds nothing (Wright 2008), on flash no number
of passes reaches the copies that the controller keeps (FAST'11).
"""

import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from securedoc.core.protocols import NoProgress, Progress, Randomness
from securedoc.core.text import Message, message
from securedoc.system import holders, ioctls, kernel, overwriting, volumes
from securedoc.system.holders import Holders, Onlookers
from securedoc.system.openings import (
    LeftAloneError,
    NotDoneError,
    in_use,
    not_ours,
    open_writable,
    opened,
    promises,
    reason,
)
from securedoc.system.overwriting import Pool
from securedoc.system.promises import copies_on_write
from securedoc.system.shredding import ELSEWHERE, Begun, Taken, Tree, belongs, groups, read_back, release
from securedoc.system.shredreport import Residue, ShredFile, ShredReport, Step
from securedoc.system.volumes import Volume

__all__ = ["Residue", "ShredFile", "ShredReport", "Shredding", "Step", "shred"]

_NEUTRAL_LETTERS: Final = 24
_DEEPEST: Final = 200  # no office nests folders so; each level holds a descriptor


def shred(  # noqa: PLR0913 - what may differ is named
    paths: Sequence[Path],
    *,
    recursive: bool = False,
    passes: int = 1,
    even_open: bool = False,
    progress: Progress | None = None,
    randomness: Randomness = secrets.token_bytes,
) -> ShredReport:
    """Shred files, and directories when `recursive`; a failure with one does not keep the rest."""
    work = Shredding(
        recursive=recursive, passes=passes, even_open=even_open, progress=progress, randomness=randomness
    )
    work.run(paths)
    return work.report()


class Shredding:
    """One run: everything goes through directory descriptors, so that no swapped directory leads astray.

    Nothing is followed: a link inside a directory is removed as the name it is, a link that is named itself
    is refused. What is not there is not reported.
    """

    def __init__(
        self,
        *,
        recursive: bool = False,
        passes: int = 1,
        even_open: bool = False,
        progress: Progress | None = None,
        randomness: Randomness = secrets.token_bytes,
    ) -> None:
        """`even_open`: go on where another process has a file open, and say so.

        For a workspace whose editor is dying: there the open descriptor is the lesser evil.
        """
        self._recursive = recursive
        self._passes = passes
        self._even_open = even_open
        self._progress = progress or NoProgress()
        self._pool = Pool(randomness)
        self._onlookers = Onlookers()
        self._finished: list[tuple[_Inode, ShredFile]] = []
        self._residue: list[Residue] = []
        self._volumes: dict[int, Volume] = {}
        self._names_left: dict[_Inode, int] = {}
        self._discarded: set[int] = set()

    def run(self, paths: Sequence[Path]) -> None:
        """Shred `paths`; when it is interrupted, `report` says what was done and what was not reached."""
        reached = 0
        try:
            for path in paths:
                reached += 1
                with suppress(FileNotFoundError), opened(path.parent) as parent:
                    self._visit(parent, path.name, path, None)
            self._discard()
        except BaseException:
            for path in paths[reached:]:
                why = message("not reached: the shredding was interrupted")
                self._residue.append(Residue(path, why, refused=False))
            raise

    def report(self) -> ShredReport:
        """Return what became of everything so far."""
        return ShredReport(
            tuple(self._at_the_end(inode, file) for inode, file in self._finished), tuple(self._residue)
        )

    def _visit(self, parent: int, name: str, path: Path, within: Tree | None) -> None:
        """Shred `name` in the directory `parent`; `within` is the tree it must belong to."""
        begun = Begun(path, name)
        with self._answering(parent, begun):
            self._shred_one(parent, begun, within)

    @contextmanager
    def _answering(self, parent: int, begun: Begun) -> Iterator[None]:
        """Report what fails here, and go on; report an interruption too, and let it through."""
        try:
            yield
        except FileNotFoundError:
            if begun.opened or begun.done:
                self._left_behind(parent, begun, message("it was gone before it was removed"))
            begun.told = True
        except LeftAloneError as error:
            self._left_alone(begun, error.why)
        except NotDoneError as error:
            self._left_behind(parent, begun, error.why)
        except OSError as error:
            if error.errno in _IN_USE and not begun.opened:
                self._left_alone(begun, in_use(Holders()))
            else:
                self._left_behind(parent, begun, reason(error))
        except BaseException:
            self._left_behind(parent, begun, _INTERRUPTED)
            raise

    def _shred_one(self, parent: int, begun: Begun, within: Tree | None) -> None:
        mode = self._kind_of(parent, begun.name, within)
        if stat.S_ISREG(mode):
            self._shred_files(parent, [begun], within)
        elif stat.S_ISDIR(mode) and (self._recursive or within is not None):
            self._shred_directory(parent, begun, within)
        elif within is not None and not (stat.S_ISBLK(mode) or stat.S_ISCHR(mode)):
            self._remove_name(parent, begun)  # a link, pipe or socket holds no content of its own
        else:
            raise LeftAloneError(not_ours(mode))

    def _kind_of(self, parent: int, name: str, within: Tree | None) -> int:
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if within is not None and status.st_dev != within.device:
            raise LeftAloneError(ELSEWHERE)
        return status.st_mode

    def _left_alone(self, begun: Begun, why: Message) -> None:
        begun.told = True
        self._residue.append(Residue(begun.path, why, refused=True))

    def _left_behind(self, parent: int, begun: Begun, why: Message) -> None:
        if begun.told:
            return
        begun.told, now = True, None
        if begun.name != begun.path.name:
            with suppress(OSError):
                os.stat(begun.name, dir_fd=parent, follow_symlinks=False)
                now = begun.path.with_name(begun.name)
        self._residue.append(Residue(begun.path, why, refused=False, done=tuple(begun.done), now=now))

    def _shred_directory(self, parent: int, begun: Begun, within: Tree | None) -> None:
        path, depth = begun.path, 0 if within is None else within.depth + 1
        if depth > _DEEPEST:
            raise NotDoneError(message("directories are nested too deep here"))
        before = len(self._residue)
        with opened(begun.name, parent) as directory:
            tree = Tree(os.fstat(directory).st_dev, ioctls.mount_id(directory), depth)
            if within is not None and (tree.device, tree.mount) != (within.device, within.mount):
                raise LeftAloneError(ELSEWHERE)
            for group in groups(directory, sorted(os.listdir(directory))):  # noqa: PTH208 - by descriptor
                if len(group) > 1:
                    self._shred_files(directory, [Begun(path / name, name) for name in group], tree)
                else:
                    self._visit(directory, group[0], path / group[0], tree)
        if len(self._residue) == before:
            self._rename(parent, begun)
            os.fsync(parent)
            begun.done.append(Step.RENAMED)
            os.rmdir(begun.name, dir_fd=parent)
            os.fsync(parent)

    def _shred_files(self, parent: int, group: Sequence[Begun], within: Tree | None) -> None:
        """Shred files of one directory step by step, so that one sync of it serves all of them.

        Each step is done to every file before the next is done to any, and what fails at one drops out: a
        file is renamed only when it was overwritten, synced and read back, and is done only when its removal
        is synced.
        """
        taken: list[Taken] = []
        try:
            for begun in group:
                with self._answering(parent, begun):
                    taken.append(self._take(parent, begun, within))
            self._each(parent, taken, self._overwrite)
            self._each(parent, taken, self._sync)
            self._each(parent, taken, lambda file: read_back(file, self._progress.advance))
            self._each(parent, taken, release)
            self._each(parent, taken, lambda file: self._rename(parent, file.begun))
            self._sync_names(parent, taken, Step.RENAMED)
            self._each(parent, taken, self._truncate)
            self._each(parent, taken, lambda file: os.unlink(file.begun.name, dir_fd=parent))
            self._sync_names(parent, taken, Step.REMOVED)
            self._each(parent, taken, self._finish)
        except BaseException:
            for file in taken:
                self._left_behind(parent, file.begun, _INTERRUPTED)
            raise
        finally:
            for file in taken:
                os.close(file.descriptor)

    def _each(self, parent: int, taken: list[Taken], step: Callable[[Taken], None]) -> None:
        for file in tuple(taken):
            with self._answering(parent, file.begun):
                step(file)
            if file.begun.told:
                taken.remove(file)
                os.close(file.descriptor)

    def _sync_names(self, parent: int, taken: list[Taken], step: Step) -> None:
        if not taken:
            return
        why = None
        try:
            os.fsync(parent)
        except OSError as error:
            why = reason(error)
        for file in tuple(taken):
            if why is None:
                file.begun.done.append(step)
            else:
                self._left_behind(parent, file.begun, why)
                taken.remove(file)
                os.close(file.descriptor)

    def _take(self, parent: int, begun: Begun, within: Tree | None) -> Taken:
        self._kind_of(parent, begun.name, within)
        descriptor, mode = open_writable(parent, begun.name)
        begun.opened = True
        try:
            status = belongs(descriptor, within)
            volume = self._volume(status.st_dev, parent)
            begun.limits += [*self._held(descriptor), *promises(descriptor, volume)]
        except BaseException as error:
            if isinstance(error, LeftAloneError) and mode is not None:
                os.fchmod(descriptor, mode)
            os.close(descriptor)
            raise
        return Taken(begun, descriptor, status, volume)

    def _truncate(self, file: Taken) -> None:
        os.ftruncate(file.descriptor, 0)
        if file.status.st_nlink > 1:  # else it goes with its name, and its content was overwritten before
            os.fsync(file.descriptor)
        file.begun.done.append(Step.TRUNCATED)

    def _finish(self, file: Taken) -> None:
        inode = file.status.st_dev, file.status.st_ino
        self._names_left[inode] = os.fstat(file.descriptor).st_nlink
        self._finished.append((inode, self._told(file.begun, file.status.st_size, file.volume)))
        file.begun.told = True

    def _held(self, descriptor: int) -> Iterator[Message]:
        """Refuse a file that somebody has open, unless we were told to go on; say what is not known."""
        if self._even_open:
            found = self._onlookers.of(os.fstat(descriptor))
            for process in found.processes:
                yield message("process {process} had it open and may keep a copy", process=process)
            return
        found = holders.hold(descriptor, self._onlookers)
        if found:
            raise LeftAloneError(in_use(found))
        if found.unknown:
            yield message("whether another program has it open could not be found out")

    def _overwrite(self, file: Taken) -> None:
        descriptor = file.descriptor
        allocation = os.fstatvfs(descriptor).f_frsize
        file.extents = overwriting.data_extents(descriptor, file.status.st_size, allocation)
        file.begun.overwritten = sum(end - start for start, end in file.extents)
        for _ in range(self._passes - 1):
            overwriting.overwrite(descriptor, file.extents, self._pool.cover(), self._progress.advance)
        file.cover = self._pool.cover()
        overwriting.write(descriptor, file.extents, file.cover, self._progress.advance)

    def _sync(self, file: Taken) -> None:
        os.fsync(file.descriptor)
        if file.extents:
            file.begun.done.append(Step.OVERWRITTEN)

    def _rename(self, parent: int, begun: Begun) -> None:
        # At least as long as the old name, so that a directory that reuses the place covers all of it;
        # never so short that it could be the name of a neighbour, which the rename would replace.
        old, length = begun.name, max(_NEUTRAL_LETTERS, len(os.fsencode(begun.name)))
        begun.name = secrets.token_hex(length)[:length]
        os.rename(old, begun.name, src_dir_fd=parent, dst_dir_fd=parent)

    def _remove_name(self, parent: int, begun: Begun) -> None:
        self._rename(parent, begun)
        os.fsync(parent)
        begun.done.append(Step.RENAMED)
        os.unlink(begun.name, dir_fd=parent)
        os.fsync(parent)
        begun.done.append(Step.REMOVED)

    def _volume(self, device: int, parent: int) -> Volume:
        if device not in self._volumes:
            # By the descriptor: the path may lead elsewhere by now.
            self._volumes[device] = volumes.volume(Path(f"/proc/self/fd/{parent}"))
        return self._volumes[device]

    def _discard(self) -> None:
        """Let each device that can forget what is now free; once, as it looks at the whole volume."""
        for device in {device for (device, _), _file in self._finished}:
            volume = self._volumes[device]
            if not volume.discards:
                continue
            with suppress(OSError), opened(volume.mount_point) as directory:  # not root, or it cannot
                if os.fstat(directory).st_dev == device:
                    # What was freed is offered only once it is committed. Where data is written in place
                    # the last fsync of the directory did that; syncing everything waits for other programs.
                    if copies_on_write(volume):
                        kernel.sync_filesystem(directory)
                    if ioctls.trim(directory):
                        self._discarded.add(device)

    def _told(self, begun: Begun, size: int, volume: Volume) -> ShredFile:
        return ShredFile(
            path=begun.path,
            bytes=size,
            overwritten_bytes=begun.overwritten,
            done=tuple(begun.done),
            not_promised=tuple(begun.limits),
            filesystem=volume.filesystem,
            medium=volume.kind,
            passes=self._passes,
        )

    def _at_the_end(self, inode: "_Inode", file: ShredFile) -> ShredFile:
        """Add what is known only when everything is done."""
        discarded = (Step.DISCARDED,) if inode[0] in self._discarded else ()
        left = self._names_left.get(inode, 0)
        others = (message("{count} other names of this file remain, now empty", count=left),) if left else ()
        return replace(file, done=(*file.done, *discarded), not_promised=(*file.not_promised, *others))


_Inode = tuple[int, int]
_INTERRUPTED: Final = message("the shredding was interrupted here")
_IN_USE: Final = frozenset(
    {errno.ETXTBSY, errno.EWOULDBLOCK}
)  # a program runs from it; somebody holds a lease
