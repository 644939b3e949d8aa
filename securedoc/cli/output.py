"""Puts results on stdout: one JSON object for programs, lines and tables for people."""

import base64
import dataclasses
import json
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Final

from securedoc.cli.language import Translate
from securedoc.core.digests import Digest
from securedoc.core.findings import Finding
from securedoc.core.jsonvalue import JsonValue
from securedoc.core.text import Message
from securedoc.system.terminal import visible

Plain = str | int | bool | date | Digest | Message | Path | Enum | None
Showable = Plain | bytes | Finding | Sequence["Showable"] | Mapping[str, "Showable"]
Result = Mapping[str, Showable]
Cell = Plain
GAP: Final = "  "


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
    for line in lines:
        if isinstance(line, Table):
            sys.stdout.writelines(row + "\n" for row in laid_out(line, translate))
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


def laid_out(table: Table, translate: Translate) -> list[str]:
    """Return the table's heading, rule and rows, padded to the width that each column needs."""
    if not table.rows:
        return []
    heading = [column.said(translate) for column in table.columns]
    body = [[_cell(cell, translate) for cell in row] for row in table.rows]
    widths = [max(map(width, column)) for column in zip(heading, *body, strict=True)]
    right = [all(_is_number(cell) for cell in column) for column in zip(*table.rows, strict=True)]

    def row(cells: Sequence[str]) -> str:
        padded = (
            _pad(cell, size, to_right=is_right)
            for cell, size, is_right in zip(cells, widths, right, strict=True)
        )
        return GAP.join(padded).rstrip()

    return [row(heading), row(["-" * size for size in widths]), *map(row, body)]


def width(text: str) -> int:
    """Return how many terminal cells `text` takes: wide characters two, combining marks none."""
    cells = 0
    for character in text:
        if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
            continue
        cells += 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
    return cells


def _pad(text: str, size: int, *, to_right: bool) -> str:
    space = " " * (size - width(text))
    return space + text if to_right else text + space


def _is_number(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, int) and not isinstance(cell, bool))


def _cell(cell: Cell, translate: Translate) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.astimezone().strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, Enum):
        return str(cell.value)
    return _seen(cell if isinstance(cell, Message) else str(cell), translate)


def _seen(line: Message | str, translate: Translate) -> str:
    """Return the line as it may reach a terminal: what a name hides in control characters is shown."""
    text = line if isinstance(line, str) else line.said(translate)
    return "\n".join(map(visible, text.split("\n")))
