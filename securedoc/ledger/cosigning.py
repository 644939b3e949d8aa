"""What a witness says of a checkpoint, in post-quantum terms (C2SP tlog-cosignature), and who said it.

A witness signs under a name of its own, `<officer's key name>/witness`: the post-quantum signature
that every officer puts under a checkpoint that leaves the machine is never taken for it.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from securedoc.core.people import OfficerId
from securedoc.crypto import signatures
from securedoc.errors import KeyMalformed, LedgerUntrusted, SignatureUntrusted
from securedoc.formats import note
from securedoc.formats.checkpoint import Checkpoint
from securedoc.formats.note import Algorithm, Note, Signature
from securedoc.ledger import signing

_TIME: Final = struct.Struct(">Q")
_LAST_SECOND: Final = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())
_BLOB_BYTES: Final = _TIME.size + signatures.MLDSA44_SIGNATURE_BYTES


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness's word on one checkpoint; nothing is proven yet."""

    witness: OfficerId
    checkpoint: Checkpoint
    blob: bytes
    """`timestamped_signature`: eight bytes of time, then the 2,420 of ML-DSA-44."""

    @property
    def at(self) -> datetime:
        """When the witness says that it signed; aware, UTC."""
        return datetime.fromtimestamp(_seconds(self.blob), UTC)


def witness_name(origin: str, officer: OfficerId) -> str:
    """Return the name under which an officer's cosignatures stand."""
    return f"{signing.key_name(origin, officer)}/witness"


def found(opened: Note, stated: Checkpoint, officer: OfficerId, public: bytes) -> Iterator[Cosignature]:
    """Yield what `officer`, whose ML-DSA-44 key is `public`, says as a witness in a note over `stated`."""
    name = witness_name(stated.origin, officer)
    identifier = note.key_id(name, Algorithm.COSIGNATURE_MLDSA44, public)
    for blob in opened.signed_by(name, identifier):
        if well_formed(blob):
            yield Cosignature(officer, stated, blob)


def well_formed(untrusted_blob: bytes) -> bool:
    """Tell whether it has the length of a cosignature, and a time that a calendar knows."""
    if len(untrusted_blob) != _BLOB_BYTES:
        return False
    return 0 < _seconds(untrusted_blob) <= _LAST_SECOND


def _seconds(blob: bytes) -> int:
    seconds: int = _TIME.unpack(blob[: _TIME.size])[0]
    return seconds


def line(made: Cosignature, public: bytes) -> Signature:
    """Return the signature line of a cosignature, to stand under its checkpoint."""
    name = witness_name(made.checkpoint.origin, made.witness)
    return Signature(name, note.key_id(name, Algorithm.COSIGNATURE_MLDSA44, public), made.blob)


def require(made: Cosignature, public: bytes) -> None:
    """Prove that the witness whose ML-DSA-44 key is `public` signed it.

    Raises:
        LedgerUntrusted: the signature does not hold.
    """
    stated = made.checkpoint
    name = witness_name(stated.origin, made.witness)
    message = note.cosigned_message(name, _seconds(made.blob), stated.origin, stated.size, stated.root)
    try:
        signatures.verify_mldsa44(public, made.blob[_TIME.size :], message)
    except (SignatureUntrusted, KeyMalformed) as error:
        raise LedgerUntrusted(
            "the cosignature of {officer} over {n} entries does not hold", officer=made.witness, n=stated.size
        ) from error
