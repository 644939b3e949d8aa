"""PAR2 packets (Parity Volume Set 2.0): which files a set names, in which blocks; nothing more."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

MAGIC: Final = b"PAR2\0PKT"
MAX_NAME_BYTES: Final = 4096

_MAIN: Final = b"PAR 2.0\0Main\0\0\0\0"
_FILE: Final = b"PAR 2.0\0FileDesc"
_UNICODE_NAME: Final = b"PAR 2.0\0UniFileN"
_HEADER_BYTES: Final = 64  # magic, length, MD5, set id, type
_TYPE_AT: Final = 48
_HASHED_FROM: Final = 32  # the MD5 covers set id, type and body
_FIXED_FILE_BYTES: Final = 56  # file id, MD5, MD5 of the first 16 KiB, length
_MAX_BODY_BYTES: Final = 1 << 20
_CHUNK_BYTES: Final = 1 << 20
_MAX_PACKETS: Final = 100_000
_MAX_LARGE: Final = 64  # each takes the reading of what may be the whole file


class Buffer(Protocol):
    """Bytes, or a file mapped into memory."""

    def find(self, sub: bytes, start: int, /) -> int:
        """Return where `sub` begins, at or after `start`; -1 where it does not."""
        ...

    def __getitem__(self, index: slice, /) -> bytes:
        """Return a part."""
        ...


class Par2Malformed(ValueError):
    """A packet that a set of ours cannot have."""


@dataclass(frozen=True, slots=True)
class Named:
    """A file that a set protects: par2 would write to that name."""

    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Blocks:
    """How a set divides its files."""

    block_bytes: int
    files: int


def packets(untrusted_data: Buffer) -> Iterator[Named | Blocks]:
    """Yield what the intact packets of a PAR2 file name; damaged ones are passed over, as par2 does.

    Raises:
        Par2Malformed: a file name of another kind, one longer than any of ours, or packets without end.
    """
    for kind, read in ((_FILE, _named), (_MAIN, _blocks), (_UNICODE_NAME, _refused)):
        number, large, at = 0, 0, untrusted_data.find(kind, 0)
        while at >= 0:
            start = at - _TYPE_AT
            number, large = number + 1, large + (_size(untrusted_data, start) > _MAX_BODY_BYTES)
            if number > _MAX_PACKETS or large > _MAX_LARGE:
                raise Par2Malformed("more packets than a set can have")
            body = _body(untrusted_data, start)
            if body is not None:
                yield read(body)
            at = untrusted_data.find(kind, at + 1)


def _body(untrusted_data: Buffer, start: int) -> bytes | None:
    """Return the body of the packet at `start`; None where there is no intact one."""
    size = _size(untrusted_data, start)
    header = untrusted_data[max(start, 0) : start + _HEADER_BYTES]
    if size < _HEADER_BYTES:
        return None
    if not _is_intact(untrusted_data, start, size, header[16:32]):
        return None
    if size > _MAX_BODY_BYTES:
        raise Par2Malformed("a packet larger than any of ours")
    return untrusted_data[start + _HEADER_BYTES : start + size]


def _size(untrusted_data: Buffer, start: int) -> int:
    """Return the size that the packet at `start` says it has; 0 where there is none."""
    header = untrusted_data[start : start + _HEADER_BYTES] if start >= 0 else b""
    return int.from_bytes(header[8:16], "little") if header[:8] == MAGIC else 0


def _is_intact(untrusted_data: Buffer, start: int, size: int, expected: bytes) -> bool:
    """Compare a packet with its own MD5; one flipped bit can make it look as long as all the rest."""
    at, end = start + _HASHED_FROM, start + size
    if not untrusted_data[end - 1 : end]:
        return False  # cut off
    hasher = hashlib.md5(usedforsecurity=False)
    while at < end:
        part = untrusted_data[at : min(end, at + _CHUNK_BYTES)]
        hasher.update(part)
        at += len(part)
    return hasher.digest() == expected


def _named(untrusted_body: bytes) -> Named:
    name = untrusted_body[_FIXED_FILE_BYTES:].rstrip(b"\0")
    if len(name) > MAX_NAME_BYTES:
        raise Par2Malformed("a name longer than any of ours")
    size = int.from_bytes(untrusted_body[_FIXED_FILE_BYTES - 8 : _FIXED_FILE_BYTES], "little")
    return Named(name.decode("utf-8", "backslashreplace"), size)


def _blocks(untrusted_body: bytes) -> Blocks:
    return Blocks(
        int.from_bytes(untrusted_body[:8], "little"), int.from_bytes(untrusted_body[8:12], "little")
    )


def _refused(untrusted_body: bytes) -> Named:
    del untrusted_body
    raise Par2Malformed("a name given twice, in two ways")
