"""What a pack says in one place about another must be true: marks, types, books, levels, sources."""

from collections.abc import Iterable, Mapping
from string import Formatter
from typing import Final

from securedoc.errors import PolicyMalformed
from securedoc.policy.model import Book, Rules
from securedoc.policy.sources import Source
from securedoc.policy.vocabulary import BookFact, BookUse, Border, Keep, Position, Shape

_REGISTERED: Final = frozenset(
    {"row", "number_text", "date", "type", "subject", "level", "signer_name"}
    | {"recipients", "unit", "copies", "note"}
)
_RECEIVED: Final = frozenset(
    {"row", "arrived", "from", "number_text", "date", "type", "subject", "level", "copies", "unit", "note"}
)
_MOVED: Final = frozenset(
    {"row", "number_text", "date", "type", "level", "copies", "copy_serials", "holder", "note"}
)
_COPIED: Final = frozenset(
    {"row", "made_on", "number_text", "date", "type", "level", "copy_kind", "copies_allowed", "copies_made"}
    | {"copies_spoiled", "copy_serials", "recipients", "copied_by", "allowed_by", "authority_basis"}
    | {"place", "device", "note"}
)
_COUNTED: Final = frozenset(
    {"period", "level", "count_out", "count_in", "count_held", "count_recalled", "count_declassified"}
    | {"count_destroyed", "note"}
)
FACTS_OF: Final[Mapping[BookUse, frozenset[str]]] = {
    BookUse.OUTGOING: _REGISTERED,
    BookUse.INCOMING: _RECEIVED,
    BookUse.HANDOVER: _MOVED | {"moved_on", "returned_on"},
    BookUse.LOANS: _MOVED | {"moved_on", "returned_on", "subject", "allowed_by"},
    BookUse.CARRYING: _MOVED | {"reason", "place", "out_at", "back_at", "allowed_by", "checked_on_return"},
    BookUse.COPYING: _COPIED,
    BookUse.MEDIA: frozenset(
        {"row", "date", "medium", "label", "keeper", "device", "state", "returned_on", "note"}
    ),
    BookUse.STATISTICS: _COUNTED,
    BookUse.PROPOSAL: frozenset(
        {"type", "subject", "unit", "drafter_name", "level", "list_basis", "copies", "recipients"}
    ),
}
"""The facts that stand behind these books: of their entries, or computed from several."""

_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "numbering.line": frozenset({"number"}),
    "numbering.place_and_date": frozenset({"place", "day", "month", "year"}),
    "copying.copy_number": frozenset({"copy", "copies"}),
    "recipients.as_above": frozenset({"copies"}),
    "recipients.line": frozenset({"name", "copies"}),
    "recipients.file_line": frozenset({"keepers", "copies"}),
    "recipients.count": frozenset({"count", "drafter"}),
}
_STAMP_FIELDS: Final = frozenset(
    {"date", "term", "until", "level", "copy", "copies", "kind", "recipients", "authority"}
    | {"agency", "row", "to", "file"}
)


def check(rules: Rules, sources: Mapping[str, Source], *, name: str) -> None:
    """Refuse a pack that contradicts itself.

    Raises:
        PolicyMalformed: with the path of the value that names what is not there, or does not fit.
    """
    _Check(rules, sources, name).all()


