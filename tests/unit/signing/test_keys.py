"""Signing keys, and the PKCS#12 files they may come in."""

import unicodedata

import pytest
from asn1crypto import pkcs12 as asn1_pkcs12
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

from securedoc.core.digests import Digest
from securedoc.core.secret import Secret
from securedoc.errors import KeyMalformed, KeyRefused, KeyUntrusted
from securedoc.signing.keys import SigningKey, load_pkcs12, open_key
from tests.support.signing import Private, Wish, authority, certify, office, signing_key

PASSPHRASE = unicodedata.normalize("NFC", "mật khẩu mẫu")


def pkcs12_file(
    private: pkcs12.PKCS12PrivateKeyTypes | None,
    certificate: x509.Certificate | None,
    encryption: serialization.KeySerializationEncryption | None = None,
) -> bytes:
    chosen = encryption or serialization.BestAvailableEncryption(PASSPHRASE.encode())
    return pkcs12.serialize_key_and_certificates(
        b"mau", private, certificate, [office().root.certificate], chosen
    )


def pair(private: Private | None = None) -> tuple[Private, x509.Certificate]:
    chosen = private or ec.generate_private_key(ec.SECP256R1())
    return chosen, certify(chosen, Wish(), office().root)


def test_a_pkcs12_file_gives_key_certificate_and_chain() -> None:
    private, certificate = pair()

    key = load_pkcs12(pkcs12_file(private, certificate), Secret(PASSPHRASE.encode()))

    der = certificate.public_bytes(serialization.Encoding.DER)
    assert key.certificate == der
    assert key.certificate_digest == Digest.of(der)
    assert key.chain == (office().root.der,)
    assert open_key(key)[1].public_key() == private.public_key()


def test_a_passphrase_typed_with_loose_diacritics_opens_it_too() -> None:
    data = pkcs12_file(*pair())
    loose = unicodedata.normalize("NFD", PASSPHRASE).encode()

    assert loose != PASSPHRASE.encode()
    assert load_pkcs12(data, Secret(loose)).chain


def test_an_older_pkcs12_encryption_is_read() -> None:
    older = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(2048)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())  # noqa: S303 - what such files carry
        .build(PASSPHRASE.encode())
    )

    assert load_pkcs12(pkcs12_file(*pair(), older), Secret(PASSPHRASE.encode())).certificate


def test_a_wrong_passphrase_is_refused() -> None:
    with pytest.raises(KeyRefused):
        load_pkcs12(pkcs12_file(*pair()), Secret(b"another"))


@pytest.mark.parametrize("data", [b"", b"not PKCS#12", b"0\x03\x02\x01\x00", bytes(2 << 20)])
def test_what_is_no_pkcs12_is_malformed(data: bytes) -> None:
    with pytest.raises(KeyMalformed):
        load_pkcs12(data, Secret(b"x"))


def test_a_truncated_pkcs12_file_is_named() -> None:
    data = pkcs12_file(*pair())

    with pytest.raises((KeyMalformed, KeyRefused)):
        load_pkcs12(data[:-20], Secret(PASSPHRASE.encode()))


def test_a_pkcs12_file_without_a_key_is_malformed() -> None:
    with pytest.raises(KeyMalformed):
        load_pkcs12(pkcs12_file(None, pair()[1]), Secret(PASSPHRASE.encode()))


def test_a_pkcs12_file_that_asks_for_hours_of_work_is_malformed() -> None:
    costly = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(1000)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(PASSPHRASE.encode())
    )
    data = pkcs12_file(*pair(), costly)
    rounds = b"\x02\x02\x03\xe8"
    assert data.count(rounds) >= 2, "for the certificates and for the key"

    for index in range(data.count(rounds)):
        parts = data.split(rounds)
        hostile = rounds.join(parts[: index + 1]) + b"\x02\x02\x80\x00" + rounds.join(parts[index + 1 :])
        with pytest.raises(KeyMalformed, match="rounds"):
            load_pkcs12(hostile, Secret(PASSPHRASE.encode()))


def test_an_outer_check_that_asks_for_hours_of_work_is_malformed() -> None:
    pfx = asn1_pkcs12.Pfx.load(pkcs12_file(*pair()))
    pfx["mac_data"]["iterations"] = 2_000_000_000

    with pytest.raises(KeyMalformed, match="rounds"):
        load_pkcs12(pfx.dump(), Secret(PASSPHRASE.encode()))


def test_weak_and_foreign_kinds_of_keys_are_malformed() -> None:
    small = rsa.generate_private_key(65537, 1024)  # noqa: S505 - the point
    odd = ec.generate_private_key(ec.SECP256K1())

    for private in (small, odd):
        with pytest.raises(KeyMalformed):
            open_key(signing_key(office().root, private=private))


def test_a_dsa_key_is_malformed() -> None:
    der = dsa.generate_private_key(1024).private_bytes(  # noqa: S505 - refused either way
        serialization.Encoding.DER, PrivateFormat.PKCS8, serialization.NoEncryption()
    )

    with pytest.raises(KeyMalformed):
        open_key(SigningKey(office().author.certificate, Secret(der)))


def test_a_key_of_another_certificate_is_untrusted() -> None:
    mixed = SigningKey(office().author.certificate, office().seal.private_key)

    with pytest.raises(KeyUntrusted):
        open_key(mixed)


@pytest.mark.parametrize("certificate", [b"", b"x", b"0\x00"])
def test_what_is_no_certificate_is_malformed(certificate: bytes) -> None:
    with pytest.raises(KeyMalformed):
        open_key(SigningKey(certificate, office().author.private_key))


def test_a_signing_key_shows_nothing_of_its_private_half() -> None:
    key = signing_key(authority())

    assert key.private_key.reveal().hex() not in repr(key)
    assert "Secret(…)" in repr(key)
