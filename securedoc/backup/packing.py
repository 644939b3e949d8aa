"""Packs: tar files of sealed objects, written and read in one pass, each object checked on the way."""

import hashlib
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from securedoc.core.digests import Digest
from securedoc.errors import (
    BackupMalformed,
    BackupUntrusted,
    DocumentFailed,
    DocumentMissing,
    DocumentUntrusted,
)
from securedoc.system import files

PACK_BYTES: Final = 1 << 30
"""A pack is closed before it grows beyond this: vfat ends at 4 GiB, and parity groups are of 1 GiB."""
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


def into_packs(sources: Iterable[Source], limit: int) -> list[list[Source]]:
    """Divide objects, in order, into packs of at most `limit` bytes; a larger object has its own."""
    packs: list[list[Source]] = []
    room = 0
    for source in sources:
        size = member_bytes(source.size_bytes)
        if size > room:
            packs.append([])
            room = limit - len(_END)
        packs[-1].append(source)
        room -= size
    return packs


def write_pack(sources: Iterable[Source], write: Callable[[bytes], object]) -> None:
    """Write a pack: a deterministic ustar of the objects, in their order.

    Raises:
        DocumentMissing, DocumentFailed: an object cannot be read from the vault.
        DocumentUntrusted: an object in the vault is damaged; the pack must not be published.
    """
    for source in sources:
        _write_member(source, write)
    write(_END)


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
    header = bytearray(_BLANK)
    header[:_NAME_END] = member_name(digest).encode("ascii")
    header[_SIZE] = b"%011o" % size_bytes
    header[_CHECKSUM] = b"%06o\0 " % sum(header)
    return bytes(header)


def _write_member(source: Source, write: Callable[[bytes], object]) -> None:
    hasher = hashlib.sha256()
    size = 0
    head = _header(source.digest, source.size_bytes)
    for chunk in _vault_chunks(source):
        hasher.update(chunk)
        size += len(chunk)
        write(head + chunk)
        head = b""
    # The size first: a longer file would have shifted every member after it.
    if size != source.size_bytes or hasher.digest() != source.digest.value:
        raise DocumentUntrusted(
            "the sealed object {digest} in the vault is damaged",
            digest=source.digest.hex,
            hint="restore this object from an earlier snapshot; the backup was not written",
        )
    write(head + bytes(-size % _BLOCK))


def _vault_chunks(source: Source) -> Iterator[bytes]:
    try:
        with files.open_bounded(source.path) as stream:
            # One byte more than there should be: an object that grew is noticed.
            while chunk := stream.read(min(source.size_bytes + 1, CHUNK_BYTES)):
                yield chunk
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
