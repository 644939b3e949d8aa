"""Makes of a draft what the second engine is given: its text alone, in pieces, with room for the frame."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from securedoc.core.documents import Frame
from securedoc.core.layouts import LayoutProfile
from securedoc.documents import writerpackage
from securedoc.documents.inlines import SAFE_FIELDS
from securedoc.documents.package import Package, Relationship
from securedoc.documents.parts import (
    MAX_TITLE_LINES,
    is_annex_heading,
    refuse_typed_head,
    refuse_typed_reference,
)
from securedoc.documents.pictures import Crop, rebuild
from securedoc.documents.unsupported import refuse, refuse_field
from securedoc.errors import DocumentMalformed, DocumentRefused

_W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PARTS: Final = {
    "styles": "styles",
    "numbering": "numbering",
    "footnotes": "footnotes",
    "endnotes": "endnotes",
}
"""Parts taken over, by the kind of the arrow to them; none of them is read by anybody but the engine."""
_FIELDS: Final = SAFE_FIELDS | {"PAGEREF", "NOTEREF", "TOC"}
_DROPPED: Final = frozenset(
    f"{{{_W}}}{name}"
    for name in (
        *("commentRangeStart", "commentRangeEnd", "commentReference", "annotationRef", "proofErr"),
        *("permStart", "permEnd", "dataBinding", "lastRenderedPageBreak"),
    )
)
_FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_NEVER: Final = ("object", "altChunk", "subDoc", "control", "sym", "contentPart", "movie")
_INVISIBLE: Final = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_PRIVATE: Final = re.compile("[\uf000-\uf0ff]")
_NAMED: Final = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the draft that begins a page, with a head of the frame's over it."""

    kind: str
    """`main`, `issued` or `annex`."""
    label: str
    title: tuple[str, ...]
    content: tuple[Any, ...]
    section: Any
    """Properties of its last section."""

    def words(self) -> str:
        """Return every word of it: what a reader must find on its pages."""
        return "\n".join(node.text or "" for child in self.content for node in child.iter(f"{{{_W}}}t"))


