"""Turns the bytes of any file into the texts that may lie in it: plain, wide, packed, encoded."""

import binascii
import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Final, Protocol

from securedoc.tracing import spelling

KIB: Final = 1024
MIB: Final = 1024 * KIB
PIECE_BYTES: Final = MIB
_FIRST_BYTES: Final = 4 * KIB  # most files are no longer; the form shows in them
OVERLAP_BYTES: Final = 4 * KIB  # longer than the longest sample, in any spelling
MOST_BYTES: Final = 64 * MIB
"""Of one file that is looked at; the rest of a larger one is not, and that is said."""
MOST_PACKED_BYTES: Final = 32 * MIB  # held in memory while its members are unpacked
_UNPACKED_RATIO: Final = 100
_UNPACKED_LEAST: Final = 8 * MIB
_UNPACKED_MOST: Final = 128 * MIB
_DEEPEST: Final = 3
_MOST_STREAMS: Final = 4000

_ZIP_MEMBER: Final = b"PK\x03\x04"
_ZIP_HEADER_BYTES: Final = 30
_STORED, _DEFLATED = 0, 8
_ENCRYPTED: Final = 1
_ZLIB: Final = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_LIBREOFFICE_PACK: Final = b"PACK"
_PDF: Final = b"%PDF-"
# Forms that hold no text, or text that only other programs get out.
_CLOSED: Final = re.compile(
    rb"\x89PNG\r\n|\xff\xd8\xff|GIF8|RIFF....WEBP|RIFF....(?:AVI|WAVE)|OggS|ID3|fLaC|\x1aE\xdf\xa3|....ftyp"
    rb"|7z\xbc\xaf\x27\x1c|Rar!|\x28\xb5\x2f\xfd|\x04\x22\x4d\x18|wOF[F2]",
    re.DOTALL,
)
_PICTURE: Final = re.compile(r"\.(?:png|jpe?g|gif|webp|ttf|otf|emf|wmf|mp4)$", re.IGNORECASE)

_BASE64_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BASE64_AS_ONE: Final = bytes(65 if octet in _BASE64_LETTERS else 0 for octet in range(256))
_BASE64_RUN: Final = b"A" * 60
_BASE64_LINES: Final = re.compile(rb"(?:(?<=\n)|\A)(?:[A-Za-z0-9+/]{60,}\r?\n)+(?:[A-Za-z0-9+/]+={0,2})?")
_BASE64_INLINE: Final = re.compile(rb"(?:base64,|>)([A-Za-z0-9+/]{80,}={0,2})")


class Unlooked(StrEnum):
    """Why something was not looked into, or not wholly."""

    CLOSED = "own-format"
    """A picture, a film, an archive that only its own program opens."""
    LARGE = "large"
    """What is beyond the bounds."""
    ENCRYPTED = "encrypted"
    PDF = "pdf"
    """A PDF that nothing pointed to, or that does not give its text out."""
    UNREADABLE = "not-permitted"
    ANOTHER_FILE_SYSTEM = "another-file-system"
    OLDER = "older"
    """Not changed since the moment that was given."""
    UNREACHABLE = "unreachable"
    """A directory that could not be listed."""
    MANY = "many"
    """More files than are looked at."""
    KEYLESS = "keyless"
    """Its content was compared with nothing: the officer holds no key to documents."""


class Reader(Protocol):
    """Gives out the next bytes of a file."""

    def read(self, size: int, /) -> bytes | None:
        """Return at most `size` bytes; none at the end."""
        ...


Pages = Callable[[bytes], Iterable[str]]
"""Gives out the text of a PDF, or raises OSError where it does not."""
Taker = Callable[[str], None]


