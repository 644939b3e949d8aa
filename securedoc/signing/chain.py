"""Whether a certificate leads to a root we trust, at a given time, for a given use; offline."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID

from securedoc.core.text import Message, message
from securedoc.signing.keys import is_strong
from securedoc.signing.trust import TrustStore, name_of

__all__ = ["Assessment", "Flaw", "FlawKind", "Revocation", "Use", "assess", "name_of", "speaks_for"]

Kind = TypeVar("Kind", bound=x509.ExtensionType)

MAX_DEPTH: Final = 4  # certificates between signer and root; public authorities use one or two
MAX_OTHERS: Final = 32

_DOCUMENT_USES: Final = frozenset(
    {
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
        ExtendedKeyUsageOID.EMAIL_PROTECTION,
        ExtendedKeyUsageOID.CLIENT_AUTH,  # many personal certificates carry nothing else
        x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),  # document signing, RFC 9336
        x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.12"),  # document signing, Microsoft
        x509.ObjectIdentifier("1.2.840.113583.1.1.5"),  # authentic documents, Adobe
    }
)
_TIME_STAMP_USES: Final = frozenset({ExtendedKeyUsageOID.TIME_STAMPING})
# RFC 5280 5.2: a scope we do not evaluate makes a list unusable, not a certificate good.
_CRL_EXTENSIONS: Final = frozenset({x509.AuthorityKeyIdentifier.oid, x509.CRLNumber.oid})


class Use(StrEnum):
    """What a certificate must be allowed to do."""

    DOCUMENTS = "documents"
    TIME_STAMPS = "time-stamps"


class FlawKind(StrEnum):
    """Why a certificate is not trusted."""

    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    REVOKED = "revoked"
    WRONG_USE = "wrong-use"
    WEAK = "weak"
    NO_PATH = "no-path"


class Revocation(StrEnum):
    """What the local revocation lists could say."""

    CHECKED = "checked"
    STALE = "stale"
    """A list was there, but a newer one should be."""
    NOT_CHECKED = "not-checked"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One reason not to trust a certificate."""

    kind: FlawKind
    why: Message


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is known of a certificate; trusted means no flaw."""

    flaws: tuple[Flaw, ...]
    revocation: Revocation


def assess(
    certificate: x509.Certificate,
    untrusted_others: Iterable[x509.Certificate],
    trust: TrustStore,
    at: datetime,
    use: Use = Use.DOCUMENTS,
) -> Assessment:
    """Judge a certificate as of `at`; what came with the signature only helps to find a path."""
    # (1) The certificate itself: lifetime, strength, use.
    flaws = [
        *_lifetime_flaws(certificate, at),
        *_strength_flaws([certificate]),
        *_use_flaws(certificate, use),
    ]
    # (2) A path to a root. An expired certificate is looked at within its life, so that the
    #     report can tell "expired" from "from somebody else".
    moment = _within_life(certificate, at)
    others = [*trust.intermediates, *list(untrusted_others)[:MAX_OTHERS]]
    path = _path(certificate, others, trust, moment)
    if path is None:
        return Assessment((*flaws, _no_path(certificate, others, trust, moment)), Revocation.NOT_CHECKED)
    flaws += _strength_flaws(path[1:])
    # (3) Nothing on the path revoked by then.
    revoked, revocation = _revocation(path, trust, at)
    return Assessment((*flaws, *revoked), revocation)


def _lifetime_flaws(certificate: x509.Certificate, at: datetime) -> list[Flaw]:
    name = name_of(certificate.subject)
    if at < certificate.not_valid_before_utc:
        day = certificate.not_valid_before_utc.date().isoformat()
        return [
            Flaw(
                FlawKind.NOT_YET_VALID,
                message("the certificate of {name} is not valid before {day}", name=name, day=day),
            ),
        ]
    if at > certificate.not_valid_after_utc:
        day = certificate.not_valid_after_utc.date().isoformat()
        return [
            Flaw(FlawKind.EXPIRED, message("the certificate of {name} expired on {day}", name=name, day=day))
        ]
    return []


def _within_life(certificate: x509.Certificate, at: datetime) -> datetime:
    return min(max(at, certificate.not_valid_before_utc), certificate.not_valid_after_utc)


def _strength_flaws(certificates: list[x509.Certificate]) -> list[Flaw]:
    return [
        Flaw(
            FlawKind.WEAK,
            message("the key in the certificate of {name} is too weak", name=name_of(certificate.subject)),
        )
        for certificate in certificates
        if not is_strong(_public_key(certificate))
    ]


def _public_key(certificate: x509.Certificate) -> object:
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None


def _use_flaws(certificate: x509.Certificate, use: Use) -> list[Flaw]:
    if _may_be_used(certificate, use):
        return []
    name = name_of(certificate.subject)
    words = {
        Use.DOCUMENTS: message("the certificate of {name} is not for signing documents", name=name),
        Use.TIME_STAMPS: message("the certificate of {name} is not for signing time-stamps", name=name),
    }
    return [Flaw(FlawKind.WRONG_USE, words[use])]


def _may_be_used(certificate: x509.Certificate, use: Use) -> bool:
    try:
        extensions = certificate.extensions
    except ValueError:
        return False
    basic = _extension(extensions, x509.BasicConstraints)
    if basic is not None and basic.ca:
        return False  # an authority's key signs certificates; used on a document it was misused
    usage = _extension(extensions, x509.KeyUsage)
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        return False
    extended = _extension(extensions, x509.ExtendedKeyUsage)
    if use is Use.TIME_STAMPS:
        return extended is not None and set(extended) == _TIME_STAMP_USES
    return extended is None or not _DOCUMENT_USES.isdisjoint(extended)


def _extension(extensions: x509.Extensions, kind: type[Kind]) -> Kind | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _path(
    certificate: x509.Certificate, others: list[x509.Certificate], trust: TrustStore, moment: datetime
) -> list[x509.Certificate] | None:
    if not trust.roots:
        return None  # empty is not valid: a store without roots trusts nobody
    policy = (
        verification.PolicyBuilder()
        .store(verification.Store(list(trust.roots)))
        .time(moment)
        .max_chain_depth(MAX_DEPTH)
        .extension_policies(
            ca_policy=_authority_policy(), ee_policy=verification.ExtensionPolicy.permit_all()
        )
    )
    try:
        return policy.build_client_verifier().verify(certificate, others).chain
    except Exception:  # noqa: BLE001 - any failure means: no path; never a crash, never a path
        return None


def _authority_policy() -> verification.ExtensionPolicy:
    """Ask of issuers what RFC 5280 asks; the web's further rules do not bind offices."""

    def is_authority(
        _policy: verification.Policy, _certificate: x509.Certificate, basic: x509.BasicConstraints
    ) -> None:
        if not basic.ca:
            raise ValueError("not an authority")

    def signs_certificates(
        _policy: verification.Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None
    ) -> None:
        if usage is not None and not usage.key_cert_sign:
            raise ValueError("does not sign certificates")

    agnostic = verification.Criticality.AGNOSTIC
    return (
        verification.ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, agnostic, is_authority)
        .may_be_present(x509.KeyUsage, agnostic, signs_certificates)
    )


