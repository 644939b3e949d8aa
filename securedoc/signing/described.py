"""Certificates and revocation lists as plain values: what an entry or a listing says of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from securedoc.core.digests import Digest
from securedoc.errors import SignatureStale, SignatureUntrusted
from securedoc.signing import chain, strictx509
from securedoc.signing.trust import TrustStore, name_of


class Kind(StrEnum):
    """What is trusted, and how far."""

    ROOT = "root"
    """Trusted without proof."""
    INTERMEDIATE = "intermediate"
    """Helps to reach a root."""
    CRL = "crl"


@dataclass(frozen=True, slots=True)
class Described:
    """One certificate or list."""

    digest: Digest
    kind: Kind
    name: str
    issuer: str
    begins: datetime
    ends: datetime | None
    """None: a list that names no next one."""
    der: bytes


def described(store: TrustStore) -> tuple[Described, ...]:
    """Return everything in a store, roots first."""
    return (
        *(_certificate(one, Kind.ROOT) for one in store.roots),
        *(_certificate(one, Kind.INTERMEDIATE) for one in store.intermediates),
        *(_crl(one) for one in store.crls),
    )


def validity(certificate: bytes) -> tuple[str, str, datetime, datetime]:
    """Return whom a certificate names, who issued it, and from when until when it holds.

    Raises:
        ValueError: it is damaged.
    """
    found = strictx509.certificate(certificate)
    return (
        name_of(found.subject),
        name_of(found.issuer),
        found.not_valid_before_utc,
        found.not_valid_after_utc,
    )


def require_lists_of(untrusted: TrustStore, known: TrustStore) -> None:
    """Go on only with lists that an authority in `known` signed, none of them older than one known.

    Raises:
        SignatureUntrusted: no such authority signed one.
        SignatureStale: a newer list of the same authority is known.
    """
    for crl in untrusted.crls:
        if not any(chain.speaks_for(crl, one) for one in (*known.roots, *known.intermediates)):
            raise SignatureUntrusted(
                "no authority that is trusted here signed this revocation list of {issuer}",
                issuer=name_of(crl.issuer),
                hint="add the authority's certificate first, or get the list again from where it came",
            )
        # An older list, validly signed, is how somebody would hide that a key was given up.
        newest = max(
            (one.last_update_utc for one in known.crls if one.issuer == crl.issuer),
            default=crl.last_update_utc,
        )
        if crl.last_update_utc < newest:
            raise SignatureStale(
                "a newer list of {issuer}, of {day}, is here already",
                issuer=name_of(crl.issuer),
                day=newest.date().isoformat(),
            )


def _certificate(found: x509.Certificate, kind: Kind) -> Described:
    der = found.public_bytes(Encoding.DER)
    return Described(
        digest=Digest.of(der),
        kind=kind,
        name=name_of(found.subject),
        issuer=name_of(found.issuer),
        begins=found.not_valid_before_utc,
        ends=found.not_valid_after_utc,
        der=der,
    )


def _crl(found: x509.CertificateRevocationList) -> Described:
    der = found.public_bytes(Encoding.DER)
    issuer = name_of(found.issuer)
    return Described(
        digest=Digest.of(der),
        kind=Kind.CRL,
        name=issuer,
        issuer=issuer,
        begins=found.last_update_utc,
        ends=found.next_update_utc,
        der=der,
    )
