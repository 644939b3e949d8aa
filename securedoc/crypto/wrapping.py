"""Encrypts keys under other keys: AES-256-GCM-SIV (RFC 8452), which survives a repeated nonce."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from securedoc.core.protocols import Randomness
from securedoc.core.secret import Secret
from securedoc.errors import KeyUntrusted

NONCE_BYTES = 12
TAG_BYTES = 16


def wrap(
    kek: Secret, key: bytes, associated: bytes, *, randomness: Randomness = secrets.token_bytes
) -> bytes:
    """Encrypt `key` under `kek`, bound to `associated`: nonce, then ciphertext with its tag."""
    nonce = randomness(NONCE_BYTES)
    return nonce + AESGCMSIV(kek.reveal()).encrypt(nonce, key, associated)


def unwrap(kek: Secret, untrusted_wrapped: bytes, associated: bytes) -> Secret:
    """Decrypt what `wrap` made.

    Raises:
        KeyUntrusted: another key, other associated data, or altered bytes; which one cannot be told.
    """
    if len(untrusted_wrapped) < NONCE_BYTES + TAG_BYTES:
        raise KeyUntrusted("a wrapped key is cut short", hint="restore it from the last backup")
    nonce, ciphertext = untrusted_wrapped[:NONCE_BYTES], untrusted_wrapped[NONCE_BYTES:]
    try:
        return Secret(AESGCMSIV(kek.reveal()).decrypt(nonce, ciphertext, associated))
    except InvalidTag as error:
        raise KeyUntrusted(
            "a wrapped key does not open with this key, or was altered",
            hint="restore it from the last backup",
        ) from error
