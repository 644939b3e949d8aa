"""Reports and books as PDF/A: titles, paragraphs and tables, drawn from plain values."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib import resources
from typing import Final

from securedoc.documents.engine import Drawing
from securedoc.documents.fonts import FontSet, choose

_TEMPLATE: Final = "templates/report.typ"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    title: str
    width: float = 1.0
    """Share of the page's width, against the other columns."""
    align: str = "left"
    """`left`, `center` or `right`."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, then paragraphs, a table, and lines to be typed; each may be left out."""

    title: str
    paragraphs: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    listing: tuple[str, ...] = ()
    """ASCII lines, set so that every character and space can be copied by hand."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report shows."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    day: date
    notes: tuple[str, ...] = ()
    """Small print at the end."""
    landscape: bool = False
    training: str = ""
    """The notice printed on every page of a training vault; empty for a real one."""
    page_label: str = "Trang"
    fonts: FontSet = field(default_factory=choose)

    def pdf(self) -> bytes:
        """Draw the report as PDF/A-2b; the same report gives the same bytes.

        Raises:
            DocumentRefused: a character that the font does not have; it is named.
            DocumentFailed: the layout engine could not draw it.
            ValueError: a row has another number of cells than the table has columns.
        """
        for section in self.sections:
            if any(len(row) != len(section.columns) for row in section.rows):
                raise ValueError("a row has another number of cells than its table has columns")
            if not "".join(section.listing).isascii():
                raise ValueError("a line to be typed is not ASCII")
        self.fonts.require("".join(_words(self)))
        template = resources.files("securedoc.documents").joinpath(_TEMPLATE).read_text("utf-8")
        data = {
            "title": self.title,
            "subtitle": self.subtitle,
            "sections": [asdict(section) for section in self.sections],
            "notes": self.notes,
            "landscape": self.landscape,
            "training": self.training,
            "page_label": self.page_label,
        }
        listed = any(section.listing for section in self.sections)
        return Drawing(template, data, self.fonts, self.day, built_in=listed).pdf()


def _words(report: Report) -> Sequence[str]:
    found = [report.title, report.subtitle, report.training, report.page_label, *report.notes]
    for section in report.sections:
        found += [section.title, *section.paragraphs, *(column.title for column in section.columns)]
        found += [word for row in section.rows for word in row]
    return found
