"""Derives from keys: public commitments, which nobody can invert, and keys for one purpose each."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from securedoc.core.secret import Secret

COMMITMENT_BYTES = 32
_COMMITMENT_LABEL = b"securedoc/key-commitment/v1\n"
_SUBKEY_LABEL = b"securedoc/subkey/v1\n"


def commitment(key: Secret, name: str) -> bytes:
    """Return the commitment to `key` in its role as `name`."""
    hkdf = HKDF(hashes.SHA256(), COMMITMENT_BYTES, salt=b"", info=_COMMITMENT_LABEL + name.encode())
    return hkdf.derive(key.reveal())


def subkey(key: Secret, label: str) -> Secret:
    """Derive a key for one purpose, named by `label`; it tells nothing of `key` or of other purposes."""
    hkdf = HKDF(hashes.SHA256(), COMMITMENT_BYTES, salt=b"", info=_SUBKEY_LABEL + label.encode())
    return Secret(hkdf.derive(key.reveal()))
