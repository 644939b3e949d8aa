"""Draws what is seen in a signature field: blue lines for a person, red ones in a ring for the seal."""

from collections.abc import Sequence
from datetime import date
from enum import Enum
from functools import lru_cache
from importlib import resources
from typing import Final

from securedoc.documents.engine import Drawing
from securedoc.documents.fonts import FontSet, choose

# A stamp has no date of its own: the signature it belongs to states the time.
_DAY: Final = date(2000, 1, 1)


class Ink(Enum):
    """Whose signature it is, as the decree colours them."""

    BLUE = "#1f3fa8"
    RED = "#c00000"


def render(
    lines: Sequence[str], *, width_pt: float, height_pt: float, ink: Ink, fonts: FontSet | None = None
) -> bytes:
    """Draw `lines` on a transparent page of the field's size; the first one stands out.

    A person's lines leave the left third free, where the decree puts the seal.

    Raises:
        DocumentRefused: the font lacks a character.
        ValueError: there is nothing to draw.
    """
    if not any(lines):
        raise ValueError("a signature block without a line")
    fonts = fonts or choose()
    fonts.require("\n".join(lines))
    data: dict[str, object] = {"lines": list(lines), "width": width_pt, "height": height_pt, "ink": ink.value}
    data["ring"] = ink is Ink.RED
    return Drawing(_template(), data, fonts, _DAY).pdf()


@lru_cache(maxsize=1)
def _template() -> str:
    return resources.files("securedoc.documents").joinpath("templates/stamp.typ").read_text("utf-8")
