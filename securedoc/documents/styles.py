"""What a DOCX's styles say about its paragraphs, runs and tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from securedoc.documents.wordxml import Node, whole

MAX_CHAIN: Final = 20  # a style based on a style based on …; Word itself stops at 11
_HIGHLIGHTS: Final = {"black": "000000", "white": "ffffff", "darkBlue": "000080"}
_BODY_TEXT: Final = 9  # the outline level that is none
_EMPTY: Final = Node("w:empty", {})


@dataclass(frozen=True, slots=True)
class RunLook:
    """How a run looks once its styles are taken together."""

    bold: bool
    italic: bool
    strike: bool
    caps: bool
    hidden: bool
    underline: bool
    script: str
    """`superscript`, `subscript` or anything else for neither."""
    size_pt: float | None
    colour: str
    """Six hexadecimal digits in lower case, or `auto`."""
    ground: str | None
    """Colour behind the run, as `colour`; None where the page shows."""
    fonts: frozenset[str]


class Styles:
    """The style sheet of one DOCX."""

    def __init__(self, root: Node | None) -> None:
        self._styles: dict[str, Node] = {}
        self._default: dict[str, str] = {}
        for node in root.all("w:style") if root else []:
            style_id, kind = node.attributes.get("w:styleId", ""), node.attributes.get("w:type", "")
            self._styles.setdefault(style_id, node)
            if node.attributes.get("w:default") in ("1", "true", "on"):
                self._default.setdefault(kind, style_id)
        defaults = root.at("w:docDefaults", "w:rPrDefault", "w:rPr") if root else None
        self._run_defaults = defaults or _EMPTY

    def run(self, paragraph_properties: Node | None, properties: Node | None) -> RunLook:
        """Take together paragraph style, character style and the run's own properties."""
        own = properties or _EMPTY
        paragraph_style = self._of("paragraph", paragraph_properties, "w:pStyle")
        layers = [
            self._run_defaults,
            *self._chain(paragraph_style),
            *self._chain(own.value("w:rStyle")),
            own,
        ]
        return RunLook(
            bold=_toggled(layers, "w:b"),
            italic=_toggled(layers, "w:i"),
            strike=_toggled(layers, "w:strike") or _toggled(layers, "w:dstrike"),
            caps=_toggled(layers, "w:caps"),
            hidden=_toggled(layers, "w:vanish") or _toggled(layers, "w:specVanish"),
            underline=(_last(layers, "w:u") or "none") != "none",
            script=_last(layers, "w:vertAlign") or "baseline",
            size_pt=_half_points(_last(layers, "w:sz")),
            colour=(_last(layers, "w:color") or "auto").lower(),
            ground=_ground_of(layers),
            fonts=_font_names(layers),
        )

    @property
    def usual_size_pt(self) -> float | None:
        """The size of text that no style but the usual one speaks of."""
        return self.run(None, None).size_pt

    def paragraph_layers(self, properties: Node | None) -> tuple[Node, ...]:
        """Return the properties that bear on a paragraph, its own last; document defaults are left out."""
        style = self._of("paragraph", properties, "w:pStyle")
        layers = [node.child("w:pPr") for node in self._style_nodes(style)]
        return tuple(layer for layer in [*layers, properties] if layer)

    def table_layers(self, properties: Node | None) -> tuple[Node, ...]:
        """Return the table properties that bear on a table, its own last."""
        style = self._of("table", properties, "w:tblStyle")
        layers = [node.child("w:tblPr") for node in self._style_nodes(style)]
        return tuple(layer for layer in [*layers, properties] if layer)

    def heading_level(self, properties: Node | None) -> int | None:
        """Return the outline level from 1, None for running text."""
        given = _last(list(self.paragraph_layers(properties)), "w:outlineLvl")
        depth = whole(given)
        return None if depth is None or depth >= _BODY_TEXT else depth + 1

    def _of(self, kind: str, properties: Node | None, element: str) -> str | None:
        named = properties.value(element) if properties else None
        return named if named in self._styles else self._default.get(kind)

    def _style_nodes(self, style_id: str | None) -> Iterator[Node]:
        """Walk a style's ancestors, the eldest first."""
        chain: list[Node] = []
        while style_id in self._styles and len(chain) < MAX_CHAIN:
            node = self._styles[style_id]
            chain.append(node)
            style_id = node.value("w:basedOn")
        yield from reversed(chain)

    def _chain(self, style_id: str | None) -> list[Node]:
        layers = [node.child("w:rPr") for node in self._style_nodes(style_id)]
        return [layer for layer in layers if layer]


def _toggled(layers: list[Node], name: str) -> bool:
    """Return the nearest layer's word on an on/off property."""
    for layer in reversed(layers):
        flag = layer.flag(name)
        if flag is not None:
            return flag
    return False


def _last(layers: list[Node], name: str) -> str | None:
    for layer in reversed(layers):
        value = layer.value(name)
        if value is not None:
            return value
    return None


def _half_points(value: str | None) -> float | None:
    halves = whole(value)
    return None if halves is None else halves / 2


def _ground_of(layers: list[Node]) -> str | None:
    highlight = _last(layers, "w:highlight")
    if highlight not in (None, "none"):
        return _HIGHLIGHTS.get(highlight or "", "ffff00")
    for layer in reversed(layers):
        if layer.child("w:shd"):
            return fill_of(layer)
    return None


def fill_of(properties: Node | None) -> str | None:
    """Return the colour that cell, paragraph or run properties lay behind text, None for none."""
    fill = properties.value("w:shd", "w:fill") if properties else None
    return None if fill is None or fill.lower() in ("auto", "ffffff") else fill.lower()


def _font_names(layers: list[Node]) -> frozenset[str]:
    """Return the fonts the run names; the nearest layer that names one decides."""
    for layer in reversed(layers):
        fonts = layer.child("w:rFonts")
        if fonts:
            names = {fonts.attributes[key] for key in ("w:ascii", "w:hAnsi") if key in fonts.attributes}
            if names:
                return frozenset(names)
    return frozenset()
