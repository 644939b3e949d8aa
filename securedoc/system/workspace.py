"""A session's workspace: a private directory in memory, where plaintext lives and never on disk."""

import errno
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.core.text import Message, message
from securedoc.errors import ScratchBusy, ScratchRefused
from securedoc.system import files, kernel, memory, remains, volumes
from securedoc.system.shred import Residue, ShredReport, shred

MIB: Final = 1024 * 1024
_MOUNTS: Final = Path("/run/securedoc")
_WITHOUT_CONTENT: Final = frozenset({stat.S_IFLNK, stat.S_IFIFO, stat.S_IFSOCK})


@dataclass(frozen=True, slots=True)
class Workspace:
    """A private directory in memory."""

    path: Path
    mounted: bool
    """A RAM file system of its own; else a directory of a shared one."""
    missing: tuple[Message, ...]
    """What protection this machine did not give."""


def create(session: str, *, budget_bytes: int, places: Sequence[Path] | None = None) -> Workspace:
    """Make the workspace of a session: own RAM disk when we may mount, else a directory of the machine's.

    `places` are the machine's RAM disks to try, by default those that systemd and the kernel provide.

    Raises:
        ScratchRefused: nowhere is there a RAM disk with this much room; nothing is ever put on disk.
        ScratchBusy: the session has a workspace already.
    """
    _check_memory(budget_bytes)
    if places is None and os.geteuid() == 0:
        with suppress(PermissionError):  # root of a container may be forbidden to mount
            return _mount(session, budget_bytes)
    for place in (Path(f"/run/user/{os.geteuid()}"), Path("/dev/shm")) if places is None else places:  # noqa: S108
        if _has_room(place, budget_bytes):
            path = _make(_own_directory(place), session)
            return Workspace(path, mounted=False, missing=(*_swap_warning(), _SHARED))
    raise ScratchRefused(
        "there is no RAM disk with {size} MiB free for the workspace",
        size=budget_bytes // MIB,
        hint="close other programs, or have a tmpfs mounted at /dev/shm; plaintext is never put on disk",
    )


def find(session: str, owner: int | None = None, *, root: Path = Path("/")) -> Path | None:
    """Return the workspace that a session of `owner`, by default of our user, left; None when it is gone."""
    if not session.isalnum():  # it becomes part of a path
        raise ValueError("not a session identifier")
    user = os.geteuid() if owner is None else owner
    # Anybody may make a directory of such a name in /dev/shm, to have a text of theirs salvaged and ours
    # left: only what its user alone could make is looked into.
    places = (
        (root / _MOUNTS.relative_to("/"), 0),
        (root / f"run/user/{user}/securedoc-{user}", user),
        (root / f"dev/shm/securedoc-{user}", user),
    )
    for place, maker in places:
        if _made_by(place / session, maker) and _made_by(place, maker):
            return place / session
    return None


def _made_by(directory: Path, user: int) -> bool:
    try:
        status = directory.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == user


def named(prefix: str) -> tuple[Path, ...]:
    """Return this user's workspaces whose session begins with `prefix`, wherever they were made."""
    if not prefix.isalnum():  # it becomes part of a pattern
        raise ValueError("not the beginning of a session identifier")
    patterns = (
        f"run/securedoc/{prefix}*",
        f"run/user/*/securedoc-*/{prefix}*",
        f"dev/shm/securedoc-*/{prefix}*",
    )
    return tuple(
        path
        for pattern in patterns
        for path in sorted(Path("/").glob(pattern))
        if path.is_dir() and not path.is_symlink() and path.stat().st_uid == os.geteuid()
    )


def dissolve(path: Path) -> ShredReport:
    """Shred a workspace, unmount it, remove it; a missing one is fine."""
    if not path.is_dir() or path.is_symlink():
        return ShredReport()
    children = []
    for child in sorted(path.iterdir()):
        if stat.S_IFMT(child.lstat().st_mode) in _WITHOUT_CONTENT:
            child.unlink()  # put beside its folders by a program: left, it would keep the place for ever
        else:
            children.append(child)
    # An editor that was killed may still hold a file while it dies: what it holds is in memory, and is told.
    report = shred(children, recursive=True, even_open=True)
    try:
        if path.is_mount():
            kernel.unmount(path)
        files.remove_dir(path)
    except OSError as error:
        if error.errno != errno.ENOTEMPTY:  # then the residue inside was reported already
            why = message("the system says: {why}", why=error.strerror or "")
            report += ShredReport(residue=(Residue(path, why, refused=False),))
    return report


_SHARED: Final = message("the RAM disk is shared with other programs: securedoc may not mount its own here")


def _mount(session: str, budget: int) -> Workspace:
    # In the machine's own mount namespace, not a private one: after kill -9 the workspace must still be
    # there to be salvaged and shredded.
    files.make_dirs(_MOUNTS)
    path = _make(_checked(_MOUNTS), session)
    try:
        try:
            kernel.mount_tmpfs(path, size_bytes=budget, noswap=True)
        except OSError as error:
            if error.errno != errno.EINVAL:  # kernels before 6.4 do not know noswap
                raise
            kernel.mount_tmpfs(path, size_bytes=budget, noswap=False)
            return Workspace(path, mounted=True, missing=_swap_warning())
    except OSError:
        files.remove_dir(path)
        raise
    return Workspace(path, mounted=True, missing=())


def _swap_warning() -> tuple[Message, ...]:
    if not remains.swap_is_on():
        return ()
    return (message("swap is on and the RAM disk cannot be kept out of it"),)


def _make(parent: Path, session: str) -> Path:
    path = parent / session
    try:
        path.mkdir(mode=stat.S_IRWXU)
    except FileExistsError as error:
        raise ScratchBusy(
            "the workspace of session {session} exists already",
            session=session,
            hint="run `securedoc recover`",
        ) from error
    return path


def _own_directory(place: Path) -> Path:
    path = place / f"securedoc-{os.geteuid()}"
    with suppress(FileExistsError):
        path.mkdir(mode=stat.S_IRWXU)
    return _checked(path)


def _checked(path: Path) -> Path:
    # /dev/shm is open to everybody: somebody else may have made this name first, to read along.
    status = path.lstat()
    private = stat.S_ISDIR(status.st_mode) and not status.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    if not private or status.st_uid != os.geteuid():
        raise ScratchRefused(
            "{name} is not private to this user", name=path.name, hint="find out who made it, and remove it"
        )
    return path


def _has_room(place: Path, budget: int) -> bool:
    try:
        volume = volumes.volume(place)
    except OSError:
        return False
    return volume.memory and not volume.read_only and volume.free_bytes >= budget


def _check_memory(budget: int) -> None:
    available = memory.available_bytes()
    if available < budget:
        raise ScratchRefused(
            "{need} MiB of memory are needed for the workspace, {free} MiB are available",
            need=budget // MIB,
            free=available // MIB,
            hint="close other programs and try again",
        )
