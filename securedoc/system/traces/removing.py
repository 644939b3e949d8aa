"""Removes what was found, reached without following a link, and only if it is still what was looked at."""

import errno
import os
import re
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from securedoc.core.text import message
from securedoc.system import files
from securedoc.system.shred import Residue, ShredReport, shred
from securedoc.system.traces import reaching
from securedoc.system.traces.reaching import Identity

_UNPUBLISHED = re.compile(r"\.~[0-9a-f]{16}\.new")
"""How `files` names what it has not put in place yet."""
Rewrite = Callable[[bytes], bytes]


def remove(path: Path, base: Path, identity: Identity) -> ShredReport:
    """Shred a file below `base`; what was exchanged or changed since it was looked at is left alone."""
    try:
        with reaching.parent_of(path, base) as parent:
            _require(parent / path.name, identity)
            report = shred([parent / path.name])
    except OSError as error:
        return _left(path, error)
    return _named(report, path)


def rewrite(path: Path, base: Path, limit: int, change: Rewrite) -> ShredReport:
    """Put what `change` makes of a list in its place, whole or not at all, and shred the old one.

    The list is read, changed and exchanged in one go, so that little time is left in which a program
    could write to it. After a power cut there is the old list or the new one, and at most a second
    name of the old one beside it, which the next scan finds.
    """
    try:
        with reaching.parent_of(path, base) as parent:
            report = _exchanged(parent, path.name, limit, change)
    except OSError as error:
        return _left(path, error)
    return _named(report, path)


def _exchanged(parent: Path, name: str, limit: int, change: Rewrite) -> ShredReport:
    target = parent / name
    with reaching.opened(target) as stream:
        unpublished = _of_a_crash(parent, os.fstat(stream.fileno()))
        status = os.fstat(stream.fileno())
        if status.st_nlink > 1:  # the other name would keep the old list, or lose it to the shredder
            raise OSError(errno.EMLINK, "it has another name as well")
        data = _whole(stream.fileno(), limit)
    identity = Identity.of(status)
    made = change(data)
    with files.staged(parent, mode=stat.S_IMODE(status.st_mode)) as file:
        file.write(made)
        os.fchmod(file.fileno(), stat.S_IMODE(status.st_mode))
        if os.geteuid() == 0:
            os.fchown(file.fileno(), status.st_uid, status.st_gid)
        old = files.temporary_name(parent)
        os.link(target, old, follow_symlinks=False)
        try:
            _require(old, identity)
            _require(target, identity)
        except OSError:
            os.unlink(old)  # noqa: PTH108 - a second name of what somebody else just put there
            raise
        file.publish(target, over=True)
    # A program that has the old list open must not keep it: what it shows of documents was taken out.
    return shred([old, *unpublished], even_open=True)


def _of_a_crash(parent: Path, status: os.stat_result) -> list[Path]:
    """Return the files that a rewriting left unpublished when the power failed; take away second names."""
    left = []
    for name in sorted(os.listdir(parent)):  # noqa: PTH208 - by descriptor
        path = parent / name
        if not _UNPUBLISHED.fullmatch(name) or path.lstat().st_uid != status.st_uid:
            continue
        if os.path.samestat(path.lstat(), status):
            os.unlink(path)  # noqa: PTH108 - the list itself keeps its own name
        else:
            left.append(path)
    return left


def _whole(descriptor: int, limit: int) -> bytes:
    data = bytearray()
    while more := os.read(descriptor, limit + 1 - len(data)):
        data += more
        if len(data) > limit:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return bytes(data)


def _require(path: Path, identity: Identity) -> None:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode) or Identity.of(status) != identity:
        raise OSError(errno.ESTALE, "it changed since it was looked at")


def _left(path: Path, error: OSError) -> ShredReport:
    if isinstance(error, FileNotFoundError):
        return ShredReport()
    why = message("the system says: {why}", why=error.strerror or "")
    return ShredReport(residue=(Residue(path, why, refused=error.errno in _LEFT_ALONE),))


_LEFT_ALONE = frozenset({errno.ELOOP, errno.ENOTDIR, errno.ESTALE, errno.EINVAL, errno.EMLINK, errno.EFBIG})


def _named(report: ShredReport, path: Path) -> ShredReport:
    """Return the report with the path that people know instead of the one by descriptor."""
    return ShredReport(
        tuple(replace(one, path=path) for one in report.files),
        tuple(replace(one, path=path) for one in report.residue),
    )
