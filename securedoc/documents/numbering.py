"""List labels as a reader sees them: counts the items of a DOCX the way its editor does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from securedoc.documents.wordxml import Node, whole
from securedoc.errors import DocumentRefused

MAX_LEVEL: Final = 8
MAX_COUNT: Final = 100_000

# Bullets come as private characters of symbol fonts, which no document font has.
_BULLETS: Final = {
    "\uf0b7": "•",
    "\uf0a7": "▪",
    "\uf0d8": "-",
    "\uf0fc": "-",
    "\uf076": "-",
    "\uf0a8": "□",
    "o": "○",
    "": "•",
}
_ROMAN: Final = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)


def roman(count: int) -> str:
    """Spell `count` in lower-case Roman numerals."""
    spelled = ""
    for value, letters in _ROMAN:
        spelled += letters * (count // value)
        count %= value
    return spelled


def lettered(count: int) -> str:
    """Spell `count` in letters as editors do: a … z, aa, bb."""
    return chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)


_FORMATS: Final[Mapping[str, Callable[[int], str]]] = {
    "decimal": str,
    "decimalZero": lambda count: f"{count:02d}",
    "lowerLetter": lettered,
    "upperLetter": lambda count: lettered(count).upper(),
    "lowerRoman": roman,
    "upperRoman": lambda count: roman(count).upper(),
    "none": lambda _count: "",
}


@dataclass(frozen=True, slots=True)
class Level:
    """One level of one list."""

    start: int
    form: str
    text: str
    """`%1.%2)`: each %n stands for the count of level n."""
    properties: Node | None
    """Paragraph properties: the indents of the item."""
    restarts: bool


@dataclass(frozen=True, slots=True)
class Label:
    """The label of one item, and the level that made it."""

    text: str
    level: Level
    depth: int


class Numbering:
    """The lists of one DOCX and how far each has counted."""

    def __init__(self, root: Node | None) -> None:
        self._lists: dict[str, tuple[str, dict[int, Level]]] = {}
        self._overridden: dict[str, dict[int, int]] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._begun: set[str] = set()
        if root is None:
            return
        bases = {node.attributes.get("w:abstractNumId", ""): node for node in root.all("w:abstractNum")}
        for node in root.all("w:num"):
            base_id = node.value("w:abstractNumId") or ""
            if base_id in bases:
                number_id = node.attributes.get("w:numId", "")
                self._lists[number_id] = (base_id, _levels(bases[base_id], node))
                self._overridden[number_id] = _start_overrides(node)

    def level(self, number_id: str, depth: int) -> Level | None:
        """Return a level of a list, None where there is no such list or level."""
        listed = self._lists.get(number_id)
        return listed[1].get(depth) if listed else None

    def next_label(self, number_id: str, depth: int) -> Label | None:
        """Count one more item and return its label; None where there is no such list.

        Raises:
            DocumentRefused: the list counts in a way that is not supported.
        """
        level = self.level(number_id, depth)
        if level is None:
            return None
        base_id, levels = self._lists[number_id]
        counts = self._counts.setdefault(base_id, [None] * (MAX_LEVEL + 1))
        if number_id not in self._begun:
            self._begun.add(number_id)
            for overridden, start in self._overridden[number_id].items():
                counts[overridden] = start - 1
        count = counts[depth]
        counts[depth] = level.start if count is None else min(count + 1, MAX_COUNT)
        for deeper in range(depth + 1, MAX_LEVEL + 1):
            if deeper not in levels or levels[deeper].restarts:
                counts[deeper] = None
        return Label(_spelled(level, levels, counts), level, depth)


def _levels(base: Node, number: Node) -> dict[int, Level]:
    """Return the levels of a list by depth: the base's, replaced by the number's own."""
    levels = {_depth(node): _level(node) for node in base.all("w:lvl")}
    for override in number.all("w:lvlOverride"):
        own = override.child("w:lvl")
        if own:
            levels[_depth(override)] = _level(own)
    return {depth: level for depth, level in levels.items() if 0 <= depth <= MAX_LEVEL}


def _start_overrides(number: Node) -> dict[int, int]:
    found: dict[int, int] = {}
    for override in number.all("w:lvlOverride"):
        start = whole(override.value("w:startOverride"))
        depth = _depth(override)
        if start is not None and 0 <= depth <= MAX_LEVEL:
            found[depth] = min(start, MAX_COUNT)
    return found


def _depth(node: Node) -> int:
    depth = whole(node.attributes.get("w:ilvl"))
    return -1 if depth is None else depth


def _level(node: Node) -> Level:
    start = whole(node.value("w:start"))
    return Level(
        start=1 if start is None else min(start, MAX_COUNT),
        form=node.value("w:numFmt") or "decimal",
        text=node.value("w:lvlText") or "",
        properties=node.child("w:pPr"),
        restarts=node.value("w:lvlRestart") != "0",
    )


def _spelled(level: Level, levels: Mapping[int, Level], counts: list[int | None]) -> str:
    if level.form == "bullet":
        return _BULLETS.get(level.text, "•" if "\ue000" <= level.text[:1] <= "\uf8ff" else level.text)
    spelled = level.text
    for depth in range(MAX_LEVEL + 1):
        slot = f"%{depth + 1}"
        if slot in spelled:
            shown = levels.get(depth, level)
            count = counts[depth]
            spelled = spelled.replace(slot, _formatted(shown.start if count is None else count, shown.form))
    return spelled


def _formatted(count: int, form: str) -> str:
    if form not in _FORMATS:
        raise DocumentRefused(
            "a list counts in the form {form}, which is not supported",
            hint="number that list with 1, 2, 3, with a, b, c or with I, II, III",
            form=form,
        )
    return _FORMATS[form](count)
