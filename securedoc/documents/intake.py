"""Rebuilds a draft's DOCX as a Body: every visible word is taken over, or the draft is refused."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from securedoc.documents.body import Block, Body, Inline, ListMark, PageBreak, Paragraph
from securedoc.documents.inlines import PAGE_BREAK, SILENT, InlineReader
from securedoc.documents.inspection import inspect_package
from securedoc.documents.measures import align_of, attribute, gap, indents, line_spacing
from securedoc.documents.numbering import Numbering
from securedoc.documents.observations import refuse_worst
from securedoc.documents.package import Package, open_package
from securedoc.documents.styles import Styles
from securedoc.documents.tables import read_table
from securedoc.documents.unsupported import refuse
from securedoc.documents.wordxml import Node, whole
from securedoc.errors import DocumentMalformed

_NO_LIST: Final = "0"
_CONTAINERS: Final = frozenset({"w:sdt", "w:sdtContent", "w:customXml"})


@dataclass(frozen=True, slots=True)
class _SectionEnd:
    """Where a section ends, and how that section began."""

    begins: str
    lying: bool
    number: int
    """The paragraph that it ends at, from 1, for messages."""


def read_docx(untrusted: bytes) -> Body:
    """Read a draft into our own model.

    Raises:
        DocumentMalformed: not a DOCX, or damaged.
        DocumentRefused: beyond a bound, dangerous, or holding what the layout cannot take over; it is named.
    """
    package = open_package(untrusted)
    refuse_worst(inspect_package(package))
    return read_inspected(package)


def read_inspected(package: Package) -> Body:
    """Read a draft of which inspection found nothing to refuse.

    Raises:
        DocumentMalformed: damaged.
        DocumentRefused: it holds what the layout cannot take over; it is named.
    """
    return _Intake(package).body()


class _Intake:
    """One reading of one draft."""

    def __init__(self, package: Package) -> None:
        main = package.main_part()
        arrows = {arrow.id: arrow for arrow in package.relationships(main)}
        parts = {arrow.kind: arrow.target for arrow in arrows.values() if not arrow.external}
        self.root = package.xml(main)
        self.styles = Styles(_optional(package, parts.get("styles")))
        self.numbering = Numbering(_optional(package, parts.get("numbering")))
        notes = _optional(package, parts.get("footnotes"))
        self.inlines = InlineReader(
            package,
            self.styles,
            arrows,
            notes={node.attributes.get("w:id", ""): node for node in notes.all("w:footnote")}
            if notes
            else {},
        )

    def body(self) -> Body:
        node = self.root.child("w:body")
        if node is None:
            raise DocumentMalformed("the DOCX has no text", hint="save it again from the editor")
        blocks = list(self._blocks(node))
        self.inlines.finish()
        return Body(_trimmed(_with_page_breaks(blocks)), frozenset(self.inlines.fonts))

    def _blocks(self, container: Node) -> Iterable[Block | _SectionEnd]:
        for node in container.children:
            if node.name == "w:p":
                yield from self._paragraph_blocks(node)
            elif node.name == "w:tbl":
                number = self.inlines.number + 1
                yield read_table(node, self.styles, self._cell_paragraphs, number)
            elif node.name == "w:sectPr":
                yield self._section_end(node)
            elif node.name in _CONTAINERS:
                yield from self._blocks(node)
            elif node.name not in SILENT:
                refuse(node.name, self.inlines.number + 1)

    def _paragraph_blocks(self, node: Node) -> Iterable[Block | _SectionEnd]:
        """Yield a paragraph, in pieces where the author broke the page inside it."""
        paragraph = self._paragraph(node)
        properties = node.child("w:pPr")
        if properties and properties.flag("w:pageBreakBefore"):
            yield PageBreak()
        pieces = _split(paragraph.inlines)
        section = properties.child("w:sectPr") if properties else None
        # A paragraph that only ends a section shows nothing, and must not begin a page of its own.
        bare = section is not None and paragraph.mark is None
        for index, piece in enumerate(pieces):
            if index:
                yield PageBreak()
            if piece or (len(pieces) == 1 and not bare):
                yield replace(paragraph, inlines=piece, mark=paragraph.mark if index == 0 else None)
        if section:
            yield self._section_end(section)

    def _cell_paragraphs(self, cell: Node) -> tuple[Paragraph, ...]:
        found: list[Paragraph] = []
        for node in cell.children:
            if node.name == "w:p":
                paragraph = self._paragraph(node)
                # A page break inside a cell breaks nothing that a reader would miss.
                kept = tuple(inline for inline in paragraph.inlines if inline != PAGE_BREAK)
                found.append(replace(paragraph, inlines=kept))
            elif node.name == "w:tbl":
                refuse("nested-table", self.inlines.number)
            elif node.name in _CONTAINERS:
                found += self._cell_paragraphs(node)
            elif node.name not in SILENT and node.name != "w:tcPr":
                refuse(node.name, self.inlines.number)
        return tuple(found)

    def _paragraph(self, node: Node) -> Paragraph:
        self.inlines.number += 1
        properties = node.child("w:pPr")
        layers = list(self.styles.paragraph_layers(properties))
        if any(layer.child("w:framePr") for layer in layers):
            refuse("w:framePr", self.inlines.number)
        mark, level = self._mark(layers)
        if level is not None:
            # The list's own indents stand behind the paragraph's, before its style's.
            layers.insert(len(layers) - 1 if properties else len(layers), level)
        left, right, first = indents(layers)
        return Paragraph(
            inlines=self.inlines.read(node),
            align=align_of(layers),
            left_pt=left,
            right_pt=right,
            first_pt=first,
            before_pt=gap(layers, "before"),
            after_pt=gap(layers, "after"),
            line_spacing=line_spacing(layers),
            heading=self.styles.heading_level(properties),
            mark=mark,
            keep_with_next=any(layer.flag("w:keepNext") for layer in layers[-1:]),
        )

    def _mark(self, layers: Sequence[Node]) -> tuple[ListMark | None, Node | None]:
        """Return the label of a list item and the paragraph properties that its list gives it."""
        numbered = [layer.child("w:numPr") for layer in layers]
        inner = [node for node in numbered if node]
        found = attribute(inner, "w:numId", "w:val")
        if found is None or found[1] == _NO_LIST:
            return None, None
        depth = attribute(inner, "w:ilvl", "w:val")
        label = self.numbering.next_label(found[1], whole(depth[1]) or 0 if depth else 0)
        if label is None:
            return None, None
        mark = ListMark(label.text, label.depth) if label.text else None
        return mark, label.level.properties

    def _section_end(self, section: Node) -> _SectionEnd:
        if (section.value("w:cols", "w:num") or "1") != "1":
            refuse("columns", self.inlines.number)
        lying = section.value("w:pgSz", "w:orient") == "landscape"
        return _SectionEnd(section.value("w:type") or "nextPage", lying, self.inlines.number)


def _optional(package: Package, name: str | None) -> Node | None:
    return package.xml(name) if name and package.has(name) else None


def _split(inlines: tuple[Inline, ...]) -> list[tuple[Inline, ...]]:
    """Split inlines at page breaks."""
    pieces: list[list[Inline]] = [[]]
    for inline in inlines:
        if inline == PAGE_BREAK:
            pieces.append([])
        else:
            pieces[-1].append(inline)
    return [tuple(piece) for piece in pieces]


def _with_page_breaks(blocks: Sequence[Block | _SectionEnd]) -> list[Block]:
    """Turn the ends of sections into page breaks, as the section that follows each one asks.

    The first page carries the official head, which stands: a draft that begins lying is refused.
    """
    ends = [block for block in blocks if isinstance(block, _SectionEnd)]
    if ends and ends[0].lying:
        refuse("landscape", ends[0].number)
    made: list[Block] = []
    lying = False
    for block in blocks:
        if isinstance(block, PageBreak):
            made.append(PageBreak(lying))
        elif not isinstance(block, _SectionEnd):
            made.append(block)
        else:
            ends.pop(0)
            follows = ends[0].lying if ends else False
            if follows != lying or (ends and ends[0].begins != "continuous"):
                made.append(PageBreak(follows))
            lying = follows
    return made


def _trimmed(blocks: list[Block]) -> tuple[Block, ...]:
    """Leave out empty paragraphs and page breaks at both ends: the frame has its own distances."""

    def empty(block: Block) -> bool:
        return isinstance(block, PageBreak) or (
            isinstance(block, Paragraph) and not block.inlines and block.mark is None
        )

    while blocks and empty(blocks[0]):
        blocks = blocks[1:]
    while blocks and empty(blocks[-1]):
        blocks = blocks[:-1]
    return tuple(blocks)
