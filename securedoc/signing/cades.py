"""The CMS container of a PAdES baseline B-B signature (ETSI EN 319 142-1), its size known beforehand.

Written as DER by hand: twelve fields in an order that never varies take a library of ASN.1 objects
fourteen milliseconds, twice a signature.
"""

import hashlib
from typing import Final

from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from securedoc.signing.keys import PrivateKey

HASH_NAME: Final = "sha256"

_OCTETS: Final = 0x04
_SEQUENCE: Final = 0x30
_SET: Final = 0x31
_CONTEXT_0: Final = 0xA0

_NULL: Final = bytes.fromhex("0500")
_VERSION_1: Final = bytes.fromhex("020101")
_SHA256: Final = bytes.fromhex("0609608648016503040201")
_ECDSA_SHA256: Final = bytes.fromhex("06082a8648ce3d040302")
_RSA_SHA256: Final = bytes.fromhex("06092a864886f70d01010b")
_DATA: Final = bytes.fromhex("06092a864886f70d010701")
_SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
_CONTENT_TYPE: Final = bytes.fromhex("06092a864886f70d010903")
_MESSAGE_DIGEST: Final = bytes.fromhex("06092a864886f70d010904")
_SIGNING_CERTIFICATE_V2: Final = bytes.fromhex("060b2a864886f70d010910022f")

_LONG_FORM: Final = 0x80  # from this length on, X.690 8.1.3.5
_INTEGER_OVERHEAD: Final = 3  # tag, length, and a zero where the top bit is set
_SEQUENCE_OVERHEAD: Final = 3  # tag, and up to two bytes of length (P-521)


def build(digest: bytes, certificate: bytes, private: PrivateKey, chain: tuple[bytes, ...]) -> bytes:
    """Sign `digest` of a PDF's byte ranges, and return the container, DER."""
    attributes = _signed_attributes(digest, certificate)
    to_be_signed = _der(_SET, attributes)  # RFC 5652 5.4: signed as a SET, stored under a context tag
    signature = (
        private.sign(to_be_signed, ec.ECDSA(hashes.SHA256()))
        if isinstance(private, ec.EllipticCurvePrivateKey)
        else private.sign(to_be_signed, padding.PKCS1v15(), hashes.SHA256())
    )
    return _container(attributes, signature, certificate, private, chain)


def size_bytes(certificate: bytes, private: PrivateKey, chain: tuple[bytes, ...]) -> int:
    """Return the largest size that `build` may answer with.

    A trial signature would not do: an ECDSA signature's length varies by a few bytes, and the
    place in the PDF is cut before the real one is made.
    """
    attributes = _signed_attributes(bytes(hashlib.sha256().digest_size), certificate)
    longest = bytes(_longest_signature_bytes(private))
    return len(_container(attributes, longest, certificate, private, chain))


def _longest_signature_bytes(private: PrivateKey) -> int:
    size = (private.key_size + 7) // 8
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return 2 * (size + _INTEGER_OVERHEAD) + _SEQUENCE_OVERHEAD
    return size


def _signed_attributes(digest: bytes, certificate: bytes) -> bytes:
    # No signing-time: PAdES keeps the claimed time in the signature dictionary, /M.
    named = _der(_SEQUENCE, _der(_OCTETS, hashlib.sha256(certificate).digest()))  # ESSCertIDv2, RFC 5035
    attributes = (
        _attribute(_CONTENT_TYPE, _DATA),
        _attribute(_MESSAGE_DIGEST, _der(_OCTETS, digest)),
        _attribute(_SIGNING_CERTIFICATE_V2, _der(_SEQUENCE, _der(_SEQUENCE, named))),
    )
    return b"".join(sorted(attributes))  # X.690 11.6: a SET OF stands in the order of its bytes


def _attribute(kind: bytes, value: bytes) -> bytes:
    return _der(_SEQUENCE, kind, _der(_SET, value))


def _container(
    attributes: bytes, signature: bytes, certificate: bytes, private: PrivateKey, chain: tuple[bytes, ...]
) -> bytes:
    digest_algorithm = _der(_SEQUENCE, _SHA256)
    elliptic = isinstance(private, ec.EllipticCurvePrivateKey)
    signer = _der(
        _SEQUENCE,
        _VERSION_1,
        _issuer_and_serial(certificate),
        digest_algorithm,
        _der(_CONTEXT_0, attributes),
        _der(_SEQUENCE, _ECDSA_SHA256) if elliptic else _der(_SEQUENCE, _RSA_SHA256, _NULL),
        _der(_OCTETS, signature),
    )
    signed = _der(
        _SEQUENCE,
        _VERSION_1,
        _der(_SET, digest_algorithm),
        _der(_SEQUENCE, _DATA),
        _der(_CONTEXT_0, *sorted({certificate, *_intermediates(chain)})),
        _der(_SET, signer),
    )
    return _der(_SEQUENCE, _SIGNED_DATA, _der(_CONTEXT_0, signed))


def _issuer_and_serial(certificate: bytes) -> bytes:
    parsed = asn1_x509.Certificate.load(certificate)["tbs_certificate"]
    return _der(_SEQUENCE, parsed["issuer"].dump(), parsed["serial_number"].dump())


def _intermediates(chain: tuple[bytes, ...]) -> list[bytes]:
    """Leave out roots: whoever verifies must have them already, and nothing would protect the copy here."""
    parsed = [(der, asn1_x509.Certificate.load(der)["tbs_certificate"]) for der in chain]
    return [der for der, one in parsed if one["issuer"].dump() != one["subject"].dump()]


def _der(tag: int, *contents: bytes) -> bytes:
    value = b"".join(contents)
    size = len(value)
    if size < _LONG_FORM:
        return bytes((tag, size)) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_FORM | len(length))) + length + value
