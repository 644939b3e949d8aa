"""Makes the office's own certificates: an evidence authority, and what it issues (X.509)."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from securedoc.core.secret import Secret
from securedoc.errors import KeyMalformed, KeyUntrusted

# P-384 for the key that signs once and is trusted for decades, P-256 for those that sign every day:
# both are verified by every PDF reader, by OpenSSL, and by .NET.
AUTHORITY_CURVE = ec.SECP384R1()
LEAF_CURVE = ec.SECP256R1()

MAX_NAME = 64
"""Letters; RFC 5280 appendix A: ub-common-name, ub-organization-name, ub-title."""
UTF8_BYTES = 4
"""The most that one letter takes."""
CUT = "…"
MAX_CERTIFICATE_BYTES = 64 * 1024

# All that the library says of a certificate it cannot read, and what it warns of.
_NOT_X509 = (
    ValueError,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    UnsupportedAlgorithm,
    CryptographyDeprecationWarning,
)


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate and its private key."""

    certificate: bytes
    """X.509, DER."""
    private_key: Secret
    """PKCS#8, DER."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a certificate names."""

    common_name: str
    organisation: str
    title: str = ""
    """Position of a person; empty where unused."""
    identifier: str = ""
    """The officer's identifier in the ledger; empty for what is not a person."""


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until when a certificate or a list holds; whole seconds, UTC."""

    begins: datetime
    ends: datetime

    @classmethod
    def years(cls, begins: datetime, years: int) -> "Validity":
        """Hold for that many calendar years from `begins`."""
        begins = begins.replace(microsecond=0)
        day = 28 if (begins.month, begins.day) == (2, 29) else begins.day
        return cls(begins, begins.replace(year=begins.year + years, day=day))


@dataclass(frozen=True, slots=True)
class Revoked:
    """A certificate that is distrusted from a time on."""

    certificate: bytes
    at: datetime


def make_authority(subject: Subject, validity: Validity) -> Certified:
    """Make the self-signed certificate that the office's other certificates are issued under."""
    key = ec.generate_private_key(AUTHORITY_CURVE)
    name = _name(subject)
    builder = _builder(name, name, key.public_key(), validity)
    usages = frozenset({"key_cert_sign", "crl_sign"})
    builder = _extended(builder, key.public_key(), key.public_key(), usages, is_authority=True)
    return _certified(builder.sign(key, hashes.SHA384()), key)


def issue(
    authority: Certified, subject: Subject, validity: Validity, *, time_stamping: bool = False
) -> Certified:
    """Make a key and issue its certificate, for signing documents and manifests, or time-stamps alone.

    It never outlives the authority's own certificate.

    Raises:
        KeyMalformed: the authority's key or certificate cannot be read.
        KeyUntrusted: the authority's key is not its certificate's.
    """
    issuer, issuer_key = _opened(authority)
    key = ec.generate_private_key(LEAF_CURVE)
    validity = Validity(validity.begins, min(validity.ends, issuer.not_valid_after_utc))
    builder = _builder(_name(subject), issuer.subject, key.public_key(), validity)
    # contentCommitment (non-repudiation) is what PAdES validators ask of a signer. There is no
    # extended usage: its presence would forbid every purpose that it does not name.
    usages = frozenset({"digital_signature", "content_commitment"})
    builder = _extended(builder, key.public_key(), issuer_key.public_key(), usages, is_authority=False)
    if time_stamping:  # RFC 3161 2.3: this use alone, and critical
        extended = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(extended, critical=True)
    return _certified(builder.sign(issuer_key, hashes.SHA384()), key)


def make_crl(authority: Certified, number: int, revoked: Sequence[Revoked], validity: Validity) -> bytes:
    """Make the authority's revocation list, DER; `number` grows with each.

    Raises:
        KeyMalformed: a certificate or the authority's key cannot be read.
        KeyUntrusted: the authority's key is not its certificate's.
    """
    issuer, issuer_key = _opened(authority)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(validity.begins)
        .next_update(validity.ends)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    )
    for one in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(load(one.certificate).serial_number)
            .revocation_date(one.at)
            .build()
        )
    return builder.sign(issuer_key, hashes.SHA384()).public_bytes(serialization.Encoding.DER)


