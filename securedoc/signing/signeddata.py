"""A CMS SignedData with one signer, taken apart strictly (RFC 5652, RFC 5035, RFC 6211)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import cms, core, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from securedoc.errors import SignatureMalformed, SignatureMissing
from securedoc.signing import strictx509

HASHES: Final[dict[str, Callable[[], hashes.HashAlgorithm]]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
MAX_CERTIFICATES: Final = 32
MAX_CMS_BYTES: Final = 4 << 20  # a B-LTA signature with large CRLs inside stays under 2 MiB

_SINGLE_ATTRIBUTES: Final = ("content_type", "message_digest", "signing_time", "cms_algorithm_protection")
_HINT: Final = "ask the sender for the signature again"


@dataclass(frozen=True, slots=True)
class SignedData:
    """What a signature container says, before anything in it is believed."""

    certificate: x509.Certificate
    """The signer's, by issuer and serial number or key identifier."""
    others: tuple[x509.Certificate, ...]
    hash_name: str
    content_type: str
    content: bytes | None
    """The signed content, when it is inside; a time-stamp's is."""
    message_digest: bytes | None
    """None when there are no signed attributes."""
    attributes: bytes | None
    """The signed attributes as the signature covers them."""
    signature: bytes
    scheme: str
    """`rsassa_pkcs1v15`, `rsassa_pss` or `ecdsa`."""
    pss_salt_bytes: int
    names_certificate: bool
    """The signed attributes name the signer's certificate (ESS): PAdES baseline asks for it."""
    signing_time: datetime | None
    time_stamp: bytes | None
    """A signature time-stamp token, DER."""

    def hash(self) -> hashes.HashAlgorithm:
        """Return the digest algorithm of content and attributes."""
        return HASHES[self.hash_name]()

    def intact(self, digest: bytes) -> bool:
        """Tell whether `digest` of the content is the one that was signed."""
        return self.valid(digest) if self.message_digest is None else self.message_digest == digest

    def valid(self, digest: bytes) -> bool:
        """Tell whether the signature computes with the signer's certificate."""
        if self.attributes is None:
            return self._computes(digest, utils.Prehashed(self.hash()))
        return self._computes(self.attributes, self.hash())

    def _computes(self, data: bytes, algorithm: hashes.HashAlgorithm | utils.Prehashed) -> bool:
        public = self.certificate.public_key()
        try:
            if isinstance(public, rsa.RSAPublicKey) and self.scheme == "rsassa_pkcs1v15":
                public.verify(self.signature, data, padding.PKCS1v15(), algorithm)
            elif isinstance(public, rsa.RSAPublicKey) and self.scheme == "rsassa_pss":
                pss = padding.PSS(padding.MGF1(self.hash()), self.pss_salt_bytes)
                public.verify(self.signature, data, pss, algorithm)
            elif isinstance(public, ec.EllipticCurvePublicKey) and self.scheme == "ecdsa":
                public.verify(self.signature, data, ec.ECDSA(algorithm))
            else:
                return False
        except (InvalidSignature, UnsupportedAlgorithm, ValueError):
            return False
        return True


def parse(untrusted_der: bytes, *, padded: bool = False) -> SignedData:
    """Take a container apart; `padded` allows the zeros that fill its place in a PDF.

    Raises:
        SignatureMalformed: it is not CMS SignedData with one signer, or uses what we do not rely on.
        SignatureMissing: nobody signed it.
    """
    if len(untrusted_der) > MAX_CMS_BYTES:
        raise SignatureMalformed("the signature is too large", hint=_HINT)
    try:
        return _parse(_strict(untrusted_der, padded=padded))
    except SignatureMissing:
        raise
    # The parsers answer damage with a dozen kinds of exception; each means: cannot be read.
    except Exception as error:
        raise SignatureMalformed("the signature is damaged or not CMS", hint=_HINT) from error


def _strict(untrusted_der: bytes, *, padded: bool) -> bytes:
    if not padded:
        return untrusted_der
    length = len(core.Any.load(untrusted_der).dump())
    # Bytes hidden behind the signature are outside of what any signature covers.
    if any(untrusted_der[length:]):
        raise ValueError("something follows the signature")
    return untrusted_der[:length]


