"""The measures of WordprocessingML in points, bounded."""

from collections.abc import Sequence
from typing import Final

from securedoc.documents.body import Align
from securedoc.documents.wordxml import Node, whole

MAX_PT: Final = 500.0  # no indent or width on A4 is larger

_ALIGNS: Final = {
    "left": Align.LEFT,
    "start": Align.LEFT,
    "center": Align.CENTER,
    "right": Align.RIGHT,
    "end": Align.RIGHT,
    "both": Align.JUSTIFY,
    "distribute": Align.JUSTIFY,
}


def points(untrusted_twips: str | None) -> float | None:
    """Return twentieths of a point as points, None for anything else."""
    try:
        value = float(untrusted_twips) / 20 if untrusted_twips is not None else None
    except ValueError:
        return None
    return None if value is None or value != value else max(-MAX_PT, min(MAX_PT, value))  # noqa: PLR0124 - NaN


def align_of(layers: Sequence[Node]) -> Align | None:
    """Return the nearest layer's alignment, None where none gives one."""
    for layer in reversed(layers):
        given = layer.value("w:jc")
        if given is not None:
            return _ALIGNS.get(given)
    return None


def attribute(layers: Sequence[Node], element: str, *names: str) -> tuple[str, str] | None:
    """Return the first of the attributes `names` that the nearest layer's `element` has: name and value."""
    for layer in reversed(layers):
        node = layer.child(element)
        for name in names if node else ():
            if node and name in node.attributes:
                return name, node.attributes[name]
    return None


def indents(layers: Sequence[Node]) -> tuple[float, float, float | None]:
    """Return left, right and first-line indents; the last is None where nothing says."""
    left = attribute(layers, "w:ind", "w:start", "w:left")
    right = attribute(layers, "w:ind", "w:end", "w:right")
    first = attribute(layers, "w:ind", "w:hanging", "w:firstLine")
    first_pt = points(first[1]) if first else None
    if first and first_pt is not None and first[0] == "w:hanging":
        first_pt = -first_pt
    return points(left[1]) or 0.0 if left else 0.0, points(right[1]) or 0.0 if right else 0.0, first_pt


def line_spacing(layers: Sequence[Node]) -> float | None:
    """Return the spacing in lines, None where it is exact or nothing says."""
    line = attribute(layers, "w:spacing", "w:line")
    rule = attribute(layers, "w:spacing", "w:lineRule")
    lines = whole(line[1]) if line else None
    return None if lines is None or (rule and rule[1] != "auto") else lines / 240


def gap(layers: Sequence[Node], side: str) -> float | None:
    """Return the space before or after a paragraph, None where nothing says."""
    found = attribute(layers, "w:spacing", f"w:{side}")
    return points(found[1]) if found else None
