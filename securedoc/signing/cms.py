"""Detached CMS signatures over files that leave the machine: backup manifests, reports."""

import base64
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from securedoc.core.digests import Digest
from securedoc.errors import SignatureMalformed, SignatureStale, SignatureUntrusted
from securedoc.signing import chain, signeddata
from securedoc.signing.trust import TrustStore

_PEM: Final = re.compile(rb"-----BEGIN (CMS|PKCS7)-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END \1-----\s*")
_LIFETIME: Final = frozenset({chain.FlawKind.EXPIRED, chain.FlawKind.NOT_YET_VALID})


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed, proven."""

    name: str
    certificate: bytes
    """X.509, DER."""
    signed_at: datetime | None
    """What the signer says; nobody else vouches for it."""
    identifier: str
    """The officer's identifier (UID) that the certificate names; empty where it names none."""

    @property
    def digest(self) -> Digest:
        """Digest of the certificate, as the ledger remembers signers."""
        return Digest.of(self.certificate)


def verify_detached(data: bytes, untrusted_signature: bytes, trust: TrustStore, at: datetime) -> Signer:
    """Prove that a trusted certificate signed exactly `data`; the signature is DER or PEM.

    Raises:
        SignatureMalformed: it is not a detached CMS signature.
        SignatureMissing: nobody signed it.
        SignatureUntrusted: data, signature or certificate do not hold.
        SignatureStale: all holds, but the certificate had expired or was not yet valid at `at`.
    """
    # (1) Structure: a detached signature with one signer.
    signed = signeddata.parse(_der(untrusted_signature))
    if signed.content_type != "data" or signed.content is not None:
        raise SignatureMalformed("this is not a detached signature over data")
    # (2) The data are those that were signed.
    hasher = hashes.Hash(signed.hash())
    hasher.update(data)
    digest = hasher.finalize()
    if not signed.intact(digest):
        raise SignatureUntrusted(
            "the file is not the one that was signed",
            hint="stop using it; compare it with another copy",
        )
    # (3) The signature computes.
    name = chain.name_of(signed.certificate.subject)
    if not signed.valid(digest):
        raise SignatureUntrusted("the signature of {name} does not hold", name=name)
    # (4) The certificate leads to a root of ours and was in order at that time.
    _require_trusted(signed, trust, at)
    identifiers = signed.certificate.subject.get_attributes_for_oid(NameOID.USER_ID)
    identifier = str(identifiers[0].value) if identifiers else ""
    return Signer(name, signed.certificate.public_bytes(Encoding.DER), signed.signing_time, identifier)


def _der(untrusted_signature: bytes) -> bytes:
    if not untrusted_signature.startswith(b"-----BEGIN"):
        return untrusted_signature
    match = _PEM.fullmatch(untrusted_signature)
    if match is None:
        raise SignatureMalformed("the signature is not a PEM file with one CMS block")
    try:
        return base64.b64decode(re.sub(rb"\s", b"", match[2]), validate=True)
    except ValueError as error:
        raise SignatureMalformed("the signature is not a PEM file with one CMS block") from error


def _require_trusted(signed: signeddata.SignedData, trust: TrustStore, at: datetime) -> None:
    flaws = chain.assess(signed.certificate, signed.others, trust, at).flaws
    if not flaws:
        return
    # Whatever else is wrong weighs more than a lifetime.
    worst = next((flaw for flaw in flaws if flaw.kind not in _LIFETIME), flaws[0])
    error = SignatureStale if worst.kind in _LIFETIME else SignatureUntrusted
    raise error(worst.why.template, hint=None, **worst.why.facts)
