"""Detached CMS signatures: ours, OpenSSL's, and those nobody should accept."""

import shutil
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7

from securedoc.crypto import cms as crypto_cms
from securedoc.errors import (
    SignatureError,
    SignatureMalformed,
    SignatureMissing,
    SignatureStale,
    SignatureUntrusted,
)
from securedoc.signing import cms
from securedoc.signing.keys import SigningKey
from securedoc.signing.trust import TrustStore
from tests.support.signing import NOW, Wish, authority, crl, office, signing_key

DATA = "Bản kê của đợt sao lưu\n".encode()

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


def signed(key: SigningKey | None = None, data: bytes = DATA) -> bytes:
    chosen = key or office().author
    return crypto_cms.sign(data, chosen.certificate, chosen.private_key)


@dataclass(frozen=True)
class Files:
    """What the openssl program is given."""

    root: Path
    certificate: Path
    private: Path
    data: Path


def files_of(key: SigningKey, directory: Path) -> Files:
    certificate = x509.load_der_x509_certificate(key.certificate)
    private = serialization.load_der_private_key(key.private_key.reveal(), None)
    pem = serialization.Encoding.PEM
    made = Files(*(directory / name for name in ("root.pem", "signer.pem", "signer.key", "data")))
    made.root.write_bytes(office().root.certificate.public_bytes(pem))
    made.certificate.write_bytes(certificate.public_bytes(pem))
    made.private.write_bytes(
        private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    made.data.write_bytes(DATA)
    return made


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return files_of(office().author, tmp_path)


def openssl(*arguments: object) -> bytes:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True, timeout=30)
    return done.stdout


def test_our_own_signature_names_its_signer() -> None:
    signer = cms.verify_detached(DATA, signed(), office().trust, NOW)

    assert signer.name == "Trần Thị Mẫu"
    assert signer.certificate == office().author.certificate
    assert signer.digest == office().author.certificate_digest
    assert signer.signed_at is not None


@needs_openssl
def test_openssl_accepts_what_we_sign(files: Files, tmp_path: Path) -> None:
    signature = tmp_path / "signature.der"
    signature.write_bytes(signed())

    found = openssl(
        *("cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-content", files.data),
        *("-CAfile", files.root, "-purpose", "any", "-attime", str(int(NOW.timestamp()))),
    )

    assert found == DATA


@needs_openssl
@pytest.mark.parametrize("form", ["DER", "PEM"])
@pytest.mark.parametrize(
    "extra",
    [(), ("-noattr",), ("-keyid",), ("-nosmimecap",), ("-md", "sha512"), ("-md", "sha384", "-cades")],
    ids=" ".join,
)
def test_we_accept_what_openssl_signs(files: Files, form: str, extra: tuple[str, ...]) -> None:
    digest: tuple[str, ...] = () if "-md" in extra else ("-md", "sha256")
    signature = openssl(
        *("cms", "-sign", "-binary", "-in", files.data, "-signer", files.certificate),
        *("-inkey", files.private, "-outform", form, *digest, *extra),
    )

    assert cms.verify_detached(DATA, signature, office().trust, NOW).name == "Trần Thị Mẫu"
    with pytest.raises(SignatureUntrusted):
        cms.verify_detached(DATA + b" ", signature, office().trust, NOW)


@needs_openssl
@pytest.mark.parametrize(
    "extra",
    [("-keyopt", "rsa_padding_mode:pss"), ("-keyopt", "rsa_padding_mode:pkcs1")],
    ids=" ".join,
)
def test_we_accept_both_paddings_of_rsa(tmp_path: Path, extra: tuple[str, ...]) -> None:
    key = signing_key(office().root, private=rsa.generate_private_key(65537, 2048))
    files = files_of(key, tmp_path)

    signature = openssl(
        *("cms", "-sign", "-binary", "-in", files.data, "-signer", files.certificate),
        *("-inkey", files.private, "-outform", "DER", "-md", "sha256", *extra),
    )

    assert cms.verify_detached(DATA, signature, office().trust, NOW).digest == key.certificate_digest


@needs_openssl
def test_sha1_is_not_relied_on(files: Files) -> None:
    signature = openssl(
        *("cms", "-sign", "-binary", "-in", files.data, "-signer", files.certificate),
        *("-inkey", files.private, "-outform", "DER", "-md", "sha1"),
    )

    with pytest.raises(SignatureMalformed):
        cms.verify_detached(DATA, signature, office().trust, NOW)


def test_two_signers_in_one_container_are_malformed() -> None:
    other = signing_key(office().root, Wish(common_name="Lê Văn Mẫu"))
    builder = pkcs7.PKCS7SignatureBuilder().set_data(DATA)
    for key in (office().author, other):
        builder = builder.add_signer(
            x509.load_der_x509_certificate(key.certificate),
            serialization.load_der_private_key(key.private_key.reveal(), None),  # type: ignore[arg-type]
            hashes.SHA256(),
        )
    signature = builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature])

    with pytest.raises(SignatureMalformed):
        cms.verify_detached(DATA, signature, office().trust, NOW)


