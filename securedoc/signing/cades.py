"""The CMS containers of PAdES baseline signatures and time-stamps (ETSI EN 319 142-1), of known size.

Written as DER by hand: twelve fields in an order that never varies take a library of ASN.1 objects
fourteen milliseconds, twice a signature.
"""

import hashlib
from typing import Final, Protocol

from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from securedoc.signing.keys import PrivateKey, RemoteKey

HASH_NAME: Final = "sha256"

_OCTETS: Final = 0x04
_SEQUENCE: Final = 0x30
_SET: Final = 0x31
_CONTEXT_0: Final = 0xA0
_CONTEXT_1: Final = 0xA1

_NULL: Final = bytes.fromhex("0500")
_VERSION_1: Final = bytes.fromhex("020101")
_VERSION_3: Final = bytes.fromhex("020103")  # the content is not plain data, RFC 5652 5.1
_SHA256: Final = bytes.fromhex("0609608648016503040201")
_ECDSA_SHA256: Final = bytes.fromhex("06082a8648ce3d040302")
_RSA_SHA256: Final = bytes.fromhex("06092a864886f70d01010b")
_DATA: Final = bytes.fromhex("06092a864886f70d010701")
_SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
_CONTENT_TYPE: Final = bytes.fromhex("06092a864886f70d010903")
_MESSAGE_DIGEST: Final = bytes.fromhex("06092a864886f70d010904")
_SIGNING_CERTIFICATE_V2: Final = bytes.fromhex("060b2a864886f70d010910022f")
_TIME_STAMP_TOKEN: Final = bytes.fromhex("060b2a864886f70d010910020e")
_TST_INFO: Final = bytes.fromhex("060b2a864886f70d0109100104")

_LONG_FORM: Final = 0x80  # from this length on, X.690 8.1.3.5
_INTEGER_OVERHEAD: Final = 3  # tag, length, and a zero where the top bit is set
_SEQUENCE_OVERHEAD: Final = 3  # tag, and up to two bytes of length (P-521)


class Stamper(Protocol):
    """Time-stamps digests; what it answers has a size known beforehand."""

    @property
    def size_bytes(self) -> int:
        """The largest token, DER."""
        ...

    def token(self, imprint: bytes) -> bytes:
        """Return a time-stamp token over a SHA-256 digest, DER."""
        ...


def build(
    digest: bytes,
    certificate: bytes,
    private: PrivateKey,
    chain: tuple[bytes, ...],
    stamper: Stamper | None = None,
) -> bytes:
    """Sign `digest` of a PDF's byte ranges, and return the container, DER; time-stamped for B-T."""
    attributes = _signed_attributes(_DATA, digest, certificate)
    signature = _signature(private, attributes)
    stamp = b"" if stamper is None else stamper.token(hashlib.sha256(signature).digest())
    signer = _signer(attributes, signature, certificate, private, stamp)
    return _container(der(_SEQUENCE, _DATA), signer, certificate, chain)


def build_token(info: bytes, certificate: bytes, private: PrivateKey, chain: tuple[bytes, ...]) -> bytes:
    """Sign a time-stamp's TSTInfo, DER, and return the token (RFC 3161 2.4.2): content inside, version 3."""
    attributes = _signed_attributes(_TST_INFO, hashlib.sha256(info).digest(), certificate)
    signer = _signer(attributes, _signature(private, attributes), certificate, private, b"")
    return _token(info, signer, certificate, chain)


def token_size_bytes(info: bytes, certificate: bytes, private: PrivateKey, chain: tuple[bytes, ...]) -> int:
    """Return the largest size that `build_token` may answer with for a TSTInfo of this length."""
    attributes = _signed_attributes(_TST_INFO, bytes(hashlib.sha256().digest_size), certificate)
    longest = bytes(_longest_signature_bytes(private))
    return len(_token(info, _signer(attributes, longest, certificate, private, b""), certificate, chain))


def size_bytes(
    certificate: bytes,
    private: PrivateKey,
    chain: tuple[bytes, ...],
    stamper: Stamper | None = None,
) -> int:
    """Return the largest size that `build` may answer with.

    A trial signature would not do: an ECDSA signature's length varies by a few bytes, and the
    place in the PDF is cut before the real one is made.
    """
    attributes = _signed_attributes(_DATA, bytes(hashlib.sha256().digest_size), certificate)
    longest = bytes(_longest_signature_bytes(private))
    stamp = b"" if stamper is None else bytes(stamper.size_bytes)
    signer = _signer(attributes, longest, certificate, private, stamp)
    return len(_container(der(_SEQUENCE, _DATA), signer, certificate, chain))


