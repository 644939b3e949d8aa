"""What the ledger says of when documents were open, and of files that left the vault."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.ledger.ledger import Ledger

_OPENING: Final = Act.EDIT_OPENED
_CLOSING: Final = frozenset({Act.EDIT_CLOSED, Act.EDIT_SALVAGED})
_DIGESTS: Final = frozenset(
    {
        Act.DOCUMENT_FINALISED,
        Act.DOCUMENT_SIGNED,
        Act.DOCUMENT_STAMPED,
        Act.DOCUMENT_REGISTERED,
        Act.DOCUMENT_EXPORTED,
    }
)
# Whatever takes a document out or prints it: what appears soon after may come of it.
_TAKING_OUT: Final = ("export", "print", "copy.", "opened")
_AFTER: Final = timedelta(minutes=10)
_AROUND: Final = timedelta(seconds=5)  # a file's time and an entry's come from two readings of the clock


@dataclass(frozen=True, slots=True)
class Opening:
    """A time in which a document was in clear outside the vault."""

    document: DocumentId
    begins_s: float
    ends_s: float


@dataclass(slots=True)
class Past:
    """Sessions by their beginning, and the digests of what was made of documents."""

    openings: list[Opening] = field(default_factory=list)
    digests: dict[bytes, DocumentId] = field(default_factory=dict)
    """SHA-256 of finished documents as they were given out."""

    @classmethod
    def read(cls, ledger: Ledger) -> "Past":
        """Read it from the entries.

        Raises:
            LedgerUntrusted: an entry is malformed.
        """
        past = cls()
        opened: dict[str, tuple[DocumentId, datetime]] = {}
        acts = [
            act for act in Act if act is _OPENING or act in _CLOSING or act in _DIGESTS or _takes_out(act)
        ]
        for entry in ledger.of_acts(acts):
            if entry.about is None:
                continue
            if entry.act is _OPENING:
                opened[str(entry.facts.get("session"))] = entry.about, entry.at
            elif entry.act in _CLOSING:
                document, since = opened.pop(str(entry.facts.get("session")), (entry.about, entry.at))
                past._add(document, since, entry.at)
            elif _takes_out(entry.act):
                past._add(entry.about, entry.at, entry.at + _AFTER)
            if entry.act in _DIGESTS:
                with suppress(ValueError):  # malformed: the ledger's own check says so
                    past.digests[Digest.parse(str(entry.facts.get("digest"))).value] = entry.about
        for document, since in opened.values():  # open still, or a crash left it so
            past._add(document, since, None)
        past.openings.sort(key=lambda one: one.begins_s)
        return past

    def during(self, moment_s: float) -> Iterator[Opening]:
        """Yield the openings that a moment falls into."""
        for one in self.openings:
            if one.begins_s > moment_s:
                return
            if moment_s <= one.ends_s:
                yield one

    def _add(self, document: DocumentId, since: datetime, until: datetime | None) -> None:
        ends = float("inf") if until is None else (until + _AROUND).timestamp()
        self.openings.append(Opening(document, (since - _AROUND).timestamp(), ends))


def _takes_out(act: Act) -> bool:
    return act is not _OPENING and any(word in act.value for word in _TAKING_OUT)
