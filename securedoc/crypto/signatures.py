"""Signs and verifies bytes with Ed25519 (RFC 8032) and ML-DSA-44 (FIPS 204)."""

import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from securedoc.core.protocols import Randomness
from securedoc.core.secret import Secret
from securedoc.errors import KeyMalformed, SignatureUntrusted

SEED_BYTES = 32
ED25519_PUBLIC_BYTES = 32
ED25519_SIGNATURE_BYTES = 64
MLDSA44_PUBLIC_BYTES = 1312
MLDSA44_SIGNATURE_BYTES = 2420


@dataclass(frozen=True, slots=True)
class Seeds:
    """The two private keys an officer signs with, each as its 32-byte seed."""

    ed25519: Secret
    mldsa44: Secret


def generate(*, randomness: Randomness = secrets.token_bytes) -> Seeds:
    """Make a new signing pair."""
    return Seeds(Secret(randomness(SEED_BYTES)), Secret(randomness(SEED_BYTES)))


def ed25519_public(seed: Secret) -> bytes:
    """Return the public key of `seed`."""
    return Ed25519PrivateKey.from_private_bytes(seed.reveal()).public_key().public_bytes_raw()


def ed25519_sign(seed: Secret, data: bytes) -> bytes:
    """Sign `data`; the same seed and data give the same 64 bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed.reveal()).sign(data)


def verify_ed25519(public: bytes, untrusted_signature: bytes, data: bytes) -> None:
    """Prove that the holder of `public` signed `data`.

    Raises:
        SignatureUntrusted: it was another key, or other data.
        KeyMalformed: `public` is no Ed25519 key.
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(public)
    except ValueError as error:
        raise KeyMalformed("a public key is not an Ed25519 key") from error
    try:
        key.verify(untrusted_signature, data)
    except InvalidSignature as error:
        raise SignatureUntrusted("an Ed25519 signature does not hold") from error


def mldsa44_public(seed: Secret) -> bytes:
    """Return the public key of `seed`."""
    return MLDSA44PrivateKey.from_seed_bytes(seed.reveal()).public_key().public_bytes_raw()


def mldsa44_sign(seed: Secret, data: bytes) -> bytes:
    """Sign `data` with an empty context."""
    return MLDSA44PrivateKey.from_seed_bytes(seed.reveal()).sign(data)


def verify_mldsa44(public: bytes, untrusted_signature: bytes, data: bytes) -> None:
    """Prove that the holder of `public` signed `data` with an empty context.

    Raises:
        SignatureUntrusted: it was another key, or other data.
        KeyMalformed: `public` is no ML-DSA-44 key.
    """
    try:
        key = MLDSA44PublicKey.from_public_bytes(public)
    except ValueError as error:
        raise KeyMalformed("a public key is not an ML-DSA-44 key") from error
    try:
        key.verify(untrusted_signature, data)
    except InvalidSignature as error:
        raise SignatureUntrusted("an ML-DSA-44 signature does not hold") from error
