"""Signs checkpoints in an officer's name: Ed25519 notes, ML-DSA-44 cosignatures (C2SP)."""

import struct
from dataclasses import dataclass
from datetime import datetime

from securedoc.core.people import OfficerId
from securedoc.core.secret import Secret
from securedoc.crypto import signatures
from securedoc.formats import note
from securedoc.formats.checkpoint import Checkpoint
from securedoc.formats.note import Algorithm


def key_name(vault: str, officer: OfficerId) -> str:
    """Return the name under which an officer's signatures stand in notes."""
    return f"securedoc/{vault}/{officer}"


@dataclass(frozen=True, slots=True)
class OfficerNoteSigner:
    """A NoteSigner with an officer's Ed25519 key."""

    name: str
    seed: Secret
    public: bytes
    """The public key of `seed`, 32 bytes: to derive it each time would cost as much as to sign."""

    @property
    def key_id(self) -> bytes:
        """First four bytes of the digest that C2SP signed-note defines."""
        return note.key_id(self.name, Algorithm.ED25519, self.public)

    def sign(self, text: bytes) -> bytes:
        """Return the signature over the note's text, without the key id."""
        return signatures.ed25519_sign(self.seed, text)


@dataclass(frozen=True, slots=True)
class Cosigner:
    """Says of a checkpoint that its holder found it consistent, in post-quantum terms."""

    name: str
    seed: Secret

    @property
    def public(self) -> bytes:
        """The public key, 1,312 bytes."""
        return signatures.mldsa44_public(self.seed)

    @property
    def key_id(self) -> bytes:
        """First four bytes of the digest that C2SP tlog-cosignature defines."""
        return note.key_id(self.name, Algorithm.COSIGNATURE_MLDSA44, self.public)

    def sign(self, checkpoint: Checkpoint, at: datetime) -> bytes:
        """Return the `timestamped_signature`, without the key id: eight bytes of time, then 2,420."""
        seconds = int(at.timestamp())
        message = note.cosigned_message(
            self.name, seconds, checkpoint.origin, checkpoint.size, checkpoint.root
        )
        return struct.pack(">Q", seconds) + signatures.mldsa44_sign(self.seed, message)
