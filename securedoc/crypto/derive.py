"""Derives from a key what may be shown and gives nothing of it away: commitments, and tags of messages."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from securedoc.core.secret import Secret

COMMITMENT_BYTES = 32
_COMMITMENT_LABEL = b"securedoc/key-commitment/v1\n"
_TAG_LABEL = b"securedoc/tag-key/v1\n"


def commitment(key: Secret, name: str) -> bytes:
    """Return the commitment to `key` in its role as `name`."""
    hkdf = HKDF(hashes.SHA256(), COMMITMENT_BYTES, salt=b"", info=_COMMITMENT_LABEL + name.encode())
    return hkdf.derive(key.reveal())


def tag(key: Secret, purpose: str, message: bytes) -> bytes:
    """Return the HMAC-SHA256 of `message` under a key derived from `key` for this purpose alone."""
    derived = HKDF(hashes.SHA256(), hashes.SHA256.digest_size, salt=b"", info=_TAG_LABEL + purpose.encode())
    hmac = HMAC(derived.derive(key.reveal()), hashes.SHA256())
    hmac.update(message)
    return hmac.finalize()
