"""The questions a policy answers: may X do Y to level Z, which book, which number, which mark, until when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from securedoc.core.digests import Digest
from securedoc.core.findings import State
from securedoc.core.layouts import MarkShape, Slot, StampLine, StampShape
from securedoc.core.people import Role
from securedoc.errors import PolicyFailed, PolicyMissing, PolicyRefused
from securedoc.policy.model import Book, DocumentType, LevelRule, OfficePosition, Rules
from securedoc.policy.sources import Source
from securedoc.policy.vocabulary import Abstract, AuthorityAct, BookUse, Position, Right, Shape


@dataclass(frozen=True, slots=True)
class RecipientsBlock:
    """The lines of Kính gửi and Nơi nhận, each complete with its punctuation."""

    to: tuple[str, ...]
    lines: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy(Rules):
    """A pack that was read, checked and digested."""

    digest: Digest
    """Of the file's bytes."""
    sources: Mapping[str, Source]
    """Of every value, by its dotted path."""

    # ------------------------------------------------------------ who may

    def may(self, role: Role, right: str, level: str | None = None) -> None:
        """Allow `role` to do `right`, to a document of `level` where one is concerned.

        Raises:
            PolicyRefused: the role has no such right, there is no such right or level, or nobody
                may at this level.
        """
        wanted = _right(right)
        if role not in self.rights[wanted]:
            raise PolicyRefused(
                "the role {role} may not {right}",
                role=role,
                right=wanted,
                hint="ask an officer whose role may; 'securedoc policy show' lists the rights",
            )
        if level is not None and wanted in self.level(level).forbidden:
            raise PolicyRefused(
                "nobody may {right} a document of level {level}",
                right=wanted,
                level=self.level(level).name,
                hint="handle this document on paper",
            )

    def two_person(self, right: str) -> bool:
        """Tell whether `right` needs a second officer's confirmation."""
        return _right(right) in self.confirmed_by

    def needs_second(self, role: Role, right: str) -> bool:
        """Tell whether `role` needs a second officer for `right`: the recovery shares are several already."""
        return role is not Role.RECOVERY and self.two_person(right)

    def may_confirm(self, role: Role, right: str) -> None:
        """Allow `role` to be the second officer for `right`.

        Raises:
            PolicyRefused: it may not.
        """
        wanted = _right(right)
        if role not in self.confirmed_by.get(wanted, ()):
            raise PolicyRefused(
                "the role {role} may not confirm {right}",
                role=role,
                right=wanted,
                hint="ask an officer whose role may; 'securedoc policy show' lists them",
            )

    def authority_for(self, act: AuthorityAct, level: str) -> tuple[OfficePosition, ...]:
        """Return the positions that the law gives `act` at `level`."""
        return tuple(self.positions[key] for key in self.authority[act][self.level(level).key])

    def makes_unfit(self, check: str, state: State) -> bool:
        """Tell whether this outcome of this check of the machine forbids secrets on it."""
        if state is State.FAIL:
            return check in self.host.unfit_on_fail
        return state is State.UNKNOWN and check in self.host.unfit_on_unknown

    # ------------------------------------------------------------ which

    def level(self, key: str) -> LevelRule:
        """Return the rules of a level.

        Raises:
            PolicyRefused: the pack has no such level.
        """
        if key not in self.levels:
            raise PolicyRefused(
                "there is no level {level}", level=key, hint="use one of: {known}", known=_known(self.levels)
            )
        return self.levels[key]

    def document_type(self, key: str) -> DocumentType:
        """Return a document type.

        Raises:
            PolicyRefused: the pack has no such type.
        """
        if key not in self.types:
            raise PolicyRefused(
                "there is no document type {type}",
                type=key,
                hint="use one of: {known}",
                known=_known(self.types),
            )
        return self.types[key]

    def book(self, key: str) -> Book:
        """Return a book.

        Raises:
            PolicyRefused: the pack has no such book.
        """
        if key not in self.books:
            raise PolicyRefused(
                "there is no book {book}", book=key, hint="use one of: {known}", known=_known(self.books)
            )
        return self.books[key]

    def book_for(self, use: BookUse) -> Book:
        """Return the book kept for `use`; a pack has exactly one for each of outgoing and incoming."""
        return next(book for book in self.books.values() if book.use is use)

    def levels_without_abstract(self) -> tuple[str, ...]:
        """Return the levels whose abstracts are not written in a book."""
        return tuple(
            key for key, rule in self.levels.items() if rule.register_abstract is not Abstract.WRITTEN
        )

    def abstract(self, level: str, text: str) -> str | None:
        """Return what a book may say of a document: its abstract, or None where the level forbids it."""
        return None if self.level(level).key in self.levels_without_abstract() else text

    def refuse_abstract(self, level: str, text: str | None) -> None:
        """Refuse an abstract offered for a book at a level whose abstracts are not written.

        Raises:
            PolicyRefused: one was offered.
        """
        if text and self.abstract(level, text) is None:
            raise PolicyRefused(
                "the abstract of a document of level {level} is not written in a book",
                level=self.level(level).name,
                hint="leave the subject out; it stays in the sealed document only",
            )

    # ------------------------------------------------------------ how it is written

    def number_text(
        self, type_key: str, number: int, *, agency: str, unit: str = "", notation: str = ""
    ) -> str:
        """Spell number and notation of an outgoing document: `05/BC-UBND`.

        `notation` stands in for the type's own, where a frame spells numbers in its way.

        Raises:
            PolicyRefused: the notation needs the drafting unit and none is given.
            ValueError: the number is not positive.
        """
        if number < 1:
            raise ValueError("numbers start at 1")
        kind = self.document_type(type_key)
        notation = notation or kind.notation
        series = self.numbering.series[self.book_for(BookUse.OUTGOING).series]
        if "{unit}" in notation and not unit:
            raise PolicyRefused(
                "the notation of a {type} names the drafting unit, and none is given",
                type=kind.name,
                hint="give the unit's symbol",
            )
        digits = f"{number:0{series.least_digits}d}{series.suffix}"
        return notation.format(number=digits, type=kind.abbreviation, agency=agency, unit=unit)

    def number_line(self, number_text: str) -> str:
        """Return the line of the frame that holds the number: `Số: 05/BC-UBND`."""
        return self.numbering.line.format(number=number_text)

    def place_and_date(self, place: str, on: date) -> str:
        """Return the line of the frame with place and date."""
        rule = self.numbering
        day = f"{on.day:02d}" if on.day < rule.pad_day_below else str(on.day)
        month = f"{on.month:02d}" if on.month < rule.pad_month_below else str(on.month)
        return rule.place_and_date.format(place=place, day=day, month=month, year=on.year)

    def mark_text(self, level: str) -> str:
        """Return the words of a level's mark."""
        return self.level(level).mark_text

    def mark_shape(self, level: str) -> MarkShape:
        """Return the measures of a level's mark."""
        stamp = self.marks[self.level(level).mark]
        if stamp.width_mm is None or stamp.height_mm is None:
            raise AssertionError("checked when the pack was read")
        return MarkShape(
            width_mm=stamp.width_mm,
            height_mm=stamp.height_mm,
            gap_mm=stamp.gap_mm,
            line_pt=stamp.line_pt,
            size_pt=stamp.lines[0].size_pt,
            colour=stamp.colour,
        )

    def stamp(self, key: str, **facts: str) -> StampShape:
        """Return a stamp as it is drawn, its words filled in.

        Raises:
            PolicyRefused: there is no such stamp, its size is not stated, or a fact is missing.
        """
        if key not in self.marks:
            raise PolicyRefused(
                "there is no mark {mark}", mark=key, hint="use one of: {known}", known=_known(self.marks)
            )
        stamp = self.marks[key]
        if stamp.width_mm is None or stamp.height_mm is None:
            raise PolicyRefused("the policy gives no size for the mark {mark}", mark=key)
        try:
            words = [line.text.format(**facts) for line in stamp.lines]
        except KeyError as error:
            raise PolicyRefused(
                "the mark {mark} is not complete without {fact}", mark=key, fact=str(error.args[0])
            ) from error
        return StampShape(
            width_mm=stamp.width_mm,
            height_mm=stamp.height_mm,
            gap_mm=stamp.gap_mm,
            line_pt=stamp.line_pt,
            colour=stamp.colour,
            round=stamp.shape is Shape.CIRCLE,
            lines=tuple(
                StampLine(text, line.size_pt, line.bold)
                for text, line in zip(words, stamp.lines, strict=True)
            ),
        )

    def slots(self) -> tuple[Slot, ...]:
        """Return the places that a document keeps for stamps that come after signing."""
        found: dict[str, Slot] = {}
        for stamp in self.marks.values():
            if stamp.slot and stamp.width_mm and stamp.height_mm:
                found[stamp.slot] = Slot(stamp.slot, stamp.width_mm, stamp.height_mm)
        return tuple(found.values())

    def stamp_at(self, key: str, position: Position, **facts: str) -> StampShape:
        """Return a stamp that belongs into `position`, as it is drawn.

        Raises:
            PolicyRefused: see `stamp`; or it belongs elsewhere.
        """
        known = [stamp.key for stamp in self.marks.values() if stamp.position is position]
        if key not in known:
            raise PolicyRefused(
                "the mark {mark} does not belong there",
                mark=key,
                hint="use one of: {known}",
                known=", ".join(known),
            )
        return self.stamp(key, **facts)

    def recipients_block(  # noqa: PLR0913 - each is a field of the document's card
        self,
        type_key: str,
        recipients: Sequence[str],
        copies: int,
        *,
        unit: str,
        drafter_name: str,
        copying_permitted: bool,
    ) -> RecipientsBlock:
        """Number the copies, one a recipient and the rest for the file, and word the recipients block.

        Raises:
            PolicyRefused: there are fewer copies than recipients and file copies.
        """
        words = self.recipients
        needed = len(recipients) + words.least_file_copies
        if copies < needed:
            raise PolicyRefused(
                "{copies} copies are too few for {recipients} recipients and the file",
                copies=copies,
                recipients=len(recipients),
                hint="issue at least {needed}",
                needed=needed,
            )
        addressed = self.document_type(type_key).addressed
        sent, filed = range(1, len(recipients) + 1), range(len(recipients) + 1, copies + 1)
        lines = []
        if addressed and recipients:
            lines.append(words.as_above.format(copies=self._numbers(sent)))
        else:
            lines += [
                words.line.format(name=name, copies=self._numbers([copy]))
                for name, copy in zip(recipients, sent, strict=True)
            ]
        keepers = f"{words.file_office}, {unit}" if unit else words.file_office
        lines.append(words.file_line.format(keepers=keepers, copies=self._numbers(filed)))
        ended = [line + words.line_end for line in lines[:-1]] + [lines[-1] + words.last_line_end]
        count = words.count.format(count=self._numbers([copies]), drafter=drafter_name)
        permission = words.may_copy if copying_permitted else words.may_not_copy
        return RecipientsBlock(
            to=tuple(recipients) if addressed else (), lines=tuple(ended), notes=(count, permission)
        )

    def _numbers(self, numbers: Iterable[int]) -> str:
        return ", ".join(f"{number:0{self.recipients.copy_digits}d}" for number in numbers)

    # ------------------------------------------------------------ until when

    def term_end(self, level: str, determined_on: date) -> date:
        """Return the last day of the protection term of a level determined that day."""
        return years_later(determined_on, self.level(level).term_years)

    def holds_on(self, day: date) -> bool:
        """Tell whether these are the rules of that day."""
        until = self.pack.effective_until
        return self.pack.effective_from <= day and (until is None or day <= until)


