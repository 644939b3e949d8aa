"""The only door to Typst: a template of ours and data in, PDF, PNG or positions out, all in memory."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property, lru_cache
from importlib import metadata, resources
from pathlib import Path
from typing import Final

import typst

from securedoc.core.officetime import OFFICE_TIME
from securedoc.documents.fonts import FontFile, FontSet, refuse_character
from securedoc.errors import DocumentFailed, DocumentRefused, PolicyRefused

PDF_STANDARD: Final = "a-2b"

_NOWHERE: Final = Path("/nonexistent")
_MISSING_GLYPH: Final = re.compile(r'the text [`"]+(.+?)[`"]+ could not be displayed', re.DOTALL)
# A template is policy, yet it must not reach a file, a package (Typst would fetch it) or a plugin.
_REACHES_OUT: Final = re.compile(r"\b(?:import|include)\s|\b(?:read|plugin|json|csv|yaml|xml|toml|cbor)\s*\(")


def version() -> str:
    """Name the engine as a FinalDocument records it."""
    return f"typst {metadata.version('typst')}"


@lru_cache(maxsize=1)
def _shared_source() -> str:
    return resources.files("securedoc.documents").joinpath("templates/body.typ").read_text("utf-8")


@lru_cache(maxsize=8)
def _loaded(
    family: str, directory: Path | None, files: tuple[FontFile, ...], *, built_in: bool
) -> typst.Fonts:
    """Load the family's directory, and refuse one where other files give the same family."""
    loaded = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=built_in or directory is None,
        font_paths=[str(directory)] if directory else [],
    )
    checked = {file.path for file in files}
    for info in loaded.fonts():
        if info.family == family and info.path is not None and Path(info.path) not in checked:
            raise DocumentRefused(
                "the font file {file} gives the family {font} a second time",
                hint="remove the older font package",
                file=Path(info.path).name,
                font=family,
            )
    return loaded


@dataclass(frozen=True)
class Drawing:
    """A template with its data and fonts, ready to be drawn."""

    template: str
    data: Mapping[str, object]
    fonts: FontSet
    day: date
    """Stands in the PDF as its date: the same drawing gives the same bytes on any day."""
    built_in: bool = False
    """Whether the engine's own fonts may be used beside the family: for listings of programs."""
    tagged: bool = True
    """Whether the PDF says what is a heading, a table, a cell; of a long table this is ten times the rest."""

    def pdf(self) -> bytes:
        """Draw it as PDF/A-2b.

        Raises:
            DocumentRefused: a character has no glyph.
            DocumentFailed: the engine could not draw it.
        """
        try:
            return typst.compile(
                self._source,
                format="pdf",
                pdf_standards=PDF_STANDARD,
                pdf_tags=self.tagged,
                timestamp=datetime.combine(self.day, time.min, OFFICE_TIME),
                font_paths=self._typst_fonts,
                ignore_system_fonts=True,
                sys_inputs=self._inputs,
                package_path=_NOWHERE,
                package_cache_path=_NOWHERE,
            )
        except typst.TypstError as error:
            raise self._explained(error) from error

    def images(self, ppi: float) -> tuple[bytes, ...]:
        """Draw its pages as PNG.

        Raises:
            DocumentFailed: the engine could not draw it.
        """
        try:
            drawn: bytes | list[bytes] = typst.compile(
                self._source,
                format="png",
                ppi=ppi,
                font_paths=self._typst_fonts,
                ignore_system_fonts=True,
                sys_inputs=self._inputs,
                package_path=_NOWHERE,
                package_cache_path=_NOWHERE,
            )
        except typst.TypstError as error:
            raise self._explained(error) from error
        # One page comes alone, several as a list: the library's type says only the first.
        return (drawn,) if isinstance(drawn, bytes) else tuple(drawn)

    def value(self, label: str) -> object:
        """Return the value that the template put under `label`, once, as plain JSON.

        Raises:
            DocumentFailed: it did not, or did more than once.
        """
        found = json.loads(
            typst.query(
                self._source,
                f"<{label}>",
                font_paths=self._typst_fonts,
                ignore_system_fonts=True,
                sys_inputs=self._inputs,
                package_path=_NOWHERE,
                package_cache_path=_NOWHERE,
            )
        )
        if len(found) != 1:
            raise DocumentFailed(
                "the layout template gives {count} values labelled {label}, not one",
                hint="restore the layout file from the installation",
                count=len(found),
                label=label,
            )
        return found[0]["value"]

    @property
    def _typst_fonts(self) -> typst.Fonts:
        return _loaded(self.fonts.family, self.fonts.directory, self.fonts.files, built_in=self.built_in)

    @cached_property
    def _source(self) -> bytes:
        if _REACHES_OUT.search(self.template):
            raise PolicyRefused(
                "the layout template reads files or packages",
                hint="a layout template may only draw the data it is given",
            )
        head = "#let data = json(bytes(sys.inputs.data))\n"
        return (head + _shared_source() + self.template).encode()

    @cached_property
    def _inputs(self) -> dict[str, str]:
        data = {**self.data, "font": self.fonts.family, "day": [self.day.year, self.day.month, self.day.day]}
        return {"data": json.dumps(data, ensure_ascii=False)}

    def _explained(self, error: typst.TypstError) -> DocumentFailed:
        """Turn the engine's complaint into ours, without quoting the document."""
        if found := _MISSING_GLYPH.search(error.message):
            refuse_character(found[1][0], self.fonts.family)
        return DocumentFailed(
            "the layout engine could not draw the document",
            hint="run the command again with --debug and report what it shows",
        )
