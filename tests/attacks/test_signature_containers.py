"""Containers that compute, and say something other than they should."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from asn1crypto import algos
from asn1crypto import cms as asn1_cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from securedoc.errors import DocumentMalformed, SignatureFailed, SignatureMalformed
from securedoc.signing import cades, chain, keys, pades, signeddata, verdict
from securedoc.signing.fields import AUTHOR_FIELD
from securedoc.signing.keys import SigningKey, open_key
from securedoc.signing.trust import TrustStore
from securedoc.signing.verdict import Judgement
from tests.support import pdfattack as attack
from tests.support.signing import NOW, Authority, Wish, authority, crl, office, put, signing_key

Change = Callable[[asn1_cms.SignedData], None]


def signed(change: Change | None = None, attributes: bytes | None = None) -> bytes:
    """Build a container over nothing in particular, changed before it is written."""
    key = office().author
    _, private = open_key(key)
    der = cades.build(bytes(32), key.certificate, private, ())
    container = asn1_cms.ContentInfo.load(der)
    if attributes is not None:
        container["content"]["signer_infos"][0]["signed_attrs"] = asn1_cms.CMSAttributes.load(
            b"\x31" + cades.der(0x30, attributes)[1:]
        )
    if change is not None:
        change(container["content"])
    changed: bytes = container.dump(force=True)
    return changed


def test_an_untouched_container_is_read() -> None:
    assert signeddata.parse(signed()).valid(bytes(32))


def too_many_certificates(content: asn1_cms.SignedData) -> None:
    root = asn1_x509.Certificate.load(office().root.der)
    content["certificates"] = [
        *content["certificates"],
        *([asn1_cms.CertificateChoices({"certificate": root})] * 40),
    ]


def other_algorithm(content: asn1_cms.SignedData) -> None:
    content["signer_infos"][0]["signature_algorithm"] = {"algorithm": "sha512_ecdsa"}


def unknown_algorithm(content: asn1_cms.SignedData) -> None:
    content["signer_infos"][0]["signature_algorithm"] = {"algorithm": "dsa"}


def two_digests(content: asn1_cms.SignedData) -> None:
    content["digest_algorithms"] = [{"algorithm": "sha256"}, {"algorithm": "sha512"}]


def signer_twice(content: asn1_cms.SignedData) -> None:
    mine = content["certificates"][0]
    content["certificates"] = [mine, mine]


def damaged_issuer(content: asn1_cms.SignedData) -> None:
    """Enclose an authority of the right name that did not issue the signer's certificate."""
    impostor = asn1_x509.Certificate.load(authority("Chứng thư MẪU").der)
    content["certificates"] = [
        content["certificates"][0],
        asn1_cms.CertificateChoices({"certificate": impostor}),
    ]


