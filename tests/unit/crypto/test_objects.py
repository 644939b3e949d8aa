"""Documents are encrypted as Cobblestone-256 streams."""

import hashlib
import zlib
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given
from hypothesis import strategies as st

from securedoc.core.secret import Secret
from securedoc.crypto import objects
from securedoc.errors import DocumentUntrusted
from tests.support.vectors import known_answers

KEY = Secret(bytes(range(32)))
CONTEXT = b'{"document":"D-2026-000001"}'
CHUNK = objects.CHUNK_BYTES
AROUND_THE_CHUNK = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK, objects.PIECE_BYTES + 1]


def sealed(plaintext: bytes, *, key: Secret = KEY, context: bytes = CONTEXT) -> bytes:
    return b"".join(objects.encrypt(key, context, [plaintext]))


def opened(ciphertext: bytes, *, key: Secret = KEY, context: bytes = CONTEXT) -> bytes:
    return b"".join(objects.decrypt(key, context, [ciphertext]))


def by_the_specification(ciphertext: bytes, key: bytes, context: bytes) -> bytes:
    """Decrypt with HKDF-Expand and AES-GCM alone, as C2SP chunked-encryption words it."""
    salt, commitment, rest = ciphertext[:24], ciphertext[24:56], ciphertext[56:]
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + salt + context
    derived = HKDFExpand(hashes.SHA512(), 32 + 12 + 32, info).derive(key)
    assert derived[44:] == commitment
    chunks = [rest[at : at + CHUNK + 16] for at in range(0, len(rest), CHUNK + 16)]
    base = int.from_bytes(derived[32:44], "big")
    return b"".join(
        AESGCM(derived[:32]).decrypt((base ^ n).to_bytes(12, "big"), chunk, None)
        for n, chunk in enumerate(chunks)
    )


def test_the_known_answers_of_wycheproof_are_given() -> None:
    (group,) = known_answers("crypto/cobblestone256")["testGroups"]
    assert len(group["tests"]) == 35

    for test in group["tests"]:
        key, context = Secret(bytes.fromhex(test["key"])), bytes.fromhex(test["ctx"])
        ciphertext = zlib.decompress(bytes.fromhex(test["ct"]))
        if "InvalidKeySize" in test["flags"]:
            with pytest.raises(ValueError, match="32 bytes"):
                opened(ciphertext, key=key, context=context)
        elif test["result"] == "invalid":
            with pytest.raises(DocumentUntrusted):
                opened(ciphertext, key=key, context=context)
        else:
            message = opened(ciphertext, key=key, context=context)
            assert len(message) == test["msgLength"]
            assert hashlib.sha512(message).hexdigest() == test["msgSha512"]


@pytest.mark.parametrize("size", AROUND_THE_CHUNK)
def test_a_second_reading_of_the_specification_decrypts_what_we_encrypt(size: int) -> None:
    plaintext = bytes(n % 251 for n in range(size))

    assert by_the_specification(sealed(plaintext), KEY.reveal(), CONTEXT) == plaintext


@pytest.mark.parametrize("size", AROUND_THE_CHUNK)
def test_the_size_of_a_sealed_object_follows_from_its_plaintext(size: int) -> None:
    chunks = size // CHUNK + 1  # the last one is always short, and may be empty

    assert len(sealed(bytes(size))) == 24 + 32 + size + 16 * chunks


@given(st.lists(st.binary(max_size=40_000), max_size=5), st.integers(1, 50_000))
def test_the_pieces_it_comes_in_do_not_matter(chunks: list[bytes], step: int) -> None:
    whole = b"".join(objects.encrypt(KEY, CONTEXT, chunks))
    pieces = [whole[at : at + step] for at in range(0, len(whole), step)]

    assert b"".join(objects.decrypt(KEY, CONTEXT, pieces)) == b"".join(chunks)


@given(size=st.sampled_from([0, 7, CHUNK, CHUNK + 9]), data=st.data())
def test_any_flipped_bit_is_refused(size: int, data: st.DataObject) -> None:
    altered = bytearray(sealed(bytes(size)))
    bit = data.draw(st.integers(0, 8 * len(altered) - 1))

    altered[bit // 8] ^= 1 << bit % 8

    with pytest.raises(DocumentUntrusted):
        opened(bytes(altered))


@given(size=st.sampled_from([0, 7, CHUNK, CHUNK + 9]), data=st.data())
def test_any_truncation_is_refused(size: int, data: st.DataObject) -> None:
    whole = sealed(bytes(size))
    left = data.draw(st.integers(0, len(whole) - 1))

    with pytest.raises(DocumentUntrusted):
        opened(whole[:left])


def test_another_key_or_another_context_is_refused() -> None:
    whole = sealed(b"MAU")

    with pytest.raises(DocumentUntrusted):
        opened(whole, key=objects.generate_key())
    with pytest.raises(DocumentUntrusted):
        opened(whole, context=CONTEXT + b" ")


def test_two_encryptions_of_one_plaintext_differ() -> None:
    assert sealed(b"MAU") != sealed(b"MAU")


def test_a_large_document_passes_through_in_small_pieces() -> None:
    def zeros() -> Iterator[bytes]:
        for _ in range(40):
            yield bytes(1_000_000)

    sizes = [len(piece) for piece in objects.decrypt(KEY, CONTEXT, objects.encrypt(KEY, CONTEXT, zeros()))]

    assert sum(sizes) == 40_000_000
    assert max(sizes) <= objects.PIECE_BYTES + CHUNK
