"""The words a verdict is given in: one judgement, and each question about each signature by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.text import Message
from securedoc.errors import (
    SignatureError,
    SignatureMalformed,
    SignatureMissing,
    SignatureUntrusted,
    same,
)
from securedoc.signing.chain import Revocation

__all__ = [
    "Changes",
    "Coverage",
    "Expected",
    "Judgement",
    "Kind",
    "Revocation",
    "SignatureReport",
    "TimeSource",
    "Verdict",
    "require",
    "require_registered",
]

_HINT: Final = "compare it with the copy in the vault, or ask the sender for it again"


class Kind(StrEnum):
    """What a signature field holds."""

    SIGNATURE = "signature"
    TIME_STAMP = "timestamp"


class Coverage(StrEnum):
    """How much of the file a signature spans."""

    ENTIRE_FILE = "entire-file"
    ENTIRE_REVISION = "entire-revision"
    PARTIAL = "partial"
    UNCLEAR = "unclear"


class Changes(StrEnum):
    """What was done to the file after a signature."""

    NONE = "none"
    LTA_UPDATES = "lta-updates"
    FORM_FILLING = "form-filling"
    ANNOTATIONS = "annotations"
    OTHER = "other"


class Judgement(StrEnum):
    """The one word that the rest of a verdict explains."""

    TRUSTED = "trusted"
    """Everything holds, and is what the register says it should be."""
    TRUSTED_UNREGISTERED = "trusted-unregistered"
    """Everything holds, but no register says what should be there: a lower grade."""
    INTACT_UNTRUSTED = "intact-untrusted"
    """Unaltered since it was signed, by somebody we have no reason to trust."""
    ALTERED = "altered"
    """Not what was signed, or not what was registered."""
    UNSIGNED = "unsigned"
    UNVERIFIABLE = "unverifiable"
    """It could not be checked; this never counts as good."""


class TimeSource(StrEnum):
    """Who says when a signature was made."""

    SIGNER = "signer"
    """The signer's own clock; nobody else vouches for it."""
    TIME_STAMP = "time-stamp"
    """A time-stamp authority in the trust store."""
    INTERNAL = "internal-time-stamp"
    """An office's own time-stamp authority: an order of events, no time that outsiders must believe."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Expected:
    """What the register says a document must be."""

    signers: Mapping[str, Digest]
    """Signature field to the digest of its signer's certificate; no other signature may be there."""
    empty: frozenset[str] = frozenset()
    """Fields prepared for a signature that is still to come."""
    digest: Digest | None = None
    """Of the whole file."""
    size_bytes: int | None = None

    def __post_init__(self) -> None:
        if not self.signers:
            raise ValueError("a document that nobody is expected to have signed is not verified")


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """One signature, each question answered by itself."""

    field: str
    kind: Kind
    signer: str
    certificate: Digest | None
    intact: bool
    """The signed bytes are unchanged."""
    valid: bool
    """The signature computes."""
    trusted: bool
    """The certificate leads to a root of ours, was in order, and is the expected one."""
    revocation: Revocation
    coverage: Coverage
    changes: Changes
    level: str
    """`B-B`, `B-T`, `B-LT`, `B-LTA`, `CMS` (older than PAdES), or `DTS` for a document time-stamp."""
    time: datetime | None
    time_source: TimeSource
    reason: str
    location: str
    problems: tuple[Message, ...]
    permitted: bool
    """Nothing was done afterwards that this signature forbids."""
    proven_at: datetime | None = None
    """A trusted time-stamp proves that it existed then; its certificate is judged as of that moment."""

    def as_json(self, translate: Callable[[str], str] = same) -> JsonObject:
        """Return what `verify --json` prints."""
        return {
            "field": self.field,
            "kind": self.kind.value,
            "signer": self.signer,
            "certificate": None if self.certificate is None else str(self.certificate),
            "intact": self.intact,
            "valid": self.valid,
            "trusted": self.trusted,
            "revocation": self.revocation.value,
            "coverage": self.coverage.value,
            "changes": self.changes.value,
            "permitted": self.permitted,
            "level": self.level,
            "time": None if self.time is None else self.time.isoformat(),
            "time_source": self.time_source.value,
            "proven_at": None if self.proven_at is None else self.proven_at.isoformat(),
            "reason": self.reason,
            "location": self.location,
            "problems": [problem.said(translate) for problem in self.problems],
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of one file."""

    judgement: Judgement
    signatures: tuple[SignatureReport, ...]
    problems: tuple[Message, ...]
    """Of the file as a whole."""
    digest: Digest
    size_bytes: int
    at: datetime
    """As of when the certificates were judged."""
    remarks: tuple[Message, ...] = ()
    """What a good signature does not exclude; none of them changes the judgement."""

    def as_json(self, translate: Callable[[str], str] = same) -> JsonObject:
        """Return what `verify --json` prints."""
        return {
            "verdict": self.judgement.value,
            "digest": str(self.digest),
            "size": self.size_bytes,
            "at": self.at.isoformat(),
            "problems": [problem.said(translate) for problem in self.problems],
            "remarks": [remark.said(translate) for remark in self.remarks],
            "signatures": [report.as_json(translate) for report in self.signatures],
        }


def require(verdict: Verdict) -> None:
    """Go on only with a file whose signatures hold, registered or not.

    Raises:
        SignatureMissing: nobody signed it.
        SignatureMalformed: it could not be checked.
        SignatureUntrusted: it was altered, or signed by somebody we do not trust.
    """
    match verdict.judgement:
        case Judgement.TRUSTED | Judgement.TRUSTED_UNREGISTERED:
            return
        case Judgement.UNSIGNED:
            raise SignatureMissing("the PDF is not signed", hint=_HINT)
        case Judgement.UNVERIFIABLE:
            raise SignatureMalformed(
                "the signatures of the PDF cannot be verified", hint=_HINT
            ) from _because(verdict)
        case Judgement.ALTERED:
            raise SignatureUntrusted("the PDF was altered", hint=_HINT) from _because(verdict)
        case Judgement.INTACT_UNTRUSTED:
            raise SignatureUntrusted(
                "a signature of the PDF is not trusted",
                hint="add the issuer's root to the trust store only if you know it by another way",
            ) from _because(verdict)


def require_registered(verdict: Verdict) -> None:
    """Go on only with a file that is exactly what the register says.

    Raises:
        SignatureMissing: nobody signed it.
        SignatureMalformed: it could not be checked.
        SignatureUntrusted: anything else.
    """
    require(verdict)
    if verdict.judgement is not Judgement.TRUSTED:
        raise SignatureUntrusted("the register does not know this signed PDF", hint=_HINT)


def _because(verdict: Verdict) -> SignatureError | None:
    """Return the first reason as the cause of the error, so that it is printed with it."""
    reasons = [*verdict.problems, *(p for report in verdict.signatures for p in report.problems)]
    if not reasons:
        return None
    return SignatureUntrusted(reasons[0].template, hint=None, **reasons[0].facts)
