"""Keyed fingerprints of text: a sample is a run of words at a place that the text itself decides.

Docs: decision 014. Whoever lacks the key can neither make nor test a sample.
"""

import hashlib
import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from securedoc.core.secret import Secret

WORDS: Final = 10
"""Of a sample. Vietnamese writes a word for each syllable: ten are a phrase, not an expression."""
# Where a sample begins is decided by the letters its first word begins with, so that a text that was cut,
# moved or edited elsewhere gives the same samples. About every sixteenth word of Vietnamese begins with th.
# The pattern begins with these letters so that the search for it runs at the speed of memory. Letters and
# what stands between them have no character in common: nothing taken is ever given back.
_SAMPLE: Final = re.compile(
    r"th(?<![^\W_]th)(?=([^\W_]*+" + r"(?: [^\W_]++|[\W_]{1,64}+[^\W_]++)" * (WORDS - 1) + "))"
)
_COMBINING: Final = re.compile("[\u0300-\u036f]")
_GAP: Final = re.compile(r"[\W_]+")
_MARKED: Final = re.compile(rb"\xe1[\xb8-\xbb]")
"""U+1E00 to U+1EFF in UTF-8: letters that Vietnamese is full of, and hardly any other language has."""
_SAMPLE_BITS: Final = 42
_OWNER_BITS: Final = 64 - _SAMPLE_BITS
_OWNER_MASK: Final = (1 << _OWNER_BITS) - 1
_BUCKET_BITS: Final = 6
_SHIFT: Final = _SAMPLE_BITS - _BUCKET_BITS
_SIEVE_BITS: Final = range(12, 25)
_SIEVE_ROOM: Final = 16  # places for each sample: of those that no document has, one in sixteen passes
MOST_OWNERS: Final = (1 << _OWNER_BITS) - 1
DIGEST_BYTES: Final = 16
MOST_SHARED: Final = 3
"""A sample of more documents than this is a standing phrase of the office: it says little."""
_STANDING: Final = 8  # one of more is not counted at all
_MOST_SAMPLES: Final = 100_000  # of one text; a book of a thousand pages has fewer
_MOST_TAKEN: Final = 400_000  # of one file; six million words
SUBJECT_WORDS: Final = 4
"""A subject of fewer words is no name to recognise a file by."""


class Printer:
    """Makes samples under one key."""

    def __init__(self, key: Secret) -> None:
        self._sample = hashlib.blake2b(key=key.reveal(), digest_size=8, person=b"sample")
        self._whole = hashlib.blake2b(key=key.reveal(), digest_size=DIGEST_BYTES, person=b"whole")
        self._subject = hashlib.blake2b(key=key.reveal(), digest_size=8, person=b"subject")

    def samples(self, text: str, *, marked_only: bool) -> list[int]:
        """Return the samples of a text; of `marked_only`, those with a letter of Vietnamese."""
        if not text.isascii() and _COMBINING.search(text):
            text = unicodedata.normalize("NFC", text)
        found: list[int] = []
        # What is done for each sample of each file is what a scan costs: names are looked up once.
        marked, copy, number = _MARKED.search, self._sample.copy, int.from_bytes
        for window in _SAMPLE.findall(text.casefold()):
            plain = window.replace(" ", "").isalnum() and "  " not in window
            words = (window if plain else _GAP.sub(" ", window)).encode("utf-8", "replace")
            if marked_only and not marked(words):
                continue
            taken = copy()
            taken.update(words)
            found.append(number(taken.digest()) >> _OWNER_BITS)
        return found

    def whole(self) -> "hashlib.blake2b":
        """Return what digests a whole file under the key."""
        return self._whole.copy()

    def subject(self, words: Iterable[str]) -> int:
        """Return the fingerprint of a subject, spelled as `folded` spells it."""
        taken = self._subject.copy()
        taken.update(" ".join(words).encode("utf-8", "replace"))
        return int.from_bytes(taken.digest())


def folded(text: str) -> list[str]:
    """Return the words of a name: without case, diacritics or what stands between them."""
    bare = text.casefold()
    if not bare.isascii():
        apart = unicodedata.normalize("NFD", bare.replace("đ", "d"))
        bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return [word for word in _GAP.split(bare) if word]


@dataclass(frozen=True, slots=True)
class Prints:
    """The samples of one text."""

    samples: frozenset[int]
    marked: bool
    """They are those with a letter of Vietnamese: a text without any such letter has none of them."""


def prints(printer: Printer, texts: Iterable[str]) -> Prints:
    """Take the samples of a document, which reaches us in pieces."""
    everything: set[int] = set()
    marked: set[int] = set()
    for text in texts:
        everything.update(printer.samples(text, marked_only=False))
        marked.update(printer.samples(text, marked_only=True))
        if len(everything) > _MOST_SAMPLES:
            break
    # A document in another language, or with much of it, is recognised by all its samples.
    vietnamese = 2 * len(marked) >= len(everything)
    return Prints(frozenset(marked if vietnamese else everything), vietnamese)


