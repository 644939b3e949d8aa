"""Fingerprints hold under editing, are silent on other texts, and are worth nothing without the key."""

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.bench_traces import text_of
from securedoc.core.secret import Secret
from securedoc.tracing.fingerprints import Index, Matching, Printer, prints
from tests.support.tracing import TEXT

PRINTER = Printer(Secret(b"k" * 32))
WORDS = TEXT.split(" ")
INDEX = Index()
INDEX.add(0, prints(PRINTER, [TEXT]))
INDEX.settle()


def recognised(text: str) -> bool:
    matching = Matching(PRINTER, INDEX)
    matching.take(text)
    return matching.best() is not None


@given(
    places=st.lists(st.integers(0, len(WORDS) - 1), max_size=8, unique=True),
    word=st.sampled_from(["", "khác", "thay đổi", "x"]),
)
def test_a_text_with_words_changed_taken_out_or_put_in_is_still_recognised(
    places: list[int], word: str
) -> None:
    edited = [word if number in places else old for number, old in enumerate(WORDS)]

    assert recognised(" ".join(edited))


@given(order=st.permutations(range(5)))
def test_paragraphs_in_another_order_are_still_recognised(order: list[int]) -> None:
    paragraphs = TEXT.strip().split("\n\n")

    assert recognised("\n\n".join(paragraphs[number] for number in order))


@given(begin=st.integers(0, len(WORDS) // 2), before=st.text(max_size=200), after=st.text(max_size=200))
def test_half_of_a_text_is_recognised_wherever_it_stands(begin: int, before: str, after: str) -> None:
    half = " ".join(WORDS[begin : begin + len(WORDS) // 2])

    assert recognised(f"{before}\n{half}\n{after}")


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_unrelated_prose_of_the_same_words_never_matches(seed: int) -> None:
    assert not recognised(text_of(random.Random(seed), 3000))  # noqa: S311


@given(text=st.text(max_size=3000))
def test_arbitrary_text_never_matches(text: str) -> None:
    assert not recognised(text)


@given(one=st.binary(min_size=32, max_size=32), other=st.binary(min_size=32, max_size=32))
def test_two_vaults_have_no_fingerprint_in_common(one: bytes, other: bytes) -> None:
    if one == other:
        return
    first = prints(Printer(Secret(one)), [TEXT])
    second = prints(Printer(Secret(other)), [TEXT])

    assert first.samples
    assert not first.samples & second.samples


@given(pieces=st.lists(st.integers(1, len(TEXT) - 1), max_size=3, unique=True))
def test_a_text_read_in_overlapping_pieces_has_the_same_samples(pieces: list[int]) -> None:
    edges = [0, *sorted(pieces), len(TEXT)]
    parts = [TEXT[max(0, begin - 1000) : end] for begin, end in pairwise(edges)]

    assert prints(PRINTER, [TEXT]).samples <= prints(PRINTER, parts).samples
