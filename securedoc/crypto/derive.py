"""Derives from keys what gives nothing of them away: commitments, keys for one purpose, tags of messages."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
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


def tag(key: Secret, purpose: str, message: bytes) -> bytes:
    """Return the HMAC-SHA256 of `message` under a key derived from `key` for this purpose alone."""
    with subkey(key, purpose) as derived:
        hmac = HMAC(derived.reveal(), hashes.SHA256())
    hmac.update(message)
    return hmac.finalize()