class Index:
    """Which sample is of which documents: sorted numbers of eight bytes, no more."""

    def __init__(self) -> None:
        self._buckets = [array("Q") for _ in range(1 << _BUCKET_BITS)]
        self._totals: dict[int, int] = {}
        self.marked_only = True
        """Every sample has a letter of Vietnamese: bytes without such letters need not be read as text."""
        self._sorted = True
        self._sieve = bytearray(1)
        self._sieve_shift = _SAMPLE_BITS

    def __len__(self) -> int:
        return sum(map(len, self._buckets))

    def add(self, owner: int, found: Prints) -> None:
        """Take in the samples of a document, its number being `owner`."""
        self._sorted = False
        if found.samples and not found.marked:
            self.marked_only = False
        for sample in found.samples:
            self._buckets[sample >> _SHIFT].append(sample << _OWNER_BITS | owner)
        self._totals[owner] = self._totals.get(owner, 0) + len(found.samples)

    def settle(self) -> None:
        """Sort, one bucket after another, so that sorting takes little memory."""
        if not self._sorted:
            self._buckets = [array("Q", sorted(set(bucket))) for bucket in self._buckets]
            self._sorted = True
            bits = (_SIEVE_ROOM * len(self)).bit_length()
            self._sieve_shift = _SAMPLE_BITS - min(max(bits, _SIEVE_BITS[0]), _SIEVE_BITS[-1])
            self._sieve = bytearray(1 << (_SAMPLE_BITS - self._sieve_shift))
            for bucket in self._buckets:
                for entry in bucket:
                    self._sieve[entry >> _OWNER_BITS >> self._sieve_shift] = 1

    def sieved(self, samples: Iterable[int]) -> list[int]:
        """Leave out samples that surely no document has: nearly all there are."""
        sieve, shift = self._sieve, self._sieve_shift
        return [sample for sample in samples if sieve[sample >> shift]]

    def owners(self, sample: int) -> list[int]:
        """Return the documents that have a sample; none where it is a standing phrase."""
        bucket, first = self._buckets[sample >> _SHIFT], sample << _OWNER_BITS
        at = bisect_left(bucket, first)
        found: list[int] = []
        while at < len(bucket) and bucket[at] >> _OWNER_BITS == sample:
            found.append(bucket[at] & _OWNER_MASK)
            if len(found) > _STANDING:
                return []
            at += 1
        return found

    def total(self, owner: int) -> int:
        """Return how many samples a document has."""
        return self._totals.get(owner, 0)


@dataclass(frozen=True, slots=True)
class Match:
    """What a text has in common with one document."""

    owner: int
    own: int
    """Samples that few other documents have."""
    common: int
    of_text: int
    """Samples that the text has."""
    of_document: int

    @property
    def found(self) -> bool:
        """Whether that is more than chance or a quoted phrase."""
        return self.own >= LIKELY or self.common >= LIKELY_OF_PHRASES

    @property
    def most(self) -> bool:
        """Whether the text is little but the document, and most of it."""
        return self.own >= CERTAIN and 2 * self.own >= self.of_text and 2 * self.own >= self.of_document


LIKELY: Final = 3
LIKELY_OF_PHRASES: Final = 12
CERTAIN: Final = 6


class Matching:
    """Compares one text, piece by piece, with all documents."""

    def __init__(self, printer: Printer, index: Index) -> None:
        self._printer = printer
        self._index = index
        index.settle()
        self._seen: set[int] = set()
        self._taken = 0
        self._own: dict[int, int] = {}
        self._common: dict[int, int] = {}

    def take(self, text: str) -> None:
        """Look at a piece of the text; pieces overlap by a window or more."""
        if self.full:
            return
        samples = self._printer.samples(text, marked_only=self._index.marked_only)
        room = _MOST_TAKEN - self._taken
        self._taken += len(samples)
        fresh = set(samples[:room]) - self._seen
        self._seen |= fresh
        for sample in self._index.sieved(fresh):
            owners = self._index.owners(sample)
            for owner in owners:
                self._common[owner] = self._common.get(owner, 0) + 1
                if len(owners) <= MOST_SHARED:
                    self._own[owner] = self._own.get(owner, 0) + 1

    @property
    def full(self) -> bool:
        """Whether there was more text than is compared: a file made of nothing but beginnings of samples."""
        return self._taken > _MOST_TAKEN

    def best(self) -> Match | None:
        """Return the document that the text has most in common with, where that is enough."""
        if not self._common:
            return None
        owner = max(self._common, key=lambda one: (self._own.get(one, 0), self._common[one], -one))
        match = Match(
            owner,
            self._own.get(owner, 0),
            self._common[owner],
            len(self._seen),
            self._index.total(owner),
        )
        return match if match.found else None
