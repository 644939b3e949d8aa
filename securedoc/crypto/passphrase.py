"""Turns what a person types into a key-wrapping key, at a stated and bounded cost (Argon2id)."""

import unicodedata
from dataclasses import dataclass

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from securedoc.core.secret import Secret
from securedoc.errors import KeyFailed, KeyMalformed, KeyRefused

KIB_PER_MIB = 1024
SALT_BYTES = 16
"""RFC 9106 section 3.1 recommends 128 bits."""
KEY_BYTES = 32

# What a key file may ask of this machine. A forged one must not eat its memory or its afternoon:
# the largest permitted product is four passes over 1 GiB, about twenty seconds on a slow core.
MAX_MEMORY_KIB = 1024 * KIB_PER_MIB
MAX_ITERATIONS = 64
MAX_LANES = 16
MAX_WORK_KIB = 4 * MAX_MEMORY_KIB


@dataclass(frozen=True, slots=True)
class KdfCost:
    """What one guess of a passphrase costs."""

    memory_kib: int
    iterations: int
    lanes: int

    def __post_init__(self) -> None:
        if not (self.iterations > 0 and self.lanes > 0 and self.memory_kib >= 8 * self.lanes):
            raise ValueError("Argon2id needs one iteration, one lane, and 8 KiB of memory a lane")


DEFAULT_COST = KdfCost(memory_kib=48 * KIB_PER_MIB, iterations=4, lanes=4)
"""The work of RFC 9106's second recommended option, 192 MiB passed over, in three quarters of its memory:
no command may take more than 100 MB."""


def bounded_cost(*, untrusted_memory_kib: int, untrusted_iterations: int, untrusted_lanes: int) -> KdfCost:
    """Read the cost that a key file states, before any of it is spent.

    Raises:
        KeyMalformed: it is beyond what this program will spend, or is no cost at all.
    """
    for name, value, limit in (
        ("memory_kib", untrusted_memory_kib, MAX_MEMORY_KIB),
        ("iterations", untrusted_iterations, MAX_ITERATIONS),
        ("lanes", untrusted_lanes, MAX_LANES),
        ("memory_kib × iterations", untrusted_memory_kib * untrusted_iterations, MAX_WORK_KIB),
    ):
        if not 0 < value <= limit:
            raise KeyMalformed(
                "the passphrase cost is out of bounds: {name} is {value}, allowed are 1 to {limit}",
                name=name,
                value=value,
                limit=limit,
                hint="the key file was altered or damaged; restore it from the last backup",
            )
    try:
        return KdfCost(untrusted_memory_kib, untrusted_iterations, untrusted_lanes)
    except ValueError as error:
        raise KeyMalformed(
            "the passphrase cost needs at least 8 KiB of memory a lane",
            hint="the key file was altered or damaged; restore it from the last backup",
        ) from error


def derive(passphrase: Secret, salt: bytes, cost: KdfCost) -> Secret:
    """Derive the 32-byte key-wrapping key of `passphrase`.

    Raises:
        KeyRefused: the passphrase is empty or not UTF-8.
        KeyFailed: this machine has not as much memory free as the cost states.
    """
    kdf = Argon2id(
        salt=salt,
        length=KEY_BYTES,
        iterations=cost.iterations,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    )
    try:
        return Secret(kdf.derive(_normalised(passphrase)))
    except MemoryError:
        raise KeyFailed(
            "the passphrase needs {memory} MiB of memory, which this machine does not have free",
            memory=cost.memory_kib // KIB_PER_MIB,
            hint="close other programs, or use a machine with more memory; "
            "if nobody chose this cost, restore the keyring from the last backup",
        ) from None


def _normalised(passphrase: Secret) -> bytes:
    # Two keyboards spell the same Vietnamese letter with different code points: NFC makes them one.
    if len(passphrase) == 0:
        raise KeyRefused("the passphrase is empty", hint="type the passphrase of this officer")
    try:
        text = passphrase.reveal().decode("utf-8")
    except UnicodeDecodeError:
        # Not chained: the decoding error carries the passphrase.
        raise KeyRefused(
            "the passphrase is not valid UTF-8 text", hint="save the passphrase file as UTF-8"
        ) from None
    return unicodedata.normalize("NFC", text).encode("utf-8")
