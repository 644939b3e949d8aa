"""Writes a register as XLSX and CSV: every cell is text, whatever it begins with."""

import csv
import io
from datetime import UTC, datetime, time
from typing import Final

import xlsxwriter

from securedoc.documents.register import Register

BOM: Final = "\ufeff"
"""Without it Excel reads a CSV in the machine's old code page, and Vietnamese is lost."""
_A4: Final = 9
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would run as a formula when it stands first in a cell (CWE-1236)."""
_AS_TEXT: Final = "'"
_LETTER_CM: Final = 1.15


def xlsx(register: Register) -> bytes:
    """Write a workbook of two sheets: the cover and the rows, set up for A4 on its side."""
    buffer = io.BytesIO()
    # Nothing is guessed from a text: neither formulas, nor numbers, nor addresses.
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    book = xlsxwriter.Workbook(buffer, options)
    day = datetime.combine(register.day, time.min, UTC).replace(tzinfo=None)
    book.set_properties({"title": register.title, "author": register.agency, "created": day})
    _cover(book, register)
    _rows(book, register)
    book.close()
    return buffer.getvalue()


def _cover(book: xlsxwriter.Workbook, register: Register) -> None:
    sheet = book.add_worksheet(register.words.sheets[0])
    _page(sheet, register)
    large = book.add_format(
        {"bold": True, "font_size": 20, "align": "center", "font_name": "Times New Roman"}
    )
    plain = book.add_format({"font_size": 13, "align": "center", "font_name": "Times New Roman"})
    sheet.set_column(0, 0, 120)
    lines = [(register.superior, plain), (register.agency, plain), ("", plain), (register.title, large)]
    for place, (words, form) in enumerate([*lines, *((words, plain) for words in register.cover)]):
        sheet.write_string(place, 0, words, form)


def _rows(book: xlsxwriter.Workbook, register: Register) -> None:
    sheet = book.add_worksheet(register.words.sheets[1])
    _page(sheet, register)
    sheet.repeat_rows(0, 1)
    sheet.freeze_panes(2, 0)
    base = {"font_name": "Times New Roman", "border": 1, "text_wrap": True}
    head = book.add_format(
        {**base, "bold": True, "align": "center", "valign": "vcenter", "bg_color": "#ececec"}
    )
    cell = book.add_format({**base, "valign": "top", "num_format": "@"})
    for index, (column, width) in enumerate(zip(register.columns, register.widths(), strict=True)):
        sheet.set_column(index, index, width * _LETTER_CM)
        sheet.write_string(0, index, column.title, head)
        sheet.write_string(1, index, f"({column.number})", head)
    for place, row in enumerate(register.rows, 2):
        for index, words in enumerate(row):
            sheet.write_string(place, index, words, cell)


def _page(sheet: xlsxwriter.worksheet.Worksheet, register: Register) -> None:
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=1.0, right=0.6, top=0.7, bottom=0.7)
    # An ampersand is the footer's own sign.
    training = register.words.training.replace("&", "&&")
    sheet.set_footer(f"&C{training}&R{register.words.page} &P/&N")


def csv_text(register: Register) -> bytes:
    """Write the rows under their titles as CSV: UTF-8 with its mark, every cell quoted.

    A cell that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([column.title for column in register.columns])
    writer.writerows([guarded(words) for words in row] for row in register.rows)
    return (BOM + buffer.getvalue()).encode("utf-8")


def guarded(words: str) -> str:
    """Return a cell's text so that no spreadsheet takes it for a formula."""
    return _AS_TEXT + words if words.lstrip(" ").startswith(_DANGEROUS) else words
