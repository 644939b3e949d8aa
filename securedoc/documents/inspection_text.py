"""What the text of a DOCX hides: tracked changes, fields, unseen words, characters that mislead."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from securedoc.core.findings import Severity
from securedoc.core.text import message
from securedoc.documents.observations import Action, Observation, found
from securedoc.documents.package import Package
from securedoc.documents.styles import RunLook, Styles, fill_of
from securedoc.documents.wordxml import Node

_TRACKED: Final = frozenset(
    {
        "w:ins", "w:del", "w:moveFrom", "w:moveTo", "w:cellIns", "w:cellDel", "w:cellMerge", "w:delText",
        "w:rPrChange", "w:pPrChange", "w:sectPrChange", "w:tblPrChange", "w:trPrChange", "w:tcPrChange",
        "w:tblGridChange", "w:tblPrExChange", "w:numberingChange",
    }
)  # fmt: skip
_DANGEROUS_FIELDS: Final = frozenset(
    {
        "DDE", "DDEAUTO", "INCLUDE", "INCLUDETEXT", "INCLUDEPICTURE", "LINK", "EMBED", "IMPORT", "DATABASE",
        "MACROBUTTON", "RD", "AUTOTEXT", "GLOSSARY", "PRINT", "CONTROL", "ADDIN", "FILLIN", "ASK",
    }
)  # fmt: skip
_LEGACY_FONT: Final = re.compile(r"\.?Vn[A-Z]|VNI[- ]|VNtimes|VNarial|\.VN", re.IGNORECASE)
_TURNING: Final = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_INVISIBLE: Final = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
_TINY_PT: Final = 4.0
_WHITE: Final = "ffffff"
_BLACK: Final = "000000"
_ON: Final = frozenset({"1", "true", "on"})
_TEXT_PART: Final = re.compile(r"word/(header|footer|footnotes|endnotes|comments)\w*\.xml", re.IGNORECASE)


def inspect_texts(package: Package, main: str) -> Iterator[Observation]:
    """Yield what is found in the words and runs of a DOCX, and in what stands around them."""
    root = package.xml(main)
    styles = Styles(package.xml("word/styles.xml") if package.has("word/styles.xml") else None)
    others = [(name, package.xml(name)) for name in package.names if _TEXT_PART.fullmatch(name)]
    nodes = [node for _, part in [(main, root), *others] for node in part.walk()]
    yield from _revisions(nodes)
    yield from _fields(nodes)
    yield from _hidden(root, styles)
    yield from _characters(nodes)
    yield from _around(others)


def _revisions(nodes: Sequence[Node]) -> Iterator[Observation]:
    tracked = sum(node.name in _TRACKED for node in nodes)
    if tracked:
        yield found(
            "docx.tracked",
            Severity.HIGH,
            Action.REFUSE,
            message("the draft holds {count} tracked changes", count=tracked),
            message("accept or reject all changes in the editor"),
        )
    if any(node.name == "w:dataBinding" for node in nodes):
        yield found(
            "docx.data-binding", Severity.MEDIUM, Action.REMOVE, message("text bound to custom XML data")
        )


def _fields(nodes: Sequence[Node]) -> Iterator[Observation]:
    instructions = [node.text for node in nodes if node.name == "w:instrText"]
    instructions += [node.attributes.get("w:instr", "") for node in nodes if node.name == "w:fldSimple"]
    # Word joins the pieces of an instruction: "DD" and "E" in two runs are one word.
    joined = " ".join(instructions) + " " + "".join(instructions)
    for word in sorted(set(re.findall(r"[A-Z]+", joined.upper())) & _DANGEROUS_FIELDS):
        yield found(
            "docx.field",
            Severity.CRITICAL,
            Action.REFUSE,
            message("the draft holds a field {field}, which brings in other content", field=word),
            message("delete the field, or turn it into plain text"),
        )


def _hidden(root: Node, styles: Styles) -> Iterator[Observation]:
    hidden = sum(node.name == "w:trPr" and bool(node.flag("w:hidden")) for node in root.walk())
    hidden += sum(node.name == "wp:docPr" and node.attributes.get("hidden") in _ON for node in root.walk())
    unseen = tiny = 0
    legacy: set[str] = set()
    for properties, run, ground in _runs(root, None, None):
        if not any(child.name == "w:t" and child.text.strip() for child in run.children):
            continue
        look = styles.run(properties, run.child("w:rPr"))
        hidden += look.hidden
        unseen += _unseen(look, look.ground or ground)
        tiny += look.size_pt is not None and look.size_pt < _TINY_PT
        legacy |= {font for font in look.fonts if _LEGACY_FONT.match(font)}
    for count, detail in (
        (hidden, message("the draft holds hidden text in {count} places", count=hidden)),
        (unseen, message("the draft holds text in the colour of its ground in {count} places", count=unseen)),
        (tiny, message("the draft holds text too small to read in {count} places", count=tiny)),
    ):
        if count:
            fix = message("show it or delete it in the editor")
            yield found("docx.hidden-text", Severity.HIGH, Action.REFUSE, detail, fix)
    if legacy:
        yield found(
            "docx.legacy-font",
            Severity.HIGH,
            Action.REFUSE,
            message("the draft uses {count} fonts from before Unicode", count=len(legacy)),
            message("convert the text to Unicode (TCVN 6909) and set it in Times New Roman"),
        )


def _unseen(look: RunLook, ground: str | None) -> bool:
    """Tell whether text has the colour of what lies behind it; the layout draws all of it black on white."""
    if ground is None:
        return look.colour == _WHITE
    # Black over black is how people black out words: they would stand there to be read.
    return look.colour == ground or (look.colour == "auto" and look.ground == _BLACK)


def _runs(
    node: Node, properties: Node | None, ground: str | None
) -> Iterator[tuple[Node | None, Node, str | None]]:
    """Walk all runs with their paragraph's properties and the colour that cell or paragraph lay behind."""
    for child in node.children:
        under = ground
        for holder in ("w:tcPr", "w:pPr"):
            under = fill_of(child.child(holder)) or under
        if child.name == "w:r":
            yield properties, child, ground
        yield from _runs(child, child.child("w:pPr") if child.name == "w:p" else properties, under)


def _characters(nodes: Sequence[Node]) -> Iterator[Observation]:
    text = "".join(node.text for node in nodes if node.name == "w:t")
    if _TURNING.search(text):
        yield found(
            "docx.direction",
            Severity.HIGH,
            Action.REFUSE,
            message("the draft holds characters that turn the direction of its text"),
            message("type that line again"),
        )
    if _INVISIBLE.search(text):
        yield found("docx.invisible", Severity.LOW, Action.REMOVE, message("characters that nobody can see"))


def _around(others: Sequence[tuple[str, Node]]) -> Iterator[Observation]:
    written = {
        name.casefold()
        for name, part in others
        if any(node.name == "w:t" and node.text.strip() for node in part.walk())
    }
    if any("comments" in name for name in written):
        yield found("docx.comments", Severity.MEDIUM, Action.REMOVE, message("comments"))
    if any("header" in name or "footer" in name for name in written):
        yield found(
            "docx.header-footer",
            Severity.LOW,
            Action.REMOVE,
            message("headers and footers: the official frame replaces them"),
        )
