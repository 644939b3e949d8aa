"""Copies what a failing medium still gives: unreadable places become zeros, and are counted."""

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from securedoc.system import files

STEP_BYTES: Final = 64 * 1024
"""Read at once; where that fails, its pages one by one."""
PAGE_BYTES: Final = 4096

# A bad sector is EIO, or ENODATA on newer kernels; a file system that notices its own damage says EUCLEAN.
_LOST: Final = frozenset({errno.EIO, errno.ENODATA, errno.EUCLEAN, errno.EILSEQ, errno.EREMOTEIO})


def chunks(source: Path, limit: int) -> Iterator[tuple[bytes, int]]:
    """Yield a regular file, at most `limit` bytes of it, and with each part how many bytes of it are lost.

    Raises:
        OSError: it cannot be opened, is no regular file, or the medium is gone.
    """
    with files.open_bounded(source) as stream:
        yield from _steps(stream.fileno(), limit)


def copy(source: Path, target: Path, limit: int) -> int:
    """Copy what can be read to the new file `target`, for the machine's own use; return what was lost.

    Raises:
        OSError: as `chunks`, or the disk failed.
    """
    lost = 0
    with files.open_bounded(source) as stream, target.open("xb") as file:
        for data, missing in _steps(stream.fileno(), limit):
            file.write(data)
            lost += missing
    return lost


def _steps(descriptor: int, limit: int) -> Iterator[tuple[bytes, int]]:
    with suppress(OSError):  # a failing medium may refuse even this; what can be read counts
        files.drop_cache(descriptor)
    size = min(os.fstat(descriptor).st_size, limit)
    for at in range(0, size, STEP_BYTES):
        yield _step(descriptor, at, min(STEP_BYTES, size - at))


def _step(descriptor: int, at: int, size: int) -> tuple[bytes, int]:
    data = _read(descriptor, at, size)
    if data is not None:
        return data, 0
    pages = [
        (_read(descriptor, page, min(PAGE_BYTES, at + size - page)), min(PAGE_BYTES, at + size - page))
        for page in range(at, at + size, PAGE_BYTES)
    ]
    joined = b"".join(bytes(length) if data is None else data for data, length in pages)
    return joined, sum(length for data, length in pages if data is None)


def _read(descriptor: int, at: int, size: int) -> bytes | None:
    try:
        data = os.pread(descriptor, size, at)
    except OSError as error:
        if error.errno not in _LOST:
            raise
        return None
    # Shorter than its own size: what is missing is as lost as what gives an error.
    return data if len(data) == size else None
