"""Draws stamps and marks from the policy's measures, to be put over a page."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Final

from securedoc.core.layouts import StampShape
from securedoc.documents.engine import Drawing
from securedoc.documents.fonts import FontSet, choose

# A stamp has no date of its own: the entry that it belongs to states the time.
_DAY: Final = date(2000, 1, 1)


def draw(stamps: Sequence[StampShape], fonts: FontSet | None = None) -> bytes:
    """Draw each stamp on a transparent page of its own size; the same stamps give the same bytes.

    Raises:
        DocumentRefused: the font lacks a character.
        ValueError: there is none.
    """
    return _drawing(stamps, fonts).pdf()


def images(stamps: Sequence[StampShape], ppi: float, fonts: FontSet | None = None) -> tuple[bytes, ...]:
    """Draw each stamp as PNG.

    Raises:
        DocumentRefused: the font lacks a character.
        ValueError: there is none.
    """
    return _drawing(stamps, fonts).images(ppi)


def _drawing(stamps: Sequence[StampShape], fonts: FontSet | None) -> Drawing:
    if not stamps:
        raise ValueError("no stamp to draw")
    fonts = fonts or choose()
    fonts.require("".join(line.text for stamp in stamps for line in stamp.lines))
    return Drawing(_template(), {"stamps": [asdict(stamp) for stamp in stamps]}, fonts, _DAY)


@lru_cache(maxsize=1)
def _template() -> str:
    return resources.files("securedoc.documents").joinpath("templates/marks.typ").read_text("utf-8")
