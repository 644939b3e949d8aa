"""Packs: tar files of sealed objects, written and read in one pass, each object checked on the way."""

import hashlib
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from securedoc.backup import gathering
from securedoc.backup.largefile import Block, other_bytes
from securedoc.core.digests import Digest
from securedoc.errors import (
    BackupMalformed,
    BackupUntrusted,
    DocumentFailed,
    DocumentMissing,
    DocumentUntrusted,
)
from securedoc.system import files

PACK_BYTES: Final = 1 << 28
"""A pack is closed before it grows beyond this: what a cut costs must be little (decision 025)."""
PACK_OBJECTS: Final = 1 << 12
"""And before it holds more than this: they are in memory one pack at a time."""
CHUNK_BYTES: Final = 1 << 20

_BLOCK: Final = tarfile.BLOCKSIZE
_END: Final = bytes(2 * _BLOCK)
# Making a header with `tarfile` takes longer than digesting a small object. So it makes one, and we
# fill in what differs; where each field lies is POSIX pax/ustar, "ustar Interchange Format".
_NAME_END: Final = 67
_HEX: Final = slice(3, _NAME_END)
_SIZE: Final = slice(124, 135)
_CHECKSUM: Final = slice(148, 156)
_MAX_MEMBER_BYTES: Final = 8**11 - 1


