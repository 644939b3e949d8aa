"""The CMS container of a PAdES baseline B-B signature (ETSI EN 319 142-1), its size known beforehand."""

import hashlib
from typing import Final

from asn1crypto import algos, cms, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from securedoc.signing.keys import PrivateKey

HASH_NAME: Final = "sha256"

_DER_INTEGER_OVERHEAD: Final = 3  # tag, length, and a zero where the top bit is set
_DER_SEQUENCE_OVERHEAD: Final = 3  # tag, and up to two bytes of length (P-521)


def build(digest: bytes, certificate: bytes, private: PrivateKey, chain: tuple[bytes, ...]) -> bytes:
    """Sign `digest` of a PDF's byte ranges, and return the container, DER."""
    attributes = _signed_attributes(digest, certificate)
    to_be_signed: bytes = attributes.dump()
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
    bits = private.key_size
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return 2 * ((bits + 7) // 8 + _DER_INTEGER_OVERHEAD) + _DER_SEQUENCE_OVERHEAD
    return (bits + 7) // 8


def _signed_attributes(digest: bytes, certificate: bytes) -> cms.CMSAttributes:
    # No signing-time: PAdES keeps the claimed time in the signature dictionary, /M.
    named = tsp.SigningCertificateV2(
        {"certs": [tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(certificate).digest()})]}
    )
    return cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "message_digest", "values": [digest]}),
            cms.CMSAttribute({"type": "signing_certificate_v2", "values": [named]}),
        ]
    )


def _container(
    attributes: cms.CMSAttributes,
    signature: bytes,
    certificate: bytes,
    private: PrivateKey,
    chain: tuple[bytes, ...],
) -> bytes:
    parsed = x509.load_der_x509_certificate(certificate)
    mine = asn1_x509.Certificate.load(certificate)
    named = {"issuer": mine.issuer, "serial_number": parsed.serial_number}
    scheme = "sha256_ecdsa" if isinstance(private, ec.EllipticCurvePrivateKey) else "sha256_rsa"
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": cms.IssuerAndSerialNumber(named)}),
            "digest_algorithm": algos.DigestAlgorithm({"algorithm": HASH_NAME}),
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": scheme}),
            "signature": signature,
        }
    )
    issuers = [asn1_x509.Certificate.load(der) for der in dict.fromkeys(chain)]
    # No roots: whoever verifies must have them already, and nothing would protect the copy here.
    certificates = [mine, *(c for c in issuers if c.issuer.dump() != c.subject.dump())]
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [algos.DigestAlgorithm({"algorithm": HASH_NAME})],
            "encap_content_info": {"content_type": "data"},
            "certificates": [cms.CertificateChoices({"certificate": c}) for c in certificates],
            "signer_infos": [signer],
        }
    )
    der: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    return der
