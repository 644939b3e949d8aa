"""Writes list labels as real lists of a DOCX, so that an editor goes on counting."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from docx.document import Document
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.text.paragraph import Paragraph as WordParagraph

from securedoc.documents.body import ListMark
from securedoc.documents.numbering import lettered, roman

_COUNTED: Final = re.compile(r"([0-9]{1,4}|[a-z]{1,2}|[A-Z]{1,2}|[IVXL]{1,6})([.)])")
_SPELLERS: Final[tuple[tuple[str, Callable[[int], str]], ...]] = (
    ("decimal", str),
    ("upperRoman", lambda count: roman(count).upper()),
    ("lowerLetter", lettered),
    ("upperLetter", lambda count: lettered(count).upper()),
)
_HIGHEST: Final = 999
_WORDS: Final = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class _Form:
    """How a label counts: `%1.` in decimal."""

    kind: str
    text: str
    """With `%` where the count stands; the label itself when it does not count."""


@dataclass(slots=True)
class _Run:
    """Items that count on from one another."""

    number_id: int
    depth: int
    form: _Form
    start: int
    reached: int


@dataclass(slots=True)
class ListWriter:
    """Gives each item a list, and stores the lists at the end."""

    _runs: list[_Run] = field(default_factory=list)

    def number(self, written: WordParagraph, mark: ListMark) -> None:
        """Make the paragraph the item that `mark` labels."""
        run = self._run_for(mark)
        properties = written._p.get_or_add_pPr().get_or_add_numPr()  # noqa: SLF001 - no public way
        properties.get_or_add_ilvl().val = run.depth
        properties.get_or_add_numId().val = run.number_id

    def store(self, document: Document) -> None:
        """Write the lists into the numbering part: all definitions first, as the schema wants."""
        numbering: Any = document.part.numbering_part.element
        for run in self._runs:
            numbering.append(_definition(run))
        for run in self._runs:
            number = _element("w:num", {"w:numId": str(run.number_id)})
            number.append(_element("w:abstractNumId", {"w:val": str(run.number_id)}))
            numbering.append(number)

    def _run_for(self, mark: ListMark) -> _Run:
        previous = [run for run in reversed(self._runs) if run.depth == mark.level]
        for form, count in _readings(mark.text):
            for run in previous[:1]:
                if run.form == form and count in (run.reached + 1, 0):
                    run.reached = count
                    return run
        # `I.` may be Roman one or the ninth letter: a new list takes the reading that starts lowest.
        form, count = min(_readings(mark.text), key=lambda reading: reading[1])
        run = _Run(len(self._runs) + 1, mark.level, form, count, count)
        self._runs.append(run)
        return run


@lru_cache(maxsize=1024)
def _readings(label: str) -> tuple[tuple[_Form, int], ...]:
    """Return every way to read a label as a count; 0 where it does not count."""
    found = _COUNTED.fullmatch(label)
    if found is None:
        kind = "none" if _WORDS.search(label) else "bullet"
        return ((_Form(kind, label), 0),)
    readings = tuple(
        (_Form(kind, "%" + found[2]), count)
        for kind, spell in _SPELLERS
        for count in range(1, _HIGHEST)
        if spell(count) == found[1]
    )
    return readings or ((_Form("none", label), 0),)


def _definition(run: _Run) -> Any:
    definition = _element("w:abstractNum", {"w:abstractNumId": str(run.number_id)})
    definition.append(_element("w:multiLevelType", {"w:val": "multilevel"}))
    level = _element("w:lvl", {"w:ilvl": str(run.depth)})
    level.append(_element("w:start", {"w:val": str(run.start or 1)}))
    level.append(_element("w:numFmt", {"w:val": run.form.kind}))
    level.append(_element("w:lvlText", {"w:val": run.form.text.replace("%", f"%{run.depth + 1}")}))
    level.append(_element("w:lvlJc", {"w:val": "left"}))
    definition.append(level)
    return definition


def _element(name: str, attributes: dict[str, str]) -> Any:
    element: Any = OxmlElement(name)
    for key, value in attributes.items():
        element.set(qn(key), value)
    return element
