"""What a DOCX hides, and what finalising does about each thing found."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from securedoc.core.findings import Severity
from securedoc.core.text import message
from securedoc.documents.imagedata import carries_position, metadata_kinds
from securedoc.documents.inspection_shapes import inspect_shapes
from securedoc.documents.inspection_text import inspect_texts
from securedoc.documents.observations import Action, Observation, found, worst_observed_first
from securedoc.documents.package import Package, Relationship, open_package


def inspect_docx(untrusted: bytes) -> tuple[Observation, ...]:
    """Return everything found in a DOCX that must not be in a final document, worst first.

    Raises:
        DocumentMalformed: not a DOCX, or damaged.
        DocumentRefused: beyond a bound, so that looking further would be unsafe.
    """
    return inspect_package(open_package(untrusted))


def inspect_package(package: Package) -> tuple[Observation, ...]:
    """Return everything found in an opened DOCX, worst first."""
    main = package.main_part()
    return worst_observed_first(
        [
            *_parts(package),
            *_arrows(package),
            *_settings(package),
            *_metadata(package),
            *inspect_texts(package, main),
            *inspect_shapes(package, package.xml(main)),
            *_pictures(package),
        ]
    )


_KNOWN_PART: Final = re.compile(
    r"\[content_types\]\.xml|_rels/\.rels|docprops/(core|app|custom)\.xml|docprops/thumbnail\..*"
    r"|word/(_rels/)?[a-z]+\d*\.xml(\.rels)?|word/media/[^/]+|word/theme/.*|word/fonts/.*"
    r"|customxml/.*|word/(embeddings|activex)/.*|word/printersettings.*|word/glossary/.*",
)


def _parts(package: Package) -> Iterator[Observation]:
    types = package.content_types()
    names = [name.casefold() for name in package.names]
    if any("macroenabled" in given for given in types.values()) or any("vba" in name for name in names):
        yield found(
            "docx.macros",
            Severity.CRITICAL,
            Action.REFUSE,
            message("the draft carries macros"),
            message("save it as .docx in the editor and import that"),
        )
    if any("/activex/" in name for name in names):
        yield found(
            "docx.activex", Severity.CRITICAL, Action.REFUSE, message("the draft carries ActiveX controls")
        )
    embedded = [name for name in names if "/embeddings/" in name or name.endswith((".zip", ".docx", ".xlsx"))]
    if embedded:
        yield found(
            "docx.embedding",
            Severity.CRITICAL,
            Action.REFUSE,
            message("the draft carries {count} embedded files or objects", count=len(embedded)),
            message("insert their content as text, a table or a picture"),
        )
    yield from _dropped_parts(names)


def _dropped_parts(names: Sequence[str]) -> Iterator[Observation]:
    dropped = (
        (
            "docx.thumbnail",
            r"docprops/thumbnail\.",
            Severity.MEDIUM,
            message("a thumbnail of the first page"),
        ),
        ("docx.embedded-font", r"word/fonts/|.*\.odttf$", Severity.LOW, message("embedded fonts")),
        ("docx.custom-xml", r"customxml/", Severity.MEDIUM, message("custom XML data")),
        ("docx.printer", r"word/printersettings", Severity.LOW, message("settings of a printer")),
        ("docx.glossary", r"word/glossary/", Severity.LOW, message("stored text blocks")),
        ("docx.signature", r"_xmlsignatures/", Severity.LOW, message("a signature of the editor")),
    )
    for check, pattern, severity, detail in dropped:
        if any(re.match(pattern, name) for name in names):
            yield found(check, severity, Action.REMOVE, detail)
    unknown = [name for name in names if not _KNOWN_PART.fullmatch(name) and not name.startswith("_xmlsig")]
    if unknown:
        yield found(
            "docx.unexpected-part",
            Severity.LOW,
            Action.REMOVE,
            message("{count} parts that a draft does not need", count=len(unknown)),
        )


def _arrows(package: Package) -> Iterator[Observation]:
    outside: list[Relationship] = []
    alternative = False
    for name in package.names:
        if name.endswith(".rels"):
            folder, _, base = name.rpartition("_rels/")
            for arrow in package.relationships(folder + base.removesuffix(".rels")):
                alternative = alternative or arrow.kind in ("aFChunk", "subDocument")
                outside += [arrow] if arrow.external else []
    links = [arrow for arrow in outside if arrow.kind == "hyperlink"]
    others = [arrow for arrow in outside if arrow.kind != "hyperlink"]
    if others:
        yield found(
            "docx.external",
            Severity.CRITICAL,
            Action.REFUSE,
            message(
                "the draft points to {count} files outside itself, one as {kind}",
                count=len(others),
                kind=_plain(others[0].kind),
            ),
            message("break the links: insert pictures into the file, and detach the template"),
        )
    if alternative:
        yield found(
            "docx.altchunk",
            Severity.CRITICAL,
            Action.REFUSE,
            message("the draft takes in another document when it is opened"),
        )
    if links:
        yield found(
            "docx.hyperlink",
            Severity.LOW,
            Action.REMOVE,
            message("{count} links; their text stays", count=len(links)),
        )


def _plain(untrusted_word: str) -> str:
    return "".join(letter for letter in untrusted_word if letter.isascii() and letter.isalnum())[:30]


def _settings(package: Package) -> Iterator[Observation]:
    if not package.has("word/settings.xml"):
        return
    root = package.xml("word/settings.xml")
    if root.child("w:docVars"):
        yield found(
            "docx.doc-vars", Severity.MEDIUM, Action.REMOVE, message("variables that the reader does not see")
        )
    if root.child("w:rsids"):
        yield found(
            "docx.rsids", Severity.LOW, Action.REMOVE, message("marks that tell editing sessions apart")
        )
    if root.child("w:mailMerge"):
        yield found(
            "docx.mail-merge",
            Severity.CRITICAL,
            Action.REFUSE,
            message("the draft is tied to a mail merge source"),
        )


_PERSONAL: Final = frozenset({"creator", "lastModifiedBy", "Company", "Manager", "HyperlinkBase", "Template"})


def _metadata(package: Package) -> Iterator[Observation]:
    held: list[str] = []
    for name in ("docProps/core.xml", "docProps/app.xml"):
        if package.has(name):
            for node in package.xml(name).children:
                local = node.name.rpartition("}")[2].rpartition(":")[2]
                held += [local] if local in _PERSONAL and node.text.strip() else []
    if package.has("docProps/custom.xml"):
        held.append("custom")
    if held:
        yield found(
            "docx.metadata",
            Severity.MEDIUM,
            Action.REMOVE,
            message("personal or office data: {fields}", fields=", ".join(sorted(set(held)))),
        )


def _pictures(package: Package) -> Iterator[Observation]:
    kinds: set[str] = set()
    position = False
    for name in package.names:
        if name.casefold().startswith("word/media/"):
            data = package.read(name)
            kinds |= metadata_kinds(data)
            position = position or carries_position(data)
    if kinds:
        yield found(
            "docx.image-metadata",
            Severity.HIGH if position else Severity.MEDIUM,
            Action.REMOVE,
            message("pictures tell where they were taken ({kinds})", kinds=", ".join(sorted(kinds)))
            if position
            else message("pictures carry data about their making ({kinds})", kinds=", ".join(sorted(kinds))),
        )
