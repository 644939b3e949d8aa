"""Reads a page of a SQLCipher 4 database by itself, its freed parts included; checks nothing."""

from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from securedoc.core.secret import Secret

PAGE_BYTES: Final = 4096
_RESERVED_BYTES: Final = 80
"""At the end of each page: the initialisation vector of 16 bytes and the HMAC-SHA512 of 64."""
_IV_BYTES: Final = 16


def plain_page(key: Secret, page: bytes, *, skip: int = 0) -> bytes:
    """Decrypt one page under the raw key of its database; the first page `skip`s the salt.

    For looking at what a page still holds. Whether it is authentic is the library's to say.
    """
    if len(page) != PAGE_BYTES:
        return b""  # a file that was cut short: there is no page
    body = page[skip : PAGE_BYTES - _RESERVED_BYTES]
    vector = page[PAGE_BYTES - _RESERVED_BYTES :][:_IV_BYTES]
    decryptor = Cipher(algorithms.AES256(key.reveal()), modes.CBC(vector)).decryptor()
    return decryptor.update(body) + decryptor.finalize()
