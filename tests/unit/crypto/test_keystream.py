import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from securedoc.core.secret import Secret
from securedoc.crypto import keystream

KEY = bytes(range(32))


def test_each_block_is_the_cipher_of_its_own_number() -> None:
    with Secret(KEY) as key:
        stream = keystream.at(key, 16 * 5, 16 * 3)

    encryptor = Cipher(AES256(KEY), ECB()).encryptor()  # noqa: S305 - a single block: what the stream is made of
    assert stream == encryptor.update(b"".join(number.to_bytes(16, "big") for number in (5, 6, 7)))


def test_the_stream_is_the_same_wherever_one_begins_to_read() -> None:
    with Secret(KEY) as key:
        whole = keystream.at(key, 0, 1 << 16)

        assert whole[4096:8200] == keystream.at(key, 4096, 8200 - 4096)
        assert len({whole[at : at + 16] for at in range(0, len(whole), 16)}) == 1 << 12


def test_another_key_gives_another_stream() -> None:
    with Secret(KEY) as key, Secret(KEY[::-1]) as other:
        assert keystream.at(key, 0, 64) != keystream.at(other, 0, 64)


def test_a_place_inside_a_block_is_a_mistake() -> None:
    with Secret(KEY) as key, pytest.raises(ValueError, match="beginning of a block"):
        keystream.at(key, 8, 16)
