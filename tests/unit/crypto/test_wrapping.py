"""Keys are wrapped with AES-256-GCM-SIV and refuse every alteration."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.core.protocols import Randomness
from securedoc.core.secret import Secret
from securedoc.crypto import wrapping
from securedoc.errors import KeyUntrusted
from tests.support.vectors import known_answers

KEK = Secret(bytes(range(32)))


def fixed(value: bytes) -> Randomness:
    """Return "randomness" that is always `value`."""
    return lambda _: value


def test_the_known_answers_of_rfc_8452_are_given() -> None:
    tests = known_answers("crypto/aes256gcmsiv")["tests"]
    tests = [t for t in tests if len(t["iv"]) == 2 * wrapping.NONCE_BYTES]
    assert len(tests) > 50

    for test in tests:
        kek, nonce, aad = (
            Secret(bytes.fromhex(test["key"])),
            bytes.fromhex(test["iv"]),
            bytes.fromhex(test["aad"]),
        )
        wrapped = nonce + bytes.fromhex(test["ct"]) + bytes.fromhex(test["tag"])
        if test["result"] == "valid":
            message = bytes.fromhex(test["msg"])
            assert wrapping.wrap(kek, message, aad, randomness=fixed(nonce)) == wrapped
            assert bytes(wrapping.unwrap(kek, wrapped, aad)._bytes) == message
        else:
            with pytest.raises(KeyUntrusted):
                wrapping.unwrap(kek, wrapped, aad)


@given(key=st.binary(min_size=1, max_size=200), associated=st.binary(max_size=100))
def test_what_is_wrapped_unwraps(key: bytes, associated: bytes) -> None:
    assert wrapping.unwrap(KEK, wrapping.wrap(KEK, key, associated), associated).reveal() == key


@given(st.data())
def test_any_flipped_bit_of_a_wrapped_key_is_refused(data: st.DataObject) -> None:
    wrapped = bytearray(wrapping.wrap(KEK, b"k" * 32, b"here"))
    bit = data.draw(st.integers(0, 8 * len(wrapped) - 1))

    wrapped[bit // 8] ^= 1 << bit % 8

    with pytest.raises(KeyUntrusted):
        wrapping.unwrap(KEK, bytes(wrapped), b"here")


def test_a_key_wrapped_for_one_place_is_refused_in_another() -> None:
    wrapped = wrapping.wrap(KEK, b"k" * 32, b"D-2026-000001")

    with pytest.raises(KeyUntrusted):
        wrapping.unwrap(KEK, wrapped, b"D-2026-000002")


@pytest.mark.parametrize("length", [0, 1, 12, 27])
def test_a_wrapped_key_cut_short_is_refused(length: int) -> None:
    wrapped = wrapping.wrap(KEK, b"k" * 32, b"here")

    with pytest.raises(KeyUntrusted, match="cut short"):
        wrapping.unwrap(KEK, wrapped[:length], b"here")