@dataclass(slots=True)
class WriterDraft:
    """A draft, inspected and cleaned, ready to be given out in pieces."""

    package: Package
    profile: LayoutProfile
    _kept: dict[str, bytes] = field(default_factory=dict)
    _arrows: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    """Of each part kept: identifier, kind and target."""
    fonts: set[str] = field(default_factory=set)
    """Named in the draft."""
    text: list[str] = field(default_factory=list)
    """Every letter that the engine may be asked to draw."""

    def pieces(self, frame: Frame) -> tuple[Piece, ...]:
        """Take the draft apart where an annex or the issued document begins.

        Raises:
            DocumentMalformed: it is damaged.
            DocumentRefused: it holds what the second engine cannot take over either; it is named.
        """
        main = self.package.main_part()
        root = self._cleaned(main)
        body = root.find(f"{{{_W}}}body")
        if body is None:
            raise DocumentMalformed("the DOCX has no text", hint="save it again from the editor")
        for arrow in self.package.relationships(main):
            if arrow.kind in _PARTS and not arrow.external and self.package.has(arrow.target):
                self._keep(_PARTS[arrow.kind], arrow.target)
        if "word/styles.xml" not in self._kept:
            styles = etree.Element(f"{{{_W}}}styles", nsmap={"w": _W})
            writerpackage.set_usual(styles, self.profile)
            self._kept["word/styles.xml"] = writerpackage.written(styles)
        refuse_typed_head((_text(node) for node in body.iter(f"{{{_W}}}p")), self.profile)
        last = body.find(f"{{{_W}}}sectPr")
        children = [child for child in body if child is not last]
        section = last if last is not None else etree.Element(f"{{{_W}}}sectPr")
        return tuple(_pieces(children, section, frame, self.profile))

    def docx(self, piece: Piece, head_mm: float) -> bytes:
        """Return a piece as DOCX, with an empty row of `head_mm` where its head goes."""
        return writerpackage.pack(
            [deepcopy(child) for child in piece.content],
            deepcopy(piece.section),
            self._kept,
            self._arrows,
            head_mm=head_mm,
            profile=self.profile,
        )

    # ------------------------------------------------------------ cleaning

    def _keep(self, name: str, source: str) -> None:
        root = self._cleaned(source, name)
        if name == "styles":
            writerpackage.set_usual(root, self.profile)
        self._kept[f"word/{name}.xml"] = writerpackage.written(root)

    def _cleaned(self, source: str, name: str = "document") -> Any:
        root = _parsed(self.package.read(source), source)
        if root.nsmap.get("w", _W) != _W and _W not in root.nsmap.values():
            raise DocumentRefused(
                "the draft is saved as strict Open XML", hint="save it as an ordinary .docx in the editor"
            )
        arrows = {arrow.id: arrow for arrow in self.package.relationships(source)}
        _refuse_fields(root)
        for node in list(root.iter()):
            if not isinstance(node.tag, str):
                node.getparent().remove(node)  # comments and instructions of the XML itself
            elif node.tag in _DROPPED or node.tag == _FALLBACK:
                # What stands in for a drawing in older programs may say something else than the drawing.
                _remove(node)
            elif node.tag == f"{{{_W}}}hyperlink":
                node.attrib.clear()
        self._arrows[name] = []
        for node in root.iter():
            self._clean(node, arrows, name)
        return root

    def _clean(self, node: Any, arrows: dict[str, Relationship], name: str) -> None:
        local = _NAMED.sub("", node.tag)
        if node.tag == f"{{{_W}}}{local}" and local in _NEVER:
            refuse(f"w:{local}", 0)
        if local == "t" and node.text:
            node.text = unicodedata.normalize("NFC", node.text.translate(_INVISIBLE))
            self.text.append(node.text)
        elif local == "lvlText":
            # A bullet of a symbol font is a letter of no other.
            value = node.get(f"{{{_W}}}val", "")
            node.set(f"{{{_W}}}val", _PRIVATE.sub("-", value))
            self.text.append(_PRIVATE.sub("-", value))
        elif local == "rFonts" and node.getparent().getparent().tag == f"{{{_W}}}r":
            # Of the text itself: style sheets name many that nothing is set in.
            self.fonts |= {value for key, value in node.attrib.items() if not key.endswith(("Theme", "hint"))}
        for key, value in node.attrib.items():
            if key.startswith(f"{{{_R}}}"):
                self._take_over(node, key, value, arrows, name)

    def _take_over(self, node: Any, key: str, value: str, arrows: dict[str, Relationship], name: str) -> None:
        local = _NAMED.sub("", node.tag)
        arrow = arrows.get(value)
        if local in ("headerReference", "footerReference"):
            return  # taken out with the rest of what the section says of its pages
        if key == f"{{{_R}}}link" or arrow is None or arrow.external:
            refuse("linked-picture", 0)
        if arrow.kind != "image":
            refuse(f"{local}", 0)
        data = rebuild(self.package.read(arrow.target), Crop())
        suffix = "jpeg" if data.startswith(b"\xff\xd8") else "png"
        target = f"media/{name}-{len(self._arrows[name]) + 1}.{suffix}"
        self._kept[f"word/{target}"] = data
        identifier = f"rId{len(self._arrows[name]) + 1}"
        self._arrows[name].append((identifier, "image", target))
        node.set(key, identifier)


def _parsed(data: bytes, name: str) -> Any:
    # Inspection has read the part with bounds, and refused what has a DTD.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_blank_text=False)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise DocumentMalformed("part {part} is damaged", part=name) from error


def _remove(node: Any) -> None:
    """Take an element out; lxml would take the text after it along."""
    parent = node.getparent()
    if node.tail:
        before = node.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + node.tail
        else:
            parent.text = (parent.text or "") + node.tail
    parent.remove(node)


def _refuse_fields(root: Any) -> None:
    """Refuse a field that the engine would compute: what it shows is not what the officer saw."""
    for simple in root.iter(f"{{{_W}}}fldSimple"):
        _require_safe(simple.get(f"{{{_W}}}instr", ""))
    said: list[str] = []
    for node in root.iter(f"{{{_W}}}fldChar", f"{{{_W}}}instrText"):
        if node.tag.endswith("instrText"):
            if not said:
                refuse("field-text", 0)
            said[-1] += node.text or ""
            continue
        kind = node.get(f"{{{_W}}}fldCharType")
        if kind == "begin":
            said.append("")
        elif said:
            _require_safe(said[-1])
            if kind == "end":
                said.pop()


