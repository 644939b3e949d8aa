"""A pseudorandom stream that can be asked for at any place: AES-256 in counter mode over zeros."""

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from securedoc.core.secret import Secret

KEY_BYTES = 32
_BLOCK = 16


def at(key: Secret, offset: int, length: int) -> bytes:
    """Return `length` bytes of the stream from `offset` on, a multiple of 16.

    The same key gives the same bytes: what was written from it can be compared without being kept.
    """
    if offset % _BLOCK:
        raise ValueError("not at the beginning of a block")
    counter = (offset // _BLOCK).to_bytes(_BLOCK, "big")
    encryptor = Cipher(AES256(key.reveal()), CTR(counter)).encryptor()
    return encryptor.update(bytes(length)) + encryptor.finalize()
