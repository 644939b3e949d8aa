"""Secrets are sealed to post-quantum hybrid public keys."""

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from securedoc.core.secret import Secret
from securedoc.crypto import hpke
from securedoc.errors import KeyMalformed, KeyUntrusted
from tests.support.vectors import known_answers

PAIR = hpke.generate(randomness=lambda n: b"e" * n)
OTHER = hpke.generate(randomness=lambda n: b"f" * n)
SEALED = hpke.seal(PAIR.public, b"a role key", b"example/ledger")


def test_a_seed_expands_to_the_published_public_key() -> None:
    vector = known_answers("crypto/hpke")

    public = hpke.public_of(Secret(bytes.fromhex(vector["skRm"])))

    assert public.hex() == vector["pkRm"]
    assert len(public) == hpke.PUBLIC_BYTES


def test_the_published_ciphertext_of_our_suite_opens() -> None:
    vector = known_answers("crypto/hpke")
    first = vector["encryption"]
    private = MLKEM768X25519PrivateKey(*hpke._expanded(Secret(bytes.fromhex(vector["skRm"]))))

    # The published message has associated data, which our own messages never have.
    opened = openssl.hpke._decrypt_with_aad(
        hpke.SUITE,
        bytes.fromhex(vector["enc"] + first["ct"]),
        private,
        bytes.fromhex(vector["info"]),
        bytes.fromhex(first["aad"]),
    )

    assert opened.hex() == first["pt"]


def test_what_is_sealed_opens_with_the_private_key_only() -> None:
    assert hpke.open_sealed(PAIR.private, SEALED, b"example/ledger").reveal() == b"a role key"

    with pytest.raises(KeyUntrusted):
        hpke.open_sealed(OTHER.private, SEALED, b"example/ledger")


def test_a_secret_sealed_for_one_purpose_is_refused_for_another() -> None:
    with pytest.raises(KeyUntrusted):
        hpke.open_sealed(PAIR.private, SEALED, b"example/documents")


@given(bit=st.integers(0, 8 * len(SEALED) - 1))
def test_any_flipped_bit_of_a_sealed_secret_is_refused(bit: int) -> None:
    altered = bytearray(SEALED)

    altered[bit // 8] ^= 1 << bit % 8

    with pytest.raises(KeyUntrusted):
        hpke.open_sealed(PAIR.private, bytes(altered), b"example/ledger")


@pytest.mark.parametrize("length", [0, 1, 1119, 1120, len(SEALED) - 1])
def test_a_sealed_secret_cut_short_is_refused(length: int) -> None:
    with pytest.raises(KeyUntrusted):
        hpke.open_sealed(PAIR.private, SEALED[:length], b"example/ledger")


@pytest.mark.parametrize("public", [b"", b"short", PAIR.public[:-1], PAIR.public + b"x", b"\xff" * 1216])
def test_what_is_no_public_key_is_refused(public: bytes) -> None:
    with pytest.raises(KeyMalformed):
        hpke.seal(public, b"a role key", b"example")
