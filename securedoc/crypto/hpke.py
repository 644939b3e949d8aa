"""Seals secrets to a public key: HPKE (RFC 9180) with ML-KEM-768 + X25519 (X-Wing), ChaCha20-Poly1305."""

import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from securedoc.core.protocols import Randomness
from securedoc.core.secret import Secret
from securedoc.errors import KeyMalformed, KeyUntrusted

SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
SEED_BYTES = 32
MLKEM_SEED_BYTES = 64
X25519_BYTES = 32
MLKEM_PUBLIC_BYTES = 1184
PUBLIC_BYTES = MLKEM_PUBLIC_BYTES + X25519_BYTES


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A pair that receives secrets."""

    private: Secret
    """The 32-byte X-Wing seed, from which both private keys are expanded."""
    public: bytes
    """ML-KEM-768 key, then X25519 key: 1,216 bytes."""


def generate(*, randomness: Randomness = secrets.token_bytes) -> KeyPair:
    """Make a new pair."""
    private = Secret(randomness(SEED_BYTES))
    return KeyPair(private, public_of(private))


def public_of(private: Secret) -> bytes:
    """Return the public key that belongs to `private`."""
    mlkem, x25519 = _expanded(private)
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def seal(public: bytes, plaintext: bytes, info: bytes) -> bytes:
    """Encrypt `plaintext` so that only the holder of `public`'s private key opens it, bound to `info`.

    Raises:
        KeyMalformed: `public` is no such key.
    """
    return SUITE.encrypt(plaintext, _public_key(public), info=info)


def open_sealed(private: Secret, untrusted_sealed: bytes, info: bytes) -> Secret:
    """Decrypt what `seal` made.

    Raises:
        KeyUntrusted: it was sealed to another key or for another purpose, or altered.
    """
    return Opener(private).open_sealed(untrusted_sealed, info)


class Opener:
    """A private key expanded once, for many secrets in a row: expanding it takes longer than opening one."""

    def __init__(self, private: Secret) -> None:
        self._private = MLKEM768X25519PrivateKey(*_expanded(private))

    def open_sealed(self, untrusted_sealed: bytes, info: bytes) -> Secret:
        """Decrypt what `seal` made.

        Raises:
            KeyUntrusted: it was sealed to another key or for another purpose, or altered.
        """
        try:
            return Secret(SUITE.decrypt(untrusted_sealed, self._private, info=info))
        except (InvalidTag, ValueError) as error:
            raise KeyUntrusted(
                "a sealed key does not open: it was altered, or sealed to somebody else",
                hint="restore it from the last backup",
            ) from error


def _expanded(private: Secret) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    # X-Wing (draft-connolly-cfrg-xwing-kem, section 5.2): SHAKE256 of the seed gives both halves.
    shake = hashes.Hash(hashes.SHAKE256(MLKEM_SEED_BYTES + X25519_BYTES))
    shake.update(private.reveal())
    expanded = shake.finalize()
    return (
        MLKEM768PrivateKey.from_seed_bytes(expanded[:MLKEM_SEED_BYTES]),
        X25519PrivateKey.from_private_bytes(expanded[MLKEM_SEED_BYTES:]),
    )


def _public_key(untrusted_public: bytes) -> MLKEM768X25519PublicKey:
    try:
        return MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(untrusted_public[:MLKEM_PUBLIC_BYTES]),
            X25519PublicKey.from_public_bytes(untrusted_public[MLKEM_PUBLIC_BYTES:]),
        )
    except ValueError as error:
        raise KeyMalformed(
            "a public key is not an ML-KEM-768 + X25519 key", hint="restore the key file from the last backup"
        ) from error
