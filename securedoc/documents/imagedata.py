"""Which metadata a picture file carries beside its pixels."""

import struct
from collections.abc import Iterator
from typing import Final

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_PNG_KINDS: Final = {b"eXIf": "EXIF", b"tEXt": "text", b"iTXt": "text", b"zTXt": "text", b"tIME": "time"}
_START_OF_SCAN: Final = 0xDA
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_GPS_TAG: Final = 0x8825
_MAX_STEPS: Final = 10_000  # segments or chunks; real files have fewer than a hundred


def metadata_kinds(untrusted: bytes) -> set[str]:
    """Name the kinds of metadata in a PNG or JPEG; nothing for other files."""
    return {kind for kind, _ in _pieces(untrusted)}


def carries_position(untrusted: bytes) -> bool:
    """Tell whether EXIF data in the picture has a GPS directory."""
    return any(kind == "EXIF" and _has_gps(data) for kind, data in _pieces(untrusted))


def _pieces(data: bytes) -> Iterator[tuple[str, bytes]]:
    if data.startswith(_PNG):
        yield from _png_pieces(data)
    elif data.startswith(_JPEG):
        yield from _jpeg_pieces(data)


def _png_pieces(data: bytes) -> Iterator[tuple[str, bytes]]:
    at = len(_PNG)
    for _ in range(_MAX_STEPS):
        if at + 8 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind in _PNG_KINDS:
            yield _PNG_KINDS[kind], data[at + 8 : at + 8 + length]
        at += 12 + length


def _jpeg_pieces(data: bytes) -> Iterator[tuple[str, bytes]]:
    at = 2
    for _ in range(_MAX_STEPS):
        if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] == _START_OF_SCAN:  # noqa: PLR2004 - marker
            return
        marker = data[at + 1]
        if marker in _STANDALONE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        segment = data[at + 4 : at + 2 + length]
        if segment.startswith(b"Exif\0\0"):
            yield "EXIF", segment[6:]
        elif segment.startswith(b"http://ns.adobe.com/"):
            yield "XMP", segment
        elif marker == 0xFE:  # noqa: PLR2004 - comment
            yield "comment", segment
        at += 2 + length


def _has_gps(exif: bytes) -> bool:
    """Look for the GPS tag in the first directory."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 10:  # noqa: PLR2004 - header and count
        return False
    (start,) = struct.unpack_from(order + "I", exif, 4)
    if start + 2 > len(exif):
        return False
    (count,) = struct.unpack_from(order + "H", exif, start)
    tags = (
        struct.unpack_from(order + "H", exif, start + 2 + 12 * entry)[0]
        for entry in range(count)
        if start + 4 + 12 * entry <= len(exif)
    )
    return _GPS_TAG in tags