def _blank() -> bytes:
    info = tarfile.TarInfo("x")
    info.mode = 0o600
    header = bytearray(info.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict"))
    header[0] = 0
    header[_CHECKSUM] = b" " * 8  # the checksum is that of a header with spaces in its place
    return bytes(header)


_BLANK: Final = _blank()
_BLANK_SUM: Final = sum(_BLANK) - sum(_BLANK[:_NAME_END]) - sum(_BLANK[_SIZE])
"""Of everything that is the same in each header."""


@dataclass(frozen=True, slots=True)
class Source:
    """A sealed object in the vault that a pack is to hold."""

    digest: Digest
    size_bytes: int
    path: Path


@dataclass(frozen=True, slots=True)
class Member:
    """A sealed object found in a pack; `chunks` must be read before the next member."""

    digest: Digest
    size_bytes: int
    chunks: Iterator[bytes]


def member_bytes(size_bytes: int) -> int:
    """Return what an object of that size takes in a pack: a header block, and whole blocks."""
    return _BLOCK + -(-size_bytes // _BLOCK) * _BLOCK


def pack_size(sizes: Iterable[int]) -> int:
    """Return the size of a pack of objects of these sizes."""
    return sum(member_bytes(size) for size in sizes) + len(_END)


def into_packs(sources: Iterable[Source], limit: int, objects: int = PACK_OBJECTS) -> Iterator[list[Source]]:
    """Divide sealed objects, in order, into packs of at most `limit` bytes; a larger one has its own."""
    pack: list[Source] = []
    room = limit - len(_END)
    for source in sources:
        size = member_bytes(source.size_bytes)
        if pack and (size > room or len(pack) == objects):
            yield pack
            pack, room = [], limit - len(_END)
        pack.append(source)
        room -= size
    if pack:
        yield pack


def write_pack(sources: Iterable[Source], block: Block) -> None:
    """Write a pack: a deterministic ustar of the objects, in their order.

    Their bytes are not looked at here: a `PackProof` must be fed what was written, or what was read back.

    Raises:
        DocumentMissing, DocumentFailed: an object cannot be read from the vault.
        DocumentUntrusted: an object in the vault is of another size; the pack must not be published.
    """
    before = b""
    for source in sources:
        block.put(before + _header(source.digest, source.size_bytes))
        _put_object(block, source)
        before = bytes(-source.size_bytes % _BLOCK)
    block.put(before + _END)


class PackProof:
    """Proves bytes to be the pack of these objects: fed in order, in pieces of any size, held by nobody."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._parts = self._expected(sources)
        self._whole = hashlib.sha256()
        self._exact = b""
        self._left = 0
        self._hasher: hashlib._Hash | None = None
        self._source: Source | None = None

    def feed(self, untrusted_data: memoryview) -> None:
        """Take the next bytes.

        Raises:
            DocumentUntrusted: an object is damaged in the vault, too.
            BackupUntrusted: what was given is not what was written.
        """
        self._whole.update(untrusted_data)
        at, end = 0, len(untrusted_data)
        while at < end:
            if not self._left and not next(self._parts, False):
                raise _other_bytes(self._source)
            take = min(self._left, end - at)
            piece = untrusted_data[at : at + take]
            if self._hasher is not None:
                self._hasher.update(piece)
            elif piece != self._exact[len(self._exact) - self._left :][:take]:
                raise _other_bytes(self._source)
            self._left -= take
            at += take

    def digest(self) -> Digest:
        """Return the digest of the whole.

        Raises:
            DocumentUntrusted, BackupUntrusted: as `feed`; or it ended too early.
        """
        if self._left or next(self._parts, False):
            raise _other_bytes(self._source)
        return Digest(self._whole.digest())

    def _expected(self, sources: Iterable[Source]) -> Iterator[bool]:
        before = b""
        for source in sources:
            yield self._expect(before + _header(source.digest, source.size_bytes))
            self._source, self._hasher, self._left = source, hashlib.sha256(), source.size_bytes
            if source.size_bytes:
                yield True
            if self._hasher.digest() != source.digest.value:
                _blame(source)
            self._hasher = None
            before = bytes(-source.size_bytes % _BLOCK)
        yield self._expect(before + _END)

    def _expect(self, exact: bytes) -> bool:
        self._exact, self._left = exact, len(exact)
        return True


def read_pack(untrusted_stream: BinaryIO, name: str) -> Iterator[Member]:
    """Read the objects of a pack, each compared with its name at its end.

    Raises:
        BackupMalformed: not a pack as `write_pack` writes them.
        BackupUntrusted: an object does not have the digest it is named by.
    """
    while (header := untrusted_stream.read(_BLOCK)) != _END[:_BLOCK]:
        digest, size = _parse_header(header, name)
        yield Member(digest, size, _checked(untrusted_stream, digest, size, name))
    if untrusted_stream.read() != _END[_BLOCK:]:
        raise BackupMalformed("{pack} does not end as a pack ends", pack=name)


def member_name(digest: Digest) -> str:
    """Return an object's name in a pack; the same as in the vault."""
    return f"{digest.hex[:2]}/{digest.hex}"


def _header(digest: Digest, size_bytes: int) -> bytes:
    """Return the ustar header of an object: only name, size and checksum differ from one to the next."""
    if size_bytes > _MAX_MEMBER_BYTES:
        raise ValueError("an object too large for a ustar header")
    name, size = member_name(digest).encode("ascii"), b"%011o" % size_bytes
    header = bytearray(_BLANK)
    header[:_NAME_END] = name
    header[_SIZE] = size
    header[_CHECKSUM] = b"%06o\0 " % (_BLANK_SUM + sum(name) + sum(size))
    return bytes(header)


def _put_object(block: Block, source: Source) -> None:
    try:
        with files.opened(source.path) as (descriptor, size):
            left = source.size_bytes
            while left and size == source.size_bytes and (got := block.fill(descriptor, left)):
                left -= got
    except FileNotFoundError:
        raise DocumentMissing(
            "the sealed object {digest} is not in the vault",
            digest=source.digest.hex,
            hint="restore this object from an earlier snapshot; the backup was not written",
        ) from None
    except OSError as error:
        raise DocumentFailed(
            "the sealed object {digest} cannot be read: {reason}",
            digest=source.digest.hex,
            reason=error.strerror or type(error).__name__,
        ) from error
    # A longer or shorter one would shift every member after it; its bytes the proof compares.
    if left or size != source.size_bytes:
        raise _damaged(source)


def _blame(source: Source) -> NoReturn:
    """Say who has the damage: the vault, or the medium that gave back other bytes than were written."""
    try:
        whole = gathering.digest_of(source.path) == source.digest
    except OSError:
        whole = False
    if not whole:
        raise _damaged(source)
    raise _other_bytes(source)


def _damaged(source: Source) -> DocumentUntrusted:
    return DocumentUntrusted(
        "the sealed object {digest} in the vault is damaged",
        digest=source.digest.hex,
        hint="restore this object from an earlier snapshot; the backup was not written",
    )


def _other_bytes(source: Source | None) -> BackupUntrusted:
    return other_bytes(member_name(source.digest) if source else "-")


def _parse_header(untrusted_header: bytes, name: str) -> tuple[Digest, int]:
    try:
        digest = Digest.parse(untrusted_header[_HEX].decode("ascii"))
        size = int(untrusted_header[_SIZE].decode("ascii"), 8)
        header = _header(digest, size)
    except ValueError as error:
        raise BackupMalformed("{pack} is not a pack of sealed objects", pack=name) from error
    # One spelling only: a member whose name leads elsewhere, a link or a device has no way in.
    if untrusted_header != header:
        raise BackupMalformed("{pack} is not a pack of sealed objects", pack=name)
    return digest, size


def _checked(untrusted_stream: BinaryIO, digest: Digest, size_bytes: int, name: str) -> Iterator[bytes]:
    hasher = hashlib.sha256()
    left = size_bytes
    while left:
        chunk = untrusted_stream.read(min(left, CHUNK_BYTES))
        if not chunk:
            raise BackupMalformed("{pack} is cut off", pack=name)
        hasher.update(chunk)
        left -= len(chunk)
        yield chunk
    padding = -size_bytes % _BLOCK
    if untrusted_stream.read(padding) != bytes(padding):
        raise BackupMalformed("{pack} is cut off", pack=name)
    if hasher.digest() != digest.value:
        raise BackupUntrusted("the object {digest} in {pack} is damaged", digest=digest.hex, pack=name)