def _parse(der: bytes) -> SignedData:
    container = cms.ContentInfo.load(der, strict=True)
    if container["content_type"].native != "signed_data":
        raise ValueError("not signed data")
    signed: Any = container["content"]
    # Zeros from the place around it, counted in, would be bytes that nobody signs.
    if len(container.contents) != sum(len(container[name].dump()) for name in ("content_type", "content")):
        raise ValueError("something stands beside the signed data")
    signer = _only_signer(signed)
    certificate, others = _certificates(signed, signer)
    hash_name = _hash_name(signed, signer)
    encapsulated = signed["encap_content_info"]
    content = encapsulated["content"]
    fields = _attributes(signer, certificate, encapsulated["content_type"].native)
    scheme, salt = _scheme(signer, hash_name)
    return SignedData(
        certificate=certificate,
        others=others,
        hash_name=hash_name,
        content_type=encapsulated["content_type"].native,
        content=None if isinstance(content, core.Void) else bytes(content),
        message_digest=fields.message_digest,
        attributes=fields.raw,
        signature=signer["signature"].native,
        scheme=scheme,
        pss_salt_bytes=salt,
        names_certificate=fields.names_certificate,
        signing_time=fields.signing_time,
        time_stamp=_time_stamp(signer),
    )


def _only_signer(signed: Any) -> Any:
    signers = signed["signer_infos"]
    if len(signers) == 0:
        raise SignatureMissing("the signature file names no signer", hint=_HINT)
    if len(signers) > 1:
        raise ValueError("several signers in one container")
    # The versions are not signed: a container whose versions do not follow from the rest was touched.
    by_key = signers[0]["sid"].name == "subject_key_identifier"
    if signers[0]["version"].native != ("v3" if by_key else "v1"):
        raise ValueError("signer version")
    plain = signed["encap_content_info"]["content_type"].native == "data" and not by_key
    if signed["version"].native not in ({"v1"} if plain else {"v3", "v4", "v5"}):
        raise ValueError("container version")
    return signers[0]


def _certificates(signed: Any, signer: Any) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    choices = signed["certificates"]
    untrusted = [] if isinstance(choices, core.Void) else list(choices)
    if len(untrusted) > MAX_CERTIFICATES:
        raise ValueError("too many certificates")
    certificates: list[x509.Certificate] = []
    mine: list[x509.Certificate] = []
    for choice in untrusted:
        if choice.name != "certificate":
            continue
        certificate = strictx509.certificate(choice.chosen.dump())
        (mine if _is_named(signer["sid"], choice.chosen) else certificates).append(certificate)
    if len(mine) != 1:
        raise ValueError("the signer's certificate is not there once")
    _refuse_damaged([*mine, *certificates])
    return mine[0], tuple(certificates)


def _refuse_damaged(certificates: list[x509.Certificate]) -> None:
    """Refuse an enclosed certificate that another enclosed one should have signed and did not.

    Nothing signs the certificates as a set; a bit flipped there must not pass unseen.
    """
    for certificate in certificates:
        issuers = [c for c in certificates if c.subject == certificate.issuer]
        if issuers and not any(_issued(issuer, certificate) for issuer in issuers):
            raise ValueError("an enclosed certificate is damaged")


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _is_named(sid: Any, certificate: Any) -> bool:
    if sid.name == "subject_key_identifier":
        return bool(certificate.key_identifier == sid.chosen.native)
    named = sid.chosen
    return bool(
        named["serial_number"].native == certificate.serial_number
        and named["issuer"].dump() == certificate.issuer.dump()
    )


def _hash_name(signed: Any, signer: Any) -> str:
    name: str = signer["digest_algorithm"]["algorithm"].native
    announced = [algorithm["algorithm"].native for algorithm in signed["digest_algorithms"]]
    if name not in HASHES or announced != [name]:
        raise ValueError("digest algorithm")
    for algorithm in (signer["digest_algorithm"], *signed["digest_algorithms"]):
        _refuse_parameters(algorithm)
    return name


def _refuse_parameters(algorithm: Any) -> None:
    if algorithm["parameters"].native is not None:
        raise ValueError("an algorithm carries parameters it does not have")