def _signature(private: PrivateKey, attributes: bytes) -> bytes:
    to_be_signed = der(_SET, attributes)  # RFC 5652 5.4: signed as a SET, stored under a context tag
    if isinstance(private, RemoteKey):
        return private.sign_bytes(to_be_signed)
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return private.sign(to_be_signed, ec.ECDSA(hashes.SHA256()))
    return private.sign(to_be_signed, padding.PKCS1v15(), hashes.SHA256())


def _is_elliptic(private: PrivateKey) -> bool:
    key = private.public if isinstance(private, RemoteKey) else private
    return isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey)


def _longest_signature_bytes(private: PrivateKey) -> int:
    size = (private.key_size + 7) // 8
    if _is_elliptic(private):
        return 2 * (size + _INTEGER_OVERHEAD) + _SEQUENCE_OVERHEAD
    return size


def _signed_attributes(content_type: bytes, digest: bytes, certificate: bytes) -> bytes:
    # No signing-time: PAdES keeps the claimed time in the signature dictionary, /M.
    named = der(_SEQUENCE, der(_OCTETS, hashlib.sha256(certificate).digest()))  # ESSCertIDv2, RFC 5035
    attributes = (
        _attribute(_CONTENT_TYPE, content_type),
        _attribute(_MESSAGE_DIGEST, der(_OCTETS, digest)),
        _attribute(_SIGNING_CERTIFICATE_V2, der(_SEQUENCE, der(_SEQUENCE, named))),
    )
    return b"".join(sorted(attributes))  # X.690 11.6: a SET OF stands in the order of its bytes


def _attribute(kind: bytes, value: bytes) -> bytes:
    return der(_SEQUENCE, kind, der(_SET, value))


def _signer(
    attributes: bytes, signature: bytes, certificate: bytes, private: PrivateKey, stamp: bytes
) -> bytes:
    return der(
        _SEQUENCE,
        _VERSION_1,
        _issuer_and_serial(certificate),
        der(_SEQUENCE, _SHA256),
        der(_CONTEXT_0, attributes),
        der(_SEQUENCE, _ECDSA_SHA256) if _is_elliptic(private) else der(_SEQUENCE, _RSA_SHA256, _NULL),
        der(_OCTETS, signature),
        der(_CONTEXT_1, _attribute(_TIME_STAMP_TOKEN, stamp)) if stamp else b"",
    )


def _token(info: bytes, signer: bytes, certificate: bytes, chain: tuple[bytes, ...]) -> bytes:
    content = der(_SEQUENCE, _TST_INFO, der(_CONTEXT_0, der(_OCTETS, info)))
    return _container(content, signer, certificate, chain, version=_VERSION_3)


def _container(
    content: bytes,
    signer: bytes,
    certificate: bytes,
    chain: tuple[bytes, ...],
    *,
    version: bytes = _VERSION_1,
) -> bytes:
    signed = der(
        _SEQUENCE,
        version,
        der(_SET, der(_SEQUENCE, _SHA256)),
        content,
        der(_CONTEXT_0, *sorted({certificate, *_intermediates(chain)})),
        der(_SET, signer),
    )
    return der(_SEQUENCE, _SIGNED_DATA, der(_CONTEXT_0, signed))


def _issuer_and_serial(certificate: bytes) -> bytes:
    parsed = asn1_x509.Certificate.load(certificate)["tbs_certificate"]
    return der(_SEQUENCE, parsed["issuer"].dump(), parsed["serial_number"].dump())


def _intermediates(chain: tuple[bytes, ...]) -> list[bytes]:
    """Leave out roots: whoever verifies must have them already, and nothing would protect the copy here."""
    parsed = [(der, asn1_x509.Certificate.load(der)["tbs_certificate"]) for der in chain]
    return [der for der, one in parsed if one["issuer"].dump() != one["subject"].dump()]


def der(tag: int, *contents: bytes) -> bytes:
    """Encode one value: tag, length, and the contents one after the other."""
    value = b"".join(contents)
    size = len(value)
    if size < _LONG_FORM:
        return bytes((tag, size)) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_FORM | len(length))) + length + value
