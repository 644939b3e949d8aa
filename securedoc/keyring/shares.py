"""Splits a secret into shares on paper, and joins enough of them again (SLIP-39)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.wordlist import WORDLIST

from securedoc.core.secret import Secret
from securedoc.errors import KeyRefused

SECRET_BYTES: Final = 32
WORDS: Final = 33
"""In a share of a 256-bit secret."""
MIN_THRESHOLD: Final = 2
"""With one share enough, a single stolen sheet of paper opens everything."""
MAX_SHARES: Final = 16
"""SLIP-39's own limit."""

_KNOWN_WORDS = frozenset(WORDLIST)


@dataclass(frozen=True, slots=True)
class Quorum:
    """How a secret is shared."""

    threshold: int
    shares: int
    identifier: int
    """Random, the same in all shares of one set, spelled by their first words; not a secret."""


def split(secret: Secret, threshold: int, count: int) -> tuple[Quorum, tuple[Secret, ...]]:
    """Split a 256-bit secret into `count` shares of which any `threshold` give it back.

    Raises:
        KeyRefused: the threshold is below two or above the count, or there are too many shares.
    """
    if not MIN_THRESHOLD <= threshold <= count <= MAX_SHARES:
        raise KeyRefused(
            "recovery needs at least {least} shares out of at most {most}, not {threshold} of {count}",
            least=MIN_THRESHOLD,
            most=MAX_SHARES,
            threshold=threshold,
            count=count,
            hint="for example: --recovery 2of3",
        )
    if len(secret) != SECRET_BYTES:
        raise ValueError("the shared secret has 32 bytes")
    (mnemonics,) = generate_mnemonics(1, [(threshold, count)], secret.reveal())
    quorum = Quorum(threshold, count, Share.from_mnemonic(mnemonics[0]).identifier)
    made = tuple(Secret(mnemonic.encode()) for mnemonic in mnemonics)
    _rehearse(secret, quorum, made)
    return quorum, made


def join(mnemonics: Sequence[Secret], quorum: Quorum) -> Secret:
    """Join shares of `quorum` into the secret.

    Raises:
        KeyRefused: they are too few, unreadable, given twice, or of another set.
    """
    # (1) Each alone: readable, whole, and of this vault's set.
    given = [_read(mnemonic, number) for number, mnemonic in enumerate(mnemonics, 1)]
    for number, share in enumerate(given, 1):
        _require_ours(share, number, quorum)
    # (2) Together: different shares, and enough of them.
    _require_different(given)
    if len(given) < quorum.threshold:
        raise KeyRefused(
            "{given} recovery shares were given, {needed} are needed",
            given=len(given),
            needed=quorum.threshold,
            hint="add another share with --share FILE",
        )
    # (3) Joined: more than needed are not used; SLIP-39's own digest tells a forged share.
    enough = [share.mnemonic() for share in given[: quorum.threshold]]
    try:
        return Secret(combine_mnemonics(enough))
    except MnemonicError as error:
        raise KeyRefused(
            "these recovery shares do not belong together",
            hint="use shares that were printed at the same key ceremony",
        ) from error


def _read(mnemonic: Secret, number: int) -> Share:
    words = mnemonic.reveal().decode("utf-8", "replace").lower().split()
    if len(words) != WORDS:
        raise KeyRefused(
            "recovery share {number} has {found} words instead of {expected}",
            number=number,
            found=len(words),
            expected=WORDS,
            hint="type every word of the sheet, in order",
        )
    for position, word in enumerate(words, 1):
        # The word itself is part of a secret, and stays out of the message.
        if word not in _KNOWN_WORDS:
            raise KeyRefused(
                "word {position} of recovery share {number} is misspelled",
                position=position,
                number=number,
                hint="compare it with the sheet",
            )
    try:
        return Share.from_mnemonic(" ".join(words))
    except MnemonicError:
        # Not chained: the library's message repeats words of the share.
        raise KeyRefused(
            "recovery share {number} has a wrong word, or two exchanged",
            number=number,
            hint="compare every word with the sheet, in order",
        ) from None


def _require_ours(share: Share, number: int, quorum: Quorum) -> None:
    same = share.identifier == quorum.identifier and share.member_threshold == quorum.threshold
    if not same or share.group_count != 1:
        raise KeyRefused(
            "recovery share {number} is not one of this vault's",
            number=number,
            hint="use the shares that were printed at this vault's key ceremony",
        )


def _require_different(given: list[Share]) -> None:
    seen: dict[int, int] = {}
    for number, share in enumerate(given, 1):
        if share.index in seen:
            raise KeyRefused(
                "recovery shares {first} and {second} are the same sheet",
                first=seen[share.index],
                second=number,
                hint="each share counts once; add a different one",
            )
        seen[share.index] = number


def _rehearse(secret: Secret, quorum: Quorum, made: tuple[Secret, ...]) -> None:
    # Every sheet takes part in at least one joining, before anybody relies on it.
    around = made + made
    for start in range(len(made)):
        with join(around[start : start + quorum.threshold], quorum) as joined:
            if joined.reveal() != secret.reveal():
                raise AssertionError("joined shares give another secret")
