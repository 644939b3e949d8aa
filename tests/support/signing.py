"""A throw-away office: documents, certificates and signatures whose attributes a test changes."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import typst
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from securedoc.core.secret import Secret
from securedoc.signing import pades
from securedoc.signing.fields import AUTHOR_FIELD, SEAL_FIELD, Box
from securedoc.signing.keys import SigningKey
from securedoc.signing.trust import TrustStore
from securedoc.signing.verdict import Expected

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
AUTHOR_BOX = Box(0, 300, 560, 470, 620)
SEAL_BOX = Box(0, 260, 540, 360, 640)

Private = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_TEXT = "UBND TỈNH MẪU — BÁO CÁO MẪU. Nội dung viết riêng cho phép thử."


@dataclass(frozen=True)
class Authority:
    """An authority with its private key."""

    certificate: x509.Certificate
    private: Private

    @property
    def der(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(serialization.Encoding.DER)


@dataclass(frozen=True)
class Wish:
    """What a certificate is to look like; tests change one thing at a time."""

    common_name: str = "Trần Thị Mẫu"
    begins: datetime = NOW - timedelta(days=30)
    ends: datetime = NOW + timedelta(days=365 * 5)
    usage: frozenset[str] = frozenset({"digital_signature", "content_commitment"})
    extended: tuple[x509.ObjectIdentifier, ...] = ()
    is_authority: bool = False
    path_length: int | None = None


def authority(
    name: str = "Chứng thư MẪU", parent: Authority | None = None, wish: Wish | None = None
) -> Authority:
    private = ec.generate_private_key(ec.SECP384R1())
    chosen = wish or Wish(ends=NOW + timedelta(days=365 * 30))
    chosen = replace(
        chosen, common_name=name, is_authority=True, usage=frozenset({"key_cert_sign", "crl_sign"})
    )
    return Authority(certify(private, chosen, parent), private)


def certify(private: Private, wish: Wish, parent: Authority | None) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wish.common_name)])
    issuer = subject if parent is None else parent.certificate.subject
    signer = private if parent is None else parent.private
    names = [
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(wish.begins)
        .not_valid_after(wish.ends)
        .add_extension(x509.BasicConstraints(wish.is_authority, wish.path_length), critical=True)
        .add_extension(x509.KeyUsage(**{name: name in wish.usage for name in names}), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
    )
    if wish.extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage(wish.extended), critical=True)
    return builder.sign(signer, hashes.SHA256())


def signing_key(
    parent: Authority, wish: Wish | None = None, private: Private | None = None, chain: Sequence[bytes] = ()
) -> SigningKey:
    private = private or ec.generate_private_key(ec.SECP256R1())
    certificate = certify(private, wish or Wish(), parent)
    return SigningKey(
        certificate.public_bytes(serialization.Encoding.DER),
        Secret(
            private.private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        ),
        tuple(chain) or (parent.der,),
    )


def crl(
    parent: Authority,
    *revoked: tuple[bytes, datetime],
    until: datetime = NOW + timedelta(days=90),
    issued: datetime = NOW - timedelta(days=100),
) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(parent.certificate.subject)
        .last_update(issued)
        .next_update(until)
    )
    for certificate, at in revoked:
        serial = x509.load_der_x509_certificate(certificate).serial_number
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
        )
    return builder.sign(parent.private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@functools.cache
def document(text: str = _TEXT, pages: int = 1) -> bytes:
    """Render a small PDF/A-2b."""
    page = "#set page(width: 210mm, height: 297mm)\n"
    source = page + "#pagebreak()\n".join([f"{text}\n"] * pages)
    pdf: bytes = typst.compile(source.encode(), format="pdf", pdf_standards=["a-2b"])
    return pdf


@functools.cache
def block(text: str = "Trần Thị Mẫu", ink: str = "#1f3fa8") -> bytes:
    """Render what is drawn in a signature field."""
    page = "#set page(width: 170pt, height: 60pt, margin: 2pt, fill: none)\n"
    source = page + f'#set text(8pt, fill: rgb("{ink}"))\n{text}'
    pdf: bytes = typst.compile(source.encode(), format="pdf")
    return pdf


@dataclass(frozen=True)
class Office:
    """An office with a signer, a seal and a colleague, all certified by its own authority."""

    root: Authority
    author: SigningKey
    seal: SigningKey
    colleague: SigningKey

    @property
    def trust(self) -> TrustStore:
        """Trust in this office alone."""
        return TrustStore.of(roots=[self.root.der])

    def prepared(self) -> bytes:
        """Render a document with both fields."""
        return pades.prepare_fields(document(), {AUTHOR_FIELD: AUTHOR_BOX, SEAL_FIELD: SEAL_BOX})

    def authored(self, pdf: bytes | None = None, key: SigningKey | None = None) -> bytes:
        """Sign as the author does, certifying."""
        return put(pdf or self.prepared(), AUTHOR_FIELD, key or self.author, certify=True)

    def sealed(self, pdf: bytes | None = None, key: SigningKey | None = None) -> bytes:
        """Sign as the author, then seal."""
        return put(pdf or self.authored(), SEAL_FIELD, key or self.seal, certify=False)

    def expected(self, pdf: bytes | None = None) -> Expected:
        """Say what the register knows; with the digest when `pdf` is the registered file."""
        known = Expected(
            {AUTHOR_FIELD: self.author.certificate_digest, SEAL_FIELD: self.seal.certificate_digest}
        )
        if pdf is None:
            return known
        signed = pades.SignedPdf(pdf, SEAL_FIELD, self.seal.certificate_digest)
        return replace(known, digest=signed.digest, size_bytes=len(pdf))


def put(pdf: bytes, field: str, key: SigningKey, *, certify: bool, at: datetime = NOW) -> bytes:
    return pades.sign(
        pdf,
        field,
        key,
        signed_at=at,
        reason="Ký ban hành",
        location="Tỉnh Mẫu",
        certify=certify,
        appearance=block(),
    ).pdf


@functools.cache
def office() -> Office:
    root = authority()
    return Office(
        root,
        signing_key(root),
        signing_key(root, Wish(common_name="Ủy ban nhân dân tỉnh Mẫu")),
        signing_key(root, Wish(common_name="Lê Văn Mẫu")),
    )
