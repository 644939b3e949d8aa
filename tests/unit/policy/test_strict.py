"""The strict reader: what it takes, and each thing it refuses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

import pytest

from securedoc.core.bounds import FROM_KEY, MAY_BE_EMPTY, PARTIAL, Between, Like
from securedoc.errors import PolicyMalformed
from securedoc.policy import strict
from securedoc.policy.sources import Source, Sureness


class Colour(StrEnum):
    """A choice."""

    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Item:
    """A table that knows its key."""

    key: Annotated[str, FROM_KEY]
    size: Annotated[int, Between(1, 9)]
    width: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """One field of every kind."""

    name: Annotated[str, Like(r"[a-z]+")]
    on: bool
    day: date
    colours: tuple[Colour, ...]
    items: Mapping[str, Item]
    by_colour: Mapping[Colour, str]
    some: Annotated[Mapping[Colour, str], PARTIAL]
    empty: Annotated[tuple[str, ...], MAY_BE_EMPTY]
    maybe: Annotated[int, Between(0, 5)] | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file with one table."""

    sheet: Sheet


GOOD = """
[sheet]
source = "V S1"
source_of = { day = "R: by heart" }
name = "abc"
on = true
day = 2026-03-01
colours = ["red"]
empty = []
by_colour = { red = "r", blue = "b" }
some = { red = "r" }

[sheet.items.one]
source = "V2 S2,S3: note"
size = 3
width = 2
"""


def read(text: str) -> tuple[File, Mapping[str, Source]]:
    return strict.build(File, strict.read_table(text.encode(), name="t.toml"), name="t.toml")


def refusal(text: str) -> str:
    with pytest.raises(PolicyMalformed) as caught:
        read(text)
    assert caught.value.exit_code == 13
    return str(caught.value)


def test_a_file_that_names_exactly_the_fields_becomes_frozen_values() -> None:
    file, _ = read(GOOD)

    assert file.sheet.items["one"] == Item("one", 3, 2.0)
    assert file.sheet.colours == (Colour.RED,)
    assert file.sheet.by_colour[Colour.BLUE] == "b"
    assert file.sheet.maybe is None


def test_every_value_has_the_nearest_source_given_for_it() -> None:
    _, sources = read(GOOD)

    assert sources["sheet.name"] == Source(Sureness.READ, ("S1",), "")
    assert sources["sheet.day"] == Source(Sureness.RECALLED, (), "by heart")
    assert sources["sheet.by_colour.red"].tags == ("S1",)
    assert sources["sheet.items.one.size"] == Source(Sureness.REPORTED, ("S2", "S3"), "note")


