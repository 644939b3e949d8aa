"""What is trusted, read from files."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from securedoc.errors import SignatureMalformed, SignatureMissing
from securedoc.signing.trust import TrustStore
from tests.support.signing import Authority, authority, crl, office

PEM = serialization.Encoding.PEM


def pem(one: Authority) -> bytes:
    return one.certificate.public_bytes(PEM)


def crl_pem(one: Authority) -> bytes:
    return TrustStore.of(roots=[], crls=[crl(one)]).crls[0].public_bytes(PEM)


def test_a_bundle_is_sorted_into_roots_intermediates_and_lists() -> None:
    root = authority("Gốc")
    middle = authority("Trung gian", parent=root)

    store = TrustStore.parse(pem(root) + b"\n# a remark\n" + pem(middle) + crl_pem(root))

    assert store.roots == (root.certificate,)
    assert store.intermediates == (middle.certificate,)
    assert len(store.crls) == 1


def test_der_alone_is_read_too() -> None:
    assert TrustStore.parse(office().root.der).roots == (office().root.certificate,)
    assert len(TrustStore.parse(crl(office().root)).crls) == 1


def test_a_directory_is_read_whole(tmp_path: Path) -> None:
    root = authority("Gốc")
    (tmp_path / "a.der").write_bytes(root.der)
    (tmp_path / "b.crl").write_bytes(crl(root))
    (tmp_path / "notes.txt").write_text("not trust material")

    store = TrustStore.load(tmp_path)

    assert store.roots == (root.certificate,)
    assert len(store.crls) == 1


def test_stores_are_merged_without_doubles() -> None:
    store = office().trust

    assert store.merged(store).roots == store.roots


def test_a_missing_trust_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SignatureMissing):
        TrustStore.load(tmp_path / "none.pem")


def test_a_store_without_a_root_is_missing_one(tmp_path: Path) -> None:
    file = tmp_path / "middle.pem"
    file.write_bytes(pem(authority("Trung gian", parent=office().root)))

    for path in (file, tmp_path / "empty"):
        path.mkdir() if path.name == "empty" else None
        with pytest.raises(SignatureMissing):
            TrustStore.load(path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"0\x00",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN " + b"PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ],
)
def test_what_is_no_trust_material_is_malformed(data: bytes) -> None:
    with pytest.raises(SignatureMalformed):
        TrustStore.parse(data)


def test_one_damaged_block_in_a_bundle_spoils_it() -> None:
    with pytest.raises(SignatureMalformed):
        TrustStore.parse(pem(office().root) + b"-----BEGIN X509 CRL-----\n!!\n-----END X509 CRL-----\n")


def test_a_signers_certificate_is_not_an_authority() -> None:
    with pytest.raises(SignatureMalformed):
        TrustStore.of(roots=[office().author.certificate])


def test_a_file_beyond_the_bound_is_malformed(tmp_path: Path) -> None:
    big = tmp_path / "big.pem"
    with big.open("wb") as file:
        file.truncate(40 << 20)

    with pytest.raises(SignatureMalformed):
        TrustStore.load(big)