def in_force(on: date, packs: Iterable[Policy]) -> Policy:
    """Return the one pack whose rules hold on that day.

    Raises:
        PolicyMissing: none does.
        PolicyFailed: several do.
    """
    found = [pack for pack in packs if pack.holds_on(on)]
    if not found:
        raise PolicyMissing("no policy pack is in force on {day}", day=on.isoformat())
    if len(found) > 1:
        names = ", ".join(sorted(policy.pack.name for policy in found))
        raise PolicyFailed(
            "several policy packs are in force on {day}: {packs}", day=on.isoformat(), packs=names
        )
    return found[0]


def of_day(found: Sequence[Policy], day: date) -> Policy:
    """Return the pack for `day` among those a vault adopted, the last adopted first.

    It is the last adopted whose rules hold on that day; where none does, the last adopted of all: a vault
    goes on with the pack it has when that has ended.
    """
    return next((policy for policy in found if policy.holds_on(day)), found[0])


def _right(untrusted_text: str) -> Right:
    try:
        return Right(untrusted_text)
    except ValueError:
        raise PolicyRefused("there is no right named {right}", right=untrusted_text) from None


def _known(table: Mapping[str, object]) -> str:
    return ", ".join(table)


def years_later(day: date, years: int) -> date:
    """Return the same day some years later; 29 February becomes the 28th where the year has none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        # 29 February, and the year it ends in has none: the term ends with that month.
        return day.replace(year=day.year + years, day=28)