def test_other_data_are_untrusted() -> None:
    with pytest.raises(SignatureUntrusted):
        cms.verify_detached(b"other", signed(), office().trust, NOW)


def test_an_attached_signature_is_not_a_detached_one() -> None:
    key = office().author
    attached = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(DATA)
        .add_signer(
            x509.load_der_x509_certificate(key.certificate),
            serialization.load_der_private_key(key.private_key.reveal(), None),  # type: ignore[arg-type]
            hashes.SHA256(),
        )
        .sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
    )

    with pytest.raises(SignatureMalformed):
        cms.verify_detached(DATA, attached, office().trust, NOW)


def test_an_unknown_authority_is_untrusted() -> None:
    elsewhere = TrustStore.of(roots=[authority("Nơi khác").der])

    with pytest.raises(SignatureUntrusted):
        cms.verify_detached(DATA, signed(), elsewhere, NOW)
    with pytest.raises(SignatureUntrusted):
        cms.verify_detached(DATA, signed(), TrustStore(()), NOW)


@pytest.mark.parametrize("days", [-31, 365 * 6])
def test_a_certificate_outside_its_life_is_stale(days: int) -> None:
    with pytest.raises(SignatureStale):
        cms.verify_detached(DATA, signed(), office().trust, NOW + timedelta(days=days))


def test_a_revoked_certificate_is_untrusted_even_when_it_has_expired_too() -> None:
    revoked = crl(office().root, (office().author.certificate, NOW))
    store = TrustStore.of(roots=[office().root.der], crls=[revoked])

    for at in (NOW, NOW + timedelta(days=365 * 6)):
        with pytest.raises(SignatureUntrusted):
            cms.verify_detached(DATA, signed(), store, at)


def test_a_certificate_for_encryption_does_not_sign() -> None:
    key = signing_key(office().root, Wish(usage=frozenset({"key_encipherment"})))

    with pytest.raises(SignatureUntrusted):
        cms.verify_detached(DATA, signed(key), office().trust, NOW)


def rebuilt(change: str) -> bytes:
    """Take our own signature apart and put it together wrongly."""
    container = asn1_cms.ContentInfo.load(signed())
    inner = container["content"]
    signer = inner["signer_infos"][0]
    if change == "no signers":
        inner["signer_infos"] = []
    elif change == "no certificates":
        inner["certificates"] = []
    elif change == "attribute twice":
        signer["signed_attrs"].append(signer["signed_attrs"][0])
    elif change == "no attributes":
        signer["signed_attrs"] = []
    elif change == "other digest name":
        signer["digest_algorithm"] = {"algorithm": "sha512"}
    elif change == "other signer version":
        signer["version"] = "v3"
    elif change == "other container version":
        inner["version"] = "v3"
    elif change == "other certificate":
        key = signing_key(office().root)
        inner["certificates"] = [
            asn1_cms.CertificateChoices({"certificate": asn1_x509.Certificate.load(key.certificate)})
        ]
    der: bytes = container.dump(force=True)
    return der


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ("no signers", SignatureMissing),
        ("no certificates", SignatureMalformed),
        ("attribute twice", SignatureMalformed),
        ("no attributes", SignatureError),
        ("other digest name", SignatureError),
        ("other signer version", SignatureMalformed),
        ("other container version", SignatureMalformed),
        ("other certificate", SignatureMalformed),
    ],
)
def test_a_container_put_together_wrongly_is_refused(change: str, error: type[SignatureError]) -> None:
    with pytest.raises(error):
        cms.verify_detached(DATA, rebuilt(change), office().trust, NOW)


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        b"signature",
        b"0\x00",
        b"\x30\x80\x00\x00",
        b"-----BEGIN CMS-----\nAAAA\n-----END CMS-----\n",
        b"-----BEGIN CMS-----\nA\n-----END CMS-----\n",
        b"-----BEGIN CMS-----\nAAAA\n-----END PKCS7-----\n",
        b"\x30" * 5000,
        bytes(5 << 20),
    ],
    ids=range(9),
)
def test_what_is_no_signature_is_malformed(signature: bytes) -> None:
    with pytest.raises(SignatureMalformed):
        cms.verify_detached(DATA, signature, office().trust, NOW)


def test_no_bit_of_a_signature_can_change_unseen() -> None:
    signature = bytearray(signed())

    accepted = []
    for bit in range(len(signature) * 8):
        signature[bit // 8] ^= 1 << bit % 8
        try:
            cms.verify_detached(DATA, bytes(signature), office().trust, NOW)
            accepted.append(bit)
        except SignatureError:
            pass
        signature[bit // 8] ^= 1 << bit % 8

    assert accepted == []
