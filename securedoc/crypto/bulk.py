"""Verifies many Ed25519 signatures in a process of its own: it is given public things only.

Run as `python -m securedoc.crypto.bulk`: signatures come on standard input, one answer goes out.
"""

import struct
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from securedoc.crypto import signatures
from securedoc.errors import KeyMalformed, SignatureUntrusted

MAX_MESSAGE_BYTES: Final = 1 << 16
_HEAD: Final = struct.Struct(f">{signatures.ED25519_PUBLIC_BYTES}s{signatures.ED25519_SIGNATURE_BYTES}sI")

Signed = tuple[bytes, bytes, bytes]
"""Public key, signature, message."""


def spell(signed: Sequence[Signed]) -> bytes:
    """Spell signatures as the process reads them.

    Raises:
        ValueError: a key or a signature has another length, or a message is beyond the limit.
    """
    spelled = bytearray()
    for public, signature, message in signed:
        if (
            len(public) != signatures.ED25519_PUBLIC_BYTES
            or len(signature) != signatures.ED25519_SIGNATURE_BYTES
        ):
            raise ValueError("not an Ed25519 key, or not its signature")
        if len(message) > MAX_MESSAGE_BYTES:
            raise ValueError("a message beyond the limit")
        spelled += _HEAD.pack(public, signature, len(message)) + message
    return bytes(spelled)


def answer(count: int) -> bytes:
    """Return what the process writes when all of `count` signatures hold."""
    return b"%d hold\n" % count


def _read(stream: BinaryIO) -> Iterator[Signed]:
    while head := stream.read(_HEAD.size):
        public, signature, size = _HEAD.unpack(head)
        if size > MAX_MESSAGE_BYTES:
            raise ValueError("a message beyond the limit")
        message = stream.read(size)
        if len(message) != size:
            raise ValueError("the last message is cut short")
        yield public, signature, message


def main() -> int:
    """Verify what comes in; say how many hold, or end with 1 at the first that does not."""
    count = 0
    try:
        for public, signature, message in _read(sys.stdin.buffer):
            signatures.verify_ed25519(public, signature, message)
            count += 1
    except (SignatureUntrusted, KeyMalformed, ValueError, struct.error):
        return 1
    sys.stdout.buffer.write(answer(count))
    return 0


if __name__ == "__main__":
    sys.exit(main())
