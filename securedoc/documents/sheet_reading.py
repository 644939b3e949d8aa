"""Reads the rows of a foreign XLSX or CSV as plain text, within bounds; formulas are never computed."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from securedoc.documents.package import Package, open_package
from securedoc.documents.wordxml import Node
from securedoc.errors import DocumentMalformed, DocumentRefused

MAX_ROWS: Final = 60_000  # three times the busiest year
MAX_COLUMNS: Final = 60
MAX_CELL: Final = 4000
_MAX_INDEX_DIGITS: Final = 8
_ZIP: Final = b"PK\x03\x04"
_PLACE: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_INTEGER: Final = re.compile(r"(-?[0-9]{1,15})\.0+")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row: its number in the file, and its cells from the first column on."""

    number: int
    cells: tuple[str, ...]


def read(untrusted: bytes) -> tuple[tuple[SheetRow, ...], ...]:
    """Return the sheets of a workbook, or the one of a CSV, each with its rows that say anything.

    Raises:
        DocumentMalformed: it is neither, or damaged.
        DocumentRefused: it is beyond a bound.
    """
    if untrusted.startswith(_ZIP):
        return tuple(tuple(_bounded(rows)) for rows in _workbook(untrusted))
    return (tuple(_bounded(_csv(untrusted))),)


def _bounded(rows: Iterator[SheetRow]) -> Iterator[SheetRow]:
    for count, row in enumerate(rows, 1):
        if (
            count > MAX_ROWS
            or len(row.cells) > MAX_COLUMNS
            or any(len(cell) > MAX_CELL for cell in row.cells)
        ):
            raise DocumentRefused(
                "row {row} is beyond a register's bounds: {rows} rows, {columns} columns, "
                "{letters} letters a cell",
                row=row.number,
                rows=MAX_ROWS,
                columns=MAX_COLUMNS,
                letters=MAX_CELL,
                hint="give one book of one year at a time",
            )
        if any(cell.strip() for cell in row.cells):
            yield row


def _csv(untrusted: bytes) -> Iterator[SheetRow]:
    try:
        text = untrusted.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentMalformed(
            "the file is neither XLSX nor CSV in UTF-8",
            hint="save it from the spreadsheet as XLSX, or as “CSV UTF-8”",
        ) from error
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)  # Excel writes the semicolon where the comma is the decimal sign
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            yield SheetRow(number, tuple(_unguarded(cell) for cell in cells))
    except csv.Error as error:
        raise DocumentMalformed("row {row} of the CSV is broken", row=reader.line_num) from error


def _unguarded(cell: str) -> str:
    """Take away the apostrophe with which a CSV keeps a spreadsheet from computing a cell."""
    return (
        cell[1:] if cell.startswith("'") and cell[1:].lstrip(" ").startswith(("=", "+", "-", "@")) else cell
    )


def _workbook(untrusted: bytes) -> Iterator[Iterator[SheetRow]]:
    try:
        package = open_package(untrusted)
        main = _main(package)
        shared = _shared(package, main)
        targets = {one.id: one.target for one in package.relationships(main)}
        book = package.xml(main)
    except DocumentMalformed as error:
        raise DocumentMalformed(
            "the file is not a workbook, or is damaged", hint="save it again as .xlsx and try that file"
        ) from error
    for sheet in (node for node in book.walk() if _local(node) == "sheet"):
        target = targets.get(sheet.attributes.get("r:id", ""), "")
        if package.has(target):
            yield _sheet(package.xml(target), shared)


def _main(package: Package) -> str:
    for relationship in package.relationships(""):
        if relationship.kind == "officeDocument" and not relationship.external:
            kind = package.content_types().get(relationship.target.casefold(), "")
            if kind.endswith("spreadsheetml.sheet.main+xml"):
                return relationship.target
    raise DocumentMalformed("the file is a zip but not a workbook")


def _shared(package: Package, main: str) -> list[str]:
    for relationship in package.relationships(main):
        if relationship.kind == "sharedStrings" and package.has(relationship.target):
            return [_words(item) for item in package.xml(relationship.target).children]
    return []


def _sheet(root: Node, shared: list[str]) -> Iterator[SheetRow]:
    data = next((node for node in root.children if _local(node) == "sheetData"), None)
    for place, row in enumerate(data.children if data is not None else (), 1):
        cells: list[str] = []
        number = place
        for cell in row.children:
            found = _PLACE.fullmatch(cell.attributes.get("r", ""))
            if found is not None:
                number = int(found[2])
            column = len(cells) if found is None else _column(found[1])
            if column >= MAX_COLUMNS:
                continue
            cells += [""] * (column + 1 - len(cells))
            cells[column] = _value(cell, shared)
        yield SheetRow(number, tuple(cells))


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _value(cell: Node, shared: list[str]) -> str:
    kind = cell.attributes.get("t", "n")
    if kind == "inlineStr":
        return _words(cell)
    text = next((node.text for node in cell.children if _local(node) == "v"), "")
    if kind == "s":
        index = (
            int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_INDEX_DIGITS else len(shared)
        )
        return shared[index] if index < len(shared) else ""
    whole = _INTEGER.fullmatch(text)
    return whole[1] if whole is not None else text


def _words(node: Node) -> str:
    """Return the text of an item, its runs joined; what is only a reading aid is left out."""
    if _local(node) == "t":
        return node.text
    return "".join(_words(child) for child in node.children if _local(child) != "rPh")


def _local(node: Node) -> str:
    return node.name.rpartition("}")[2].rpartition(":")[2]
