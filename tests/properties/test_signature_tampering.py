"""Whatever single bit of a signed file changes, nobody accepts it, and nothing but our errors comes out."""

import functools

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from securedoc.errors import DocumentMalformed, SecuredocError, SignatureError
from securedoc.signing import chain, cms, signeddata, verdict
from securedoc.signing.trust import TrustStore
from securedoc.signing.verdict import Judgement, TimeSource
from tests.support import pdfattack as attack
from tests.support.signing import NOW, crl, office
from tests.support.stamping import archived, signed_with_time, stamper

GOOD = frozenset({Judgement.TRUSTED, Judgement.TRUSTED_UNREGISTERED})
FAST = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

SLOWER = settings(FAST, max_examples=50)


@functools.cache
def sealed() -> bytes:
    return office().sealed()


def flipped(data: bytes, bit: int) -> bytes:
    at = bit // 8 % len(data)
    return data[:at] + bytes([data[at] ^ 1 << bit % 8]) + data[at + 1 :]


def accepted(pdf: bytes) -> bool:
    """Judge as a stranger would, who has no register to compare with."""
    try:
        return verdict.verify(pdf, office().trust, None, NOW).judgement in GOOD
    except DocumentMalformed:
        return False


@FAST
@given(st.integers(min_value=0, max_value=1 << 24))
@example(0)
def test_no_flipped_bit_anywhere_is_accepted(bit: int) -> None:
    assert not accepted(flipped(sealed(), bit))


@FAST
@given(st.integers(min_value=0, max_value=1 << 24))
def test_no_flipped_bit_in_the_container_is_accepted(bit: int) -> None:
    container = attack.container(sealed())

    assert not accepted(attack.with_container(sealed(), flipped(container, bit)))


def test_no_bit_of_a_container_can_change_unseen() -> None:
    container = attack.container(sealed())
    digest = signeddata.parse(container, padded=True).message_digest
    assert digest is not None

    survivors = [bit for bit in range(len(container) * 8) if _holds(flipped(container, bit), digest)]

    assert _holds(container, digest)
    assert survivors == []


def _holds(container: bytes, digest: bytes) -> bool:
    try:
        signed = signeddata.parse(container, padded=True)
    except SignatureError:
        return False
    return (
        signed.content_type == "data"
        and signed.content is None
        and signed.names_certificate
        and signed.intact(digest)
        and signed.valid(digest)
        and not chain.assess(signed.certificate, signed.others, office().trust, NOW).flaws
    )


@SLOWER
@given(st.integers(min_value=0, max_value=1 << 24))
def test_no_flipped_bit_in_an_archived_document_is_accepted(bit: int) -> None:
    assert not accepted(flipped(archived(), bit))


@SLOWER
@given(st.integers(min_value=0, max_value=1 << 24))
def test_no_flipped_bit_in_a_time_stamp_leaves_its_proof_standing(bit: int) -> None:
    # Nobody signs the place of a token: what is changed there is refused, or proves no time any more.
    container = attack.container(signed_with_time())
    token = signeddata.parse(container, padded=True).time_stamp
    assert token is not None
    at = container.index(token)
    changed = container[:at] + flipped(token, bit) + container[at + len(token) :]

    try:
        found = verdict.verify(attack.with_container(signed_with_time(), changed), office().trust, None, NOW)
    except SecuredocError:
        return

    assert found.judgement not in GOOD or found.signatures[-1].time_source is not TimeSource.INTERNAL


def test_a_time_stamp_of_another_signature_is_refused() -> None:
    container = attack.container(signed_with_time())
    token = signeddata.parse(container, padded=True).time_stamp
    assert token is not None
    elsewhere = next(
        made for made in iter(lambda: stamper().token(bytes(32)), b"") if len(made) == len(token)
    )  # an ECDSA signature varies by a few bytes: make one of the same length
    at = container.index(token)
    changed = container[:at] + elsewhere + container[at + len(token) :]

    found = verdict.verify(attack.with_container(signed_with_time(), changed), office().trust, None, NOW)

    assert found.judgement is Judgement.ALTERED
    assert any("does not belong" in problem.template for problem in found.signatures[-1].problems)


@FAST
@given(st.integers(min_value=0), st.integers(min_value=1, max_value=4000))
def test_no_part_cut_out_is_accepted(start: int, length: int) -> None:
    at = start % len(sealed())

    assert not accepted(sealed()[:at] + sealed()[at + length :])


@FAST
@given(st.integers(min_value=0), st.binary(min_size=1, max_size=40))
def test_no_bytes_put_in_are_accepted(start: int, extra: bytes) -> None:
    at = start % (len(sealed()) + 1)

    assert not accepted(sealed()[:at] + extra + sealed()[at:])


@FAST
@given(st.binary(max_size=300))
@example(b"")
@example(b"%PDF-1.7")
@example(b"%PDF-1.7\nstartxref\n0\n%%EOF")
def test_noise_is_not_a_signed_document(noise: bytes) -> None:
    assert not accepted(noise)
    assert not accepted(b"%PDF-1.7\n" + noise)


@FAST
@given(st.binary(max_size=300))
@example(b"0\x80")
def test_noise_is_not_a_signature(noise: bytes) -> None:
    try:
        cms.verify_detached(b"data", noise, office().trust, NOW)
    except SignatureError:
        return
    raise AssertionError("accepted")


@FAST
@given(st.integers(min_value=0, max_value=1 << 20))
def test_a_damaged_trust_file_ends_in_our_error_or_trusts_nobody_signed_here(bit: int) -> None:
    for data in (office().root.der, crl(office().root)):
        try:
            store = TrustStore.parse(flipped(data, bit))
        except SecuredocError:
            continue
        assert verdict.verify(sealed(), store, None, NOW).judgement not in GOOD