class Unpacker:
    """Reads one file and hands every text in it on."""

    def __init__(
        self,
        take: Taker,
        *,
        marked_only: bool,
        pages: Pages | None = None,
        deep: bool = False,
        seen: Callable[[bytes], None] | None = None,
    ) -> None:
        self._take = take
        self._seen = seen
        """Is given all bytes that are no text yet, unpacked."""
        self._marked_only = marked_only
        self._pages = pages
        self._deep = deep
        """A database or memory dump: wide text may begin anywhere in it."""
        self._budget = _UNPACKED_LEAST
        self.unlooked: set[Unlooked] = set()

    def file(self, stream: Reader, size_bytes: int) -> None:
        """Look into a file of about this size; it may change while it is read.

        Raises:
            OSError: it cannot be read.
        """
        self._budget = min(_UNPACKED_MOST, max(_UNPACKED_LEAST, size_bytes * _UNPACKED_RATIO))
        first = stream.read(min(_FIRST_BYTES, size_bytes + 1))
        if not first:
            return
        if self._seen is None and _CLOSED.match(first):  # most of what lies in a home; no more of it is read
            self.unlooked.add(Unlooked.CLOSED)
            if size_bytes > MOST_PACKED_BYTES:
                self.unlooked.add(Unlooked.LARGE)
            return
        if len(first) < size_bytes:
            first += _full(stream, min(PIECE_BYTES, size_bytes) - len(first))
        if _is_packed(first):
            packed = first + _full(stream, min(MOST_PACKED_BYTES, size_bytes + 1) - len(first))
            if size_bytes > len(packed):
                self.unlooked.add(Unlooked.LARGE)
            self._packed(packed, 0)
            return
        left = MOST_BYTES - len(first)
        self._raw(_pieces(first, stream, left), 0)
        if size_bytes > MOST_BYTES:
            self.unlooked.add(Unlooked.LARGE)

    def data(self, data: bytes, depth: int = 0) -> None:
        """Look into bytes that are in memory already."""
        if _is_packed(data):
            self._packed(data, depth)
        else:
            self._raw(_overlapping(data), depth)

    def _packed(self, data: bytes, depth: int) -> None:
        if self._seen is not None:
            self._seen(data)
        if depth > _DEEPEST:
            self.unlooked.add(Unlooked.LARGE)
        elif _CLOSED.match(data):
            self.unlooked.add(Unlooked.CLOSED)
        elif data.startswith(_PDF):
            self._pdf(data)
        elif data.startswith(_ZIP_MEMBER):
            self._zip(data, depth)
        elif data.startswith(_LIBREOFFICE_PACK):
            self._streams(data, depth)
        else:
            self._stream(data, depth)

    def _pdf(self, data: bytes) -> None:
        if self._pages is None:
            self.unlooked.add(Unlooked.PDF)
            return
        try:
            for page in self._pages(data):
                self._take(page)
        except OSError:
            self.unlooked.add(Unlooked.PDF)

    def _zip(self, data: bytes, depth: int) -> None:
        # By the headers in front of the members: a file that was cut off has no directory at its end, and a
        # directory can lie.
        at = 0
        for _ in range(_MOST_STREAMS):
            at = data.find(_ZIP_MEMBER, at)
            if at < 0:
                return
            at = self._member(data, at, depth)
        self.unlooked.add(Unlooked.LARGE)

    def _member(self, data: bytes, at: int, depth: int) -> int:
        header = data[at : at + _ZIP_HEADER_BYTES]
        if len(header) < _ZIP_HEADER_BYTES:
            return len(data)
        flags, method = (int.from_bytes(header[i : i + 2], "little") for i in (6, 8))
        packed_bytes = int.from_bytes(header[18:22], "little")
        name_bytes, extra_bytes = (int.from_bytes(header[i : i + 2], "little") for i in (26, 28))
        begin = at + _ZIP_HEADER_BYTES + name_bytes + extra_bytes
        name = data[at + _ZIP_HEADER_BYTES : at + _ZIP_HEADER_BYTES + name_bytes].decode("utf-8", "replace")
        end = begin + packed_bytes
        if flags & _ENCRYPTED:
            self.unlooked.add(Unlooked.ENCRYPTED)
            return max(begin, at + 4)
        if _PICTURE.search(name):
            return max(begin, at + 4)
        if method == _STORED:
            self._raw(_overlapping(data[begin:end]), depth + 1)
            return begin  # what is stored as it is may be an archive itself
        if method == _DEFLATED:
            used = self._inflate(data, begin, -zlib.MAX_WBITS, depth)
            return max(begin + used, at + 4)
        self.unlooked.add(Unlooked.CLOSED)
        return max(begin, at + 4)

    def _streams(self, data: bytes, depth: int) -> None:
        at, tried = 0, 0
        while (match := _ZLIB.search(data, at)) and tried < _MOST_STREAMS:
            at = match.start() + max(1, self._inflate(data, match.start(), zlib.MAX_WBITS, depth))
            tried += 1

    def _stream(self, data: bytes, depth: int) -> None:
        if data.startswith(b"\x1f\x8b"):
            used = self._inflate(data, 0, zlib.MAX_WBITS | 16, depth)
        elif data.startswith(b"BZh"):
            used = self._expand(bz2.BZ2Decompressor(), data, depth)
        elif data.startswith(b"\xfd7zXZ"):
            used = self._expand(lzma.LZMADecompressor(memlimit=MOST_BYTES), data, depth)
        else:
            used = self._inflate(data, 0, zlib.MAX_WBITS, depth)
        if not used:  # it only began like that
            self._raw(_overlapping(data), depth)

    def _inflate(self, data: bytes, begin: int, wbits: int, depth: int) -> int:
        """Inflate from `begin` on; return how many bytes that took, 0 where it is no such stream."""
        machine = zlib.decompressobj(wbits)
        given = 0

        def more() -> Iterator[bytes]:
            nonlocal given
            at = begin
            tail = b""
            while not machine.eof and (tail or at < len(data)):
                if not tail:
                    tail = data[at : at + PIECE_BYTES]
                    at += len(tail)
                try:
                    made = machine.decompress(tail, PIECE_BYTES)
                except zlib.error:
                    return
                tail = machine.unconsumed_tail
                given = at - begin - len(tail) - len(machine.unused_data)
                if made:
                    yield made

        made_any = self._unpacked(more(), depth)
        return given if made_any else 0

    def _expand(self, machine: "bz2.BZ2Decompressor | lzma.LZMADecompressor", data: bytes, depth: int) -> int:
        def more() -> Iterator[bytes]:
            fed = data
            while not machine.eof:
                try:
                    made = machine.decompress(fed, PIECE_BYTES)
                except (OSError, EOFError, lzma.LZMAError):
                    return
                fed = b""
                if not made and machine.needs_input:
                    return
                if made:
                    yield made

        return len(data) if self._unpacked(more(), depth) else 0

    def _unpacked(self, pieces: Iterator[bytes], depth: int) -> bool:
        """Look into what is being unpacked, within the budget; tell whether anything came."""
        first = next(pieces, b"")
        if not first:
            return False
        self._budget -= len(first)
        if _is_packed(first):
            whole = bytearray(first)
            for piece in self._within_budget(pieces):
                whole += piece
                if len(whole) > MOST_PACKED_BYTES:
                    self.unlooked.add(Unlooked.LARGE)
                    break
            self._packed(bytes(whole), depth + 1)
        else:
            self._raw(_joined(first, self._within_budget(pieces)), depth + 1)
        return True

    def _within_budget(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._budget -= len(piece)
            if self._budget < 0:
                self.unlooked.add(Unlooked.LARGE)
                return
            yield piece

    def _raw(self, pieces: Iterator[bytes], depth: int) -> None:
        markup = wide = ""
        for number, piece in enumerate(pieces):
            if self._seen is not None:
                self._seen(piece)
            if number == 0:
                wide = spelling.wide(piece)
                markup = "<" if spelling.is_markup(piece) else ""
            if wide:
                self._take(spelling.unmarked(piece.decode(wide, "replace"), markup))
                continue
            for text in spelling.texts(piece, markup, marked_only=self._marked_only):
                self._take(text)
            if self._deep:
                for text in spelling.wide_anywhere(piece):
                    self._take(text)
            self._encoded(piece, depth)

    def _encoded(self, piece: bytes, depth: int) -> None:
        if depth > _DEEPEST:
            return
        if b"base64" not in piece and not piece.startswith(b"<") and not _BASE64_LINES.match(piece):
            return
        if _BASE64_RUN not in piece.translate(_BASE64_AS_ONE):  # which both patterns ask for, and much faster
            return
        found = [*(_BASE64_LINES.findall(piece)), *(_BASE64_INLINE.findall(piece))]
        for encoded in found[:_MOST_STREAMS]:
            bare = encoded.translate(None, b"\r\n")
            try:
                self.data(binascii.a2b_base64(bare + b"=" * (-len(bare) % 4)), depth + 1)
            except binascii.Error:
                continue


def _is_packed(data: bytes) -> bool:
    return data.startswith((_ZIP_MEMBER, _PDF, b"\x1f\x8b", b"BZh", b"\xfd7zXZ", _LIBREOFFICE_PACK)) or bool(
        _ZLIB.match(data) or _CLOSED.match(data)
    )


def _full(stream: Reader, size: int) -> bytes:
    first = stream.read(size) or b""
    if len(first) in {0, size}:
        return first
    data = bytearray(first)
    while len(data) < size and (more := stream.read(size - len(data))):
        data += more
    return bytes(data)


def _pieces(first: bytes, stream: Reader, left: int) -> Iterator[bytes]:
    yield first
    tail = first[-OVERLAP_BYTES:]
    if len(first) < PIECE_BYTES:
        return  # a small file was read to its end
    while left > 0 and (more := _full(stream, min(PIECE_BYTES, left))):
        left -= len(more)
        yield tail + more
        tail = more[-OVERLAP_BYTES:]


def _overlapping(data: bytes) -> Iterator[bytes]:
    for begin in range(0, max(1, len(data)), PIECE_BYTES):
        yield data[max(0, begin - OVERLAP_BYTES) : begin + PIECE_BYTES]


def _joined(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    tail = first[-OVERLAP_BYTES:]
    for piece in pieces:
        yield tail + piece
        tail = (tail + piece)[-OVERLAP_BYTES:]
