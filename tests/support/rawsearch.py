"""Looks for content in a raw image as who stole the medium would: as text, packed, encoded, in sectors."""

import base64
import errno
import io
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SECTOR = 512
PIECE = 64  # a stream that breaks off gives all that was in it up to there
MOST_INFLATED = 4 << 20
LOCAL_HEADER = b"PK\x03\x04"
DEFLATED = 8
ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")


@dataclass(frozen=True)
class Found:
    """How often each form was found."""

    plain: int = 0
    utf16: int = 0
    base64: int = 0
    deflated: int = 0
    sectors: int = 0
    """Sectors of the files as they were written."""
    names: int = 0

    @property
    def content(self) -> int:
        """How often anything of the content was found."""
        return self.plain + self.utf16 + self.base64 + self.deflated + self.sectors


@dataclass(frozen=True)
class Secret:
    """A phrase that runs through files of several forms, and names that carry another."""

    phrase: str
    name: str

    def text(self, lines: int) -> str:
        """Return a text, every line of it another one."""
        return "".join(
            f"{number:06d} {self.phrase} {number * 2654435761 % 2**32:08x}\n" for number in range(lines)
        )

    def files(self, lines: int = 2000) -> dict[str, bytes]:
        """Return files of every form that is searched for, by name."""
        text = self.text(lines)
        return {
            f"{self.name}-utf8.txt": text.encode(),
            f"{self.name}-utf16le.txt": text.encode("utf-16-le"),
            f"{self.name}-utf16be.txt": text.encode("utf-16-be"),
            f"{self.name}.docx": _docx(text),
            f"{self.name}.zlib": b"%PDF stream\n" + zlib.compress(text.encode()),
            f"{self.name}.b64": base64.b64encode(text.encode()),
            f"{self.name}-note.txt": self.phrase.encode(),
        }


def search(image: Path, *secrets: Secret) -> list[Found]:
    """Search a whole image for each secret's phrase, the sectors of its files, and its name."""
    data = b"".join(_written(image))
    unpacked = list(_inflated(data))
    sectors = {data[at : at + SECTOR] for at in range(0, len(data), SECTOR)}
    return [_found(data, secret, unpacked, sectors) for secret in secrets]


def _found(data: bytes, secret: Secret, unpacked: list[bytes], sectors: set[bytes]) -> Found:
    phrase = secret.phrase.encode()
    return Found(
        plain=_count(data, phrase),
        utf16=sum(_count(data, secret.phrase.encode(code)) for code in ("utf-16-le", "utf-16-be")),
        base64=sum(_count(data, needle) for needle in _in_base64(phrase)),
        deflated=sum(phrase in text for text in unpacked),
        sectors=len(sectors & _sectors_of(secret.files())),
        names=sum(_count(data, secret.name.encode(code)) for code in ("utf-8", "utf-16-le")),
    )


def _written(image: Path) -> Iterator[bytes]:
    """Yield what was ever written: a hole of the image holds nothing."""
    with image.open("rb") as stream:
        size, at = os.fstat(stream.fileno()).st_size, 0
        while at < size:
            try:
                start = os.lseek(stream.fileno(), at, os.SEEK_DATA)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                return  # only a hole is left
            at = os.lseek(stream.fileno(), start, os.SEEK_HOLE)
            yield os.pread(stream.fileno(), at - start, start)


def _docx(text: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", f"<w:document>{text}</w:document>")
    return made.getvalue()


def _count(data: bytes, needle: bytes) -> int:
    count = at = 0
    while (at := data.find(needle, at)) >= 0:
        count, at = count + 1, at + len(needle)
    return count


def _in_base64(needle: bytes) -> Iterator[bytes]:
    """Spell a needle as it looks in base64, wherever in a group of three it begins."""
    for before in range(3):
        spelled = base64.b64encode(bytes(before) + needle)
        whole = (before + len(needle)) // 3 * 4  # the last group depends on what follows
        yield spelled[(0, 2, 3)[before] : whole]


def _inflated(data: bytes) -> Iterator[bytes]:
    """Try every place where a packed stream may begin."""
    at = -1
    while (at := data.find(LOCAL_HEADER, at + 1)) >= 0:
        header = data[at : at + 30]
        if len(header) == 30:
            (method,) = struct.unpack_from("<H", header, 8)
            name, extra = struct.unpack_from("<HH", header, 26)
            if method == DEFLATED:
                yield _inflate(data, at + 30 + name + extra, -zlib.MAX_WBITS)
    for match in ZLIB.finditer(data):
        yield _inflate(data, match.start(), zlib.MAX_WBITS)


def _inflate(data: bytes, start: int, window: int) -> bytes:
    """Return what comes out before the stream breaks."""
    unpack, out = zlib.decompressobj(window), bytearray()
    for at in range(start, min(start + MOST_INFLATED, len(data)), PIECE):
        try:
            out += unpack.decompress(data[at : at + PIECE], MOST_INFLATED)
        except zlib.error:
            break
        if unpack.eof or len(out) >= MOST_INFLATED:
            break
    return bytes(out)


def _sectors_of(files: dict[str, bytes]) -> set[bytes]:
    return {
        body[at : at + SECTOR] for body in files.values() for at in range(0, len(body) - SECTOR + 1, SECTOR)
    }
