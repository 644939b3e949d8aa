"""Signing PDFs: what comes out, what others say about it, and what is refused."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pypdf
import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

from securedoc.core.secret import Secret
from securedoc.errors import (
    DocumentMalformed,
    DocumentRefused,
    KeyUntrusted,
    SignatureMalformed,
    SignatureMissing,
    SignatureRefused,
)
from securedoc.signing import cades, pades, structure, verdict
from securedoc.signing.fields import AUTHOR_FIELD, SEAL_FIELD, Box
from securedoc.signing.keys import SigningKey, open_key
from securedoc.signing.verdict import Coverage, Expected, Judgement
from tests.support.signing import (
    AUTHOR_BOX,
    NOW,
    SEAL_BOX,
    Private,
    Wish,
    authority,
    block,
    document,
    office,
    put,
    signing_key,
)

needs_pdfsig = pytest.mark.skipif(shutil.which("pdfsig") is None, reason="poppler-utils is not installed")
needs_qpdf = pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")


@pytest.fixture(scope="module")
def sealed() -> bytes:
    return office().sealed()


def test_author_then_seal_are_both_trusted_and_cover_the_whole_file(sealed: bytes) -> None:
    result = verdict.verify(sealed, office().trust, office().expected(sealed), NOW)

    author, seal = result.signatures
    assert result.judgement is Judgement.TRUSTED
    assert (author.field, author.signer, author.level) == (AUTHOR_FIELD, "Trần Thị Mẫu", "B-B")
    assert (seal.field, seal.coverage) == (SEAL_FIELD, Coverage.ENTIRE_FILE)
    assert (author.reason, author.location, author.time) == ("Ký ban hành", "Tỉnh Mẫu", NOW)


def test_stock_pyhanko_finds_both_valid_and_trusted(sealed: bytes) -> None:
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(office().root.der)], allow_fetching=False, moment=NOW
    )
    usage = KeyUsageConstraints(key_usage={"non_repudiation"})

    for embedded in PdfFileReader(BytesIO(sealed)).embedded_signatures:
        status = validate_pdf_signature(embedded, context, key_usage_settings=usage)
        assert status.bottom_line, status.summary()


@needs_pdfsig
def test_pdfsig_finds_both_valid_and_the_last_over_the_whole_file(sealed: bytes, tmp_path: Path) -> None:
    file = tmp_path / "signed.pdf"
    file.write_bytes(sealed)

    said = subprocess.run(["pdfsig", "-nocert", file], capture_output=True, text=True, check=False).stdout

    assert said.count("Signature is Valid") == 2
    assert said.count("ETSI.CAdES.detached") == 2
    assert said.count("SHA-256") == 2
    assert said.rindex("Total document signed") > said.index("Not total document signed")


@needs_qpdf
def test_the_signed_file_is_sound_for_another_reader(sealed: bytes, tmp_path: Path) -> None:
    file = tmp_path / "signed.pdf"
    file.write_bytes(sealed)

    subprocess.run(["qpdf", "--check", file], capture_output=True, check=True)


def test_the_document_before_the_signatures_is_kept_byte_for_byte(sealed: bytes) -> None:
    assert sealed.startswith(document())


def test_metadata_stay_as_they_were_finalised(sealed: bytes) -> None:
    before, after = (pypdf.PdfReader(BytesIO(pdf)) for pdf in (document(), sealed))

    assert after.metadata == before.metadata
    assert after.xmp_metadata is not None
    assert before.xmp_metadata is not None
    assert after.xmp_metadata.stream.get_data() == before.xmp_metadata.stream.get_data()
    assert b"pyHanko" not in sealed


def test_what_is_drawn_is_the_page_that_was_given(sealed: bytes) -> None:
    reader = pypdf.PdfReader(BytesIO(sealed))
    drawn = {
        annotation.get_object()["/T"]: annotation.get_object()["/AP"]["/N"]
        for annotation in reader.pages[0]["/Annots"]  # type: ignore[attr-defined]
    }

    assert set(drawn) == {AUTHOR_FIELD, SEAL_FIELD}
    assert all("/Font" in look["/Resources"] for look in drawn.values())


def test_an_invisible_signature_needs_no_box() -> None:
    prepared = pades.prepare_fields(document(), {AUTHOR_FIELD: None, SEAL_FIELD: None})
    authored = pades.sign(
        prepared,
        AUTHOR_FIELD,
        office().author,
        signed_at=NOW,
        reason="",
        location="",
        certify=True,
        appearance=None,
    )

    result = verdict.verify(office().sealed(authored.pdf), office().trust, office().expected(), NOW)

    assert result.judgement is Judgement.TRUSTED
    assert authored.certificate == office().author.certificate_digest
    assert authored.digest.hex == hashlib.sha256(authored.pdf).hexdigest()


def test_a_seal_alone_serves_as_evidence_for_a_paper_original() -> None:
    prepared = pades.prepare_fields(document(), {SEAL_FIELD: SEAL_BOX})
    evidence = put(prepared, SEAL_FIELD, office().seal, certify=False)

    expected = Expected({SEAL_FIELD: office().seal.certificate_digest})

    assert verdict.verify(evidence, office().trust, expected, NOW).judgement is Judgement.TRUSTED


def test_the_claimed_time_is_written_in_vietnamese_time(sealed: bytes) -> None:
    fields = pypdf.PdfReader(BytesIO(sealed)).get_fields() or {}

    assert [field["/V"]["/M"] for field in fields.values()] == ["D:20261122090000+07'00'"] * 2


@pytest.fixture(scope="module")
def rsa_private() -> Private:
    return rsa.generate_private_key(65537, 2048)


def test_rsa_and_larger_curves_sign_as_well(rsa_private: Private) -> None:
    for private in (
        rsa_private,
        ec.generate_private_key(ec.SECP384R1()),
        ec.generate_private_key(ec.SECP521R1()),
    ):
        key = signing_key(office().root, private=private)
        expected = Expected({AUTHOR_FIELD: key.certificate_digest}, empty=frozenset({SEAL_FIELD}))

        signed = office().authored(key=key)

        assert verdict.verify(signed, office().trust, expected, NOW).judgement is Judgement.TRUSTED


def test_a_chain_over_an_intermediate_travels_with_the_signature() -> None:
    middle = authority("Trung gian", parent=office().root)
    key = signing_key(middle, chain=(middle.der, office().root.der))
    expected = Expected({AUTHOR_FIELD: key.certificate_digest}, empty=frozenset({SEAL_FIELD}))

    result = verdict.verify(office().authored(key=key), office().trust, expected, NOW)

    assert result.judgement is Judgement.TRUSTED


def test_the_place_is_never_too_small_for_an_ecdsa_signature() -> None:
    # The stock estimate makes one real signature, whose length varies: it failed 23 times of 60.
    key = office().author
    _, private = open_key(key)
    room = cades.size_bytes(key.certificate, private, key.chain)

    sizes = {len(cades.build(bytes(32), key.certificate, private, key.chain)) for _ in range(300)}

    assert max(sizes) <= room
    assert len(sizes) > 1


def sign_again(pdf: bytes, field: str, *, certify: bool = False) -> bytes:
    return put(pdf, field, office().colleague, certify=certify)


def test_a_field_is_signed_once() -> None:
    with pytest.raises(SignatureRefused):
        sign_again(office().authored(), AUTHOR_FIELD)


def test_a_field_that_was_not_prepared_is_missing() -> None:
    with pytest.raises(SignatureMissing):
        sign_again(office().prepared(), "KhongCo")


def test_nobody_certifies_second() -> None:
    with pytest.raises(SignatureRefused):
        sign_again(office().authored(), SEAL_FIELD, certify=True)


def test_nothing_is_signed_after_the_seal() -> None:
    prepared = pades.prepare_fields(
        document(), {AUTHOR_FIELD: AUTHOR_BOX, SEAL_FIELD: SEAL_BOX, "Them": None}
    )
    sealed = put(prepared, SEAL_FIELD, office().seal, certify=False)

    with pytest.raises(SignatureRefused):
        sign_again(sealed, "Them")


def test_fields_are_prepared_once() -> None:
    with pytest.raises(SignatureRefused):
        pades.prepare_fields(office().prepared(), {"Them": None})
    with pytest.raises(SignatureRefused):
        pades.prepare_fields(office().authored(), {"Them": None})


def test_a_field_on_a_page_that_is_not_there_is_malformed() -> None:
    with pytest.raises(DocumentMalformed):
        pades.prepare_fields(document(), {AUTHOR_FIELD: Box(9, 0, 0, 10, 10)})


@pytest.mark.parametrize("pdf", [b"", b"hello", b"PK\x03\x04" * 500])
def test_what_is_no_pdf_is_malformed(pdf: bytes) -> None:
    with pytest.raises(DocumentMalformed):
        pades.prepare_fields(pdf, {AUTHOR_FIELD: None})


def test_a_damaged_pdf_is_malformed() -> None:
    with pytest.raises(SignatureMalformed):
        pades.prepare_fields(document()[:-200], {AUTHOR_FIELD: None})


def test_a_pdf_beyond_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structure, "MAX_PDF_BYTES", 100)

    with pytest.raises(DocumentRefused):
        pades.prepare_fields(document(), {AUTHOR_FIELD: None})


@pytest.mark.parametrize("days", [-31, 365 * 6])
def test_an_expired_or_future_certificate_does_not_sign(days: int) -> None:
    with pytest.raises(SignatureRefused):
        put(office().prepared(), AUTHOR_FIELD, office().author, certify=True, at=NOW + timedelta(days=days))


def test_a_certificate_for_encryption_does_not_sign() -> None:
    key = signing_key(office().root, Wish(usage=frozenset({"key_encipherment"})))

    with pytest.raises(SignatureRefused):
        office().authored(key=key)


def test_a_key_of_another_certificate_does_not_sign() -> None:
    mixed = SigningKey(office().author.certificate, Secret(office().seal.private_key.reveal()))

    with pytest.raises(KeyUntrusted):
        office().authored(key=mixed)


def test_a_look_that_is_no_pdf_is_malformed() -> None:
    with pytest.raises(DocumentMalformed):
        pades.sign(
            office().prepared(),
            AUTHOR_FIELD,
            office().author,
            signed_at=NOW,
            reason="",
            location="",
            certify=True,
            appearance=b"not a page",
        )


@pytest.fixture
def events() -> Iterator[list[str]]:
    """Record what the interpreter is asked to do while a test runs."""
    seen: list[str] = []
    listening = [True]

    def hook(event: str, _arguments: tuple[object, ...]) -> None:
        if listening and event.partition(".")[0] in {"socket", "subprocess", "open", "urllib", "asyncio"}:
            seen.append(event)

    sys.addaudithook(hook)
    yield seen
    listening.clear()


def test_signing_and_verifying_open_no_socket_and_no_file(events: list[str]) -> None:
    block()  # drawn beforehand: the layout engine is not what is watched
    prepared = office().prepared()
    events.clear()

    sealed = office().sealed(office().authored(prepared))
    verdict.verify(sealed, office().trust, office().expected(sealed), NOW)

    assert events == []


def test_boxes_survive_the_ledger() -> None:
    box = Box(2, 300.25, 560, 470.5, 620)

    assert Box.of_centipoints(box.as_centipoints()) == box


@pytest.mark.parametrize("values", [(-1, 0, 0, 1, 1), (0, 5, 0, 1, 1), (0, 0, 0, 1, 0)])
def test_a_box_without_size_or_page_is_none(values: tuple[int, int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="box"):
        Box(*values)