REFUSED = {
    "unknown key": ("on = true", "on = true\nsizee = 1", "sheet.sizee is not a key"),
    "unknown key inside": ("size = 3", "size = 3\nx = 1", "sheet.items.one.x is not a key"),
    "unknown table": ("[sheet]", "[other]\na = 1\n[sheet]", "other is not a key"),
    "key taken from the table's name": (
        "size = 3",
        'key = "x"\nsize = 3',
        "sheet.items.one.key is not a key",
    ),
    "missing key": ('name = "abc"\n', "", "sheet.name is missing"),
    "missing key inside": ("size = 3\n", "", "sheet.items.one.size is missing"),
    "missing member": ('red = "r", blue = "b"', 'red = "r"', "sheet.by_colour.blue is missing"),
    "unknown member": ("some = { red", "some = { green", "sheet.some.green is not a key"),
    "text for a number": ("size = 3", 'size = "3"', "sheet.items.one.size: expected a whole number"),
    "truth for a number": ("size = 3", "size = true", "sheet.items.one.size: expected a whole number"),
    "fraction for a whole number": ("size = 3", "size = 3.0", "sheet.items.one.size: expected a whole"),
    "number for a truth": ("on = true", "on = 1", "sheet.on: expected true or false"),
    "number for a text": ('name = "abc"', "name = 1", "sheet.name: expected a text"),
    "moment for a date": ("2026-03-01", "2026-03-01T00:00:00", "sheet.day: expected a date"),
    "text for a list": ('["red"]', '"red"', "sheet.colours: expected a list"),
    "list for a table": ('some = { red = "r" }', "some = []", "sheet.some: expected a table"),
    "not one of the choices": ('["red"]', '["green"]', "sheet.colours[1]: expected one of: red, blue"),
    "twice in a list": ('["red"]', '["red", "red"]', "sheet.colours: the list names something twice"),
    "empty list": ('["red"]', "[]", "sheet.colours: an empty list"),
    "empty text": ('red = "r", blue', 'red = "", blue', "sheet.by_colour.red: an empty text"),
    "empty table": ('some = { red = "r" }', "some = {}", "sheet.some: an empty table"),
    "too small": ("size = 3", "size = 0", "sheet.items.one.size: expected a number from 1 to 9"),
    "too large": ("size = 3", "size = 10", "sheet.items.one.size: expected a number from 1 to 9"),
    "optional out of range": ("on = true", "on = true\nmaybe = 6", "sheet.maybe: expected a number"),
    "not a number": ("width = 2", "width = nan", "sheet.items.one.width: expected a finite number"),
    "infinite": ("width = 2", "width = inf", "sheet.items.one.width: expected a finite number"),
    "not like its pattern": ('"abc"', '"ABC"', "sheet.name: expected a text like [a-z]+"),
    "control character": ('red = "r", blue', 'red = "\\u0007", blue', "sheet.by_colour.red: a text has no"),
    "direction override": ('red = "r", blue', 'red = "\\u202E", blue', "sheet.by_colour.red: a text has no"),
    "decomposed letters": (
        'red = "r", blue',
        'red = "e\\u0302", blue',
        "sheet.by_colour.red: the text is not",
    ),
    "key with blanks": ("[sheet.items.one]", '[sheet.items."o ne"]', "sheet.items.o ne: a key has ASCII"),
    "source without a reason": ('"V S1"', '"V"', "sheet.source: a source starts with"),
    "source of an unknown kind": ('"V S1"', '"X S1"', "sheet.source: a source starts with"),
    "source that is no text": ('source = "V S1"', "source = 1", "sheet.source: a source starts with"),
    "source for nothing": ("{ day =", "{ dya =", "sheet.source_of.dya: there is no such key"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_breaks_the_format_is_refused_with_its_path(case: str) -> None:
    old, new, told = REFUSED[case]
    assert old in GOOD

    said = refusal(GOOD.replace(old, new, 1))

    assert said.startswith(f"t.toml: {told}")


def test_a_value_without_any_source_is_refused() -> None:
    text = GOOD.replace('source = "V S1"\n', "").replace('source_of = { day = "R: by heart" }\n', "")

    assert refusal(text) == "t.toml: sheet.name: no source is given for this value"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\xff", "t.toml is not UTF-8 at byte 0"),
        (b"a = 1\na = 2\n", "t.toml is not TOML at line 2"),
        (b"[a]\nb = 1\n[a]\n", "t.toml is not TOML at line 3"),
        (b"a = [1,\n", "t.toml is not TOML at line 2"),
        (b"a = " + b"[" * 100_000, "t.toml is not TOML at line 1"),
        (b"a = " + b"9" * 100_000, "t.toml is not TOML at line 1"),
        (b"\x00", "t.toml is not TOML at line 1"),
        (b"#" * (strict.MAX_BYTES + 1), "t.toml is larger than 524288 bytes"),
    ],
    ids=["not-utf8", "key-twice", "table-twice", "open-list", "deep", "huge-number", "nul", "huge"],
)
def test_what_is_not_a_small_toml_file_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(PolicyMalformed) as caught:
        strict.read_table(data, name="t.toml")

    assert str(caught.value) == told


@pytest.mark.parametrize("text", ["V S1", "V2 S1,S22: words", "D: words", "R: x", "I S3"])
def test_a_source_reads_back_as_it_is_written(text: str) -> None:
    assert str(Source.parse(text)) == text
