"""Counts documents of each level over a period: out, in, held, recalled, declassified, destroyed."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Final

from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act, Entry
from securedoc.core.officetime import day_of
from securedoc.ledger.facts import Facts
from securedoc.office.office import Office

_COUNTED: Final = frozenset(
    {
        Act.DOCUMENT_DESTROYED,
        Act.DOCUMENT_REGISTERED,
        Act.DOCUMENT_RECEIVED,
        Act.DOCUMENT_IMPORTED,
        Act.COPIES_MADE,
        Act.DOCUMENT_RECALLED,
    }
    | {Act.LEVEL_CHANGED, Act.DOCUMENT_DECLASSIFIED}
    | {Act.CUSTODY_HANDED, Act.CUSTODY_LENT, Act.CUSTODY_CARRIED, Act.CUSTODY_RETURNED}
)


@dataclass(slots=True)
class Count:
    """The numbers of one level."""

    count_out: int = 0
    """Documents issued."""
    count_in: int = 0
    """Documents received."""
    count_held: int = 0
    """Copies in the office's keeping at the end of the period."""
    count_recalled: int = 0
    """Copies that came back after they were asked back."""
    count_declassified: int = 0
    """Documents."""
    count_destroyed: int = 0
    """Documents."""


COUNTS: Final = tuple(one.name for one in fields(Count))


@dataclass(frozen=True, slots=True)
class Period:
    """Days, both included."""

    first: dt.date
    last: dt.date

    def holds(self, moment: dt.datetime) -> bool:
        """Tell whether a moment falls into it, in the office's time."""
        return self.first <= day_of(moment) <= self.last


def report_period(office: Office, day: dt.date) -> Period:
    """Return the policy's reporting period that a day falls into."""
    rule = office.policy.reports
    first, last = _month_day(rule.period_first), _month_day(rule.period_last)
    end = dt.date(day.year, *last)
    if day > end:
        end = dt.date(day.year + 1, *last)
    begin = dt.date(end.year, *first)
    return Period(begin if begin <= end else dt.date(end.year - 1, *first), end)


def count(office: Office, period: Period) -> dict[str, Count]:
    """Return the numbers of each level of the policy, the highest level first."""
    walk = _Walk(period, {key: Count() for key in _levels(office)})
    for entry in office.ledger.acts_since(_COUNTED, 0):
        # An old register is entered long after its documents; everything else when it happens.
        if entry.act is Act.DOCUMENT_IMPORTED:
            walk.imported(entry)
        elif day_of(entry.at) <= period.last:
            walk.take(entry)
    return walk.ended()


def _levels(office: Office) -> Iterator[str]:
    yield from sorted(office.policy.levels, key=lambda key: -office.policy.levels[key].rank)


@dataclass(slots=True)
class _Document:
    level: str
    copies: int
    out: set[int] = field(default_factory=set)
    """Moves that are not brought back."""


@dataclass(slots=True)
class _Walk:
    """What the entries add up to, read once in their order."""

    period: Period
    counts: dict[str, Count]
    documents: dict[DocumentId, _Document] = field(default_factory=dict)
    recalled: set[int] = field(default_factory=set)

    def take(self, entry: Entry) -> None:
        facts, counted = Facts(entry.facts), self.period.holds(entry.at)
        match entry.act:
            case Act.DOCUMENT_REGISTERED | Act.DOCUMENT_RECEIVED:
                self._entered(entry, facts, counted=counted)
            case Act.CUSTODY_HANDED | Act.CUSTODY_LENT | Act.CUSTODY_CARRIED:
                self._document(entry).out.add(entry.sequence)
            case Act.CUSTODY_RETURNED:
                self._returned(entry, facts.integer("move"), counted=counted)
            case Act.DOCUMENT_RECALLED:
                self.recalled |= {each.integer("move") for each in facts.each("out")}
            case Act.COPIES_MADE:
                self._document(entry).copies += facts.integer("copies_made")
            case Act.LEVEL_CHANGED:
                self._document(entry).level = facts.text("to")
            case _:
                self._ended(entry, counted=counted)

    def imported(self, entry: Entry) -> None:
        facts = Facts(entry.facts)
        outgoing = facts.flag("outgoing")
        day = dt.date.fromisoformat(facts.day("date" if outgoing else "arrived"))
        if day > self.period.last:
            return
        level = facts.text("level")
        self.documents[self._about(entry)] = _Document(level, facts.integer("copies"))
        if day >= self.period.first:
            count = self._of(level)
            count.count_out, count.count_in = count.count_out + outgoing, count.count_in + (not outgoing)

    def _entered(self, entry: Entry, facts: Facts, *, counted: bool) -> None:
        level = facts.text("level")
        self.documents[self._about(entry)] = _Document(level, facts.integer("copies"))
        if counted and entry.act is Act.DOCUMENT_REGISTERED:
            self._of(level).count_out += 1
        elif counted:
            self._of(level).count_in += 1

    def _ended(self, entry: Entry, *, counted: bool) -> None:
        gone = self.documents.pop(self._about(entry), None)
        if gone is None or not counted:
            return
        if entry.act is Act.DOCUMENT_DECLASSIFIED:
            self._of(gone.level).count_declassified += 1
        else:
            self._of(gone.level).count_destroyed += 1

    def ended(self) -> dict[str, Count]:
        for one in self.documents.values():
            self._of(one.level).count_held += one.copies - len(one.out)
        return self.counts

    def _returned(self, entry: Entry, move: int, *, counted: bool) -> None:
        document = self.documents.get(self._about(entry))
        if document is None:
            return  # it is no secret any more
        document.out.discard(move)
        if counted and move in self.recalled:
            self._of(document.level).count_recalled += 1

    def _of(self, level: str) -> Count:
        return self.counts.setdefault(level, Count())

    def _document(self, entry: Entry) -> _Document:
        return self.documents[self._about(entry)]

    def _about(self, entry: Entry) -> DocumentId:
        if entry.about is None:
            raise ValueError("an entry about no document")
        return entry.about


def _month_day(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return int(month), int(day)
