"""A DOCX as a bounded set of parts: what the zip says is checked before anything is unpacked."""

import io
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from typing import Final

from securedoc.documents.wordxml import MAX_XML_BYTES, Node, parse_xml
from securedoc.errors import DocumentMalformed, DocumentRefused

MIB: Final = 1024 * 1024
MAX_FILE_BYTES: Final = 64 * MIB
MAX_MEMBERS: Final = 1000  # a draft with 300 pictures has about 350
MAX_MEMBER_BYTES: Final = 24 * MIB
MAX_TOTAL_BYTES: Final = 128 * MIB
MAX_RATIO: Final = 300  # WordprocessingML packs 10 to 40 times, a long table of like rows up to 250
RATIO_FREE_BYTES: Final = 4 * MIB  # a small part may pack as well as it likes
MAX_NAME: Final = 200

_ZIP = b"PK\x03\x04"
_COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")
_ODD_NAME = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]|^/|(^|/)\.\.?(/|$)|//')
_MAIN_TYPES: Final = (
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
)


@dataclass(frozen=True, slots=True)
class Relationship:
    """One arrow from a part to another part or to the outside."""

    id: str
    kind: str
    """Last word of its type: `image`, `hyperlink`, `attachedTemplate`."""
    target: str
    external: bool


KEPT_FROM_BYTES: Final = 64 * 1024
"""Of the parts that are larger, the last one read is kept parsed: one, so that memory stays bounded."""


class Package:
    """The parts of one DOCX, unpacked one at a time."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.names: tuple[str, ...] = tuple(info.filename for info in archive.infolist() if not info.is_dir())
        self._by_folded = {name.casefold(): name for name in self.names}
        self._kept: tuple[str, Node] | None = None

    def has(self, name: str) -> bool:
        """Tell whether there is a part called `name`; part names ignore case."""
        return name.casefold() in self._by_folded

    def read(self, name: str) -> bytes:
        """Unpack one part.

        Raises:
            DocumentMalformed: it is missing or damaged.
        """
        stored = self._by_folded.get(name.casefold())
        if stored is None:
            raise DocumentMalformed("the DOCX has no part {part}", part=name, hint=_SAVE_AGAIN)
        try:
            with self._archive.open(stored) as member:
                # The zip's own size was checked; a member that holds more than it says stops here.
                data = member.read(MAX_MEMBER_BYTES + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
            raise DocumentMalformed("part {part} is damaged", part=name, hint=_SAVE_AGAIN) from error
        if len(data) > MAX_MEMBER_BYTES:
            raise DocumentRefused(
                "part {part} unpacks to more than {limit} bytes", part=name, limit=MAX_MEMBER_BYTES
            )
        return data

    def xml(self, name: str) -> Node:
        """Unpack and read one XML part.

        Raises:
            DocumentRefused: it has a DTD, or is beyond a bound.
            DocumentMalformed: it is missing, damaged or not XML.
        """
        if self._kept is not None and self._kept[0] == name:
            return self._kept[1]
        data = self.read(name)
        node = parse_xml(data, name)
        # The text of a long draft is asked for by each who looks at it; nobody changes what was read.
        if len(data) >= KEPT_FROM_BYTES:
            self._kept = name, node
        return node

    def relationships(self, name: str) -> tuple[Relationship, ...]:
        """Return the arrows that start at part `name` ("" for the package)."""
        folder, _, base = name.rpartition("/")
        rels = f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels"
        if not self.has(rels):
            return ()
        return tuple(
            Relationship(
                id=node.attributes.get("Id", ""),
                kind=node.attributes.get("Type", "").rpartition("/")[2],
                target=_resolved(folder, node.attributes.get("Target", "")),
                external=node.attributes.get("TargetMode") == "External",
            )
            for node in self.xml(rels).all("rel:Relationship")
        )

    def main_part(self) -> str:
        """Return the name of the part that holds the text.

        Raises:
            DocumentMalformed: there is none.
        """
        for relationship in self.relationships(""):
            if relationship.kind == "officeDocument" and not relationship.external:
                self._require_document_type(relationship.target)
                return relationship.target
        raise DocumentMalformed("the file is a zip but not a DOCX", hint=_SAVE_AGAIN)

    def content_types(self) -> dict[str, str]:
        """Return the content type of each part and, under `*.ext`, of each extension."""
        types: dict[str, str] = {}
        for node in self.xml("[Content_Types].xml").children:
            given = node.attributes.get("ContentType", "").lower()
            if "PartName" in node.attributes:
                types[node.attributes["PartName"].lstrip("/").casefold()] = given
            elif "Extension" in node.attributes:
                types[f"*.{node.attributes['Extension'].casefold()}"] = given
        return types

    def _require_document_type(self, name: str) -> None:
        given = self.content_types().get(name.casefold(), "")
        if "macroenabled" in given:
            raise DocumentRefused(
                "the document is of a kind that runs macros",
                hint="save it as .docx in the editor and import that",
            )
        if given not in _MAIN_TYPES:
            raise DocumentMalformed("the file is an office file but not a DOCX", hint=_SAVE_AGAIN)


_SAVE_AGAIN: Final = "save it again as .docx in the editor and try that file"


def _resolved(folder: str, target: str) -> str:
    """Resolve a relationship's target against the folder of its source."""
    if target.startswith("/"):
        return target.lstrip("/")
    parts = folder.split("/") if folder else []
    for step in target.split("/"):
        if step == "..":
            parts = parts[:-1]
        elif step != ".":
            parts.append(step)
    return "/".join(parts)


