"""Signs bytes as detached CMS (RFC 5652), the form that `openssl cms -verify` checks."""

from collections.abc import Sequence

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7

from securedoc.core.secret import Secret
from securedoc.crypto import certificates
from securedoc.errors import KeyMalformed, KeyUntrusted

_OPTIONS = (
    pkcs7.PKCS7Options.Binary,  # the bytes as they are: no line endings are touched
    pkcs7.PKCS7Options.DetachedSignature,
    pkcs7.PKCS7Options.NoCapabilities,
)


def sign(data: bytes, certificate: bytes, private_key: Secret, chain: Sequence[bytes] = ()) -> bytes:
    """Sign `data`, and return the signature alone as DER with the certificates it needs.

    The signing time among its attributes is the machine's own clock, set by the library: a
    statement by the signer, not a proof.

    Raises:
        KeyMalformed: a certificate or the key cannot be read, or is not for EC or RSA.
        KeyUntrusted: the key is not the certificate's.
    """
    signer = certificates.load(certificate)
    key = certificates.load_private_key(private_key)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise KeyMalformed("a certificate's private key is neither an elliptic curve nor an RSA key")
    if key.public_key() != signer.public_key():
        raise KeyUntrusted("a private key is not the one its certificate speaks of")
    builder = pkcs7.PKCS7SignatureBuilder().set_data(data).add_signer(signer, key, hashes.SHA256())
    for one in chain:
        builder = builder.add_certificate(certificates.load(one))
    return builder.sign(serialization.Encoding.DER, _OPTIONS)
