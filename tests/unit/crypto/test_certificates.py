"""The office's evidence authority issues certificates that other programs accept."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

from securedoc.core.secret import Secret
from securedoc.crypto import certificates, cms
from securedoc.crypto.certificates import Certified, Revoked, Subject, Validity
from securedoc.errors import KeyMalformed, KeyUntrusted

NOW = datetime(2026, 3, 2, 8, 30, 15, 123456, tzinfo=UTC)
OFFICE = "Ủy ban nhân dân xã Ví Dụ"
LONG_OFFICE = "Ủy ban nhân dân phường Ví Dụ, quận Thử Nghiệm, thành phố Không Có Thật, tỉnh Mẫu"

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@pytest.fixture(scope="module")
def authority() -> Certified:
    return certificates.make_authority(Subject("Chứng thực nội bộ", OFFICE), Validity.years(NOW, 30))


@pytest.fixture(scope="module")
def officer(authority: Certified) -> Certified:
    subject = Subject("Nguyễn Văn Ánh", OFFICE, title="CHỦ TỊCH", identifier="anh")
    return certificates.issue(authority, subject, Validity.years(NOW, 5))


def parsed(certified: Certified) -> x509.Certificate:
    return x509.load_der_x509_certificate(certified.certificate)


def openssl(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *arguments], cwd=directory, capture_output=True, text=True, check=False)


def laid_out(directory: Path, authority: Certified, officer: Certified) -> None:
    (directory / "authority.der").write_bytes(authority.certificate)
    (directory / "officer.der").write_bytes(officer.certificate)
    for name in ("authority", "officer"):
        made = openssl(directory, "x509", "-inform", "DER", "-in", f"{name}.der", "-out", f"{name}.pem")
        assert made.returncode == 0, made.stderr


def test_an_officers_certificate_is_directly_issued_by_the_authority(
    authority: Certified, officer: Certified
) -> None:
    parsed(officer).verify_directly_issued_by(parsed(authority))
    parsed(authority).verify_directly_issued_by(parsed(authority))


def test_names_are_vietnamese_in_utf8(officer: Certified) -> None:
    subject = parsed(officer).subject
    values = {attribute.oid: attribute.value for attribute in subject}

    assert values == {
        NameOID.ORGANIZATION_NAME: OFFICE,
        NameOID.COMMON_NAME: "Nguyễn Văn Ánh",
        NameOID.TITLE: "CHỦ TỊCH",
        NameOID.USER_ID: "anh",
    }
    assert "Nguyễn Văn Ánh".encode() in officer.certificate


def test_an_officer_may_sign_documents_and_issue_nothing(authority: Certified, officer: Certified) -> None:
    usage = parsed(officer).extensions.get_extension_for_class(x509.KeyUsage)
    constraints = parsed(officer).extensions.get_extension_for_class(x509.BasicConstraints)
    issuing = parsed(authority).extensions.get_extension_for_class(x509.KeyUsage).value

    assert (usage.critical, usage.value.digital_signature, usage.value.content_commitment) == (
        True,
        True,
        True,
    )
    assert not usage.value.key_cert_sign
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=False, path_length=None)
    assert issuing.key_cert_sign
    assert issuing.crl_sign
    assert not issuing.digital_signature


def test_key_identifiers_link_officer_and_authority(authority: Certified, officer: Certified) -> None:
    issued_by = parsed(officer).extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    issuer = parsed(authority).extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value

    assert issued_by.key_identifier == issuer.digest
    assert parsed(officer).extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def test_validity_is_in_calendar_years_and_whole_seconds(officer: Certified) -> None:
    validity = certificates.read_validity(officer.certificate)

    assert validity.begins == datetime(2026, 3, 2, 8, 30, 15, tzinfo=UTC)
    assert validity.ends == datetime(2031, 3, 2, 8, 30, 15, tzinfo=UTC)


def test_a_validity_begun_on_a_leap_day_ends_on_the_28th() -> None:
    assert Validity.years(datetime(2028, 2, 29, tzinfo=UTC), 5).ends == datetime(2033, 2, 28, tzinfo=UTC)


def test_a_certificate_never_outlives_its_authority(authority: Certified) -> None:
    late = certificates.issue(authority, Subject("Trần Thị Bích", OFFICE), Validity.years(NOW, 60))

    assert (
        certificates.read_validity(late.certificate).ends
        == certificates.read_validity(authority.certificate).ends
    )


def test_a_name_longer_than_x509_allows_is_cut_visibly() -> None:
    made = certificates.make_authority(Subject(LONG_OFFICE, LONG_OFFICE), Validity.years(NOW, 1))

    (organisation,) = parsed(made).subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    (common,) = parsed(made).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert str(organisation.value).endswith("…")
    assert len(organisation.value) <= 64
    assert str(common.value).endswith("…")
    assert len(str(common.value).encode()) <= 64


def test_a_revocation_list_names_what_is_revoked(authority: Certified, officer: Certified) -> None:
    revoked = [Revoked(officer.certificate, NOW)]

    crl = x509.load_der_x509_crl(certificates.make_crl(authority, 7, revoked, Validity.years(NOW, 1)))

    assert crl.is_signature_valid(parsed(authority).public_key())  # type: ignore[arg-type]
    assert [entry.serial_number for entry in crl] == [parsed(officer).serial_number]
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 7
    assert crl.next_update_utc == datetime(2027, 3, 2, 8, 30, 15, tzinfo=UTC)


def test_a_key_of_another_certificate_is_refused(authority: Certified, officer: Certified) -> None:
    mixed = Certified(authority.certificate, officer.private_key)

    with pytest.raises(KeyUntrusted):
        certificates.check_pair(mixed.certificate, mixed.private_key)
    with pytest.raises(KeyUntrusted):
        certificates.issue(mixed, Subject("x", "y"), Validity.years(NOW, 1))
    with pytest.raises(KeyUntrusted):
        cms.sign(b"data", mixed.certificate, mixed.private_key)


@pytest.mark.parametrize("damaged", [b"", b"not DER", b"0" * 70_000])
def test_what_is_no_certificate_is_refused(damaged: bytes, officer: Certified) -> None:
    with pytest.raises(KeyMalformed):
        certificates.check_pair(damaged, officer.private_key)


def test_every_flipped_bit_of_a_certificate_is_refused_by_ourselves_or_by_its_signature(
    officer: Certified, authority: Certified
) -> None:
    # The octet before the signature says how many of its last bits are unused; the library reads it and then
    # uses them all the same. Nothing that is signed changes, and the ledger holds the digest of every byte.
    unused_bits = len(officer.certificate) - len(parsed(officer).signature) - 1

    for bit in range(8 * len(officer.certificate)):
        if bit // 8 == unused_bits:
            continue
        altered = bytearray(officer.certificate)
        altered[bit // 8] ^= 1 << bit % 8
        try:
            certificates.check_pair(bytes(altered), officer.private_key)
        except (KeyMalformed, KeyUntrusted):
            continue  # and no error of the library's own comes out
        with pytest.raises((InvalidSignature, ValueError, TypeError)):
            certificates.load(bytes(altered)).verify_directly_issued_by(parsed(authority))


def test_what_is_no_private_key_is_refused(officer: Certified) -> None:
    with pytest.raises(KeyMalformed):
        certificates.check_pair(officer.certificate, Secret(b"not PKCS#8"))
    with pytest.raises(KeyMalformed):
        cms.sign(b"data", officer.certificate, Secret(b"not PKCS#8"))


def test_a_key_that_cms_cannot_use_is_refused(officer: Certified) -> None:
    ed25519 = bytes.fromhex("302e020100300506032b657004220420") + bytes(range(32))

    with pytest.raises(KeyMalformed):
        certificates.check_pair(officer.certificate, Secret(ed25519))
    with pytest.raises(KeyMalformed):
        cms.sign(b"data", officer.certificate, Secret(ed25519))


@needs_openssl
@pytest.mark.parametrize("purpose", [[], ["-purpose", "any"]], ids=["default", "any"])
def test_openssl_verifies_our_detached_signature(
    tmp_path: Path, authority: Certified, officer: Certified, purpose: list[str]
) -> None:
    laid_out(tmp_path, authority, officer)
    data = b"line\nline with return\r\n\x00\xff"
    (tmp_path / "data").write_bytes(data)
    (tmp_path / "sig.der").write_bytes(
        cms.sign(data, officer.certificate, officer.private_key, [authority.certificate])
    )
    command = ["cms", "-verify", "-binary", "-inform", "DER", "-in", "sig.der", "-content", "data"]
    command += [*purpose, "-CAfile", "authority.pem", "-attime", str(int(NOW.timestamp()) + 60)]

    good = openssl(tmp_path, *command, "-out", "verified")
    (tmp_path / "data").write_bytes(data + b"!")
    bad = openssl(tmp_path, *command, "-out", "/dev/null")

    assert good.returncode == 0, good.stderr
    assert (tmp_path / "verified").read_bytes() == data
    assert bad.returncode != 0


@needs_openssl
def test_openssl_verifies_the_chain_with_the_revocation_list(
    tmp_path: Path, authority: Certified, officer: Certified
) -> None:
    laid_out(tmp_path, authority, officer)
    command = ["verify", "-crl_check", "-x509_strict", "-CAfile", "authority.pem", "-CRLfile", "list.pem"]
    command += ["-attime", str(int(NOW.timestamp()) + 60), "officer.pem"]
    verdicts = []

    for revoked in ([], [Revoked(officer.certificate, NOW)]):
        crl = certificates.make_crl(authority, 1, revoked, Validity.years(NOW, 1))
        (tmp_path / "list.der").write_bytes(crl)
        openssl(tmp_path, "crl", "-inform", "DER", "-in", "list.der", "-out", "list.pem")
        verdicts.append(openssl(tmp_path, *command))

    assert verdicts[0].returncode == 0, verdicts[0].stderr
    assert "revoked" in verdicts[1].stderr
