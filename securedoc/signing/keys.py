"""A signer's certificate with its private key, and the PKCS#12 files both may come from."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from asn1crypto import core
from asn1crypto import pkcs12 as asn1_pkcs12
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from securedoc.core.digests import Digest
from securedoc.core.secret import Secret
from securedoc.errors import KeyMalformed, KeyRefused, KeyUntrusted
from securedoc.signing import strictx509

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

MIN_RSA_BITS: Final = 2048
CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})
MAX_PKCS12_BYTES: Final = 1 << 20
MAX_PKCS12_ROUNDS: Final = 10_000_000  # a hostile file could otherwise ask for hours of hashing

_PKCS12_HINT: Final = "ask whoever issued the certificate for a PKCS#12 file with its private key"


@dataclass(frozen=True, slots=True)
class RemoteKey:
    """A private key that never comes here: on a token, which signs what it is given."""

    public: PublicKey
    sign_bytes: Callable[[bytes], bytes]
    """Signs with SHA-256: PKCS#1 v1.5, or ECDSA in DER."""

    @property
    def key_size(self) -> int:
        """Bits."""
        return self.public.key_size


PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | RemoteKey


class DocumentKey(Protocol):
    """Whatever signs documents: a key of ours in memory, or one on a token."""

    @property
    def certificate(self) -> bytes:
        """X.509, DER."""
        ...

    @property
    def chain(self) -> tuple[bytes, ...]:
        """X.509, DER: issuers first to last."""
        ...

    @property
    def certificate_digest(self) -> Digest:
        """What the ledger remembers of the signer's certificate."""
        ...

    def opened(self) -> tuple[x509.Certificate, PrivateKey]:
        """Return the certificate and what signs for it.

        Raises:
            KeyMalformed: not a certificate, not a key, or a key we do not sign documents with.
            KeyUntrusted: the private key is not the certificate's.
        """
        ...


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A certificate, its private key, and the certificates between it and a root."""

    certificate: bytes
    """X.509, DER."""
    private_key: Secret
    """PKCS#8, DER, not encrypted."""
    chain: tuple[bytes, ...] = ()
    """X.509, DER: issuers first to last."""

    @property
    def certificate_digest(self) -> Digest:
        """What the ledger remembers of the signer's certificate."""
        return Digest.of(self.certificate)

    def opened(self) -> tuple[x509.Certificate, PrivateKey]:
        """Return the certificate and the parsed key.

        Raises:
            KeyMalformed, KeyUntrusted: see `open_key`.
        """
        return open_key(self)


def load_pkcs12(untrusted_data: bytes, passphrase: Secret) -> SigningKey:
    """Read a certificate with its key from a PKCS#12 file.

    Raises:
        KeyMalformed: it is not PKCS#12, or holds no usable key and certificate.
        KeyRefused: the passphrase does not open it.
    """
    _bound_pkcs12(untrusted_data)
    typed = passphrase.reveal().decode("utf-8", "strict")
    # PKCS#12 files are made with composed letters; a keyboard may send them decomposed.
    composed = unicodedata.normalize("NFC", typed).encode()
    try:
        bundle = pkcs12.load_pkcs12(untrusted_data, composed)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyRefused(
            "the passphrase does not open this PKCS#12 file, or the file is damaged",
            hint="try the passphrase again; it was sent together with the file or apart from it",
        ) from error
    if bundle.key is None or bundle.cert is None:
        raise KeyMalformed("this PKCS#12 file holds no private key with its certificate", hint=_PKCS12_HINT)
    private = bundle.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key = SigningKey(
        bundle.cert.certificate.public_bytes(serialization.Encoding.DER),
        Secret(private),
        tuple(
            extra.certificate.public_bytes(serialization.Encoding.DER) for extra in bundle.additional_certs
        ),
    )
    open_key(key)
    return key


def open_key(
    key: SigningKey,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey]:
    """Parse a signing key, and see that its halves belong together.

    Raises:
        KeyMalformed: not a certificate, not a key, or a key we do not sign documents with.
        KeyUntrusted: the private key is not the certificate's.
    """
    try:
        certificate = strictx509.certificate(key.certificate)
        # RSA's own consistency check costs a quarter of a second; every signature we make is
        # verified with the certificate before it leaves, which finds a damaged key as well.
        private = serialization.load_der_private_key(
            key.private_key.reveal(), None, unsafe_skip_rsa_key_validation=True
        )
        public = certificate.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyMalformed("the signing key or its certificate cannot be read") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) or not is_strong(
        private.public_key()
    ):
        raise KeyMalformed("documents are signed with RSA keys of 2048 bits or more, or with P-256 to P-521")
    if _spki(private.public_key()) != _spki(public):
        raise KeyUntrusted("the private key does not belong to the certificate")
    return certificate, private


def is_strong(public: object) -> bool:
    """Tell whether a public key is of a kind and size that we rely on."""
    if isinstance(public, rsa.RSAPublicKey):
        return public.key_size >= MIN_RSA_BITS
    return isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name in CURVES


def _spki(public: object) -> bytes:
    encode = getattr(public, "public_bytes")  # noqa: B009 - every public key type has it
    spki: bytes = encode(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return spki


def _bound_pkcs12(untrusted_data: bytes) -> None:
    if len(untrusted_data) > MAX_PKCS12_BYTES:
        raise KeyMalformed("this file is too large to be PKCS#12", hint=_PKCS12_HINT)
    try:
        untrusted_rounds = tuple(_rounds(asn1_pkcs12.Pfx.load(untrusted_data, strict=True)))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise KeyMalformed("this is not a PKCS#12 file", hint=_PKCS12_HINT) from error
    for count in untrusted_rounds:
        if not 0 < count <= MAX_PKCS12_ROUNDS:
            raise KeyMalformed("this PKCS#12 file asks for {count} rounds of key derivation", count=count)


def _rounds(pfx: Any) -> Iterator[int]:
    """Yield every number of rounds that stands outside of the encryption."""
    if not isinstance(pfx["mac_data"], core.Void):
        yield pfx["mac_data"]["iterations"].native
    for safe in pfx.authenticated_safe:
        if safe["content_type"].native == "encrypted_data":
            yield safe["content"]["encrypted_content_info"]["content_encryption_algorithm"].kdf_iterations
        elif safe["content_type"].native == "data":
            for bag in asn1_pkcs12.SafeContents.load(safe["content"].native):
                if bag["bag_id"].native == "pkcs8_shrouded_key_bag":
                    yield bag["bag_value"]["encryption_algorithm"].kdf_iterations
