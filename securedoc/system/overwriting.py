"""Overwrites what lies under an open file or device, and reads back what the medium then gives."""

import errno
import fcntl
import hashlib
import mmap
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Self

from securedoc.core.protocols import Randomness

MIB: Final = 1024 * 1024
BLOCK: Final = 4096
"""What is compared is counted in blocks of this size."""
_POOL_BYTES: Final = 4 * MIB
_WRITE_BACK_BYTES: Final = 8 * MIB
# The ways in which a file system says that it cannot go past its cache, or that it cannot tell.
_CANNOT: Final = frozenset({errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTTY})

Cover = Callable[[int, int], bytes]
"""Returns so many bytes that belong at a place: the same ones whenever it is asked. Never across a MiB."""
Extent = tuple[int, int]
"""From where to where there is data."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What reading back gave."""

    octets: int
    mismatched_blocks: int
    past_cache: bool
    """Whether all of it came from the device: only that says anything of the medium."""


class Pool:
    """Random bytes to cover files with: a window of a pool for each MiB, its place drawn from a seed.

    Fresh random bytes for every block would take longer than writing them. Nothing is hidden in these
    bytes, they only cover; and the seed gives them again, so that what was read can be compared.
    """

    def __init__(self, randomness: Randomness) -> None:
        self._randomness = randomness
        self._pool = randomness(_POOL_BYTES)

    def cover(self) -> Cover:
        """Return a cover that no other file has had."""
        seed = self._randomness(16)

        def at(offset: int, length: int) -> bytes:
            number, within = divmod(offset, MIB)
            drawn = hashlib.blake2b(number.to_bytes(8, "big"), key=seed, digest_size=8).digest()
            start = int.from_bytes(drawn, "big") % (_POOL_BYTES - MIB + 1) + within
            return self._pool[start : start + length]

        return at


def data_extents(descriptor: int, size: int, allocation: int) -> tuple[Extent, ...]:
    """Return where a file has data, each end rounded up to a whole unit of `allocation`.

    A hole holds nothing, and filling it would fill the disk. The rest of the last unit may hold what a
    longer version of the file left there.
    """
    found: list[Extent] = []
    at = 0
    while at < size:
        try:
            start = os.lseek(descriptor, at, os.SEEK_DATA)
            at = os.lseek(descriptor, start, os.SEEK_HOLE)
        except OSError as error:
            if error.errno == errno.ENXIO:  # only a hole is left
                break
            if error.errno != errno.EINVAL:
                raise
            start, at = 0, size  # this file system knows no holes
        found.append((start, -(-at // allocation) * allocation if at >= size else at))
    return tuple(found)


def overwrite(
    descriptor: int, extents: Sequence[Extent], cover: Cover, advance: Callable[[int], None]
) -> None:
    """Write the cover over the extents, in place, and sync.

    Raises:
        OSError: some of it is not written.
    """
    write(descriptor, extents, cover, advance)
    os.fsync(descriptor)


def write(descriptor: int, extents: Sequence[Extent], cover: Cover, advance: Callable[[int], None]) -> None:
    """Write the cover over the extents, in place, and have the system begin to store it; a sync is still due.

    In place: a file opened with truncation would get other blocks and keep its old ones readable.

    Raises:
        OSError: some of it is not written.
    """
    flushed = written = 0
    for at, length in _pieces(extents):
        data = memoryview(cover(at, length))
        begun = at
        while data:
            count = os.pwrite(descriptor, data, begun)
            begun, data = begun + count, data[count:]
        written += length
        if written - flushed >= _WRITE_BACK_BYTES:  # or the sync at the end waits for all of it at once
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            flushed = written
        advance(length)
    if written > flushed:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def read_back(
    descriptor: int, extents: Sequence[Extent], cover: Cover, advance: Callable[[int], None]
) -> ReadBack:
    """Compare what the medium gives with the cover; the file must be synced.

    Raises:
        OSError: it cannot be read.
    """
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    octets = mismatched = 0
    past_cache = True
    with mmap.mmap(-1, MIB) as page_aligned, _Reader(descriptor, page_aligned) as reader:
        for at, length in _pieces(extents):
            expected = cover(at, length)
            with reader.read(at, length) as found:
                # Compared where it lies: a copy of each MiB takes longer than reading it from a fast disk.
                if len(found) != length or not expected.startswith(found):
                    mismatched += _differing(bytes(found), expected)
            octets += length
            past_cache = past_cache and reader.past_cache
            advance(length)
    return ReadBack(octets, mismatched, past_cache)


class _Reader:
    """Reads directly from the device; where that cannot be, says whether the cache answered."""

    def __init__(self, descriptor: int, memory: mmap.mmap) -> None:
        self._descriptor = descriptor
        self._memory = memory
        self._flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        self._direct = False
        self.past_cache = True

    def __enter__(self) -> Self:
        with _unless_it_cannot():
            fcntl.fcntl(self._descriptor, fcntl.F_SETFL, self._flags | os.O_DIRECT)
            self._direct = True
        return self

    def __exit__(self, *_exception: object) -> None:
        self._through_the_cache()

    def read(self, offset: int, length: int) -> memoryview:
        """Return what is at a place; until it is released, nothing else can be read."""
        if self._direct:
            with _unless_it_cannot():
                return self._read(offset, length)
            self._through_the_cache()
        self.past_cache = self.past_cache and not self._cached(offset, length)
        return self._read(offset, length)

    def _through_the_cache(self) -> None:
        if self._direct:
            fcntl.fcntl(self._descriptor, fcntl.F_SETFL, self._flags)
            self._direct = False

    def _cached(self, offset: int, length: int) -> bool:
        # A read that must not wait for the device succeeds only from memory.
        try:
            with memoryview(self._memory)[:length] as into:
                os.preadv(self._descriptor, [into], offset, os.RWF_NOWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True  # it cannot tell, so neither can we
        return True

    def _read(self, offset: int, length: int) -> memoryview:
        done = 0
        while done < length:
            with memoryview(self._memory)[done:length] as into:
                count = os.preadv(self._descriptor, [into], offset + done)
            if not count:
                break
            done += count
        return memoryview(self._memory)[:done]


@contextmanager
def _unless_it_cannot() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _CANNOT:
            raise


def _pieces(extents: Sequence[Extent]) -> Iterator[tuple[int, int]]:
    for start, end in extents:
        at = start
        while at < end:
            length = min(MIB - at % MIB, end - at)
            yield at, length
            at += length


def _differing(got: bytes, expected: bytes) -> int:
    places = range(0, len(expected), BLOCK)
    return sum(got[at : at + BLOCK] != expected[at : at + BLOCK] for at in places)
