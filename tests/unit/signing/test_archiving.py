"""Long-term levels: what is embedded, what a time-stamp proves, and what holds in 2032 and 2040."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, NumberObject, StreamObject, pdf_name
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer

from securedoc.errors import SignatureRefused
from securedoc.signing import archiving, authority, evidence, structure, timestamps, verdict
from securedoc.signing.authority import Authority
from securedoc.signing.judgement import Revocation
from securedoc.signing.trust import TrustStore
from securedoc.signing.verdict import Expected, Judgement, TimeSource, Verdict
from tests.support import pdfattack as attack
from tests.support import signing
from tests.support.signing import NOW, Wish, crl, office, signing_key
from tests.support.stamping import HEAD, archived, signed_with_time, stamper, stamping_key, trust
from tests.support.system import call

IN_2032 = datetime(2032, 6, 1, tzinfo=UTC)
IN_2040 = datetime(2040, 6, 1, tzinfo=UTC)


def judge(pdf: bytes, at: datetime, *crls: bytes, expected: Expected | None = None) -> Verdict:
    return verdict.verify(pdf, trust(*crls), expected, at)


def fresh_list(at: datetime, *revoked: tuple[bytes, datetime]) -> bytes:
    return crl(office().root, *revoked, until=at + timedelta(days=90))


def test_a_signature_with_an_internal_time_stamp_is_b_t_and_says_internal() -> None:
    found = judge(signed_with_time(), NOW)

    assert found.judgement is Judgement.TRUSTED_UNREGISTERED
    assert [(one.level, one.time_source) for one in found.signatures] == [
        ("B-T", TimeSource.INTERNAL),
        ("B-T", TimeSource.INTERNAL),
    ]
    assert any("internal" in remark.template for remark in found.remarks)


def test_an_archived_document_is_b_lta_and_its_time_stamp_covers_the_whole_file() -> None:
    found = judge(archived(), NOW)

    assert found.judgement is Judgement.TRUSTED_UNREGISTERED
    assert [one.level for one in found.signatures] == ["B-LTA", "B-LTA", "DTS"]
    assert found.signatures[-1].coverage is verdict.Coverage.ENTIRE_FILE
    assert {one.revocation for one in found.signatures} == {Revocation.CHECKED}


def test_what_leads_to_the_root_and_the_lists_lie_in_the_file() -> None:
    held = structure.read(archived()).evidence

    ders = {one.fingerprint(one.signature_hash_algorithm) for one in held.certificates}  # type: ignore[arg-type]
    assert held.is_there
    assert held.is_whole
    assert len(ders) == 4, "author, seal, time-stamp authority, root"
    assert len(held.crls) == 1


def test_each_token_points_into_the_ledger_and_has_a_number_of_its_own() -> None:
    making = stamper()

    tokens = [timestamps.read(making.token(bytes(32)), lambda _: bytes(32), trust(), NOW) for _ in range(20)]

    assert all(token.trusted and token.internal for token in tokens)
    assert {authority.head_of(one.serial) for one in making.made} == {(117, bytes(range(6)).hex())}
    assert len({one.serial for one in making.made}) == 20
    with pytest.raises(ValueError, match="serial"):
        authority.head_of("00" * 16)


def test_no_token_is_larger_than_its_place() -> None:
    making = stamper()

    sizes = {len(making.token(bytes(32))) for _ in range(200)}

    assert max(sizes) <= making.size_bytes


def test_without_a_time_stamp_a_document_does_not_outlive_the_certificate_of_its_signer() -> None:
    found = judge(office().sealed(), IN_2032, fresh_list(IN_2032))

    assert found.judgement is Judgement.INTACT_UNTRUSTED
    assert any("expired" in problem.template for problem in found.signatures[0].problems)


@pytest.mark.parametrize("at", [IN_2032, IN_2040])
def test_an_archived_document_outlives_the_certificates_of_its_signers(at: datetime) -> None:
    found = judge(archived(), at, fresh_list(at))

    assert found.judgement is Judgement.TRUSTED_UNREGISTERED
    assert {one.proven_at for one in found.signatures} == {NOW.replace(microsecond=0)}
    assert {one.revocation for one in found.signatures} == {Revocation.CHECKED}


def test_an_archived_document_whose_last_time_stamp_expired_is_trusted_no_more() -> None:
    found = judge(archived(years=10), IN_2040, fresh_list(IN_2040))

    assert found.judgement is Judgement.INTACT_UNTRUSTED


def renewed(pdf: bytes, at: datetime, years: int) -> bytes:
    wish = Wish(
        common_name="Dấu thời gian nội bộ mới (MẪU)",
        extended=(ExtendedKeyUsageOID.TIME_STAMPING,),
        begins=at - timedelta(days=1),
        ends=at + timedelta(days=365 * years),
    )
    key = signing_key(office().root, wish)
    return archiving.archive(pdf, trust(fresh_list(at)), Authority(key, at, HEAD)).pdf


def test_renewing_before_the_last_time_stamp_expires_keeps_the_proof() -> None:
    in_2035 = datetime(2035, 3, 1, tzinfo=UTC)
    later = renewed(archived(years=10), in_2035, years=10)

    found = judge(later, IN_2040, fresh_list(IN_2040))

    assert found.judgement is Judgement.TRUSTED_UNREGISTERED
    assert [one.level for one in found.signatures] == ["B-LTA", "B-LTA", "DTS", "DTS"]
    assert found.signatures[0].proven_at == NOW.replace(microsecond=0)


def test_renewing_after_the_last_time_stamp_expired_proves_nothing_of_before() -> None:
    in_2038 = datetime(2038, 3, 1, tzinfo=UTC)
    late = renewed(archived(years=10), in_2038, years=10)

    found = judge(late, IN_2040, fresh_list(IN_2040))

    assert found.judgement is Judgement.INTACT_UNTRUSTED


def test_a_key_given_up_after_the_time_stamp_does_not_undo_what_it_signed_before() -> None:
    later = NOW + timedelta(days=30)
    listed = fresh_list(IN_2032, (office().author.certificate, later))

    archived_one = judge(archived(), IN_2032, listed)
    bare = judge(office().sealed(), later + timedelta(days=1), listed)

    assert archived_one.judgement is Judgement.TRUSTED_UNREGISTERED
    assert bare.judgement is Judgement.INTACT_UNTRUSTED


def test_a_key_given_up_before_the_time_stamp_is_not_healed_by_it() -> None:
    listed = fresh_list(IN_2032, (office().author.certificate, NOW - timedelta(days=1)))

    assert judge(archived(), IN_2032, listed).judgement is Judgement.INTACT_UNTRUSTED


def test_a_revoked_time_stamp_authority_proves_no_time() -> None:
    key = stamping_key()
    pdf = archiving.archive(office().sealed(), trust(), stamper(key)).pdf
    listed = fresh_list(IN_2032, (key.certificate, NOW - timedelta(days=1)))

    found = judge(pdf, IN_2032, listed)

    assert found.judgement is Judgement.INTACT_UNTRUSTED
    assert found.signatures[0].proven_at is None


def test_a_list_in_the_file_that_another_authority_signed_says_nothing() -> None:
    stranger = signing.authority(office().root.certificate.subject.rfc4514_string().removeprefix("CN="))
    forged = crl(stranger, until=IN_2040)
    key = stamping_key()
    pdf = archiving.archive(
        office().sealed(), replace(trust(), crls=TrustStore.of(roots=[], crls=[forged]).crls), stamper(key)
    ).pdf

    assert structure.read(pdf).evidence.crls, "the name is the same, so it was taken along"
    assert {one.revocation for one in judge(pdf, NOW).signatures} == {Revocation.NOT_CHECKED}


def refusals() -> Sequence[tuple[str, bytes]]:
    return (
        ("unsigned", signing.document()),
        ("changed", attack.updated(office().sealed(), attack.add_store)),
    )


@pytest.mark.parametrize("name", [name for name, _ in (("unsigned", b""), ("changed", b""))])
def test_what_is_not_signed_or_was_changed_is_not_time_stamped(name: str) -> None:
    with pytest.raises(SignatureRefused):
        archiving.archive(dict(refusals())[name], trust(), stamper())


def test_a_certificate_that_may_not_stamp_time_does_not() -> None:
    with pytest.raises(SignatureRefused):
        stamper(office().seal)


def test_an_authority_whose_certificate_expired_stamps_no_more() -> None:
    with pytest.raises(SignatureRefused):
        stamper(stamping_key(years=1), NOW + timedelta(days=400))


def test_openssl_verifies_our_token(tmp_path: Path) -> None:
    data = b"MAU: a document"
    (tmp_path / "data").write_bytes(data)
    (tmp_path / "token").write_bytes(stamper().token(hashlib.sha256(data).digest()))
    (tmp_path / "root.pem").write_bytes(office().root.certificate.public_bytes(Encoding.PEM))

    said = call(
        *("openssl", "ts", "-verify", "-data", str(tmp_path / "data"), "-in", str(tmp_path / "token")),
        *("-token_in", "-CAfile", str(tmp_path / "root.pem"), "-attime", str(int(NOW.timestamp()))),
    )

    assert b"Verification: OK" in said


def test_pdfsig_reads_an_archived_document(tmp_path: Path) -> None:
    file = tmp_path / "archived.pdf"
    file.write_bytes(archived())

    said = call("pdfsig", "-nocert", str(file)).decode()

    # This programme verifies signatures, and lists the document time-stamp without verifying it.
    assert said.count("Signature Validation: Signature is Valid.") == 2
    assert "Total document signed" in said


def test_pyhanko_judges_an_archived_document_by_the_standards_own_long_term_rules() -> None:
    gathering = RevocationInfoGatheringSpec(
        RevinfoOnlineFetchingRule.LOCAL_ONLY, certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH
    )
    root = asn1_x509.Certificate.load(office().root.der)
    spec = PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=CertValidationPolicySpec(
                trust_manager=SimpleTrustManager.build(trust_roots=[root]),
                revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
            ),
            revinfo_gathering_policy=gathering,
            local_knowledge=LocalKnowledge(
                known_crls=[CRLContainer(asn1_crl.CertificateList.load(fresh_list(datetime.now(UTC))))]
            ),
        )
    )
    reader = PdfFileReader(BytesIO(archived()))

    for embedded in reader.embedded_regular_signatures:
        result = asyncio.run(ades_lta_validation(embedded, spec))
        assert result.ades_subindic is AdESPassed.OK, (embedded.field_name, result.failure_msg)


def with_store(**entries: object) -> bytes:
    """Sign, then put a security store with these entries beside it, as any editor can."""

    def change(writer: Any) -> None:
        made = DictionaryObject({pdf_name(f"/{name}"): value for name, value in entries.items()})
        writer.root["/DSS"] = writer.add_object(made)
        writer.update_root()

    signed = attack.updated(signing.document(), change)
    return attack.stock_signed(signed, "Ky1", office().author)


def streams(count: int, data: bytes = b"\x30\x03\x02\x01\x01") -> ArrayObject:
    return ArrayObject([StreamObject(stream_data=data) for _ in range(count)])


def test_a_security_store_that_cannot_be_read_is_said_and_proves_nothing() -> None:
    found = judge(with_store(Certs=streams(2), CRLs=streams(1)), NOW)

    assert found.judgement is Judgement.TRUSTED_UNREGISTERED
    assert any("long-term validation" in remark.template for remark in found.remarks)
    assert found.signatures[0].revocation is Revocation.NOT_CHECKED


@pytest.mark.parametrize(
    "entries",
    [
        {"Certs": streams(evidence.MAX_CERTIFICATES + 1)},
        {"CRLs": streams(evidence.MAX_CRLS + 1)},
        {"Certs": NumberObject(1)},
    ],
)
def test_a_security_store_beyond_its_bounds_is_not_judged(entries: dict[str, object]) -> None:
    assert judge(with_store(**entries), NOW).judgement is Judgement.UNVERIFIABLE
