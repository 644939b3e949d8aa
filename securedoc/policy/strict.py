"""Read TOML into frozen dataclasses, refusing every key, type and value that the class does not name."""

import dataclasses
import math
import re
import tomllib
import types
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from securedoc.core import bounds
from securedoc.core.text import Message, message
from securedoc.errors import PolicyMalformed
from securedoc.policy.sources import Source

T = TypeVar("T")

MAX_BYTES: Final = 512 * 1024  # the largest pack is 60 KiB; a policy is read by people
SOURCE_KEYS: Final = ("source", "source_of")
_BARE_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
_LINE = re.compile(r"\(at line (\d+), column \d+\)")


def read_table(untrusted: bytes, *, name: str) -> Mapping[str, object]:
    """Parse the bytes of a TOML file called `name` for people.

    Raises:
        PolicyMalformed: too large, not UTF-8, not TOML, or a key stands twice.
    """
    if len(untrusted) > MAX_BYTES:
        raise PolicyMalformed("{file} is larger than {limit} bytes", file=name, limit=MAX_BYTES)
    try:
        text = untrusted.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PolicyMalformed(
            "{file} is not UTF-8 at byte {offset}", file=name, offset=error.start
        ) from error
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        found = _LINE.search(str(error))
        raise PolicyMalformed(
            "{file} is not TOML at line {line}",
            file=name,
            line=int(found[1]) if found else text.count("\n") + 1,
            hint="look there for a missing quote or bracket, or for a key that stands twice",
        ) from error


def build(kind: type[T], table: Mapping[str, object], *, name: str) -> tuple[T, Mapping[str, Source]]:
    """Make a `kind` of a table whose keys are exactly its fields; return it and each leaf's source by path.

    Raises:
        PolicyMalformed: a key is unknown or missing, or a value has the wrong type, is out of range
            or has no source.
    """
    builder = _Builder(name)
    made = builder.record(kind, table, path="", source=None, key="")
    return made, types.MappingProxyType(builder.sources)


def join(path: str, key: str) -> str:
    """Spell the dotted path of `key` in the table at `path`."""
    return f"{path}.{key}" if path else key


@dataclass(frozen=True, slots=True)
class _Form:
    """What a dataclass asks of its table."""

    hints: Mapping[str, Any]
    written: frozenset[str]
    """Fields that the table writes; the others are taken from the key that it stands under."""
    required: frozenset[str]


@cache
def _form(kind: type) -> _Form:
    hints = get_type_hints(kind, include_extras=True)
    fields = dataclasses.fields(kind)
    return _Form(
        hints={field.name: hints[field.name] for field in fields},
        written=frozenset(field.name for field in fields if not _marked(hints[field.name], bounds.FROM_KEY)),
        required=frozenset(field.name for field in fields if field.default is dataclasses.MISSING),
    )


