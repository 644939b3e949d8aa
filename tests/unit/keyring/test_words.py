import pytest
from hypothesis import given
from hypothesis import strategies as st
from shamir_mnemonic.wordlist import WORDLIST

from securedoc.core.digests import Digest
from securedoc.keyring import words

DIGESTS = st.binary(min_size=32, max_size=32).map(Digest)
ZERO = Digest(bytes(32))


@given(DIGESTS)
def test_the_words_of_a_digest_give_it_back(digest: Digest) -> None:
    spelt = words.spell(digest)

    assert len(spelt.split()) == words.COUNT
    assert words.parse(spelt) == digest


@given(DIGESTS, DIGESTS)
def test_two_digests_never_have_the_same_words(one: Digest, other: Digest) -> None:
    assert (words.spell(one) == words.spell(other)) == (one == other)


@given(DIGESTS, st.integers(0, 255))
def test_one_changed_bit_changes_the_words(digest: Digest, bit: int) -> None:
    changed = bytearray(digest.value)
    changed[bit // 8] ^= 1 << bit % 8

    assert words.spell(Digest(bytes(changed))) != words.spell(digest)


@given(DIGESTS, st.integers(0, words.COUNT - 1), st.sampled_from(WORDLIST))
def test_a_misheard_word_never_gives_the_digest(digest: Digest, place: int, heard: str) -> None:
    said = words.spell(digest).split()
    spoilt = [*said[:place], heard, *said[place + 1 :]]

    try:
        found = words.parse(" ".join(spoilt))
    except ValueError:
        found = None

    assert (found == digest) == (spoilt == said)


def test_a_misheard_word_is_noticed_fifteen_times_of_sixteen() -> None:
    said = words.spell(ZERO).split()
    noticed = 0
    for heard in WORDLIST[1:]:
        try:
            words.parse(" ".join([heard, *said[1:]]))
        except ValueError:
            noticed += 1

    assert noticed > 0.9 * len(WORDLIST)


def test_words_are_read_as_people_type_them() -> None:
    spelt = words.spell(ZERO)

    assert words.parse("  " + spelt.upper().replace(" ", "\n")) == ZERO
    assert words.parse(" ".join(word[:4] for word in spelt.split())) == ZERO
    assert words.parse_digest(spelt.replace(" ", "-")) == ZERO
    assert words.parse_digest(spelt.replace(" ", "\n")) == ZERO
    assert words.parse_digest(str(ZERO)) == words.parse_digest(ZERO.hex.upper()) == ZERO


@pytest.mark.parametrize(
    "typed",
    ["", "academic", "academic " * 25, "academic " * 27, "aca " * 26, "academia " * 26, "xyzzy " * 26],
)
def test_what_is_no_digest_in_words_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"word|digest"):
        words.parse_digest(typed)


def test_the_words_do_not_change_between_versions() -> None:
    assert words.spell(ZERO) == "academic " * 25 + words.spell(ZERO).split()[-1]
    assert words.spell(Digest.of(b"securedoc")) == VECTOR


VECTOR = (
    "rapids stilt humidity legs detect glad epidemic early hesitate fumes adult single scandal "
    "aide change dragon various senior race escape phantom alien ladle fridge bike trend"
)
