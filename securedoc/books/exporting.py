"""Writes a register as a file for printing, signing and binding, or for a spreadsheet: an entry each time."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from securedoc.books import register as making
from securedoc.books.counting import Period
from securedoc.books.rows import Say
from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.documents.register import Register
from securedoc.errors import DocumentRefused
from securedoc.office.office import Office
from securedoc.policy.vocabulary import BookUse
from securedoc.system import files


class BookFormat(StrEnum):
    """What a register is written as."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class ExportedBook:
    """The file that came of it: what the book says, outside the vault."""

    book: str
    title: str
    year: int
    rows: int
    path: Path
    digest: Digest
    entry: int


def export(  # noqa: PLR0913 - which book, as what, where to, in which language
    office: Office, key: str, year: int, form: BookFormat, path: Path, *, say: Say
) -> ExportedBook:
    """Write a register to `path`, for its owner only.

    The entry comes first: after a power cut a book may be said to be out that is not, never the other way
    round.

    Raises:
        PolicyRefused: the officer may not, or there is no such book.
        DocumentRefused: there is a file already, or a character is in no font.
    """
    office.permit("book-export")
    book = office.policy.book(key)
    return _write(office, key, year, form, path, make=lambda: making.make(office, book, year, say))


def export_statistics(
    office: Office, period: Period, form: BookFormat, path: Path, *, say: Say
) -> ExportedBook:
    """Write the statistics of a period to `path`, in the columns of their book.

    Raises:
        PolicyRefused: the officer may not.
        DocumentRefused: there is a file already.
    """
    office.permit("statistics")
    book = office.policy.book_for(BookUse.STATISTICS)
    year = period.last.year
    return _write(
        office, book.key, year, form, path, make=lambda: making.make(office, book, year, say, period=period)
    )


def _write(  # noqa: PLR0913 - which book, as what, where to, and how it is made
    office: Office, key: str, year: int, form: BookFormat, path: Path, *, make: Callable[[], Register]
) -> ExportedBook:
    if path.exists() or path.is_symlink():
        raise DocumentRefused(
            "there is a file {name} already", name=path.name, hint="name another file: nothing is overwritten"
        )
    register = make()
    data = written(register, form)
    digest = Digest.of(data)
    with office.write() as writing:
        entry = writing.append(
            Act.BOOK_EXPORTED,
            None,
            {
                "book": key,
                "year": year,
                "format": form.value,
                "rows": len(register.rows),
                "digest": str(digest),
                "file": path.name,
            },
        )
    files.write_new(path, data)
    return ExportedBook(key, register.title, year, len(register.rows), path, digest, entry.sequence)


def written(register: Register, form: BookFormat) -> bytes:
    """Return a register in a format.

    Raises:
        DocumentRefused: a character is in no font (PDF).
    """
    # Each format loads a library of its own.
    match form:
        case BookFormat.PDF:
            return register.pdf()
        case BookFormat.DOCX:
            from securedoc.documents import register_docx  # noqa: PLC0415

            return register_docx.write(register)
        case BookFormat.XLSX:
            from securedoc.documents import register_sheet  # noqa: PLC0415

            return register_sheet.xlsx(register)
        case BookFormat.CSV:
            from securedoc.documents import register_sheet  # noqa: PLC0415

            return register_sheet.csv_text(register)
