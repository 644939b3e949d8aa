"""The verdict word by word: what each kind of file and certificate is called."""

import json
import logging
import warnings
from datetime import timedelta
from io import BytesIO

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from securedoc.core.digests import Digest
from securedoc.errors import (
    DocumentMalformed,
    SignatureMalformed,
    SignatureMissing,
    SignatureUntrusted,
)
from securedoc.signing import verdict
from securedoc.signing.chain import Revocation
from securedoc.signing.fields import AUTHOR_FIELD
from securedoc.signing.keys import SigningKey
from securedoc.signing.trust import TrustStore
from securedoc.signing.verdict import Changes, Coverage, Expected, Judgement, Kind, TimeSource, Verdict
from tests.support import pdfattack as attack
from tests.support.signing import (
    NOW,
    Wish,
    authority,
    crl,
    document,
    office,
    put,
    signing_key,
)


def judge(pdf: bytes, trust: TrustStore | None = None, later: int = 0) -> Verdict:
    return verdict.verify(pdf, trust or office().trust, None, NOW + timedelta(days=later))


def foreign(key: SigningKey | None = None, **how: object) -> bytes:
    """Return a file that another office made with another program."""
    return attack.stock_signed(document(), "Ky1", key or office().author, **how)  # type: ignore[arg-type]


def said(found: Verdict) -> str:
    reports = [problem for report in found.signatures for problem in report.problems]
    return " | ".join(str(problem) for problem in (*found.problems, *reports))


def test_a_strangers_good_file_gets_the_lower_grade() -> None:
    found = judge(foreign())

    assert found.judgement is Judgement.TRUSTED_UNREGISTERED
    verdict.require(found)
    with pytest.raises(SignatureUntrusted):
        verdict.require_registered(found)


def test_two_signers_of_another_office_are_each_reported() -> None:
    found = judge(attack.stock_signed(foreign(), "Ky2", office().colleague))

    assert found.judgement is Judgement.TRUSTED_UNREGISTERED
    assert [(r.coverage, r.changes) for r in found.signatures] == [
        (Coverage.ENTIRE_REVISION, Changes.FORM_FILLING),
        (Coverage.ENTIRE_FILE, Changes.NONE),
    ]


def test_an_older_kind_of_signature_is_named_as_such() -> None:
    found = judge(foreign(subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED))

    assert found.judgement is Judgement.TRUSTED_UNREGISTERED
    assert found.signatures[0].level == "CMS"


def test_a_file_by_somebody_unknown_is_intact_and_untrusted() -> None:
    found = judge(foreign(signing_key(authority("Nơi khác"))))

    assert found.judgement is Judgement.INTACT_UNTRUSTED
    assert (found.signatures[0].intact, found.signatures[0].valid) == (True, True)
    assert "does not lead to a trusted root" in said(found)
    with pytest.raises(SignatureUntrusted):
        verdict.require(found)


def test_the_same_name_from_another_authority_is_untrusted() -> None:
    twin = signing_key(authority("Chứng thư MẪU"))

    found = verdict.verify(office().authored(key=twin), office().trust, None, NOW)

    assert found.signatures[0].signer == "Trần Thị Mẫu"
    assert found.judgement is Judgement.INTACT_UNTRUSTED


@pytest.mark.parametrize(("days", "words"), [(365 * 6, "expired"), (-40, "not valid before")])
def test_a_certificate_outside_its_life_is_untrusted_and_named(days: int, words: str) -> None:
    found = judge(foreign(), later=days)

    assert found.judgement is Judgement.INTACT_UNTRUSTED
    assert words in said(found)


def test_a_revoked_signer_is_untrusted_and_named() -> None:
    author = office().author
    store = TrustStore.of(roots=[office().root.der], crls=[crl(office().root, (author.certificate, NOW))])

    found = judge(foreign(author), store)

    assert found.judgement is Judgement.INTACT_UNTRUSTED
    assert "was revoked" in said(found)
    assert found.signatures[0].revocation is Revocation.CHECKED


def test_a_registered_document_stays_good_when_its_certificate_has_expired_since() -> None:
    sealed = office().sealed()

    # The ledger proves that these bytes existed then, so the certificates are asked about then.
    found = verdict.verify(sealed, office().trust, office().expected(sealed), NOW)

    assert found.judgement is Judgement.TRUSTED


def test_a_certificate_for_something_else_is_untrusted_and_named() -> None:
    found = judge(foreign(signing_key(office().root, Wish(extended=(ExtendedKeyUsageOID.SERVER_AUTH,)))))

    assert found.judgement is Judgement.INTACT_UNTRUSTED
    assert "not for signing documents" in said(found)


def test_a_weak_key_is_untrusted_and_named() -> None:
    tiny = rsa.generate_private_key(65537, 1024)  # noqa: S505 - the point

    found = judge(foreign(signing_key(office().root, private=tiny)))

    assert found.judgement is Judgement.INTACT_UNTRUSTED
    assert "too weak" in said(found)


def test_a_broken_digest_algorithm_is_not_judged() -> None:
    found = judge(foreign(digest="sha1"))

    assert found.judgement is Judgement.UNVERIFIABLE
    with pytest.raises(SignatureMalformed):
        verdict.require(found)


@pytest.mark.parametrize("name", [b"/adbe.pkcs7.sha1    ", b"/adbe.x509.rsa_sha1 ", b"/ETSI.RFC3161       "])
def test_a_signature_format_we_do_not_check_is_not_judged(name: bytes) -> None:
    # pyHanko passes over formats that it does not know, as if nobody had signed.
    found = judge(foreign().replace(b"/ETSI.CAdES.detached", name))

    assert found.judgement is Judgement.UNVERIFIABLE
    assert "format that is not checked" in said(found)


