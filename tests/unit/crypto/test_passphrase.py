"""Passphrases become keys at a stated, bounded cost."""

import subprocess
import sys
import unicodedata

import pytest

from securedoc.core.secret import Secret
from securedoc.crypto import passphrase
from securedoc.crypto.passphrase import KdfCost
from securedoc.errors import KeyMalformed, KeyRefused

CHEAP = KdfCost(memory_kib=32, iterations=1, lanes=4)
SALT = b"example salt 16b"


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (KdfCost(65536, 2, 1), "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"),
        (KdfCost(256, 2, 1), "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"),
    ],
)
def test_the_known_answers_of_the_argon2_reference_are_given(cost: KdfCost, expected: str) -> None:
    derived = passphrase.derive(Secret(b"password"), b"somesalt", cost)

    assert derived.reveal().hex() == expected


def test_the_default_cost_is_the_second_option_of_rfc_9106() -> None:
    assert KdfCost(memory_kib=49152, iterations=4, lanes=4) == passphrase.DEFAULT_COST


def test_the_same_vietnamese_letters_typed_on_two_keyboards_give_one_key() -> None:
    text = "mật khẩu ví dụ"
    composed, decomposed = (unicodedata.normalize(form, text).encode() for form in ("NFC", "NFD"))
    assert composed != decomposed

    keys = [passphrase.derive(Secret(typed), SALT, CHEAP).reveal() for typed in (composed, decomposed)]

    assert keys[0] == keys[1]


@pytest.mark.parametrize(
    "other", [KdfCost(40, 1, 4), KdfCost(32, 2, 4), KdfCost(32, 1, 2)], ids=["memory", "time", "lanes"]
)
def test_every_parameter_of_the_cost_changes_the_key(other: KdfCost) -> None:
    secret = Secret(b"correct horse")

    assert passphrase.derive(secret, SALT, CHEAP).reveal() != passphrase.derive(secret, SALT, other).reveal()


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(KeyRefused, match="empty"):
        passphrase.derive(Secret(b""), SALT, CHEAP)


def test_bytes_that_are_no_text_are_refused_without_being_repeated() -> None:
    with pytest.raises(KeyRefused) as caught:
        passphrase.derive(Secret(b"correct \xff horse"), SALT, CHEAP)

    assert "horse" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("memory", "iterations", "lanes", "named"),
    [
        (2**30, 3, 4, "memory_kib is"),
        (65536, 10**6, 4, "iterations"),
        (65536, 3, 255, "lanes"),
        (1024 * 1024, 5, 4, "memory_kib × iterations"),
        (0, 3, 4, "memory_kib is"),
        (-1, -1, 4, "memory_kib is"),
        (65536, 0, 4, "iterations"),
        (31, 1, 4, "8 KiB"),
    ],
)
def test_a_cost_beyond_reason_is_refused_by_name_before_it_is_spent(
    memory: int, iterations: int, lanes: int, named: str
) -> None:
    with pytest.raises(KeyMalformed, match=named):
        passphrase.bounded_cost(
            untrusted_memory_kib=memory, untrusted_iterations=iterations, untrusted_lanes=lanes
        )


def test_a_cost_that_this_machine_has_no_memory_for_is_named() -> None:
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**29, 2**29))\n"
        "from securedoc.core.secret import Secret\n"
        "from securedoc.crypto import passphrase\n"
        "passphrase.derive(Secret(b'fake'), bytes(16), passphrase.KdfCost(2**20, 1, 4))\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, text=True)

    assert "KeyFailed" in ended.stderr.splitlines()[-1]
    assert "1024" in ended.stderr


def test_the_default_cost_is_within_the_bounds() -> None:
    default = passphrase.DEFAULT_COST

    read = passphrase.bounded_cost(
        untrusted_memory_kib=default.memory_kib,
        untrusted_iterations=default.iterations,
        untrusted_lanes=default.lanes,
    )

    assert read == default
