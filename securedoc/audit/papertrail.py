"""Follows each copy through the entries: what one said came out, and a later one says did not."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act, Entry
from securedoc.ledger.facts import FactError, Facts

_SAID: Final = frozenset({Act.COPY_PRINTED, Act.COPY_SPOILED, Act.COPY_UNKNOWN})
_NOTHING: Final = "unprinted"
_SPOILED: Final = "spoiled"
_Copy = tuple[DocumentId | None, str, int]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Sheets that an entry lets vanish."""

    entry: Entry
    copy: int
    out: int
    """Sheets that came out, as the entries before it have it."""
    left: int
    """Those that it accounts for."""


@dataclass(slots=True)
class PaperTrail:
    """What the entries so far say of paper."""

    contradictions: list[Contradiction] = field(default_factory=list)
    _prints: dict[tuple[DocumentId | None, str], tuple[int, bool]] = field(default_factory=dict)
    """Sheets of a copy, and whether they are printed on both sides."""
    _out: dict[_Copy, int] = field(default_factory=dict)

    def take(self, entry: Entry) -> None:
        """Follow the next entry; one whose facts do not do is the ledger check's business."""
        facts = Facts(entry.facts)
        with suppress(FactError):
            if entry.act is Act.PRINT_BEGUN:
                two_sided = facts.integer("sheets") < facts.integer("pages")
                self._prints[entry.about, facts.text("print")] = facts.integer("sheets"), two_sided
            elif entry.act in _SAID:
                self._said(entry, facts)
            elif entry.act is Act.PRINT_ENDED:
                for each in facts.each("unprinted"):
                    self._hold(entry, facts.text("print"), each.integer("copy"), 0)
            elif entry.act is Act.PRINT_RECONCILED:
                for each in facts.each("copies"):
                    if each.maybe_text("incident") is None and each.text("state") in {_NOTHING, _SPOILED}:
                        self._hold(entry, facts.text("print"), each.integer("copy"), each.integer("spoiled"))

    def _said(self, entry: Entry, facts: Facts) -> None:
        name, copy = facts.text("print"), facts.integer("copy")
        sheets, two_sided = self._prints.get((entry.about, name), (0, False))
        sides = facts.maybe_integer("impressions")
        if sides is not None:
            self._out[entry.about, name, copy] = min(sheets, -(-sides // 2) if two_sided else sides)
        elif entry.act is Act.COPY_PRINTED:
            self._out[entry.about, name, copy] = sheets

    def _hold(self, entry: Entry, name: str, copy: int, left: int) -> None:
        out = self._out.get((entry.about, name, copy), 0)
        if left < out:
            self.contradictions.append(Contradiction(entry, copy, out, left))
