"""Recognises the vault's documents in names and lists: by identifier, number or subject."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from securedoc.core.documents import DocumentId
from securedoc.ledger.rows import DocumentRow
from securedoc.tracing.fingerprints import SUBJECT_WORDS, Printer, folded

_ID: Final = re.compile(rb"D-\d{4}-\d{6}(?!\d)")
_WIDE_ID: Final = re.compile(rb"D\0-\0(?:\d\0){4}-\0(?:\d\0){6}")
# 05/BC-UBND, as people write it in the name of a file: 05-BC-UBND, 05_BC-UBND, 05.BC.UBND, 05 BC UBND.
_NUMBER: Final = re.compile(r"(?<!\w)(\d{1,6})[-_. ~]{1,3}([^\W\d_]{1,12}(?:[-_. ][^\W\d_]{1,12}){0,4})")
_NUMBERED: Final = re.compile(r"(\d{1,6})/(.+)")
_APART: Final = re.compile(r"[-_. ]+")
_LONGEST_NAME: Final = 1024


class Named(StrEnum):
    """How a name gave its document away."""

    IDENTIFIER = "identifier"
    NUMBER = "number"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class Naming:
    """A document that a name speaks of."""

    document: DocumentId
    by: Named


class Names:
    """What the vault's documents are called outside."""

    def __init__(self, rows: Iterable[DocumentRow]) -> None:
        self._known: set[bytes] = set()
        self._numbers: dict[tuple[int, str], DocumentId] = {}
        for row in rows:
            self._known.add(row.id.encode())
            match = _NUMBERED.fullmatch(row.number_text)
            if match:
                # Newest first: of two documents with the same number, from two years, the newer is named.
                self._numbers.setdefault((int(match[1]), _bare(match[2])), row.id)
        self._subjects: dict[int, DocumentId] = {}
        self._lengths: list[int] = []
        self._printer: Printer | None = None

    def learn_subjects(self, printer: Printer, subjects: Iterable[tuple[int, int, DocumentId]]) -> None:
        """Take in the subjects that this officer may know: length in words, fingerprint, document."""
        self._printer = printer
        lengths = set()
        for words, fingerprint, document in subjects:
            if words >= SUBJECT_WORDS:
                lengths.add(words)
                self._subjects[fingerprint] = document
        self._lengths = sorted(lengths, reverse=True)

    def in_name(self, name: str) -> Naming | None:
        """Return the document that a file name speaks of."""
        for document in self.identifiers(name.encode("utf-8", "surrogateescape")):
            return Naming(document, Named.IDENTIFIER)
        return self._by_number(name) or self._by_subject(name)

    def identifiers(self, data: bytes) -> Iterator[DocumentId]:
        """Yield the documents of this vault whose identifier stands in `data`, each once."""
        seen: set[bytes] = set()
        if b"D" not in data:
            return
        for match in _ID.findall(data):
            if match in self._known and match not in seen:
                seen.add(match)
                yield DocumentId(match.decode())
        for match in _WIDE_ID.findall(data):
            narrow = match[::2]
            if narrow in self._known and narrow not in seen:
                seen.add(narrow)
                yield DocumentId(narrow.decode())

    def _by_number(self, name: str) -> Naming | None:
        if not self._numbers:
            return None
        for match in _NUMBER.finditer(name[:_LONGEST_NAME]):
            # The ending and words after the number may have been taken for more of it: shorter, and shorter.
            parts = _APART.split(match[2])
            for length in range(len(parts), 0, -1):
                found = self._numbers.get((int(match[1]), _bare("-".join(parts[:length]))))
                if found is not None:
                    return Naming(found, Named.NUMBER)
        return None

    def _by_subject(self, name: str) -> Naming | None:
        if self._printer is None or not self._lengths:
            return None
        words = folded(name[:_LONGEST_NAME])
        for length in self._lengths:
            for begin in range(len(words) - length + 1):
                found = self._subjects.get(self._printer.subject(words[begin : begin + length]))
                if found is not None:
                    return Naming(found, Named.SUBJECT)
        return None


def subject_print(printer: Printer, subject: str) -> tuple[int, int]:
    """Return how many words a subject has, and its fingerprint."""
    words = folded(subject)
    return len(words), printer.subject(words)


def _bare(notation: str) -> str:
    return "-".join(folded(notation))