def test_an_unsigned_file_is_called_so() -> None:
    for pdf in (document(), office().prepared()):
        found = judge(pdf)
        assert found.judgement is Judgement.UNSIGNED
        with pytest.raises(SignatureMissing):
            verdict.require(found)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x00" * 5000, b" " * 2000 + b"%PDF-1.7"])
def test_what_is_no_pdf_is_malformed(data: bytes) -> None:
    with pytest.raises(DocumentMalformed):
        judge(data)


def test_the_register_must_name_somebody() -> None:
    with pytest.raises(ValueError, match="nobody"):
        Expected({})


def test_the_error_carries_the_first_reason() -> None:
    found = judge(office().sealed() + b"x")

    with pytest.raises(SignatureUntrusted) as caught:
        verdict.require(found)

    assert str(caught.value.__cause__) == str(found.problems[0])


def test_the_report_is_plain_json_in_the_readers_language() -> None:
    sealed = office().sealed()
    found = judge(sealed + b"\n")

    printed = json.loads(json.dumps(found.as_json(str.upper)))

    assert printed["verdict"] == "altered"
    assert printed["digest"] == str(Digest.of(sealed + b"\n"))
    assert printed["size"] == len(sealed) + 1
    assert printed["problems"] == ["SOMETHING WAS ADDED AFTER THE LAST SIGNATURE"]
    assert [report["intact"] for report in printed["signatures"]] == [True, True]
    assert printed["signatures"][0]["time"] == "2026-11-22T09:00:00+07:00"
    assert printed["signatures"][0]["time_source"] == "signer"


def test_a_report_says_what_was_asked_by_itself() -> None:
    broken = bytearray(office().sealed())
    broken[3000] ^= 1

    found = judge(bytes(broken))

    assert [(r.intact, r.valid, r.trusted) for r in found.signatures] == [(False, True, True)] * 2
    assert found.judgement is Judgement.ALTERED


def test_nothing_is_logged_while_judging(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        judge(attack.updated(office().sealed(), attack.swap_pages))

    assert caplog.records == []


def time_stamper(parent: object = None) -> tuple[DummyTimeStamper, SigningKey]:
    """Make a time-stamp authority as another office may have one."""
    wish = Wish(common_name="Dấu thời gian MẪU", extended=(ExtendedKeyUsageOID.TIME_STAMPING,))
    key = signing_key(parent or office().root, wish, rsa.generate_private_key(65537, 2048))  # type: ignore[arg-type]
    store = SimpleCertificateStore()
    made = DummyTimeStamper(
        asn1_x509.Certificate.load(key.certificate),
        asn1_keys.PrivateKeyInfo.load(key.private_key.reveal()),
        certs_to_embed=store,
        fixed_dt=NOW + timedelta(hours=1),
    )
    return made, key


def test_a_time_stamp_by_a_trusted_authority_gives_the_time() -> None:
    found = judge(foreign(timestamper=time_stamper()[0]))

    report = found.signatures[0]
    assert found.judgement is Judgement.TRUSTED_UNREGISTERED
    assert (report.level, report.time_source) == ("B-T", TimeSource.TIME_STAMP)
    assert report.time == NOW + timedelta(hours=1)


def test_a_time_stamp_by_somebody_else_proves_no_time() -> None:
    found = judge(foreign(timestamper=time_stamper(authority("Nơi khác"))[0]))

    assert found.judgement is Judgement.TRUSTED_UNREGISTERED
    assert found.signatures[0].time_source is TimeSource.SIGNER


def stamped(pdf: bytes, stamper: DummyTimeStamper) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        output = PdfTimeStamper(stamper).timestamp_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), "sha256")
    made: bytes = output.getvalue()
    return made


def test_a_document_time_stamp_is_reported_as_one() -> None:
    found = judge(stamped(foreign(), time_stamper()[0]))

    assert found.judgement is Judgement.TRUSTED_UNREGISTERED
    assert [(r.kind, r.level) for r in found.signatures] == [
        (Kind.SIGNATURE, "B-T"),  # proven to have existed by the time-stamp over the file
        (Kind.TIME_STAMP, "DTS"),
    ]


def test_a_time_stamp_alone_signs_nothing() -> None:
    assert judge(stamped(document(), time_stamper()[0])).judgement is Judgement.UNSIGNED


def test_a_time_stamp_put_on_a_registered_document_is_not_in_the_register() -> None:
    later = stamped(office().sealed(), time_stamper()[0])

    found = verdict.verify(later, office().trust, office().expected(), NOW)

    assert found.judgement is Judgement.ALTERED


def test_a_signature_by_a_signer_who_stamps_time_is_for_nothing_else() -> None:
    _, key = time_stamper()

    assert judge(foreign(key)).judgement is Judgement.INTACT_UNTRUSTED


def test_a_field_that_the_register_leaves_open_may_be_empty_but_not_filled() -> None:
    open_field = Expected({AUTHOR_FIELD: office().author.certificate_digest}, frozenset({"CoQuan"}))

    authored = office().authored()

    assert verdict.verify(authored, office().trust, open_field, NOW).judgement is Judgement.TRUSTED
    filled = put(authored, "CoQuan", office().seal, certify=False)
    assert verdict.verify(filled, office().trust, open_field, NOW).judgement is Judgement.ALTERED
