"""Stamps put on after signing: a new revision that the office signs; what was signed stays valid."""

from dataclasses import replace
from io import BytesIO

import pytest
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

from securedoc.errors import SignatureRefused
from securedoc.signing import pades, verdict
from securedoc.signing.fields import AUTHOR_FIELD, SEAL_FIELD, Box, mark_field
from securedoc.signing.judgement import Changes, Coverage, Judgement
from tests.support.pdfattack import add_annotation, updated
from tests.support.signing import AUTHOR_BOX, NOW, SEAL_BOX, document, office, put

DECLASSIFIED, EXTENDED = mark_field("giai-mat"), mark_field("gia-han")
FIELDS = {
    AUTHOR_FIELD: AUTHOR_BOX,
    SEAL_FIELD: SEAL_BOX,
    DECLASSIFIED: Box(0, 100, 700, 185, 737),
    EXTENDED: Box(0, 200, 700, 325, 737),
}


@pytest.fixture(scope="module")
def sealed() -> bytes:
    """Return a sealed document that keeps places for two stamps."""
    return office().sealed(office().authored(pades.prepare_fields(document(), FIELDS)))


def stamped(pdf: bytes, field: str) -> bytes:
    """Put a stamp on."""
    return put(pdf, field, office().seal, certify=False)


def expected(*marks: str) -> verdict.Expected:
    """Say what the register knows after these stamps."""
    known = office().expected()
    return replace(
        known,
        signers={**known.signers, **dict.fromkeys(marks, office().seal.certificate_digest)},
        empty=frozenset({DECLASSIFIED, EXTENDED} - set(marks)),
    )


def test_a_stamp_leaves_the_earlier_signatures_valid(sealed: bytes) -> None:
    once = stamped(sealed, EXTENDED)
    twice = stamped(once, DECLASSIFIED)

    states = ((sealed, ()), (once, (EXTENDED,)), (twice, (EXTENDED, DECLASSIFIED)))
    verdicts = [verdict.verify(pdf, office().trust, expected(*marks), NOW) for pdf, marks in states]
    for judged in verdicts:
        assert judged.judgement is Judgement.TRUSTED
        assert all(one.intact and one.valid and one.trusted and one.permitted for one in judged.signatures)
        assert judged.signatures[-1].coverage is Coverage.ENTIRE_FILE

    assert twice.startswith(once)
    assert once.startswith(sealed)
    assert [one.changes for one in verdicts[-1].signatures[:2]] == [Changes.FORM_FILLING] * 2


def test_the_stock_validator_says_so_too(sealed: bytes) -> None:
    pdf = stamped(sealed, DECLASSIFIED)

    root = asn1_x509.Certificate.load(office().root.der)
    for embedded in PdfFileReader(BytesIO(pdf)).embedded_signatures:
        context = ValidationContext(trust_roots=[root], moment=NOW)
        status = validate_pdf_signature(
            embedded, context, key_usage_settings=KeyUsageConstraints({"digital_signature"})
        )
        assert status.bottom_line
        assert status.docmdp_ok
        assert status.modification_level in {ModificationLevel.NONE, ModificationLevel.FORM_FILLING}


def test_a_stamp_is_drawn_where_its_place_was_kept(sealed: bytes) -> None:
    pdf = stamped(sealed, DECLASSIFIED)

    widgets = {
        str(one.field_name): one.sig_field["/Rect"] for one in PdfFileReader(BytesIO(pdf)).embedded_signatures
    }

    assert [float(edge) for edge in widgets[DECLASSIFIED]] == [100, 700, 185, 737]


def test_a_place_is_used_once(sealed: bytes) -> None:
    once = stamped(sealed, EXTENDED)

    with pytest.raises(SignatureRefused, match="is signed already"):
        stamped(once, EXTENDED)


def test_a_stamp_does_not_come_before_the_first_signature() -> None:
    with pytest.raises(SignatureRefused, match="signed, not before"):
        stamped(pades.prepare_fields(document(), FIELDS), EXTENDED)


def test_a_document_that_was_never_sealed_is_stamped_too() -> None:
    pdf = stamped(office().authored(pades.prepare_fields(document(), FIELDS)), EXTENDED)

    judged = verdict.verify(pdf, office().trust, None, NOW)

    assert judged.judgement is Judgement.TRUSTED_UNREGISTERED
    assert all(one.permitted for one in judged.signatures)


def test_nothing_but_a_stamp_comes_after_the_seal() -> None:
    fields = {**FIELDS, "Khac": Box(0, 10, 10, 60, 60)}
    sealed = office().sealed(office().authored(pades.prepare_fields(document(), fields)))

    with pytest.raises(SignatureRefused, match="nothing can be added"):
        put(sealed, "Khac", office().colleague, certify=False)


def test_a_stamp_that_the_register_does_not_know_is_altered(sealed: bytes) -> None:
    pdf = stamped(sealed, DECLASSIFIED)

    judged = verdict.verify(pdf, office().trust, expected(), NOW)

    assert judged.judgement is Judgement.ALTERED


def test_a_stamp_of_somebody_else_is_altered(sealed: bytes) -> None:
    pdf = put(sealed, DECLASSIFIED, office().colleague, certify=False)

    judged = verdict.verify(pdf, office().trust, expected(DECLASSIFIED), NOW)

    assert judged.judgement is not Judgement.TRUSTED


def test_an_annotation_in_place_of_a_stamp_is_altered(sealed: bytes) -> None:
    judged = verdict.verify(updated(sealed, add_annotation), office().trust, expected(), NOW)

    assert judged.judgement is Judgement.ALTERED
