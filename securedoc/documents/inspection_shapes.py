"""What drawings, frames and pictures of a DOCX can hide: off the page, cropped away, in another version."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from securedoc.core.findings import Severity
from securedoc.core.text import message
from securedoc.documents.observations import Action, Observation, found
from securedoc.documents.package import Package
from securedoc.documents.wordxml import Node

_EMU_PER_PT: Final = 12_700
_TWIPS_PER_PT: Final = 20
_LARGEST_PAGE_PT: Final = 1_200.0  # A3 on its side
_FULL_CROP: Final = 100_000  # srcRect counts in thousandths of a per cent
_NOTABLE_CROP: Final = 1_000  # editors leave fractions of a per cent behind
_SMALLEST_SHOWN_PT: Final = 2.0
_SIDES: Final = ("l", "t", "r", "b")
_VML_PLACE: Final = re.compile(r"(?:margin-)?(?:left|top)\s*:\s*(-?[0-9.]+)(pt|in|cm|mm|px)?")
_PT_OF: Final = {"pt": 1.0, "in": 72.0, "cm": 28.35, "mm": 2.835, "px": 0.75, "": 1.0}
_VECTOR: Final = (".svg", ".emf", ".wmf", ".emz", ".wmz")
_NARROWEST_PER_CENT: Final = 33


def inspect_shapes(package: Package, root: Node) -> Iterator[Observation]:
    """Yield what is found in drawings, frames and pictures, and in how narrow words are set."""
    nodes = list(root.walk())
    yield from _alternatives(nodes)
    yield from _off_page(nodes)
    yield from _cropped(nodes)
    yield from _descriptions(nodes)
    yield from _narrow(nodes)
    yield from _parts(package)


def _alternatives(nodes: Sequence[Node]) -> Iterator[Observation]:
    """Compare the words of the choices: editors show the one they understand, and keep the others."""
    places = [node for node in nodes if node.name == "mc:AlternateContent"]
    other = sum(len({_words(choice) for choice in node.children}) > 1 for node in places)
    if other:
        yield found(
            "docx.alternate",
            Severity.HIGH,
            Action.REFUSE,
            message("the draft holds other words for other editors in {count} places", count=other),
            message("type that text as ordinary text, outside of drawings"),
        )
    if len(places) > other:
        yield found(
            "docx.alternate-drawing",
            Severity.LOW,
            Action.REMOVE,
            message("drawings are there a second time, for older editors"),
        )


def _words(choice: Node) -> str:
    return "".join(node.text for node in choice.walk() if node.name == "w:t").strip()


def _off_page(nodes: Sequence[Node]) -> Iterator[Observation]:
    count = sum(any(not 0 <= place <= _LARGEST_PAGE_PT for place in _places(node)) for node in nodes)
    count += sum(_is_too_small(node) for node in nodes)
    if count:
        yield found(
            "docx.off-page",
            Severity.HIGH,
            Action.REFUSE,
            message(
                "the draft holds {count} boxes or pictures off the page, or too small to see", count=count
            ),
            message("move them onto the page, or delete them"),
        )


def _places(node: Node) -> list[float]:
    """Return where a floating thing begins, in points, as far as a number says so."""
    if node.name in {"wp:positionH", "wp:positionV"}:
        # Beside margins, small steps back are usual; off the page is further than any margin is wide.
        offset = node.child("wp:posOffset")
        return [] if offset is None else [_number(offset.text) / _EMU_PER_PT + _MARGIN_PT]
    if node.name == "w:framePr":
        stated = [node.attributes.get(name) for name in ("w:x", "w:y")]
        return [_number(one) / _TWIPS_PER_PT + _MARGIN_PT for one in stated if one is not None]
    if node.name in {"v:shape", "v:rect", "v:textbox"}:
        style = node.attributes.get("style", "")
        return [_number(size) * _PT_OF[unit or ""] + _MARGIN_PT for size, unit in _VML_PLACE.findall(style)]
    return []


_MARGIN_PT: Final = 90.0


def _is_too_small(node: Node) -> bool:
    if node.name not in {"wp:inline", "wp:anchor"}:
        return False
    extent = node.child("wp:extent")
    if extent is None:
        return False
    sides = [_number(extent.attributes.get(side, "0")) / _EMU_PER_PT for side in ("cx", "cy")]
    return min(sides) < _SMALLEST_SHOWN_PT


def _number(untrusted: str) -> float:
    try:
        return float(untrusted)
    except ValueError:
        return 0.0


def _cropped(nodes: Sequence[Node]) -> Iterator[Observation]:
    count = sum(node.name == "a:srcRect" and _crops(node) for node in nodes)
    if count:
        yield found(
            "docx.cropped",
            Severity.MEDIUM,
            Action.REMOVE,
            message("{count} pictures hold more than they show: the rest was only cropped", count=count),
        )


def _crops(node: Node) -> bool:
    sides = [_number(node.attributes.get(side, "0")) for side in _SIDES]
    return any(_NOTABLE_CROP <= side <= _FULL_CROP for side in sides)


def _descriptions(nodes: Sequence[Node]) -> Iterator[Observation]:
    named = [node for node in nodes if node.name == "wp:docPr"]
    count = sum(bool(node.attributes.get("descr", "").strip()) for node in named)
    if count:
        yield found(
            "docx.alt-text",
            Severity.LOW,
            Action.KEEP,
            message("{count} pictures carry a description that is read aloud, not seen", count=count),
        )


def _narrow(nodes: Sequence[Node]) -> Iterator[Observation]:
    scaled = [node for node in nodes if node.name == "w:w" and "w:val" in node.attributes]
    count = sum(0 < _number(node.attributes["w:val"].rstrip("%")) < _NARROWEST_PER_CENT for node in scaled)
    if count:
        yield found(
            "docx.narrow-text",
            Severity.HIGH,
            Action.REFUSE,
            message("the draft holds text too narrow to read in {count} places", count=count),
            message("show it or delete it in the editor"),
        )


def _parts(package: Package) -> Iterator[Observation]:
    names = [name.casefold() for name in package.names]
    vector = [name for name in names if name.startswith("word/media/") and name.endswith(_VECTOR)]
    if vector:
        yield found(
            "docx.vector-picture",
            Severity.HIGH,
            Action.REFUSE,
            message("the draft holds {count} pictures that are drawn by instructions", count=len(vector)),
            message("insert them as PNG or JPEG: such pictures can hold text, links and scripts"),
        )
    if "word/people.xml" in names:
        yield found("docx.people", Severity.MEDIUM, Action.REMOVE, message("names of people who commented"))
    if package.has("word/settings.xml"):
        settings = package.xml("word/settings.xml")
        if settings.child("w:documentProtection") or settings.child("w:writeProtection"):
            yield found(
                "docx.protection", Severity.LOW, Action.REMOVE, message("a digest of an editing password")
            )
