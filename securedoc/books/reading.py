"""Reads an office's register of a former year out of a spreadsheet, and lists what is wrong, row by row."""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from securedoc.core.text import Message, message
from securedoc.documents.sheet_reading import SheetRow
from securedoc.errors import DocumentMalformed, PolicyRefused
from securedoc.ledger.folding import fold
from securedoc.office import wording
from securedoc.policy.model import Book
from securedoc.policy.policy import Policy
from securedoc.policy.vocabulary import BookFact, BookUse

_SPREADSHEET_EPOCH: Final = dt.date(1899, 12, 30)
_DATE: Final = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_DIGITS: Final = re.compile(r"0*([1-9][0-9]{0,8})")
_PARTS: Final = re.compile(r"[;\n]+")
_BLANK: Final = re.compile(r"[\s,.:;–-]+")
TAKEN_OVER: Final = frozenset({BookUse.OUTGOING, BookUse.INCOMING})


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one row."""

    row: int
    """In the file; 0: with the file as a whole."""
    column: str
    what: Message


@dataclass(slots=True)
class OldRow:
    """One row of an old register, as far as it could be read."""

    at: int
    """In the file."""
    row: int = 0
    number: int | None = None
    number_text: str = ""
    date: dt.date | None = None
    arrived: dt.date | None = None
    sender: str = ""
    type_key: str = ""
    subject: str | None = None
    level: str = ""
    signer_name: str = ""
    recipients: tuple[str, ...] = ()
    copies: int = 1
    unit: str = ""
    note: str = ""


@dataclass(slots=True)
class OldBook:
    """What was read, and what is wrong with it."""

    rows: list[OldRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read(sheets: Sequence[Sequence[SheetRow]], forms: Sequence[Book], policy: Policy, year: int) -> OldBook:
    """Read the sheet that has the columns of one of `forms`; the first form that fits is taken.

    Raises:
        DocumentMalformed: no sheet has them.
    """
    for sheet in sheets:
        for form in forms:
            found = _head(sheet, form)
            if found is not None:
                at, columns = found
                return _Reader(policy, form, year).all(sheet[at + 1 :], columns)
    wanted = ", ".join(column.title for column in forms[0].columns)
    raise DocumentMalformed(
        "no sheet has the columns of {title}",
        title=forms[0].title,
        hint="the first rows name them: {columns}",
        columns=wanted,
    )


def _head(sheet: Sequence[SheetRow], form: Book) -> tuple[int, Mapping[int, tuple[BookFact, ...]]] | None:
    """Find the row that names every column that is not signed by hand alone, and where each stands."""
    for at, row in enumerate(sheet[:20]):
        named = {fold(cell): index for index, cell in enumerate(row.cells) if cell.strip()}
        wanted = {fold(one.title): one.facts for one in form.columns if one.facts != (BookFact.NONE,)}
        if wanted.keys() <= named.keys():
            return at, {named[title]: facts for title, facts in wanted.items()}
    return None


class _Reader:
    """Reads row after row; what is wrong is gathered, never thrown: the person mends all of it at once."""

    def __init__(self, policy: Policy, form: Book, year: int) -> None:
        self._policy = policy
        self._form = form
        self._year = year
        self._titles = {fact: column.title for column in form.columns for fact in column.facts}
        self._book = OldBook()
        self._levels = _levels(policy)
        self._types = sorted(
            ((fold(kind.name), kind.name, key) for key, kind in policy.types.items()),
            key=lambda one: -len(one[0]),
        )

    def all(self, rows: Sequence[SheetRow], columns: Mapping[int, tuple[BookFact, ...]]) -> OldBook:
        numbers: dict[int, int] = {}
        for row in rows:
            cells = {
                facts: row.cells[at].strip() if at < len(row.cells) else "" for at, facts in columns.items()
            }
            if all(re.fullmatch(r"\(?\d{1,2}\)?", cell) for cell in row.cells if cell.strip()):
                continue  # the form's own numbers of its columns
            self._row(row.number, cells)
        if not self._book.rows:
            self._wrong(0, BookFact.ROW, message("there is no row under the head"))
        for old in self._book.rows:
            if old.number is not None:
                if old.number in numbers:
                    words = message(
                        "number {number} stands in row {row} too", number=old.number, row=numbers[old.number]
                    )
                    self._wrong(old.at, BookFact.NUMBER_TEXT, words)
                numbers[old.number] = old.at
        return self._book

    def _row(self, at: int, cells: Mapping[tuple[BookFact, ...], str]) -> None:
        old = OldRow(at)
        said = {fact: text for facts, text in cells.items() for fact in facts if len(facts) == 1}
        self._serial(old, said.get(BookFact.ROW, ""))
        old.number_text = self._field(at, BookFact.NUMBER_TEXT, said.get(BookFact.NUMBER_TEXT, ""))
        old.date = self._date(at, BookFact.DATE, said.get(BookFact.DATE, ""))
        self._level(old, said.get(BookFact.LEVEL, ""))
        self._type_and_subject(old, cells.get((BookFact.TYPE, BookFact.SUBJECT), ""))
        old.unit, old.note = (
            self._words(at, fact, said.get(fact, "")) for fact in (BookFact.UNIT, BookFact.NOTE)
        )
        if self._form.use is BookUse.OUTGOING:
            self._outgoing(old, said)
        else:
            old.sender = self._field(at, BookFact.FROM, said.get(BookFact.FROM, ""))
            old.arrived = self._date(at, BookFact.ARRIVED, said.get(BookFact.ARRIVED, ""))
            self._of_the_year(at, BookFact.ARRIVED, old.arrived)
        self._book.rows.append(old)

    def _outgoing(self, old: OldRow, said: Mapping[BookFact, str]) -> None:
        self._of_the_year(old.at, BookFact.DATE, old.date)
        old.signer_name = self._field(old.at, BookFact.SIGNER_NAME, said.get(BookFact.SIGNER_NAME, ""))
        names = _PARTS.split(said.get(BookFact.RECIPIENTS, ""))
        old.recipients = tuple(
            self._words(old.at, BookFact.RECIPIENTS, name) for name in names if name.strip()
        )
        found = _DIGITS.match(old.number_text)
        if found is None and old.number_text:
            self._wrong(old.at, BookFact.NUMBER_TEXT, message("it does not begin with a number"))
        elif found is not None:
            old.number = int(found[1])
        copies = said.get(BookFact.COPIES, "")
        counted = _DIGITS.fullmatch(copies)
        if counted is None:
            self._wrong(old.at, BookFact.COPIES, message("{text} is no number of copies", text=copies or "—"))
        else:
            old.copies = int(counted[1])

    def _serial(self, old: OldRow, text: str) -> None:
        expected = len(self._book.rows) + 1
        old.row = expected
        if BookFact.ROW not in self._titles:
            return
        found = _DIGITS.fullmatch(text)
        if found is None or int(found[1]) != expected:
            words = message(
                "the serial number is {text}; after the row before it is {expected}",
                text=text or "—",
                expected=expected,
            )
            self._wrong(old.at, BookFact.ROW, words)

    def _level(self, old: OldRow, text: str) -> None:
        key = self._levels.get(fold(text))
        if key is None:
            self._wrong(old.at, BookFact.LEVEL, message("{text} is no level", text=text or "—"))
        else:
            old.level = key

    def _type_and_subject(self, old: OldRow, text: str) -> None:
        folded = fold(text)
        for name, written, key in self._types:
            if folded == name or folded.startswith(name + " "):
                old.type_key = key
                rest = _BLANK.sub(" ", text[len(written) :], count=1).strip()
                old.subject = self._words(old.at, BookFact.SUBJECT, rest) or None
                break
        else:
            self._wrong(old.at, BookFact.TYPE, message("it does not begin with a type of document"))
        if old.level and old.subject is not None and self._policy.abstract(old.level, old.subject) is None:
            words = message(
                "the abstract of a document of this level is not written in a book: leave the type alone"
            )
            self._wrong(old.at, BookFact.SUBJECT, words)

    def _date(self, at: int, fact: BookFact, text: str) -> dt.date | None:
        found = _day(text)
        if found is None:
            self._wrong(at, fact, message("{text} is no date: write 22/11/2026", text=text or "—"))
        return found

    def _of_the_year(self, at: int, fact: BookFact, day: dt.date | None) -> None:
        if day is not None and day.year != self._year:
            self._wrong(at, fact, message("{day} is not in {year}", day=f"{day:%d/%m/%Y}", year=self._year))

    def _field(self, at: int, fact: BookFact, text: str) -> str:
        return self._refused(at, fact, text, wording.field)

    def _words(self, at: int, fact: BookFact, text: str) -> str:
        return self._refused(at, fact, text, wording.one_line)

    def _refused(self, at: int, fact: BookFact, text: str, check: Callable[[str], str]) -> str:
        try:
            return check(text)
        except PolicyRefused as error:
            self._wrong(at, fact, Message(error.template, error.facts))
            return ""

    def _wrong(self, at: int, fact: BookFact, what: Message) -> None:
        self._book.problems.append(Problem(at, self._titles.get(fact, ""), what))


def _levels(policy: Policy) -> dict[str, str]:
    """Return every way in which books spell a level."""
    found: dict[str, str] = {}
    for key, level in policy.levels.items():
        found |= {fold(text): key for text in (key, level.name, level.mark_text, level.letter)}
    return found


def _day(text: str) -> dt.date | None:
    """Read a date as papers, programs or spreadsheets write it."""
    try:
        if found := _DATE.fullmatch(text):
            return dt.date(int(found[3]), int(found[2]), int(found[1]))
        if text.isascii() and text.isdigit() and len(text) == len("45000"):
            return _SPREADSHEET_EPOCH + dt.timedelta(days=int(text))
        return dt.date.fromisoformat(text[: len("2026-11-22")])
    except ValueError:
        return None
