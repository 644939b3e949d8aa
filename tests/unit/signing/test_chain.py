"""Which certificates are trusted, and which of the reasons not to is named."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from securedoc.signing import chain
from securedoc.signing.chain import FlawKind, Revocation
from securedoc.signing.trust import TrustStore
from tests.support.signing import NOW, Authority, Wish, authority, crl, office, signing_key


def assess(
    der: bytes, trust: TrustStore | None = None, others: tuple[x509.Certificate, ...] = (), later: int = 0
) -> chain.Assessment:
    certificate = x509.load_der_x509_certificate(der)
    return chain.assess(certificate, others, trust or office().trust, NOW + timedelta(days=later))


def kinds(assessment: chain.Assessment) -> list[FlawKind]:
    return [flaw.kind for flaw in assessment.flaws]


def test_a_certificate_of_the_office_is_trusted() -> None:
    found = assess(office().author.certificate)

    assert found.flaws == ()
    assert found.revocation is Revocation.NOT_CHECKED


def test_a_path_over_an_intermediate_is_found() -> None:
    middle = authority("Trung gian", parent=office().root)
    leaf = signing_key(middle).certificate

    assert kinds(assess(leaf)) == [FlawKind.NO_PATH]
    assert assess(leaf, others=(middle.certificate,)).flaws == ()
    assert assess(leaf, TrustStore.of(roots=[office().root.der], intermediates=[middle.der])).flaws == ()


@pytest.mark.parametrize(("days", "kind"), [(365 * 5 + 1, FlawKind.EXPIRED), (-31, FlawKind.NOT_YET_VALID)])
def test_a_certificate_outside_its_life_is_named_so_and_nothing_else(days: int, kind: FlawKind) -> None:
    assert kinds(assess(office().author.certificate, later=days)) == [kind]


def test_an_expired_intermediate_is_named() -> None:
    short = Wish(begins=NOW - timedelta(days=20), ends=NOW - timedelta(days=10))
    middle = authority("Trung gian", parent=office().root, wish=short)

    found = assess(signing_key(middle).certificate, others=(middle.certificate,))

    assert kinds(found) == [FlawKind.EXPIRED]
    assert "Trung gian" in str(found.flaws[0].why)


@pytest.mark.parametrize(
    "wish",
    [
        Wish(usage=frozenset({"key_encipherment"})),
        Wish(usage=frozenset({"key_agreement"})),
        Wish(extended=(ExtendedKeyUsageOID.SERVER_AUTH,)),
        Wish(extended=(ExtendedKeyUsageOID.TIME_STAMPING,)),
        Wish(is_authority=True),
    ],
)
def test_a_certificate_for_something_else_does_not_sign_documents(wish: Wish) -> None:
    assert FlawKind.WRONG_USE in kinds(assess(signing_key(office().root, wish).certificate))


@pytest.mark.parametrize(
    "extended", [(ExtendedKeyUsageOID.EMAIL_PROTECTION,), (ExtendedKeyUsageOID.CLIENT_AUTH,)]
)
def test_personal_certificates_of_the_usual_kinds_sign_documents(
    extended: tuple[x509.ObjectIdentifier, ...],
) -> None:
    assert assess(signing_key(office().root, Wish(extended=extended)).certificate).flaws == ()


def test_an_authority_does_not_sign_documents_itself() -> None:
    assert FlawKind.WRONG_USE in kinds(assess(office().root.der))


def test_another_authority_of_the_same_name_leads_nowhere() -> None:
    impostor = authority("Chứng thư MẪU")

    assert impostor.certificate.subject == office().root.certificate.subject
    assert kinds(assess(signing_key(impostor).certificate)) == [FlawKind.NO_PATH]
    assert kinds(assess(signing_key(impostor).certificate, others=(impostor.certificate,))) == [
        FlawKind.NO_PATH
    ]


def test_a_signer_cannot_issue_certificates() -> None:
    author = office().author
    private = serialization.load_der_private_key(author.private_key.reveal(), None)
    assert not isinstance(private, rsa.RSAPrivateKey)
    issuer = Authority(x509.load_der_x509_certificate(author.certificate), private)  # type: ignore[arg-type]

    found = assess(signing_key(issuer).certificate, others=(issuer.certificate,))

    assert kinds(found) == [FlawKind.NO_PATH]


def test_a_path_longer_than_its_authority_allows_is_none() -> None:
    root = authority("Gốc", wish=Wish(path_length=0, ends=NOW + timedelta(days=3650)))
    middle = authority("Trung gian", parent=root)

    found = assess(signing_key(middle).certificate, TrustStore.of(roots=[root.der]), (middle.certificate,))

    assert kinds(found) == [FlawKind.NO_PATH]


def test_a_small_key_is_weak() -> None:
    tiny = rsa.generate_private_key(65537, 1024)  # noqa: S505 - the point
    small = signing_key(office().root, private=tiny)

    assert kinds(assess(small.certificate)) == [FlawKind.WEAK]


def test_a_store_without_roots_trusts_nobody() -> None:
    assert kinds(assess(office().author.certificate, TrustStore(()))) == [FlawKind.NO_PATH]


def with_list(data: bytes) -> TrustStore:
    return TrustStore.of(roots=[office().root.der], crls=[data])


def test_a_revoked_certificate_is_named() -> None:
    author = office().author.certificate
    store = with_list(crl(office().root, (author, NOW - timedelta(days=1))))

    found = assess(author, store)

    assert kinds(found) == [FlawKind.REVOKED]
    assert found.revocation is Revocation.CHECKED


def test_a_certificate_revoked_later_was_good_then() -> None:
    author = office().author.certificate
    store = with_list(crl(office().root, (author, NOW + timedelta(days=1))))

    assert assess(author, store).flaws == ()
    assert kinds(assess(author, store, later=2)) == [FlawKind.REVOKED]


def test_a_certificate_on_no_list_was_checked() -> None:
    found = assess(office().author.certificate, with_list(crl(office().root)))

    assert found.flaws == ()
    assert found.revocation is Revocation.CHECKED


def test_an_old_list_is_said_to_be_old() -> None:
    store = with_list(crl(office().root, until=NOW - timedelta(days=1)))

    assert assess(office().author.certificate, store).revocation is Revocation.STALE


def test_a_list_of_somebody_else_revokes_nobody() -> None:
    author = office().author.certificate
    impostor = authority("Chứng thư MẪU")
    forged = crl(impostor, (author, NOW - timedelta(days=1)))

    found = assess(author, with_list(forged))

    assert found.flaws == ()
    assert found.revocation is Revocation.NOT_CHECKED


def test_a_name_is_what_people_know() -> None:
    common = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Trần Thị Mẫu")])
    organisation = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "UBND tỉnh Mẫu")])
    country = x509.Name([x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "VN")])

    assert [chain.name_of(n) for n in (common, organisation, country)] == [
        "Trần Thị Mẫu",
        "UBND tỉnh Mẫu",
        "C=VN",
    ]
