"""Reads RFC 3161 time-stamp tokens, those of outside authorities and our own."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import tsp
from cryptography import x509

from securedoc.errors import SignatureMalformed
from securedoc.signing import chain, signeddata
from securedoc.signing.authority import INTERNAL_POLICY
from securedoc.signing.trust import TrustStore


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """What a token says, and how far it holds."""

    at: datetime
    intact: bool
    """Token and stamped bytes belong together."""
    valid: bool
    """The authority's signature computes."""
    assessment: chain.Assessment
    signed: signeddata.SignedData
    policy: str
    """Object identifier of what the authority promises."""

    @property
    def internal(self) -> bool:
        """An office's own authority made it: an order of events, no independent time."""
        return self.policy == INTERNAL_POLICY

    @property
    def trusted(self) -> bool:
        """The time is proven by an authority we trust."""
        return self.intact and self.valid and not self.assessment.flaws


def read(  # noqa: PLR0913 - what a token is held against
    untrusted_token: bytes,
    digest: Callable[[str], bytes],
    trust: TrustStore,
    at: datetime,
    *,
    others: tuple[x509.Certificate, ...] = (),
    padded: bool = False,
) -> TimeStamp:
    """Check a token over what `digest` digests; `others` may help to find a path to a root.

    Raises:
        SignatureMalformed: it is not a time-stamp token.
    """
    signed = signeddata.parse(untrusted_token, padded=padded)
    if signed.content_type != "tst_info" or signed.content is None:
        raise SignatureMalformed("a time-stamp in the file is not a time-stamp token")
    try:
        info = tsp.TSTInfo.load(signed.content, strict=True)
        imprint = info["message_imprint"]
        hash_name = imprint["hash_algorithm"]["algorithm"].native
        stamped, moment = imprint["hashed_message"].native, info["gen_time"].native
        policy = info["policy"].dotted
    except (ValueError, TypeError, KeyError) as error:
        raise SignatureMalformed("a time-stamp in the file is damaged") from error
    content_digest = hashlib.new(signed.hash_name, signed.content).digest()
    return TimeStamp(
        at=moment,
        intact=(
            hash_name in signeddata.HASHES and digest(hash_name) == stamped and signed.intact(content_digest)
        ),
        valid=signed.valid(content_digest),
        assessment=chain.assess(
            signed.certificate, (*signed.others, *others), trust, at, chain.Use.TIME_STAMPS
        ),
        signed=signed,
        policy=policy,
    )
