"""Puts results on stdout: one JSON object for programs, lines and tables for people."""

import base64
import dataclasses
import json
import shutil
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from itertools import zip_longest
from pathlib import Path
from typing import Final

from securedoc.cli.language import Translate
from securedoc.core.digests import Digest
from securedoc.core.findings import Finding
from securedoc.core.jsonvalue import JsonValue
from securedoc.core.officetime import OFFICE_TIME
from securedoc.core.text import Message, message
from securedoc.system.terminal import visible

Plain = str | int | bool | date | Digest | Message | Path | Enum | None
Showable = Plain | bytes | Finding | Sequence["Showable"] | Mapping[str, "Showable"]
Result = Mapping[str, Showable]
Cell = Plain
GAP: Final = "  "
LONG_WORD_CELLS: Final = 16  # longer ones, such as digests, may be broken


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """Rows under translated headings; numbers stand to the right. Without rows it prints nothing."""

    columns: Sequence[Message]
    rows: Sequence[Sequence[Cell]]


Line = Message | str | Table


def show_json(result: Result, translate: Translate) -> None:
    """Print `result` as the one JSON object of a command."""
    sys.stdout.write(json.dumps(as_json(result, translate), ensure_ascii=False, indent=2) + "\n")


def show_lines(lines: Sequence[Line], translate: Translate) -> None:
    """Print lines and tables for people."""
    # Only a terminal has a width; a pipe or a file gets each row on one line.
    cells = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in lines:
        if isinstance(line, Table):
            sys.stdout.writelines(row + "\n" for row in laid_out(line, translate, cells))
        else:
            sys.stdout.write(_seen(line, translate) + "\n")


def as_json(value: Showable, translate: Translate) -> JsonValue:
    """Spell a value as JSON: ISO 8601 moments with zone, base64 bytes, `sha256:` digests.

    Raises:
        TypeError: it holds something that has no spelling, such as a float or a Secret.
    """
    if isinstance(value, Finding):
        return as_json({name: getattr(value, name) for name in Finding.__slots__}, translate)
    if isinstance(value, Mapping):
        return {key: as_json(item, translate) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [as_json(item, translate) for item in value]
    return _spelled(value, translate)


def _spelled(value: Plain | bytes, translate: Translate) -> JsonValue:
    match value:
        case Enum():
            return str(value.value)
        case None | str() | int():
            return value
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case date():
            return value.isoformat()
        case Digest() | Path():
            return str(value)
        case Message():
            return value.said(translate)
        case _:
            raise TypeError("this has no spelling in JSON: " + type(value).__name__)


def laid_out(table: Table, translate: Translate, cells: int | None = None) -> list[str]:
    """Return the table's heading, rule and rows, padded to the width that each column needs.

    Where the terminal has fewer `cells` than that, the widest columns are narrowed and their text wrapped.
    """
    if not table.rows:
        return []
    heading = [column.said(translate) for column in table.columns]
    body = [[_cell(cell, translate) for cell in row] for row in table.rows]
    widths = [max(map(width, column)) for column in zip(heading, *body, strict=True)]
    if cells is not None:
        least = [max(map(_longest_word, column)) for column in zip(heading, *body, strict=True)]
        widths = _narrowed(widths, least, cells - len(GAP) * (len(widths) - 1))
    right = [all(_is_number(cell) for cell in column) for column in zip(*table.rows, strict=True)]

    def row(texts: Sequence[str]) -> list[str]:
        columns = [wrapped(text, size) for text, size in zip(texts, widths, strict=True)]
        return [
            GAP.join(map(_pad, line, widths, right)).rstrip() for line in zip_longest(*columns, fillvalue="")
        ]

    rule = ["-" * size for size in widths]
    return [line for texts in (heading, rule, *body) for line in row(texts)]


def _narrowed(widths: list[int], least: list[int], cells: int) -> list[int]:
    """Take from the widest column until the table fits, but break no word while another column can give."""
    narrowed = list(widths)
    while sum(narrowed) > cells:
        giving = [index for index, size in enumerate(narrowed) if size > least[index]]
        if not giving:
            break
        narrowed[max(giving, key=narrowed.__getitem__)] -= 1
    return narrowed


def _longest_word(text: str) -> int:
    return min(max(map(width, text.split(" "))), LONG_WORD_CELLS)


def wrapped(text: str, size: int) -> list[str]:
    """Break `text` into lines of at most `size` cells, between words where it can."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if width(longer) <= size:
            lines[-1] = longer
            continue
        pieces = _pieces(word, size)
        lines = [*lines, *pieces] if lines[-1] else pieces
    return lines


def _pieces(word: str, size: int) -> list[str]:
    pieces = [""]
    for character in word:
        if width(pieces[-1] + character) > size:
            pieces.append("")
        pieces[-1] += character
    return pieces


def width(text: str) -> int:
    """Return how many terminal cells `text` takes: wide characters two, combining marks none."""
    cells = 0
    for character in text:
        if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
            continue
        cells += 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
    return cells


def _pad(text: str, size: int, to_right: bool) -> str:
    space = " " * (size - width(text))
    return space + text if to_right else text + space


def _is_number(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, int) and not isinstance(cell, bool))


def _cell(cell: Cell, translate: Translate) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        # The office's time, as on its papers: the machine may be set to another zone.
        local = cell.astimezone(OFFICE_TIME)
        return f"{_day(local, translate)} {local:%H:%M}"
    if isinstance(cell, date):
        return _day(cell, translate)
    if isinstance(cell, Enum):
        return translate(str(cell.value))
    return _seen(cell if isinstance(cell, Message) else str(cell), translate)


def _day(day: date, translate: Translate) -> str:
    """Return a day in the order that the language writes it in."""
    written = message(
        "{year}-{month}-{day}", year=f"{day.year:04d}", month=f"{day.month:02d}", day=f"{day.day:02d}"
    )
    return written.said(translate)


def _seen(line: Message | str, translate: Translate) -> str:
    """Return the line as it may reach a terminal: what a name hides in control characters is shown."""
    text = line if isinstance(line, str) else line.said(translate)
    return "\n".join(map(visible, text.split("\n")))