def load(untrusted_certificate: bytes) -> x509.Certificate:
    """Read a DER certificate; a value for this package and the signing door only.

    Raises:
        KeyMalformed: it is none.
    """
    if len(untrusted_certificate) > MAX_CERTIFICATE_BYTES:
        raise KeyMalformed("a certificate is over {limit} bytes", limit=MAX_CERTIFICATE_BYTES)
    try:
        with warnings.catch_warnings():
            # What the library only warns of today, a serial number that is not positive, is refused.
            warnings.simplefilter("error", CryptographyDeprecationWarning)
            certificate = x509.load_der_x509_certificate(untrusted_certificate)
        # The library parses these when they are first asked for: here is where they may fail.
        certificate.public_key()
        _ = certificate.subject, certificate.not_valid_before_utc, certificate.not_valid_after_utc
        _ = certificate.extensions
    except _NOT_X509 as error:
        raise KeyMalformed(
            "a certificate is not readable X.509", hint="restore it from the last backup"
        ) from error
    return certificate


def load_private_key(private_key: Secret) -> PrivateKeyTypes:
    """Read a PKCS#8 private key; a value for this package and the signing door only.

    Raises:
        KeyMalformed: it is none, or is itself encrypted.
    """
    try:
        return serialization.load_der_private_key(private_key.reveal(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyMalformed("a certificate's private key is not readable PKCS#8") from error


def read_validity(untrusted_certificate: bytes) -> Validity:
    """Return from when until when a certificate says it holds.

    Raises:
        KeyMalformed: it is no certificate.
    """
    certificate = load(untrusted_certificate)
    return Validity(certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def check_pair(certificate: bytes, private_key: Secret) -> None:
    """Make sure that a private key is the one its certificate speaks of.

    Raises:
        KeyMalformed: one of them cannot be read.
        KeyUntrusted: they do not belong together.
    """
    _opened(Certified(certificate, private_key))


def _opened(pair: Certified) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    certificate = load(pair.certificate)
    key = load_private_key(pair.private_key)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeyMalformed("a certificate's private key is not an elliptic curve key")
    if key.public_key() != certificate.public_key():
        raise KeyUntrusted("a private key is not the one its certificate speaks of")
    return certificate, key


def _name(subject: Subject) -> x509.Name:
    # The library counts a common name's limit in bytes of UTF-8, where the standard counts letters.
    attributes = [
        (NameOID.ORGANIZATION_NAME, _fitted(subject.organisation, MAX_NAME * UTF8_BYTES)),
        (NameOID.COMMON_NAME, _fitted(subject.common_name, MAX_NAME)),
        (NameOID.TITLE, _fitted(subject.title, MAX_NAME * UTF8_BYTES)),
        (NameOID.USER_ID, subject.identifier),
    ]
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in attributes if text])


def _fitted(text: str, limit_bytes: int) -> str:
    # Agencies have longer names than X.509 allows. The whole name stands in the ledger's genesis;
    # here it is cut, visibly, so that strict readers still accept the certificate.
    if len(text) <= MAX_NAME and len(text.encode()) <= limit_bytes:
        return text
    kept = text[: MAX_NAME - len(CUT)]
    while len((kept + CUT).encode()) > limit_bytes:
        kept = kept[:-1]
    return kept.rstrip() + CUT


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, validity: Validity
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.begins)
        .not_valid_after(validity.ends)
    )


def _extended(
    builder: x509.CertificateBuilder,
    public_key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
    usages: frozenset[str],
    *,
    is_authority: bool,
) -> x509.CertificateBuilder:
    constraints = x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None)
    return (
        builder.add_extension(constraints, critical=True)
        .add_extension(_key_usage(usages), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def _key_usage(usages: frozenset[str]) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature="digital_signature" in usages,
        content_commitment="content_commitment" in usages,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign="key_cert_sign" in usages,
        crl_sign="crl_sign" in usages,
        encipher_only=False,
        decipher_only=False,
    )


def _certified(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Certified:
    encoding = serialization.Encoding.DER
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Certified(certificate.public_bytes(encoding), Secret(private))
