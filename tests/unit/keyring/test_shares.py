"""Recovery shares: any two of three sheets give the secret, and every mistake has its own sentence."""

from itertools import combinations

import pytest
from shamir_mnemonic import Share, combine_mnemonics, generate_mnemonics

from securedoc.core.secret import Secret
from securedoc.errors import KeyRefused
from securedoc.keyring import shares
from securedoc.keyring.shares import Quorum

SECRET = Secret(bytes(range(32)))
QUORUM, SHEETS = shares.split(SECRET, 2, 3)


def words_of(sheet: Secret) -> list[str]:
    return sheet.reveal().decode().split()


def sheet_of(words: list[str]) -> Secret:
    return Secret(" ".join(words).encode())


@pytest.mark.parametrize("chosen", [*combinations(range(3), 2), (2, 0), (0, 1, 2)])
def test_any_two_of_three_sheets_in_any_order_give_the_secret(chosen: tuple[int, ...]) -> None:
    assert shares.join([SHEETS[n] for n in chosen], QUORUM).reveal() == SECRET.reveal()


def test_any_slip39_tool_gives_the_same_secret() -> None:
    assert combine_mnemonics([sheet.reveal().decode() for sheet in SHEETS[:2]]) == SECRET.reveal()


def test_a_sheet_has_33_words_and_shows_nothing_when_printed_by_mistake() -> None:
    assert [len(words_of(sheet)) for sheet in SHEETS] == [33, 33, 33]
    assert str(SHEETS[0]) == "Secret(…)"


def test_capitals_and_line_breaks_on_the_sheet_do_not_matter() -> None:
    typed = [Secret(sheet.reveal().upper().replace(b" ", b" \n ")) for sheet in SHEETS]

    assert shares.join(typed[:2], QUORUM).reveal() == SECRET.reveal()


def test_larger_quorums_work() -> None:
    quorum, sheets = shares.split(SECRET, 5, 9)

    assert shares.join(sheets[3:8], quorum).reveal() == SECRET.reveal()
    with pytest.raises(KeyRefused, match="4 recovery shares were given, 5 are needed"):
        shares.join(sheets[:4], quorum)


@pytest.mark.parametrize(("threshold", "count"), [(0, 3), (1, 1), (1, 3), (4, 3), (2, 17), (-1, -1)])
def test_a_quorum_that_makes_no_sense_is_refused(threshold: int, count: int) -> None:
    with pytest.raises(KeyRefused, match="at least 2 shares out of at most 16"):
        shares.split(SECRET, threshold, count)


def test_a_secret_of_another_length_is_a_bug() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        shares.split(Secret(b"short"), 2, 3)


@pytest.mark.parametrize("given", [0, 1])
def test_too_few_sheets_are_counted(given: int) -> None:
    with pytest.raises(KeyRefused, match=f"{given} recovery shares were given, 2 are needed"):
        shares.join(SHEETS[:given], QUORUM)


def test_the_same_sheet_twice_is_named() -> None:
    with pytest.raises(KeyRefused, match="1 and 3 are the same sheet"):
        shares.join([SHEETS[0], SHEETS[1], SHEETS[0]], QUORUM)


@pytest.mark.parametrize("length", [0, 1, 20, 32, 34])
def test_a_sheet_with_words_missing_or_too_many_is_named(length: int) -> None:
    words = (words_of(SHEETS[1]) * 2)[:length]

    with pytest.raises(KeyRefused, match=f"share 2 has {length} words instead of 33"):
        shares.join([SHEETS[0], sheet_of(words)], QUORUM)


def test_a_misspelled_word_is_named_by_its_place_and_not_repeated() -> None:
    words = words_of(SHEETS[1])
    words[6] = "akademic"

    with pytest.raises(KeyRefused, match="word 7 of recovery share 2 is misspelled") as caught:
        shares.join([SHEETS[0], sheet_of(words)], QUORUM)

    assert "akademic" not in str(caught.value)


def test_exchanged_words_are_found_and_nothing_of_the_share_is_repeated() -> None:
    words = words_of(SHEETS[0])
    at = next(n for n in range(5, 30) if words[n] != words[n + 1])
    words[at], words[at + 1] = words[at + 1], words[at]

    with pytest.raises(KeyRefused, match="share 1 has a wrong word") as caught:
        shares.join([sheet_of(words), SHEETS[1]], QUORUM)

    assert caught.value.__cause__ is None
    assert words[0] not in str(caught.value).split()


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(KeyRefused, match="share 1"):
        shares.join([Secret(b"\xff\xfe" * 40), SHEETS[1]], QUORUM)


def test_a_sheet_of_another_set_is_named() -> None:
    other, foreign = shares.split(SECRET, 2, 3)
    while other.identifier == QUORUM.identifier:  # 15 random bits
        other, foreign = shares.split(SECRET, 2, 3)

    with pytest.raises(KeyRefused, match="share 2 is not one of this vault's"):
        shares.join([SHEETS[0], foreign[1]], QUORUM)


def test_sheets_of_a_grouped_set_are_refused() -> None:
    groups = generate_mnemonics(1, [(2, 3), (2, 3)], SECRET.reveal())
    sheets = [Secret(text.encode()) for text in groups[0]]
    identifier = Share.from_mnemonic(groups[0][0]).identifier

    with pytest.raises(KeyRefused, match="not one of this vault's"):
        shares.join(sheets[:2], Quorum(2, 3, identifier))


def test_sheets_that_only_pretend_to_be_of_one_set_are_refused() -> None:
    # Somebody who knows the identifier of the set, which is public, writes a sheet of their own.
    forged = Share.from_mnemonic(SHEETS[1].reveal().decode())
    changed = Share(
        forged.identifier,
        forged.extendable,
        forged.iteration_exponent,
        forged.group_index,
        forged.group_threshold,
        forged.group_count,
        forged.index,
        forged.member_threshold,
        bytes(32),
    )

    with pytest.raises(KeyRefused, match="do not belong together"):
        shares.join([SHEETS[0], Secret(changed.mnemonic().encode())], QUORUM)