class _Builder:
    """One reading of one file: its name for messages, and the sources met so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sources: dict[str, Source] = {}

    def at(self, path: str) -> dict[str, str]:
        """Return the facts that say where something is wrong."""
        return {"file": self.name, "path": path}

    def record(self, kind: type[T], untrusted: object, *, path: str, source: Source | None, key: str) -> T:
        """Build a dataclass."""
        table = self.table(untrusted, path)
        here, of_key = self.provenance(table, path, source)
        form = _form(kind)  # type: ignore[arg-type]  # a class is hashable, whatever its instances are
        self.known(table, form.written, path)
        values: dict[str, Any] = {}
        for name, hint in form.hints.items():
            where = join(path, name)
            if name not in form.written:
                values[name] = key
            elif name in table:
                values[name] = self.value(hint, table[name], where, of_key.get(name, here))
            elif name in form.required:
                raise PolicyMalformed("{file}: {path} is missing", file=self.name, path=where)
        return kind(**values)

    def known(self, table: Mapping[str, object], fields: Collection[str], path: str) -> None:
        for untrusted_key in table:
            if untrusted_key not in fields and untrusted_key not in SOURCE_KEYS:
                raise PolicyMalformed(
                    "{file}: {path} is not a key of this format",
                    file=self.name,
                    path=join(path, _shown(untrusted_key)),
                    hint="correct the spelling, or remove it: keys that nobody reads are refused",
                )

    def provenance(
        self, table: Mapping[str, object], path: str, inherited: Source | None
    ) -> tuple[Source | None, Mapping[str, Source]]:
        """Return the source of the table's values, and the sources of single ones among them."""
        here = self.source(table["source"], join(path, "source")) if "source" in table else inherited
        where = join(path, "source_of")
        listed = self.table(table.get("source_of", {}), where)
        for untrusted_key in listed:
            if untrusted_key not in table or untrusted_key in SOURCE_KEYS:
                raise PolicyMalformed(
                    "{file}: {path}: there is no such key to give a source for",
                    **self.at(join(where, _shown(untrusted_key))),
                )
        return here, {key: self.source(value, join(where, key)) for key, value in listed.items()}

    def source(self, untrusted: object, path: str) -> Source:
        try:
            return Source.parse(untrusted if isinstance(untrusted, str) else "")
        except ValueError:
            raise PolicyMalformed(
                "{file}: {path}: a source starts with V, V2, R, I or D and names an S-number or says why",
                **self.at(path),
            ) from None

    def value(self, hint: Any, untrusted: object, path: str, source: Source | None) -> Any:
        """Build whatever `hint` says stands at `path`."""
        limits: list[object] = []
        while get_origin(hint) in (Annotated, Union, types.UnionType):
            first, *others = get_args(hint)
            limits += others if get_origin(hint) is Annotated else []
            hint = first  # of `X | None` the X: TOML has no way to write None
        if get_origin(hint) is tuple:
            return self.items(get_args(hint)[0], untrusted, path, source, limits)
        if get_origin(hint) is not None and issubclass(get_origin(hint), Mapping):
            return self.mapping(get_args(hint), untrusted, path, source, limits)
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            return self.record(hint, untrusted, path=path, source=source, key="")
        return self.leaf(hint, untrusted, path, source, limits)

    def items(
        self, hint: Any, untrusted: object, path: str, source: Source | None, limits: Sequence[object]
    ) -> tuple[Any, ...]:
        if not isinstance(untrusted, list):
            raise PolicyMalformed("{file}: {path}: expected a list", **self.at(path))
        if not untrusted and bounds.MAY_BE_EMPTY not in limits:
            raise PolicyMalformed("{file}: {path}: an empty list is not valid here", **self.at(path))
        made = tuple(
            self.value(hint, item, f"{path}[{index}]", source) for index, item in enumerate(untrusted, 1)
        )
        if not untrusted:
            self.note(path, source)
        if isinstance(hint, type) and issubclass(hint, str) and len(set(made)) != len(made):
            raise PolicyMalformed("{file}: {path}: the list names something twice", **self.at(path))
        return made

    def mapping(
        self,
        hints: tuple[Any, ...],
        untrusted: object,
        path: str,
        source: Source | None,
        limits: Sequence[object],
    ) -> Mapping[Any, Any]:
        table = self.table(untrusted, path)
        here, of_key = self.provenance(table, path, source)
        key_hint, value_hint = hints
        keys = [key for key in table if key not in SOURCE_KEYS]
        if not keys and bounds.MAY_BE_EMPTY not in limits:
            raise PolicyMalformed("{file}: {path}: an empty table is not valid here", **self.at(path))
        if issubclass(key_hint, StrEnum):
            members = [member.value for member in key_hint]
            self.known(table, members, path)
            absent = [] if bounds.PARTIAL in limits else [member for member in members if member not in table]
            if absent:
                raise PolicyMalformed("{file}: {path} is missing", file=self.name, path=join(path, absent[0]))
        made: dict[Any, Any] = {}
        for key in keys:
            if not _BARE_KEY.fullmatch(key):
                raise PolicyMalformed(
                    "{file}: {path}: a key has ASCII letters, digits, hyphens; at most 64",
                    **self.at(join(path, _shown(key))),
                )
            where, leaf_source = join(path, key), of_key.get(key, here)
            if dataclasses.is_dataclass(value_hint) and isinstance(value_hint, type):
                made[key_hint(key)] = self.record(
                    value_hint, table[key], path=where, source=leaf_source, key=key
                )
            else:
                made[key_hint(key)] = self.value(value_hint, table[key], where, leaf_source)
        return types.MappingProxyType(made)

    def leaf(
        self, hint: Any, untrusted: object, path: str, source: Source | None, limits: Sequence[object]
    ) -> Any:
        made: Any = untrusted
        if issubclass(hint, StrEnum):
            made = self.member(hint, untrusted, path)
        elif hint is float and type(untrusted) is int:
            made = float(untrusted)
        elif type(untrusted) is not hint:
            raise PolicyMalformed(_EXPECTED[hint].template, **self.at(path))
        if hint is str:
            self.text(made, path, limits)
        if hint is float and not math.isfinite(made):
            raise PolicyMalformed("{file}: {path}: expected a finite number", **self.at(path))
        for limit in limits:
            self.limit(limit, made, path)
        self.note(path, source)
        return made

    def limit(self, limit: object, untrusted: Any, path: str) -> None:
        if isinstance(limit, bounds.Between) and not limit.holds(untrusted):
            raise PolicyMalformed(
                "{file}: {path}: expected a number from {least} to {most}",
                least=f"{limit.least:g}",
                most=f"{limit.most:g}",
                **self.at(path),
            )
        if isinstance(limit, bounds.Like) and not limit.holds(untrusted):
            raise PolicyMalformed(
                "{file}: {path}: expected a text like {pattern}", pattern=limit.pattern, **self.at(path)
            )

    def member(self, kind: type[StrEnum], untrusted: object, path: str) -> StrEnum:
        try:
            return kind(untrusted if isinstance(untrusted, str) else "")
        except ValueError:
            choices = ", ".join(member.value for member in kind)
            raise PolicyMalformed(
                "{file}: {path}: expected one of: {choices}", choices=choices, **self.at(path)
            ) from None

    def text(self, untrusted: str, path: str, limits: Sequence[object]) -> None:
        if not untrusted and bounds.MAY_BE_EMPTY not in limits:
            raise PolicyMalformed("{file}: {path}: an empty text is not valid here", **self.at(path))
        # Printable text holds none of them; asking each character of everything else is slow.
        if not untrusted.isprintable() and any(unicodedata.category(c) in _UNSEEN for c in untrusted):
            raise PolicyMalformed(
                "{file}: {path}: a text has no control, direction or line-break characters", **self.at(path)
            )
        # Decomposed letters look the same and compare unequal: a mark would slip past its check.
        if not unicodedata.is_normalized("NFC", untrusted):
            raise PolicyMalformed("{file}: {path}: the text is not in Unicode form NFC", **self.at(path))

    def table(self, untrusted: object, path: str) -> Mapping[str, object]:
        if not isinstance(untrusted, Mapping):
            raise PolicyMalformed("{file}: {path}: expected a table", **self.at(path))
        return untrusted

    def note(self, path: str, source: Source | None) -> None:
        if source is None:
            raise PolicyMalformed("{file}: {path}: no source is given for this value", **self.at(path))
        self.sources[path] = source


_EXPECTED: Final[Mapping[type, Message]] = {
    str: message("{file}: {path}: expected a text"),
    int: message("{file}: {path}: expected a whole number"),
    float: message("{file}: {path}: expected a number"),
    bool: message("{file}: {path}: expected true or false"),
    date: message("{file}: {path}: expected a date such as 2026-03-01"),
}


def _marked(hint: Any, mark: bounds.Mark) -> bool:
    return get_origin(hint) is Annotated and mark in get_args(hint)


def _shown(untrusted_key: str) -> str:
    """Return a key fit for a message: bounded, without control characters."""
    return "".join(c if c.isprintable() else "�" for c in untrusted_key[:64])
