"""Spells digests as words that two people can compare by reading them aloud (decision 023)."""

import hashlib
from typing import Final

from shamir_mnemonic.wordlist import WORDLIST

from securedoc.core.digests import Digest

COUNT: Final = 26
"""256 bits at 10 bits a word leave four bits; a check of the digest fills them."""

_BITS: Final = 10
_CHECK_BITS: Final = COUNT * _BITS - 256
_NUMBER: Final = {word: number for number, word in enumerate(WORDLIST)}
_PREFIX: Final = 4
"""No two words of the list begin with the same four letters."""
_BY_PREFIX: Final = {word[:_PREFIX]: word for word in WORDLIST}


def spell(digest: Digest) -> str:
    """Return the 26 words of a digest; two digests never have the same."""
    value = int.from_bytes(digest.value, "big") << _CHECK_BITS | _check(digest)
    numbers = (value >> _BITS * place & (1 << _BITS) - 1 for place in reversed(range(COUNT)))
    return " ".join(WORDLIST[number] for number in numbers)


def parse(untrusted_words: str) -> Digest:
    """Read the words of a digest as somebody typed them; each may be cut short after its fourth letter.

    Raises:
        ValueError: they are not 26 words of the list, or a word among them is not the right one.
    """
    typed = untrusted_words.lower().replace("-", " ").split()
    if len(typed) != COUNT:
        raise ValueError("not 26 words")
    value = 0
    for word in typed:
        value = value << _BITS | _NUMBER[_known(word)]
    digest = Digest((value >> _CHECK_BITS).to_bytes(32, "big"))
    if value & (1 << _CHECK_BITS) - 1 != _check(digest):
        raise ValueError("a word is not the right one, or two stand in each other's place")
    return digest


def parse_digest(untrusted_text: str) -> Digest:
    """Read a digest in any of its three spellings: words, `sha256:` and digits, or the digits alone.

    Raises:
        ValueError: it is none of them.
    """
    typed = untrusted_text.replace("-", " ").split()
    return parse(untrusted_text) if len(typed) > 1 else Digest.parse("".join(typed).lower())


def _known(untrusted_word: str) -> str:
    word = untrusted_word if untrusted_word in _NUMBER else _BY_PREFIX.get(untrusted_word[:_PREFIX], "")
    # `academia` is not short for `academic`: only what a word of the list begins with stands for it.
    if len(untrusted_word) < _PREFIX or not word.startswith(untrusted_word):
        raise ValueError("not a word of the list")
    return word


def _check(digest: Digest) -> int:
    return hashlib.sha256(digest.value).digest()[0] >> 8 - _CHECK_BITS