@dataclass(frozen=True, slots=True)
class _Attributes:
    raw: bytes | None
    message_digest: bytes | None
    names_certificate: bool
    signing_time: datetime | None


def _attributes(signer: Any, certificate: x509.Certificate, content_type: str) -> _Attributes:
    attributes = signer["signed_attrs"]
    if isinstance(attributes, core.Void):
        # RFC 5652 5.3: attributes may be left out for plain data only.
        if content_type != "data":
            raise ValueError("signed attributes are missing")
        return _Attributes(None, None, names_certificate=False, signing_time=None)
    values = _by_type(attributes)
    if _single(values, "content_type").native != content_type:
        raise ValueError("content type")
    _check_protection(values, signer)
    raw: bytes = attributes.untag().dump()
    return _Attributes(
        raw,
        _single(values, "message_digest").native,
        _names_certificate(values, certificate),
        values["signing_time"][0].native if "signing_time" in values else None,
    )


def _by_type(attributes: Any) -> dict[str, list[Any]]:
    values: dict[str, list[Any]] = {}
    for attribute in attributes:
        name = attribute["type"].native
        if name in values:
            raise ValueError("a signed attribute is there twice")
        values[name] = list(attribute["values"])
    if any(len(values[name]) != 1 for name in _SINGLE_ATTRIBUTES if name in values):
        raise ValueError("a signed attribute has more than one value")
    return values


def _single(values: dict[str, list[Any]], name: str) -> Any:
    if name not in values:
        raise ValueError("a signed attribute is missing")
    return values[name][0]


def _check_protection(values: dict[str, list[Any]], signer: Any) -> None:
    """Compare the algorithms with their signed copy, where the signer made one (RFC 6211)."""
    if "cms_algorithm_protection" not in values:
        return
    protected = values["cms_algorithm_protection"][0]
    for name in ("digest_algorithm", "signature_algorithm"):
        if protected[name].native != signer[name].native:
            raise ValueError("an algorithm is not the signed one")


def _names_certificate(values: dict[str, list[Any]], certificate: x509.Certificate) -> bool:
    if "signing_certificate_v2" in values:
        first = tsp.SigningCertificateV2.load(values["signing_certificate_v2"][0].dump())["certs"][0]
        algorithm = HASHES[first["hash_algorithm"]["algorithm"].native]()
    elif "signing_certificate" in values:
        first = tsp.SigningCertificate.load(values["signing_certificate"][0].dump())["certs"][0]
        algorithm = hashes.SHA1()  # noqa: S303 - names a certificate that the chain proves anyway
    else:
        return False
    # The certificate in the container is not signed: without this a twin could take its place.
    if first["cert_hash"].native != certificate.fingerprint(algorithm):
        raise ValueError("the signed attributes name another certificate")
    return True


def _scheme(signer: Any, hash_name: str) -> tuple[str, int]:
    algorithm = signer["signature_algorithm"]
    scheme = algorithm.signature_algo
    if scheme == "rsassa_pss":
        parameters = algorithm["parameters"]
        mask = parameters["mask_gen_algorithm"]
        named = {
            parameters["hash_algorithm"]["algorithm"].native,
            mask["parameters"]["algorithm"].native,
        }
        if named != {hash_name} or mask["algorithm"].native != "mgf1":
            raise ValueError("signature algorithm")
        return scheme, int(parameters["salt_length"].native)
    _refuse_parameters(algorithm)
    # `rsaEncryption` names no digest of its own; every other name must agree with the digest.
    if scheme not in {"rsassa_pkcs1v15", "ecdsa"} or (
        algorithm["algorithm"].native != "rsassa_pkcs1v15" and algorithm.hash_algo != hash_name
    ):
        raise ValueError("signature algorithm")
    return scheme, 0


def _time_stamp(signer: Any) -> bytes | None:
    attributes = signer["unsigned_attrs"]
    if isinstance(attributes, core.Void):
        return None
    tokens = [
        value.dump()
        for attribute in attributes
        if attribute["type"].native == "signature_time_stamp_token"
        for value in attribute["values"]
    ]
    return tokens[0] if tokens else None