def open_package(untrusted: bytes) -> Package:
    """Check the zip of a DOCX against every bound and open it.

    Raises:
        DocumentMalformed: it is not a DOCX, or damaged.
        DocumentRefused: it is beyond a bound, encrypted, or has names that an office file never has.
    """
    if len(untrusted) > MAX_FILE_BYTES:
        raise DocumentRefused("the file is larger than {limit} bytes", limit=MAX_FILE_BYTES)
    if untrusted.startswith(_COMPOUND_FILE):
        raise DocumentRefused(
            "the file is an old Word document or is protected with a password",
            hint="open it in an editor, remove the password and save it as .docx",
        )
    if not untrusted.startswith(_ZIP):
        raise DocumentMalformed("the file is not a DOCX", hint=_SAVE_AGAIN)
    try:
        archive = zipfile.ZipFile(io.BytesIO(untrusted))
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError) as error:
        raise DocumentMalformed("the DOCX is damaged or cut short", hint=_SAVE_AGAIN) from error
    _check_members(archive.infolist())
    package = Package(archive)
    if not package.has("[Content_Types].xml"):
        raise DocumentMalformed("the file is a zip but not a DOCX", hint=_SAVE_AGAIN)
    return package


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_MEMBERS:
        raise DocumentRefused("the DOCX has more than {limit} parts", limit=MAX_MEMBERS)
    if sum(member.file_size for member in members) > MAX_TOTAL_BYTES:
        raise DocumentRefused("the DOCX unpacks to more than {limit} bytes", limit=MAX_TOTAL_BYTES)
    seen: set[str] = set()
    for number, member in enumerate(members):
        _check_member(member, number)
        # Two parts of one name: one program would read the first, another the last.
        if member.filename.casefold() in seen:
            raise DocumentRefused("part {number} of the DOCX stands twice", number=number)
        seen.add(member.filename.casefold())


def _check_member(member: zipfile.ZipInfo, number: int) -> None:
    if not 0 < len(member.filename) <= MAX_NAME or _ODD_NAME.search(member.filename):
        raise DocumentRefused("part {number} of the DOCX has a dangerous name", number=number)
    if stat.S_ISLNK(member.external_attr >> 16):
        raise DocumentRefused("part {part} of the DOCX is a symbolic link", part=member.filename)
    if member.flag_bits & 0x1:
        raise DocumentRefused(
            "part {part} of the DOCX is encrypted",
            hint="remove the password in the editor",
            part=member.filename,
        )
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DocumentRefused("part {part} is packed in an unusual way", part=member.filename)
    limit = MAX_XML_BYTES if member.filename.endswith((".xml", ".rels")) else MAX_MEMBER_BYTES
    bomb = member.file_size > max(RATIO_FREE_BYTES, MAX_RATIO * member.compress_size)
    if member.file_size > limit or bomb:
        raise DocumentRefused(
            "part {part} unpacks to {size} bytes: it looks like a zip bomb",
            hint="the file was made to exhaust the machine; keep it and report it",
            part=member.filename,
            size=member.file_size,
        )