def _require_safe(instruction: str) -> None:
    keyword = (instruction.split() or [""])[0].upper()
    if keyword not in _FIELDS:
        refuse_field(keyword, 0)


# ---------------------------------------------------------------- taking apart


def _pieces(children: Sequence[Any], last: Any, frame: Frame, profile: LayoutProfile) -> Iterator[Piece]:
    starts: list[tuple[int, str]] = []
    for number, child in enumerate(children):
        text = _text(child)
        if is_annex_heading(text, profile):
            starts.append((number, "annex"))
        elif frame.issues and text == frame.issues and not starts:
            starts.append((number, "issued"))
    if frame.issues and not any(kind == "issued" for _, kind in starts):
        raise DocumentRefused(
            "the draft has no line {name}, where the document that it issues begins",
            name=frame.issues,
            hint="put that line, in capitals, over the text that is issued",
        )
    ends = [start for start, _ in starts] + [len(children)]
    yield _piece("main", "", (), children[: ends[0]], _section_at(children, ends[0], last))
    for (start, kind), end in zip(starts, ends[1:], strict=True):
        label = _text(children[start]) if kind == "annex" else ""
        title, rest = _titled(children[start + 1 : end], label or frame.issues, profile)
        yield _piece(kind, label, title, rest, _section_at(children, end, last))


def _piece(kind: str, label: str, title: tuple[str, ...], content: Sequence[Any], section: Any) -> Piece:
    kept = list(content)
    while kept and _is_empty(kept[0]):
        kept.pop(0)
    while kept and _is_empty(kept[-1]):
        kept.pop()
    if kept:
        # Each piece begins a page as it is: the author's own break would make an empty one.
        for broken in kept[0].iter(f"{{{_W}}}pageBreakBefore"):
            broken.getparent().remove(broken)
            break
    return Piece(kind, label, title, tuple(kept), section)


def _titled(
    children: Sequence[Any], label: str, profile: LayoutProfile
) -> tuple[tuple[str, ...], Sequence[Any]]:
    rest = list(children)
    while rest and _is_empty(rest[0]):
        rest.pop(0)
    title: list[str] = []
    while rest and len(title) < MAX_TITLE_LINES and _text(rest[0]) and (not title or _is_centred(rest[0])):
        title.append(_text(rest.pop(0)))
    if not title:
        raise DocumentRefused(
            "{part} has no title", part=label, hint="write its title on the line below, in the middle"
        )
    refuse_typed_reference([*title, *(_text(child) for child in rest[:1])], label, profile)
    if not any(not _is_empty(child) for child in rest):
        raise DocumentRefused("{part} holds nothing", part=label, hint="write its text, or take it out")
    return tuple(title), rest


def _section_at(children: Sequence[Any], end: int, last: Any) -> Any:
    """Return the properties of the section that what ends before `end` stands in."""
    for child in children[max(end - 1, 0) :]:
        own = child.find(f"{{{_W}}}pPr/{{{_W}}}sectPr")
        if own is not None:
            return own
    return last


def _text(child: Any) -> str:
    """Return the words of a paragraph, on one line; nothing of anything else."""
    if child.tag != f"{{{_W}}}p":
        return ""
    return " ".join("".join(node.text or "" for node in child.iter(f"{{{_W}}}t")).split())


def _is_empty(child: Any) -> bool:
    shows = ("t", "drawing", "pict", "footnoteReference", "endnoteReference", "tbl", "numPr")
    return child.tag == f"{{{_W}}}p" and not any(
        True for name in shows for _ in child.iter(f"{{{_W}}}{name}")
    )


def _is_centred(child: Any) -> bool:
    align = child.find(f"{{{_W}}}pPr/{{{_W}}}jc")
    return align is not None and align.get(f"{{{_W}}}val") == "center"
