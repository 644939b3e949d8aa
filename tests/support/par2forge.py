"""Changes PAR2 packets and makes them look intact: what somebody does who wants par2 to write elsewhere."""

import hashlib
from collections.abc import Callable, Iterator

MAGIC = b"PAR2\0PKT"
FILE = b"PAR 2.0\0FileDesc"
MAIN = b"PAR 2.0\0Main\0\0\0\0"

Change = Callable[[bytes, bytes], bytes]
"""Type and body of a packet to its new body."""


def split(data: bytes) -> Iterator[bytes]:
    """Yield the packets of an undamaged PAR2 file."""
    at = 0
    while at < len(data):
        assert data[at : at + 8] == MAGIC
        size = int.from_bytes(data[at + 8 : at + 16], "little")
        yield data[at : at + size]
        at += size


def forged(data: bytes, change: Change) -> bytes:
    """Return a PAR2 file with its packets changed, their sizes and digests right again."""
    made = []
    for packet in split(data):
        kind, body = packet[48:64], change(packet[48:64], packet[64:])
        hashed = packet[32:48] + kind + body
        size = (len(hashed) + 32).to_bytes(8, "little")
        made.append(MAGIC + size + hashlib.md5(hashed, usedforsecurity=False).digest() + hashed)
    return b"".join(made)


def renaming(old: str, new: str) -> Change:
    """Return a change that gives a protected file another name."""

    def change(kind: bytes, body: bytes) -> bytes:
        if kind != FILE or body[56:].rstrip(b"\0") != old.encode():
            return body
        name = new.encode()
        return body[:56] + name + bytes(-len(name) % 4)

    return change


def dividing(block_bytes: int) -> Change:
    """Return a change that says blocks are of another size."""

    def change(kind: bytes, body: bytes) -> bytes:
        return block_bytes.to_bytes(8, "little") + body[8:] if kind == MAIN else body

    return change
