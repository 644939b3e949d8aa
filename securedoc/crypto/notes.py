"""Signs C2SP notes (Ed25519) and cosigns C2SP checkpoints (ML-DSA-44)."""

import hashlib
import struct
from dataclasses import dataclass
from datetime import UTC, datetime

from securedoc.core.secret import Secret
from securedoc.crypto import signatures
from securedoc.errors import SignatureMalformed

ED25519 = 0x01
"""Signature type of C2SP signed-note."""
MLDSA44_COSIGNATURE = 0x06
"""Signature type of C2SP tlog-cosignature."""

_COSIGNED_LABEL = b"subtree/v1\n\0"
_TIMESTAMP = struct.Struct(">Q")
_MAX_NAME_BYTES = 255
_ROOT_BYTES = 32
# The last second a datetime can tell; the specification's own bound, 2**63 - 1, is beyond it.
_MAX_TIMESTAMP = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())


def key_id(name: str, algorithm: int, public: bytes) -> bytes:
    """Return the four bytes by which a signature line names its key; not a proof of anything."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:4]


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What a cosignature is about: the three lines of a checkpoint."""

    origin: str
    size: int
    root: bytes
    """RFC 9162 root hash, 32 bytes."""


@dataclass(frozen=True, slots=True)
class Ed25519NoteSigner:
    """A NoteSigner with one Ed25519 key."""

    name: str
    seed: Secret

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return signatures.ed25519_public(self.seed)

    @property
    def key_id(self) -> bytes:
        """First four bytes of the digest that C2SP signed-note defines."""
        return key_id(self.name, ED25519, self.public)

    def sign(self, text: bytes) -> bytes:
        """Return the signature over the note's `text`, without the key id."""
        return signatures.ed25519_sign(self.seed, text)


@dataclass(frozen=True, slots=True)
class Cosigner:
    """Says of a checkpoint that its holder saw it to be consistent, in post-quantum terms."""

    name: str
    seed: Secret

    @property
    def public(self) -> bytes:
        """The public key, 1,312 bytes."""
        return signatures.mldsa44_public(self.seed)

    @property
    def key_id(self) -> bytes:
        """First four bytes of the digest that C2SP tlog-cosignature defines."""
        return key_id(self.name, MLDSA44_COSIGNATURE, self.public)

    def sign(self, head: TreeHead, at: datetime) -> bytes:
        """Return the `timestamped_signature` over the checkpoint, without the key id."""
        timestamp = int(at.timestamp())
        message = _cosigned_message(self.name, timestamp, head)
        return _TIMESTAMP.pack(timestamp) + signatures.mldsa44_sign(self.seed, message)


def verify_cosignature(name: str, public: bytes, head: TreeHead, untrusted_signature: bytes) -> datetime:
    """Prove that `name` cosigned this checkpoint, and return when it says it did.

    Raises:
        SignatureMalformed: it is not an ML-DSA-44 cosignature at all.
        SignatureUntrusted: it is of another checkpoint, or by another key.
        KeyMalformed: `public` is no ML-DSA-44 key.
    """
    if len(untrusted_signature) != _TIMESTAMP.size + signatures.MLDSA44_SIGNATURE_BYTES:
        raise SignatureMalformed("a checkpoint cosignature has the wrong length")
    (timestamp,) = _TIMESTAMP.unpack_from(untrusted_signature)
    if timestamp > _MAX_TIMESTAMP:
        raise SignatureMalformed("a checkpoint cosignature carries an impossible time")
    message = _cosigned_message(name, timestamp, head)
    signatures.verify_mldsa44(public, untrusted_signature[_TIMESTAMP.size :], message)
    return datetime.fromtimestamp(timestamp, UTC)


def _cosigned_message(name: str, timestamp: int, head: TreeHead) -> bytes:
    if len(head.root) != _ROOT_BYTES:
        raise ValueError("a root hash has 32 bytes")
    return b"".join(
        (
            _COSIGNED_LABEL,
            _short(name),
            _TIMESTAMP.pack(timestamp),
            _short(head.origin),
            struct.pack(">QQ", 0, head.size),  # a checkpoint is the subtree from leaf 0
            head.root,
        )
    )


def _short(text: str) -> bytes:
    encoded = text.encode()
    if not 0 < len(encoded) <= _MAX_NAME_BYTES:
        raise ValueError("a name in a cosignature has 1 to 255 bytes")
    return bytes([len(encoded)]) + encoded