def _no_path(
    certificate: x509.Certificate, others: list[x509.Certificate], trust: TrustStore, moment: datetime
) -> Flaw:
    for issuer in (*trust.roots, *others):
        if issuer.subject != certificate.issuer or not _issued(issuer, certificate):
            continue
        if not issuer.not_valid_before_utc <= moment <= issuer.not_valid_after_utc:
            return Flaw(
                FlawKind.EXPIRED,
                message(
                    "the issuing certificate {name} was not valid at that time", name=name_of(issuer.subject)
                ),
            )
    return Flaw(
        FlawKind.NO_PATH,
        message(
            "the certificate of {name}, issued by {issuer}, does not lead to a trusted root",
            name=name_of(certificate.subject),
            issuer=name_of(certificate.issuer),
        ),
    )


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # noqa: BLE001 - any failure of any algorithm means: not issued by it
        return False
    return True


def _revocation(
    path: list[x509.Certificate], trust: TrustStore, at: datetime
) -> tuple[list[Flaw], Revocation]:
    flaws: list[Flaw] = []
    worst = Revocation.CHECKED
    for certificate, issuer in pairwise(path):
        lists = [crl for crl in trust.crls if speaks_for(crl, issuer)]
        if not lists:
            worst = Revocation.NOT_CHECKED
        elif worst is Revocation.CHECKED and all(_is_stale(crl, at) for crl in lists):
            worst = Revocation.STALE
        flaws += _revoked(certificate, lists, at)
    return flaws, worst if len(path) > 1 else Revocation.NOT_CHECKED


def speaks_for(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """Tell whether a list is its issuer's own, and of a scope that we evaluate."""
    if crl.issuer != issuer.subject or any(
        ext.critical and ext.oid not in _CRL_EXTENSIONS for ext in crl.extensions
    ):
        return False
    usage = _extension(issuer.extensions, x509.KeyUsage)
    if usage is not None and not usage.crl_sign:
        return False
    try:
        return crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return False


def _is_stale(crl: x509.CertificateRevocationList, at: datetime) -> bool:
    until = crl.next_update_utc or crl.last_update_utc + timedelta(days=90)
    return at > until


def _revoked(
    certificate: x509.Certificate, lists: list[x509.CertificateRevocationList], at: datetime
) -> list[Flaw]:
    for crl in lists:
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
        # A key given up after `at` was still good then: `at` of a registered document is when
        # the ledger proves that it existed.
        if entry is not None and entry.revocation_date_utc <= at:
            day = entry.revocation_date_utc.date().isoformat()
            name = name_of(certificate.subject)
            why = message("the certificate of {name} was revoked on {day}", name=name, day=day)
            return [Flaw(FlawKind.REVOKED, why)]
    return []
