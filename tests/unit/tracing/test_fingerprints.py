from pathlib import Path

import pytest

from securedoc.core.secret import Secret
from securedoc.tracing import cache
from securedoc.tracing.fingerprints import (
    LIKELY,
    WORDS,
    Index,
    Matching,
    Printer,
    Prints,
    folded,
    prints,
)
from tests.support.tracing import TEXT, UNRELATED, record

KEY = b"k" * 32


def printer(key: bytes = KEY) -> Printer:
    return Printer(Secret(key))


def indexed(*texts: str) -> Index:
    index = Index()
    for owner, text in enumerate(texts):
        index.add(owner, prints(printer(), [text]))
    index.settle()
    return index


def matching(index: Index, text: str) -> Matching:
    found = Matching(printer(), index)
    found.take(text)
    return found


def test_a_document_has_enough_samples_to_be_found_by() -> None:
    assert len(prints(printer(), [TEXT]).samples) > 2 * LIKELY


def test_the_whole_text_is_most_of_the_document() -> None:
    match = matching(indexed(UNRELATED, TEXT), TEXT).best()

    assert match is not None
    assert match.owner == 1
    assert match.most


def test_unrelated_prose_of_an_office_matches_nothing() -> None:
    assert matching(indexed(TEXT), UNRELATED).best() is None


def test_an_excerpt_in_other_words_is_found_but_is_not_most_of_the_file() -> None:
    third = TEXT[: len(TEXT) // 3]

    match = matching(indexed(TEXT), UNRELATED + third + UNRELATED).best()

    assert match is not None
    assert not match.most


def test_a_file_that_is_only_an_excerpt_is_not_most_of_the_document() -> None:
    match = matching(indexed(TEXT), TEXT[: len(TEXT) // 3]).best()

    assert match is not None
    assert not match.most


@pytest.mark.parametrize(
    "spelled",
    [TEXT.upper(), TEXT.replace(" ", "\n"), TEXT.replace(". ", " ; "), "\t" + TEXT.replace(",", " ,")],
)
def test_case_line_ends_and_punctuation_do_not_matter(spelled: str) -> None:
    match = matching(indexed(TEXT), spelled).best()

    assert match is not None
    assert match.most


def test_a_phrase_of_many_documents_says_little() -> None:
    phrase = TEXT[:600]
    index = indexed(*(phrase + f" {number} " + UNRELATED for number in range(5)))

    match = matching(index, phrase).best()

    assert match is None or not match.most


def test_a_phrase_of_very_many_documents_says_nothing() -> None:
    phrase = TEXT[:600]

    assert matching(indexed(*[phrase] * 12), phrase).best() is None


def test_a_document_in_another_language_is_found_by_all_its_words() -> None:
    english = "The thorough report that this office wrote on the theft of three thousand things. " * 2
    other = "They said that the thing there was theirs through and through, though nobody thought so. "
    text = english + " ".join(f"thing {n} thus" for n in range(40))

    index = indexed(text)

    assert not index.marked_only
    assert matching(index, text).best() is not None
    assert matching(index, other).best() is None


def test_a_vietnamese_document_asks_for_vietnamese_letters_only() -> None:
    assert indexed(TEXT).marked_only


def test_a_text_shorter_than_a_sample_has_none() -> None:
    assert not prints(printer(), ["thực hiện " * (WORDS // 2 - 1)]).samples


def test_without_the_key_no_sample_can_be_tested() -> None:
    mine = prints(printer(), [TEXT]).samples
    theirs = prints(printer(b"x" * 32), [TEXT]).samples

    assert mine
    assert not mine & theirs


def test_an_index_takes_eight_bytes_a_sample() -> None:
    index = Index()
    for owner in range(50):
        index.add(owner, Prints(frozenset(range(owner * 1000, owner * 1000 + 1000)), marked=True))
    index.settle()

    assert len(index) == 50_000
    assert index.owners(49_999) == [49]
    assert index.owners(50_000) == []
    assert index.total(3) == 1000


def test_names_are_folded_to_bare_words() -> None:
    assert folded("Báo-cáo  Đặc_biệt (số 5).docx") == ["bao", "cao", "dac", "biet", "so", "5", "docx"]


def test_no_word_of_the_text_is_in_what_is_kept(tmp_path: Path) -> None:
    cache.keep(tmp_path / "kept", Secret(KEY), "v" * 32, [record(printer(), TEXT)])

    kept = (tmp_path / "kept").read_bytes()
    assert not any(word.encode() in kept for word in TEXT.split() if len(word) > 3)
