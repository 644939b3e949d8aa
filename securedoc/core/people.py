"""Officers, their roles, and the role keys that give a role its powers."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

OfficerId = NewType("OfficerId", str)

_OFFICER_ID = re.compile(r"[a-z][a-z0-9-]{0,31}")


def officer_id(untrusted_text: str) -> OfficerId:
    """Read an officer's identifier: a lower-case letter, then letters, digits and hyphens; at most 32.

    Raises:
        ValueError: it is something else.
    """
    if not _OFFICER_ID.fullmatch(untrusted_text):
        raise ValueError("not an officer identifier")
    return OfficerId(untrusted_text)


class Role(StrEnum):
    """The six roles of DESIGN.md section 5, and the recovery quorum that stands in for all."""

    RECORDS = "records"
    DRAFTER = "drafter"
    SIGNER = "signer"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    SECURITY = "security"
    RECOVERY = "recovery"
    """Not a person: whoever puts enough recovery shares together. Never enrolled afterwards."""


class RoleKey(StrEnum):
    """A key that is granted to roles by sealing it to each officer's public key."""

    LEDGER = "ledger"
    """Opens the SQLCipher ledger. Every role has it."""
    DOCUMENTS = "documents"
    """Unwraps the document keys. Records officer and signer only."""
    AUTHORITY = "authority"
    """Private key of the office's evidence authority, which issues certificates. Security only."""
    SEAL = "seal"
    """Private key of the office's seal certificate. Records officer only."""
    TIME = "time"
    """Private key of the internal time-stamp authority. Security only: not who signs or seals."""


HELD_BY: dict[Role, frozenset[RoleKey]] = {
    Role.RECORDS: frozenset({RoleKey.LEDGER, RoleKey.DOCUMENTS, RoleKey.SEAL}),
    Role.DRAFTER: frozenset({RoleKey.LEDGER}),
    Role.SIGNER: frozenset({RoleKey.LEDGER, RoleKey.DOCUMENTS}),
    Role.OPERATOR: frozenset({RoleKey.LEDGER}),
    Role.AUDITOR: frozenset({RoleKey.LEDGER}),
    Role.SECURITY: frozenset({RoleKey.LEDGER, RoleKey.AUTHORITY, RoleKey.TIME}),
    Role.RECOVERY: frozenset(RoleKey),
}
"""Which role holds which key. Cryptography, not policy: a pack cannot hand out a key."""


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """What everybody may know of an officer's keys."""

    hpke: bytes
    """ML-KEM-768 + X25519 public key, 1,216 bytes: receives grants."""
    ed25519: bytes
    """32 bytes: signs entries' checkpoints and confirmations."""
    mldsa44: bytes
    """1,312 bytes: signs what leaves the machine, beside Ed25519."""


@dataclass(frozen=True, slots=True)
class Officer:
    """A person of the office as the ledger knows them."""

    id: OfficerId
    role: Role
    name: str
    title: str
    """The position printed over the signature, for example CHỦ TỊCH; empty where unused."""
    keys: PublicKeys
    certificate: bytes
    """X.509 certificate issued by the office's evidence authority, DER."""
    enrolled_by: int
    """Sequence number of the entry that enrolled this officer."""
    active: bool = True