CHANGES: dict[str, Change] = {
    "too many certificates": too_many_certificates,
    "another signature algorithm": other_algorithm,
    "an algorithm we do not know": unknown_algorithm,
    "two digest algorithms": two_digests,
    "the signer's certificate twice": signer_twice,
    "an issuer that issued nothing here": damaged_issuer,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_container_with_unsigned_parts_changed_is_malformed(name: str) -> None:
    with pytest.raises(SignatureMalformed):
        signeddata.parse(signed(CHANGES[name]))


def attribute(kind: str, *values: bytes) -> bytes:
    oid = asn1_cms.CMSAttributeType(kind).dump()
    return cades.der(0x30, oid, cades.der(0x31, *values))


CONTENT_TYPE = attribute("content_type", cades._DATA)
DIGEST = attribute("message_digest", cades.der(0x04, bytes(32)))
SHA512 = algos.DigestAlgorithm({"algorithm": "sha512"}).dump()

ATTRIBUTES = {
    "no content type": DIGEST,
    "no digest": CONTENT_TYPE,
    "digest twice": CONTENT_TYPE + DIGEST + DIGEST,
    "two digests in one": CONTENT_TYPE
    + attribute("message_digest", cades.der(0x04, bytes(32)), cades.der(0x04, b"x")),
    "another content type": attribute("content_type", cades._SIGNED_DATA) + DIGEST,
    "protection of another algorithm": CONTENT_TYPE
    + DIGEST
    + attribute("cms_algorithm_protection", cades.der(0x30, SHA512, cades.der(0xA1, cades._ECDSA_SHA256))),
    "another certificate named": CONTENT_TYPE
    + DIGEST
    + attribute(
        "signing_certificate_v2",
        cades.der(0x30, cades.der(0x30, cades.der(0x30, cades.der(0x04, hashlib.sha256(b"twin").digest())))),
    ),
}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_signed_attributes_that_say_something_else_are_malformed(name: str) -> None:
    with pytest.raises(SignatureMalformed):
        signeddata.parse(signed(attributes=ATTRIBUTES[name]))


def without_name(_content_type: bytes, digest: bytes, _certificate: bytes) -> bytes:
    return CONTENT_TYPE + attribute("message_digest", cades.der(0x04, digest))


def test_a_pades_signature_that_does_not_name_its_certificate_is_not_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Nothing then binds the certificate: a twin with the same key could take its place.
    prepared = office().prepared()
    monkeypatch.setattr(cades, "_signed_attributes", without_name)

    with pytest.raises(SignatureFailed):
        put(prepared, AUTHOR_FIELD, office().author, certify=True)


def test_a_fault_while_signing_never_leaves_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    real = cades.build

    def faulty(
        digest: bytes,
        certificate: bytes,
        private: keys.PrivateKey,
        path: tuple[bytes, ...],
        stamper: cades.Stamper | None,
    ) -> bytes:
        return real(bytes(len(digest)), certificate, private, path, stamper)

    prepared = office().prepared()
    monkeypatch.setattr(cades, "build", faulty)

    with pytest.raises(SignatureFailed):
        office().authored(prepared)


def test_a_certificate_of_the_same_key_does_not_take_the_place_of_the_signers() -> None:
    author = office().author
    private = serialization.load_der_private_key(author.private_key.reveal(), None)
    twin = signing_key(office().root, Wish(common_name="Người khác"), private)  # type: ignore[arg-type]
    content = asn1_cms.ContentInfo.load(attack.container(office().sealed(key=author)), strict=False)
    certificate = asn1_x509.Certificate.load(twin.certificate)
    content["content"]["certificates"] = [asn1_cms.CertificateChoices({"certificate": certificate})]
    content["content"]["signer_infos"][0]["sid"] = asn1_cms.SignerIdentifier(
        {
            "issuer_and_serial_number": {
                "issuer": certificate.issuer,
                "serial_number": certificate.serial_number,
            }
        }
    )

    with pytest.raises(SignatureMalformed):
        signeddata.parse(content.dump(force=True))


def scoped_list(parent: Authority, certificate: bytes) -> bytes:
    """Make a list that says it is about something we do not evaluate, and revokes."""
    serial = x509.load_der_x509_certificate(certificate).serial_number
    scope = x509.IssuingDistributionPoint(
        full_name=None,
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=True,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    return (
        x509.CertificateRevocationListBuilder()
        .issuer_name(parent.certificate.subject)
        .last_update(NOW)
        .next_update(NOW + timedelta(days=9))
        .add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW).build()
        )
        .add_extension(scope, critical=True)
        .sign(parent.private, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )


def revocation(key: SigningKey, *lists: bytes) -> chain.Assessment:
    store = TrustStore.of(roots=[office().root.der], crls=lists)
    return chain.assess(x509.load_der_x509_certificate(key.certificate), (), store, NOW)


def test_a_list_whose_scope_is_not_evaluated_checks_nothing() -> None:
    author = office().author

    found = revocation(author, scoped_list(office().root, author.certificate))

    assert found.flaws == ()
    assert found.revocation is chain.Revocation.NOT_CHECKED


def test_a_list_beside_an_unusable_one_still_revokes() -> None:
    author = office().author
    usable = crl(office().root, (author.certificate, NOW))

    found = revocation(author, scoped_list(office().root, author.certificate), usable)

    assert [flaw.kind for flaw in found.flaws] == [chain.FlawKind.REVOKED]


def test_more_signatures_than_anybody_reads_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = office().sealed()
    monkeypatch.setattr("securedoc.signing.structure.MAX_SIGNATURES", 1)

    found = verdict.verify(sealed, office().trust, None, NOW)

    assert found.judgement is Judgement.UNVERIFIABLE


def test_a_look_that_draws_nothing_is_refused_before_signing() -> None:
    with pytest.raises(DocumentMalformed, match="look"):
        pades.sign(
            office().prepared(),
            AUTHOR_FIELD,
            office().author,
            signed_at=NOW,
            reason="",
            location="",
            certify=True,
            appearance=b"%PDF-1.7\n%%EOF\n",
        )
