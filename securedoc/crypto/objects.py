"""Encrypts documents as a stream: Cobblestone-256 of C2SP chunked-encryption."""

import secrets
from collections.abc import Iterable, Iterator

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from securedoc.core.protocols import Randomness
from securedoc.core.secret import Secret
from securedoc.errors import DocumentUntrusted

KEY_BYTES = 32
CHUNK_BYTES = 16 * 1024
TAG_BYTES = 16
PREFIX_BYTES = 24 + 32
"""Salt and commitment, before the first chunk."""

# Work is fed in pieces of this size whatever the caller gives, so that memory stays flat.
PIECE_BYTES = 64 * CHUNK_BYTES
_BUFFER_BYTES = PREFIX_BYTES + PIECE_BYTES + CHUNK_BYTES + (PIECE_BYTES // CHUNK_BYTES + 1) * TAG_BYTES


def generate_key(*, randomness: Randomness = secrets.token_bytes) -> Secret:
    """Make a fresh document key."""
    return Secret(randomness(KEY_BYTES))


def encrypt(key: Secret, context: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Encrypt `chunks` under `key`, bound to `context`."""
    encryptor = Cobblestone256Encryptor(key.reveal(), context)
    yield from _through(encryptor, chunks)
    yield encryptor.finalize()


def decrypt(key: Secret, context: bytes, untrusted_chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decrypt what `encrypt` made; nothing may be published before the iterator ended.

    Each piece is authentic when it comes out, but only the end proves that nothing was cut off.

    Raises:
        DocumentUntrusted: another key, another context, altered or truncated bytes.
    """
    decryptor = Cobblestone256Decryptor(key.reveal(), context)
    try:
        yield from _through(decryptor, untrusted_chunks)
        yield decryptor.finalize()
    except InvalidTag as error:
        raise DocumentUntrusted(
            "a sealed object does not open: it was altered, cut short, or belongs to another document",
            hint="restore it from the last backup",
        ) from error


def _through(
    cipher: Cobblestone256Encryptor | Cobblestone256Decryptor, chunks: Iterable[bytes]
) -> Iterator[bytes]:
    buffer = bytearray()
    for chunk in chunks:
        whole = memoryview(chunk)
        # Most objects are small: filling a large buffer with zeros would take longer than they do.
        room = min(_BUFFER_BYTES, _BUFFER_BYTES - PIECE_BYTES + len(whole))
        if len(buffer) < room:
            buffer = bytearray(room)
        for start in range(0, len(whole), PIECE_BYTES):
            made = cipher.update_into(whole[start : start + PIECE_BYTES], buffer)
            if made:
                yield bytes(memoryview(buffer)[:made])
