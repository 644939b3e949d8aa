"""Reads single files of a medium around what it cannot give, onto the machine's own disk."""

import errno
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.protocols import Progress
from securedoc.system import files, salvage

_CHUNK_BYTES: Final = 1 << 20
_OF_THE_FILE: Final = frozenset(
    {
        errno.ENOENT,
        errno.ENOTDIR,
        errno.ELOOP,
        errno.EINVAL,
        errno.EISDIR,
        errno.ENXIO,
        errno.EACCES,
        errno.EIO,
        errno.EUCLEAN,
        errno.ENODATA,
    }
)


def copy_of(source: Path, target: Path, size: int) -> bool:
    """Copy what can be read; tell whether it is all of a file of that size."""
    try:
        lost = salvage.copy(source, target, size)
        return lost == 0 and source.lstat().st_size == size
    except OSError as error:
        if error.errno not in _OF_THE_FILE:
            raise
        return False


def read_whole(path: Path, limit: int, progress: Progress) -> Digest | None:
    """Return the digest of a file on the medium; None where it is missing, unreadable, or over `limit`."""
    hasher = hashlib.sha256()
    lost = 0
    try:
        if path.lstat().st_size > limit:
            return None
        for data, missing in salvage.chunks(path, limit):
            hasher.update(data)
            lost += missing
            progress.advance(len(data))
    except OSError as error:
        if error.errno not in _OF_THE_FILE:
            raise
        return None
    return None if lost else Digest(hasher.digest())


def digest_of(path: Path) -> Digest:
    """Return the digest of a file on the machine's own disk."""
    return Digest.of_chunks(_chunks(path))


def _chunks(path: Path) -> Iterator[bytes]:
    with files.open_bounded(path) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk
