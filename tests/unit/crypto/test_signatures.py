"""Ed25519 and ML-DSA-44 sign, and what does not verify is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.core.secret import Secret
from securedoc.crypto import signatures
from securedoc.errors import KeyMalformed, SignatureUntrusted
from tests.support.vectors import known_answers

SEED = Secret(b"an example seed of thirty-two by")
DATA = b"securedoc/example"


def test_the_known_answers_of_ed25519_are_given() -> None:
    tests = known_answers("crypto/ed25519")["tests"]
    assert len(tests) > 100

    for test in tests:
        arguments = (bytes.fromhex(test["pk"]), bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
        if test["result"] == "valid":
            signatures.verify_ed25519(*arguments)
        else:
            with pytest.raises(SignatureUntrusted):
                signatures.verify_ed25519(*arguments)


def test_the_first_test_of_rfc_8032_is_signed() -> None:
    seed = Secret(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))

    assert (
        signatures.ed25519_public(seed).hex()
        == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    )
    assert signatures.ed25519_sign(seed, b"").hex().startswith("e5564300c360ac729086e2cc806e828a")


def test_the_known_answer_of_mldsa44_is_given() -> None:
    vector = known_answers("crypto/mldsa44")
    public = bytes.fromhex(vector["public"])

    assert signatures.mldsa44_public(Secret(bytes.fromhex(vector["seed"]))) == public
    signatures.verify_mldsa44(public, bytes.fromhex(vector["sig"]), bytes.fromhex(vector["msg"]))


def test_what_is_signed_verifies() -> None:
    signatures.verify_ed25519(signatures.ed25519_public(SEED), signatures.ed25519_sign(SEED, DATA), DATA)
    signatures.verify_mldsa44(signatures.mldsa44_public(SEED), signatures.mldsa44_sign(SEED, DATA), DATA)


@given(bit=st.integers(0, 8 * signatures.ED25519_SIGNATURE_BYTES - 1))
def test_any_flipped_bit_of_an_ed25519_signature_is_refused(bit: int) -> None:
    altered = bytearray(signatures.ed25519_sign(SEED, DATA))

    altered[bit // 8] ^= 1 << bit % 8

    with pytest.raises(SignatureUntrusted):
        signatures.verify_ed25519(signatures.ed25519_public(SEED), bytes(altered), DATA)


@given(bit=st.integers(0, 8 * signatures.MLDSA44_SIGNATURE_BYTES - 1))
def test_any_flipped_bit_of_an_mldsa44_signature_is_refused(bit: int) -> None:
    altered = bytearray(signatures.mldsa44_sign(SEED, DATA))

    altered[bit // 8] ^= 1 << bit % 8

    with pytest.raises(SignatureUntrusted):
        signatures.verify_mldsa44(signatures.mldsa44_public(SEED), bytes(altered), DATA)


@pytest.mark.parametrize("length", [0, 63, 65, 2419])
def test_a_signature_of_the_wrong_length_is_refused(length: int) -> None:
    with pytest.raises(SignatureUntrusted):
        signatures.verify_ed25519(signatures.ed25519_public(SEED), bytes(length), DATA)
    with pytest.raises(SignatureUntrusted):
        signatures.verify_mldsa44(signatures.mldsa44_public(SEED), bytes(length), DATA)


def test_what_is_no_public_key_is_refused_as_malformed() -> None:
    with pytest.raises(KeyMalformed):
        signatures.verify_ed25519(b"short", bytes(64), DATA)
    with pytest.raises(KeyMalformed):
        signatures.verify_mldsa44(b"short", bytes(2420), DATA)


def test_a_new_pair_has_two_independent_seeds() -> None:
    seeds = signatures.generate()

    assert seeds.ed25519.reveal() != seeds.mldsa44.reveal()
    assert "Secret(…)" in repr(seeds)
