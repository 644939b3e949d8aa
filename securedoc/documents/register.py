"""A register as it is printed, signed and bound: its cover, its columns, its rows; drawn as PDF/A here."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib import resources
from statistics import fmean
from typing import Final

from securedoc.documents.engine import Drawing
from securedoc.documents.fonts import FontSet, choose
from securedoc.documents.pdfjoin import joined, page_count

_TEMPLATE: Final = "templates/register.typ"
_LEAST, _MOST = 5.0, 34.0  # letters: a column is neither narrower nor wider by its contents
_KEPT_WHOLE: Final = 12  # letters: a date, a level, a number is not broken
_FOR_INK: Final = 13.0  # letters: room for a signature
_ROWS_AT_ONCE: Final = 250  # the engine keeps what it drew, and its time grows faster than the rows do


@dataclass(frozen=True, slots=True)
class RegisterColumn:
    """One official column."""

    number: int
    title: str
    signed: bool
    """Somebody signs in it by hand: it is drawn with room."""


@dataclass(frozen=True, slots=True)
class RegisterWords:
    """What stands around the table, in the language of the book."""

    page: str
    """For example `Trang`."""
    sheets: tuple[str, str]
    """Names of a workbook's two sheets: the cover, the rows."""
    training: str
    """Printed on every page of a training vault; empty for a real one."""
    closing: tuple[str, ...]
    """Lines after the last row: how many rows there are, whether the book is closed."""
    signers: tuple[str, ...]
    """Who signs at the end, in ink."""


@dataclass(frozen=True, slots=True)
class Register:
    """One book of one year."""

    superior: str
    """Agency above; empty where there is none."""
    agency: str
    title: str
    cover: tuple[str, ...]
    """Further lines of the cover: year, period, serials, number of the book."""
    columns: tuple[RegisterColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    words: RegisterWords
    day: date
    fonts: FontSet = field(default_factory=choose)

    def __post_init__(self) -> None:
        """Refuse what is no table.

        Raises:
            ValueError: there is no column, or a row has another number of cells.
        """
        if not self.columns or any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("a row has another number of cells than the book has columns")

    def widths(self) -> tuple[float, ...]:
        """Return the share of the page that each column needs."""
        return tuple(
            _width(column, [row[index] for row in self.rows]) for index, column in enumerate(self.columns)
        )

    def pdf(self) -> bytes:
        """Draw it as PDF/A-2b, A4 on its side: cover, rows under a repeated head, page n of N.

        Raises:
            DocumentRefused: a character that the font does not have; it is named.
            DocumentFailed: the layout engine could not draw it.
        """
        self.fonts.require("".join(self._texts()))
        parts = [self.rows[at : at + _ROWS_AT_ONCE] for at in range(0, len(self.rows), _ROWS_AT_ONCE)] or [()]
        if len(parts) == 1:
            return self._drawn(parts[0], opens=True, ends=True, first=1, pages=0)
        # Drawn once to learn how many pages there are, and once more with that number on each.
        counts = [page_count(self._part(parts, index, 1, 1)) for index in range(len(parts))]
        firsts = [1 + sum(counts[:index]) for index in range(len(parts))]
        return joined(self._part(parts, index, firsts[index], sum(counts)) for index in range(len(parts)))

    def _part(
        self, parts: Sequence[tuple[tuple[str, ...], ...]], index: int, first: int, pages: int
    ) -> bytes:
        ends = index == len(parts) - 1
        return self._drawn(parts[index], opens=index == 0, ends=ends, first=first, pages=pages)

    def _drawn(
        self, rows: tuple[tuple[str, ...], ...], *, opens: bool, ends: bool, first: int, pages: int
    ) -> bytes:
        template = resources.files("securedoc.documents").joinpath(_TEMPLATE).read_text("utf-8")
        data = {
            "superior": self.superior,
            "agency": self.agency,
            "title": self.title,
            "cover": self.cover,
            "columns": [asdict(column) for column in self.columns],
            "widths": self.widths(),
            "rows": rows,
            "words": asdict(self.words),
            "opens": opens,
            "ends": ends,
            "first": first,
            "pages": pages,
        }
        return Drawing(template, data, self.fonts, self.day, tagged=False).pdf()

    def _texts(self) -> Iterable[str]:
        words = self.words
        yield from (self.superior, self.agency, self.title, words.page, words.training)
        yield from (*self.cover, *words.closing, *words.signers)
        yield from (column.title for column in self.columns)
        for row in self.rows:
            yield from row


def _width(column: RegisterColumn, texts: Sequence[str]) -> float:
    """Return how many letters wide a column should be: its longest word, and more where it says more."""
    said = [text for text in texts if text]
    words = [max(map(len, text.split()), default=0) for text in (*said, column.title)]
    words += [len(text) for text in said if len(text) <= _KEPT_WHOLE]
    longest = min(max(words, default=0), _MOST)
    usual = fmean(map(len, said)) * 0.6 if said else 0.0
    room = _FOR_INK if column.signed else _LEAST
    return min(_MOST, max(longest, usual, room))