class _Check:
    """The checks of one pack, in the order of the file."""

    def __init__(self, rules: Rules, sources: Mapping[str, Source], name: str) -> None:
        self.rules = rules
        self.sources = sources
        self.name = name

    def all(self) -> None:
        self.card()
        self.levels()
        self.marks()
        self.templates()
        self.types()
        self.books()
        self.authority()
        self.retention()
        self.tags()

    def at(self, path: str) -> dict[str, str]:
        return {"file": self.name, "path": path}

    def one_of(self, value: str, known: Iterable[str], path: str) -> None:
        if value not in known:
            raise PolicyMalformed(
                "{file}: {path}: {value} is not defined in this pack", value=value, **self.at(path)
            )

    def card(self) -> None:
        card = self.rules.pack
        if card.effective_until is not None and card.effective_until < card.effective_from:
            raise PolicyMalformed(
                "{file}: {path}: the pack ends before it begins", **self.at("pack.effective_until")
            )

    def levels(self) -> None:
        ordered = sorted(self.rules.levels.values(), key=lambda level: level.rank)
        for place, level in enumerate(ordered, 1):
            path = f"levels.{level.key}"
            if level.rank != place:
                raise PolicyMalformed(
                    "{file}: {path}: ranks run from 1 without gaps", **self.at(f"{path}.rank")
                )
            if place > 1 and level.term_years < ordered[place - 2].term_years:
                raise PolicyMalformed(
                    "{file}: {path}: a higher level has no shorter term", **self.at(f"{path}.term_years")
                )
            self.one_of(level.mark, self.rules.marks, f"{path}.mark")
            self.one_of(level.envelope_mark, self.rules.marks, f"{path}.envelope_mark")
            self.level_mark(level.mark, level.mark_text, path)

    def level_mark(self, mark: str, text: str, path: str) -> None:
        """A level's mark is drawn on documents: it needs its measures, and must say what the level says."""
        stamp = self.rules.marks[mark]
        if stamp.width_mm is None or stamp.height_mm is None or stamp.shape is not Shape.RECTANGLE:
            raise PolicyMalformed(
                "{file}: {path}: the mark of a level is a rectangle of stated size", **self.at(f"{path}.mark")
            )
        if [line.text for line in stamp.lines] != [text]:
            raise PolicyMalformed(
                "{file}: {path}: the stamp of this level has other words", **self.at(f"{path}.mark_text")
            )

    def marks(self) -> None:
        for stamp in self.rules.marks.values():
            if (stamp.border is Border.DOUBLE) != (stamp.gap_mm > 0):
                raise PolicyMalformed(
                    "{file}: {path}: a double border has a gap and a single one has none",
                    **self.at(f"marks.{stamp.key}.gap_mm"),
                )
            for index, line in enumerate(stamp.lines, 1):
                self.fields(line.text, _STAMP_FIELDS, f"marks.{stamp.key}.lines[{index}].text")
        self.slots()
        copying = self.rules.copying
        changes = self.rules.level_marks
        for name in ("raised", "lowered", "extended", "declassified"):
            self.one_of(getattr(changes, name), self.rules.marks, f"level_marks.{name}")
        self.one_of(copying.first_page_mark, self.rules.marks, "copying.first_page_mark")
        self.one_of(copying.last_page_mark, self.rules.marks, "copying.last_page_mark")

    def slots(self) -> None:
        """A place kept on a document has one size, and is beside the level mark."""
        sizes: dict[str, tuple[object, ...]] = {}
        for stamp in self.rules.marks.values():
            path = f"marks.{stamp.key}.slot"
            if (stamp.slot is None) != (stamp.right is None):
                raise PolicyMalformed(
                    "{file}: {path}: a stamp has a place kept for it if, and only if, a right goes with it",
                    **self.at(path),
                )
            if stamp.slot is None:
                continue
            if stamp.width_mm is None or stamp.height_mm is None:
                raise PolicyMalformed(
                    "{file}: {path}: a stamp of unknown size has no place kept for it", **self.at(path)
                )
            if stamp.position is not Position.BESIDE_10A:
                raise PolicyMalformed(
                    "{file}: {path}: no place is kept for stamps in that position", **self.at(path)
                )
            size = (stamp.width_mm, stamp.height_mm)
            if sizes.setdefault(stamp.slot, size) != size:
                raise PolicyMalformed(
                    "{file}: {path}: stamps that share a place have one size", **self.at(path)
                )

    def fields(self, template: str, allowed: Iterable[str], path: str) -> frozenset[str]:
        """Return the fields of a template, refusing any that is not allowed or is not a plain name."""
        try:
            parsed = list(Formatter().parse(template))
        except ValueError as error:
            raise PolicyMalformed("{file}: {path}: a brace stands alone", **self.at(path)) from error
        found = set()
        for _, field, form, conversion in parsed:
            # A format or an attribute (`{number:>9999999}`, `{number.__class__}`) is code, not a template.
            if field is not None and (field not in allowed or form or conversion):
                raise PolicyMalformed(
                    "{file}: {path}: {field} is not a field of this template", field=field, **self.at(path)
                )
            found.add(field or "")
        return frozenset(found - {""})

    def templates(self) -> None:
        for path, allowed in _FIELDS.items():
            table, key = path.split(".")
            found = self.fields(getattr(getattr(self.rules, table), key), allowed, path)
            for field in sorted(allowed - found):
                raise PolicyMalformed(
                    "{file}: {path}: the template lacks {field}", field=field, **self.at(path)
                )

    def types(self) -> None:
        for kind in self.rules.types.values():
            path = f"types.{kind.key}.notation"
            found = self.fields(kind.notation, ("number", "type", "agency", "unit"), path)
            if not {"number", "agency"} <= found:
                raise PolicyMalformed(
                    "{file}: {path}: a notation has {number} and {agency}",
                    number="{number}",
                    agency="{agency}",
                    **self.at(path),
                )
            if ("type" in found) != bool(kind.abbreviation):
                raise PolicyMalformed(
                    "{file}: {path}: a notation names the type if, and only if, it has an abbreviation",
                    **self.at(path),
                )

    def books(self) -> None:
        for use in (BookUse.OUTGOING, BookUse.INCOMING):
            if sum(book.use is use for book in self.rules.books.values()) != 1:
                raise PolicyMalformed(
                    "{file}: {path}: exactly one book is kept for {use}", use=use, **self.at("books")
                )
        for book in self.rules.books.values():
            self.one_of(book.series, self.rules.numbering.series, f"books.{book.key}.series")
            self.columns(book)

    def columns(self, book: Book) -> None:
        allowed = FACTS_OF.get(book.use, frozenset(BookFact)) | {BookFact.NONE}
        for place, column in enumerate(book.columns, 1):
            path = f"books.{book.key}.columns[{place}]"
            if column.number != place:
                raise PolicyMalformed(
                    "{file}: {path}: columns run from 1 without gaps", **self.at(f"{path}.number")
                )
            for index, fact in enumerate(column.facts, 1):
                if fact not in allowed:
                    raise PolicyMalformed(
                        "{file}: {path}: entries of this book have no fact {fact}",
                        fact=fact,
                        **self.at(f"{path}.facts[{index}]"),
                    )

    def authority(self) -> None:
        for act, by_level in self.rules.authority.items():
            for level in by_level:
                self.one_of(level, self.rules.levels, f"authority.{act}.{level}")
            for level in self.rules.levels:
                path = f"authority.{act}.{level}"
                if level not in by_level:
                    raise PolicyMalformed("{file}: {path} is missing", **self.at(path))
                for index, position in enumerate(by_level[level], 1):
                    self.one_of(position, self.rules.positions, f"{path}[{index}]")

    def retention(self) -> None:
        for rule in self.rules.retention.values():
            if (rule.keep is Keep.YEARS) != (rule.years is not None):
                raise PolicyMalformed(
                    "{file}: {path}: years are given if, and only if, something is kept for years",
                    **self.at(f"retention.{rule.key}.years"),
                )

    def tags(self) -> None:
        for path, source in self.sources.items():
            for tag in source.tags:
                if tag not in self.rules.references:
                    raise PolicyMalformed(
                        "{file}: {path}: its source {tag} is not among the references",
                        tag=tag,
                        **self.at(path),
                    )
