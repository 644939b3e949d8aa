"""Derives public commitments to keys: what everybody may compare, and nobody can invert."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from securedoc.core.secret import Secret

COMMITMENT_BYTES = 32
_COMMITMENT_LABEL = b"securedoc/key-commitment/v1\n"


def commitment(key: Secret, name: str) -> bytes:
    """Return the commitment to `key` in its role as `name`."""
    hkdf = HKDF(hashes.SHA256(), COMMITMENT_BYTES, salt=b"", info=_COMMITMENT_LABEL + name.encode())
    return hkdf.derive(key.reveal())
