"""A process of its own says of signatures that they hold only when every one does."""

import subprocess
import sys

import pytest

from securedoc.core.secret import Secret
from securedoc.crypto import bulk, signatures

SEED = Secret(b"an example seed of thirty-two by")
PUBLIC = signatures.ed25519_public(SEED)


def signed(count: int) -> list[bulk.Signed]:
    messages = [b"MAU %d" % number for number in range(count)]
    return [(PUBLIC, signatures.ed25519_sign(SEED, message), message) for message in messages]


def asked(data: bytes) -> tuple[int, bytes]:
    argv = [sys.executable, "-I", "-m", "securedoc.crypto.bulk"]
    done = subprocess.run(argv, input=data, stdout=subprocess.PIPE, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("count", [0, 1, 40])
def test_signatures_that_hold_are_counted(count: int) -> None:
    assert asked(bulk.spell(signed(count))) == (0, bulk.answer(count))


@pytest.mark.parametrize("field", [0, 1, 2])
def test_one_changed_bit_anywhere_is_not_said_to_hold(field: int) -> None:
    batch = signed(3)
    altered = [bytearray(each) for each in batch[1]]
    altered[field][0] ^= 1
    public, signature, message = map(bytes, altered)

    assert asked(bulk.spell([batch[0], (public, signature, message), batch[2]])) == (1, b"")


@pytest.mark.parametrize("cut", [1, 50, 99, 104])
def test_what_is_cut_short_is_not_said_to_hold(cut: int) -> None:
    assert asked(bulk.spell(signed(2))[:-cut]) == (1, b"")


def test_a_message_beyond_the_limit_is_refused_on_both_sides() -> None:
    with pytest.raises(ValueError, match="limit"):
        bulk.spell([(PUBLIC, bytes(64), bytes(bulk.MAX_MESSAGE_BYTES + 1))])

    assert asked(PUBLIC + bytes(64) + b"\xff\xff\xff\xff") == (1, b"")


@pytest.mark.parametrize(("public", "signature"), [(b"short", bytes(64)), (PUBLIC, bytes(63))])
def test_a_key_or_signature_of_another_length_is_never_sent(public: bytes, signature: bytes) -> None:
    with pytest.raises(ValueError, match="Ed25519"):
        bulk.spell([(public, signature, b"")])


def test_fewer_than_were_meant_is_another_answer() -> None:
    assert asked(bulk.spell(signed(2))[:-105]) == (0, bulk.answer(1)) != (0, bulk.answer(2))
