"""XML of an office file as a small tree of our own, bounded while it is read."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from securedoc.errors import DocumentMalformed, DocumentRefused

MAX_XML_BYTES: Final = 24 * 1024 * 1024  # a thousand pages of text are about 10 MiB of WordprocessingML
MAX_ELEMENTS: Final = 600_000
MAX_DEPTH: Final = 120  # tables in tables in content controls reach 40

# Transitional and strict names of the same vocabulary.
_PREFIXES: Final = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r",
    "http://purl.oclc.org/ooxml/officeDocument/relationships": "r",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://purl.oclc.org/ooxml/drawingml/main": "a",
    "http://schemas.openxmlformats.org/drawingml/2006/picture": "pic",
    "http://purl.oclc.org/ooxml/drawingml/picture": "pic",
    "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing": "wp",
    "http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing": "wp",
    "http://schemas.openxmlformats.org/drawingml/2006/chart": "c",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/package/2006/relationships": "rel",
    "http://schemas.openxmlformats.org/package/2006/content-types": "ct",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingShape": "wps",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup": "wpg",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas": "wpc",
    "http://schemas.microsoft.com/office/word/2010/wordml": "w14",
    "http://schemas.microsoft.com/office/word/2012/wordml": "w15",
    "urn:schemas-microsoft-com:vml": "v",
    "urn:schemas-microsoft-com:office:office": "o",
}


_WHOLE: Final = re.compile(r"[0-9]{1,9}")


@dataclass(slots=True)
class Node:
    """An element: its name as `w:p`, its attributes as `w:val`, its text and its children."""

    name: str
    attributes: Mapping[str, str]
    children: list["Node"] = field(default_factory=list)
    text: str = ""

    def child(self, name: str) -> "Node | None":
        """Return the first child called `name`."""
        return next((child for child in self.children if child.name == name), None)

    def at(self, *names: str) -> "Node | None":
        """Follow `names` down, first child each time."""
        node: Node | None = self
        for name in names:
            node = node.child(name) if node else None
        return node

    def all(self, name: str) -> list["Node"]:
        """Return the children called `name`."""
        return [child for child in self.children if child.name == name]

    def walk(self) -> Iterator["Node"]:
        """Walk this element and all below it, in document order."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))

    def value(self, name: str, attribute: str = "w:val") -> str | None:
        """Return an attribute of the child called `name`, None when there is no such child or attribute."""
        child = self.child(name)
        return child.attributes.get(attribute) if child else None

    def flag(self, name: str) -> bool | None:
        """Return an on/off property: None when it is not there."""
        child = self.child(name)
        if child is None:
            return None
        return child.attributes.get("w:val", "1") not in ("0", "false", "off", "none")


class _Builder:
    """Builds the tree from expat's events and stops at the first bound."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.root: Node | None = None
        self.open: list[Node] = []
        self.texts: list[list[str]] = []
        self.elements = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.elements += 1
        if self.elements > MAX_ELEMENTS or len(self.open) >= MAX_DEPTH:
            raise DocumentRefused(
                "{part} has more than {elements} elements or nests deeper than {depth}",
                hint="split the document, or save it again from an editor",
                part=self.part,
                elements=MAX_ELEMENTS,
                depth=MAX_DEPTH,
            )
        node = Node(_prefixed(name), {_prefixed(key): value for key, value in attributes.items()})
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)
        self.texts.append([])

    def end(self, _name: str) -> None:
        self.open.pop().text = "".join(self.texts.pop())

    def characters(self, text: str) -> None:
        self.texts[-1].append(text)

    def doctype(self, *_declaration: object) -> None:
        # Entities bring in other files (XXE) or grow without end; no office program writes a DTD.
        raise DocumentRefused(
            "{part} declares a document type or entities",
            hint="the file was not made by an office program; do not open it elsewhere",
            part=self.part,
        )


def whole(untrusted: str | None) -> int | None:
    """Return a count that an attribute spells, None for anything else: `²`, `-1`, a thousand digits."""
    return int(untrusted) if untrusted and _WHOLE.fullmatch(untrusted) else None


def parse_xml(untrusted: bytes, part: str) -> Node:
    """Read one XML part of an office file.

    Raises:
        DocumentRefused: it has a DTD, or is beyond a bound.
        DocumentMalformed: it is not well-formed XML.
    """
    if len(untrusted) > MAX_XML_BYTES:
        raise DocumentRefused(
            "{part} is larger than {limit} bytes",
            hint="split the document",
            part=part,
            limit=MAX_XML_BYTES,
        )
    builder = _Builder(part)
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(untrusted, True)  # noqa: FBT003 - expat names it only by place
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise DocumentMalformed(
            "{part} is not well-formed XML",
            hint="the file is damaged; save it again from an editor",
            part=part,
        ) from error
    if builder.root is None:
        raise DocumentMalformed("{part} is empty", part=part)
    return builder.root


def _prefixed(name: str) -> str:
    uri, brace, local = name.rpartition("}")
    if not brace:
        return name
    prefix = _PREFIXES.get(uri)
    return f"{prefix}:{local}" if prefix else f"{{{uri}}}{local}"
