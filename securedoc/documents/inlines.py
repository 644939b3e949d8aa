"""Runs of a DOCX paragraph as spans and pictures: each element is known, or the draft is refused."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from securedoc.documents.body import Inline, Note, Picture, Script, Span
from securedoc.documents.package import Package, Relationship
from securedoc.documents.pictures import Crop, rebuild
from securedoc.documents.styles import RunLook, Styles
from securedoc.documents.unsupported import refuse, refuse_field
from securedoc.documents.wordxml import Node, whole

PAGE_BREAK: Final = Span("\f")
"""Stands between inlines where the author broke the page; never left in a Body."""

SAFE_FIELDS: Final = frozenset({"HYPERLINK", "REF", "SEQ"})
"""Fields whose last result is what a reader saw: their text is kept, the field is not."""

# Elements that show nothing: what they say is either taken up elsewhere or reported by inspection.
SILENT: Final = frozenset(
    {
        "w:pPr",
        "w:rPr",
        "w:bookmarkStart",
        "w:bookmarkEnd",
        "w:proofErr",
        "w:permStart",
        "w:permEnd",
        "w:commentRangeStart",
        "w:commentRangeEnd",
        "w:commentReference",
        "w:annotationRef",
        "w:footnoteRef",
        "w:lastRenderedPageBreak",
        "w:softHyphen",
        "w:sdtPr",
        "w:sdtEndPr",
        "w:customXmlPr",
        "w:smartTagPr",
    }
)
TRANSPARENT: Final = frozenset({"w:hyperlink", "w:smartTag", "w:customXml", "w:sdt", "w:sdtContent", "w:dir"})

_CHARACTERS: Final = {"w:tab": "\t", "w:ptab": "\t", "w:cr": "\n", "w:noBreakHyphen": "\u2011"}
_INVISIBLE: Final = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_WHITE_SPACE: Final = {ord("\n"): " ", ord("\r"): " ", ord("\t"): " "}
_EMU_PER_PT: Final = 12700
_FULL_CROP: Final = 100_000  # srcRect counts in thousandths of a per cent
_MAX_PICTURE_PT: Final = 700.0
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


@dataclass(slots=True)
class _Field:
    """A complex field being read: its instruction, then its result."""

    instruction: str = ""
    in_result: bool = False


@dataclass(slots=True)
class InlineReader:
    """Reads the runs of all paragraphs of one draft; fields may reach over several paragraphs."""

    package: Package
    styles: Styles
    relationships: Mapping[str, Relationship]
    number: int = 0
    """The paragraph being read, from 1, for messages."""
    notes: Mapping[str, Node] = field(default_factory=dict)
    """Footnotes by their identifier."""
    fonts: set[str] = field(default_factory=set)
    """Named by what was read so far."""
    _fields: list[_Field] = field(default_factory=list)
    _in_note: bool = False

    def read(self, paragraph: Node) -> tuple[Inline, ...]:
        """Return what the paragraph shows.

        Raises:
            DocumentRefused: it holds something that cannot be taken over; it is named.
        """
        return _joined(self._items(paragraph, paragraph.child("w:pPr")))

    def finish(self) -> None:
        """Check that no field was left open.

        Raises:
            DocumentRefused: one was.
        """
        if self._fields:
            refuse("field-text", self.number)

    def _items(self, node: Node, properties: Node | None) -> Iterator[Inline]:
        for child in node.children:
            if child.name == "w:r":
                yield from self._run(child, properties)
            elif child.name == "w:fldSimple":
                self._require_safe(child.attributes.get("w:instr", ""))
                yield from self._items(child, properties)
            elif child.name in TRANSPARENT:
                yield from self._items(child, properties)
            elif child.name not in SILENT:
                refuse(child.name, self.number)

    def _run(self, run: Node, properties: Node | None) -> Iterator[Inline]:
        look = self._without_usual_size(self.styles.run(properties, run.child("w:rPr")))
        self.fonts |= look.fonts
        for child in run.children:
            if child.name == "w:fldChar":
                self._field_mark(child.attributes.get("w:fldCharType", ""))
            elif child.name == "w:instrText":
                self._instruction(child.text)
            elif child.name not in SILENT:
                if self._fields and not self._fields[-1].in_result:
                    # Text inside an instruction is never shown: nothing may hide there.
                    refuse("field-text", self.number)
                yield from self._content(child, look)

    def _without_usual_size(self, look: RunLook) -> RunLook:
        return replace(look, size_pt=None) if look.size_pt == self.styles.usual_size_pt else look

    def _content(self, node: Node, look: RunLook) -> Iterator[Inline]:
        if node.name == "w:t":
            yield _span(_text(node), look)
        elif node.name in _CHARACTERS:
            yield _span(_CHARACTERS[node.name], look)
        elif node.name == "w:br":
            yield self._break(node, look)
        elif node.name == "w:drawing":
            yield self._picture(node)
        elif node.name == "mc:AlternateContent":
            yield from self._alternative(node, look)
        elif node.name == "w:footnoteReference":
            yield self._note(node)
        else:
            refuse(node.name, self.number)

    def _note(self, node: Node) -> Note:
        """Return the footnote that a reference names: its paragraphs as one, words alone."""
        if self._in_note:
            refuse("w:footnoteReference", self.number)
        found = self.notes.get(node.attributes.get("w:id", ""))
        if found is None:
            refuse("w:footnoteReference", self.number)
        self._in_note = True
        spans: list[Span] = []
        for paragraph in found.children:
            if paragraph.name != "w:p":
                refuse("footnote-content", self.number)
            for inline in self.read(paragraph):
                if not isinstance(inline, Span) or inline == PAGE_BREAK:
                    refuse("footnote-content", self.number)
                spans.append(inline)
            spans.append(Span(" "))
        self._in_note = False
        return Note(_trimmed(spans))

    def _alternative(self, node: Node, look: RunLook) -> Iterator[Inline]:
        """Take a drawing's first choice, which today's editors show.

        Of words there is no telling which choice a reader saw: they are refused.
        """
        for child in (node.child("mc:Choice") or node).children:
            if child.name != "w:drawing":
                refuse(child.name if child.name == "w:pict" else node.name, self.number)
            yield from self._content(child, look)

    def _break(self, node: Node, look: RunLook) -> Inline:
        kind = node.attributes.get("w:type", "textWrapping")
        if kind == "column":
            refuse("column-break", self.number)
        return PAGE_BREAK if kind == "page" else _span("\n", look)

    def _field_mark(self, kind: str) -> None:
        if kind == "begin":
            self._fields.append(_Field())
            return
        if not self._fields:
            refuse("field-text", self.number)
        if not self._fields[-1].in_result:
            self._require_safe(self._fields[-1].instruction)
            self._fields[-1].in_result = True
        if kind == "end":
            self._fields.pop()

    def _instruction(self, text: str) -> None:
        if not self._fields or self._fields[-1].in_result:
            refuse("field-text", self.number)
        self._fields[-1].instruction += text

    def _require_safe(self, instruction: str) -> None:
        keyword = (instruction.split() or [""])[0].upper()
        if keyword not in SAFE_FIELDS:
            refuse_field(keyword, self.number)

    def _picture(self, drawing: Node) -> Picture:
        inline = drawing.child("wp:inline")
        if inline is None:
            refuse("wp:anchor", self.number)
        graphic = inline.at("a:graphic", "a:graphicData")
        shown = graphic.children[0] if graphic and graphic.children else None
        if shown is None or shown.name != "pic:pic":
            refuse(shown.name if shown else "w:drawing", self.number)
        transform = shown.at("pic:spPr", "a:xfrm")
        if transform and any(transform.attributes.get(key, "0") != "0" for key in ("rot", "flipH", "flipV")):
            refuse("rotation", self.number)
        blip = shown.at("pic:blipFill", "a:blip")
        arrow = self.relationships.get(blip.attributes.get("r:embed", "") if blip else "")
        if arrow is None or arrow.external or (blip and "r:link" in blip.attributes):
            refuse("linked-picture", self.number)
        width, height = (_emu(inline.value("wp:extent", key)) for key in ("cx", "cy"))
        description = inline.value("wp:docPr", "descr") or ""
        data = rebuild(self.package.read(arrow.target), _crop(shown.at("pic:blipFill", "a:srcRect")))
        return Picture(data, width, height, unicodedata.normalize("NFC", description)[:500])


def _trimmed(spans: list[Span]) -> tuple[Span, ...]:
    """Leave out the white space round a note: its number has its own distance."""
    kept = list(spans)
    while kept and not kept[-1].text.strip():
        kept.pop()
    while kept and not kept[0].text.strip():
        kept.pop(0)
    return (replace(kept[0], text=kept[0].text.lstrip()), *kept[1:]) if kept else ()


def _text(node: Node) -> str:
    text = node.text.translate(_WHITE_SPACE)
    return text if node.attributes.get(_SPACE) == "preserve" else text.strip(" ")


def _span(text: str, look: RunLook) -> Span:
    visible = text.translate(_INVISIBLE)
    script = {"superscript": Script.SUPER, "subscript": Script.SUB}.get(look.script, Script.NORMAL)
    return Span(
        visible.upper() if look.caps else visible,
        bold=look.bold,
        italic=look.italic,
        underline=look.underline,
        strike=look.strike,
        script=script,
        size_pt=look.size_pt,
    )


def _joined(items: Iterator[Inline]) -> tuple[Inline, ...]:
    """Join neighbours of one style and compose letters (NFC), also where a tone mark has a run of its own."""
    joined: list[Inline] = []
    for item in items:
        before = joined[-1] if joined else None
        if isinstance(item, Span) and isinstance(before, Span) and PAGE_BREAK not in (item, before):
            text = item.text
            while text and unicodedata.combining(text[0]):
                before, text = replace(before, text=before.text + text[0]), text[1:]
            if replace(item, text="") == replace(before, text=""):
                before, text = replace(before, text=before.text + text), ""
            joined[-1] = before
            item = replace(item, text=text)  # noqa: PLW2901 - what is left of it
        if not isinstance(item, Span) or item.text:
            joined.append(item)
    return tuple(
        replace(item, text=unicodedata.normalize("NFC", item.text)) if isinstance(item, Span) else item
        for item in joined
    )


def _emu(untrusted: str | None) -> float:
    size = (whole(untrusted) or 0) / _EMU_PER_PT
    return min(max(size, 1.0), _MAX_PICTURE_PT)


def _crop(node: Node | None) -> Crop:
    if node is None:
        return Crop()

    def share(key: str) -> float:
        given = node.attributes.get(key, "0")
        # A picture stretched beyond its edge has a negative share: rebuild() refuses it.
        outwards = given.startswith("-")
        return (whole(given.removeprefix("-")) or 0) / _FULL_CROP * (-1 if outwards else 1)

    return Crop(share("l"), share("t"), share("r"), share("b"))
