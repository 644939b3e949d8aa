"""Puts a piece of a draft together as the DOCX that the second engine reads."""

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from lxml import etree

from securedoc.core.layouts import LayoutProfile

_W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES: Final = "http://schemas.openxmlformats.org/package/2006/content-types"
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
_TWIPS_PER_MM: Final = 1440 / 25.4
_TWIPS_PER_PT: Final = 20
_LINE: Final = 240  # of a line that stands single
_MAX_ROW_TWIPS: Final = 31_680  # 22 inches: what a row may be high
_SETTINGS: Final = (
    f'<w:settings xmlns:w="{_W}"><w:defaultTabStop w:val="720"/><w:compat><w:compatSetting'
    ' w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
    "</w:settings>"
)

Arrows = Mapping[str, Sequence[tuple[str, str, str]]]
"""Of each part: identifier, kind and target."""


def pack(  # noqa: PLR0913 - what a piece is made of
    content: Sequence[Any],
    section: Any,
    parts: Mapping[str, bytes],
    arrows: Arrows,
    *,
    head_mm: float,
    profile: LayoutProfile,
) -> bytes:
    """Return a DOCX of `content`, with an empty row of `head_mm` where its head goes."""
    document = etree.Element(f"{{{_W}}}document", nsmap={"w": _W, "r": _R})
    body = etree.SubElement(document, f"{{{_W}}}body")
    for child in content:
        _set_cells(child)
        _set_aligned(child)
    for row in _empty_rows(head_mm):
        body.append(row)
    if content and (own := content[-1].find(f"{{{_W}}}pPr/{{{_W}}}sectPr")) is not None:
        # Its own section ends with it: another one after it would be an empty page.
        section = own
        own.getparent().remove(own)
    body.extend(content)
    body.append(section)
    for each in body.iter(f"{{{_W}}}sectPr"):
        _set_section(each, profile)
    return _packed({**parts, "word/document.xml": written(document)}, arrows)


def written(root: Any) -> bytes:
    """Return an XML part as bytes."""
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return data


def set_usual(styles: Any, profile: LayoutProfile) -> None:
    """Have text that says nothing of itself look as the frame has it: size, indent, distances, margins."""
    usual = styles.find(f"{{{_W}}}docDefaults")
    if usual is not None:
        styles.remove(usual)
    body = profile.body
    half_points = round(body.size_pt * 2)
    styles.insert(
        0,
        etree.fromstring(
            f'<w:docDefaults xmlns:w="{_W}"><w:rPrDefault><w:rPr><w:sz w:val="{half_points}"/>'
            f'<w:szCs w:val="{half_points}"/><w:lang w:val="vi-VN"/></w:rPr></w:rPrDefault>'
            f'<w:pPrDefault><w:pPr><w:spacing w:before="{round(body.paragraph_gap_pt * _TWIPS_PER_PT)}"'
            f' w:after="0" w:line="{round(body.line_spacing * _LINE)}" w:lineRule="auto"/>'
            f'<w:ind w:firstLine="{round(body.first_line_mm * _TWIPS_PER_MM)}"/><w:jc w:val="both"/>'
            "</w:pPr></w:pPrDefault></w:docDefaults>"
        ),
    )


def _set_cells(child: Any) -> None:
    """Text in a cell has no indent of running text, no distances, and stands at the left."""
    for cell in child.iter(f"{{{_W}}}tc"):
        for paragraph in cell.iter(f"{{{_W}}}p"):
            properties = _properties(paragraph)
            _set_unless(properties, "spacing", {"before": "0", "after": "0"})
            _set_unless(properties, "ind", {"firstLine": "0"})
            _set_unless(properties, "jc", {"val": "left"})


def _set_aligned(child: Any) -> None:
    """A line in the middle or at the right is not moved aside by the indent of running text."""
    for paragraph in child.iter(f"{{{_W}}}p"):
        align = paragraph.find(f"{{{_W}}}pPr/{{{_W}}}jc")
        if align is not None and align.get(f"{{{_W}}}val") in ("center", "right", "end"):
            _set_unless(_properties(paragraph), "ind", {"firstLine": "0"})


_ORDER: Final = ("spacing", "ind", "contextualSpacing", "mirrorIndents", "suppressOverlap", "jc")
_AFTER: Final = (
    *("textDirection", "textAlignment", "textboxTightWrap", "outlineLvl", "divId", "cnfStyle"),
    *("rPr", "sectPr", "pPrChange"),
)


def _properties(paragraph: Any) -> Any:
    found = paragraph.find(f"{{{_W}}}pPr")
    if found is None:
        found = etree.Element(f"{{{_W}}}pPr")
        paragraph.insert(0, found)
    return found


def _set_unless(properties: Any, name: str, values: Mapping[str, str]) -> None:
    """Add a property where the paragraph has none; the schema wants them in order."""
    if properties.find(f"{{{_W}}}{name}") is not None:
        return
    if name == "ind" and properties.find(f"{{{_W}}}numPr") is not None:
        return  # its list says how far it is moved aside
    made = etree.Element(f"{{{_W}}}{name}")
    for key, value in values.items():
        made.set(f"{{{_W}}}{key}", value)
    later = {f"{{{_W}}}{each}" for each in (*_ORDER[_ORDER.index(name) + 1 :], *_AFTER)}
    place = next((index for index, node in enumerate(properties) if node.tag in later), len(properties))
    properties.insert(place, made)


def _empty_rows(height_mm: float) -> Iterator[Any]:
    """Yield a table without lines, exactly so high: no editor counts spacing the same, all count rows."""
    left = round(height_mm * _TWIPS_PER_MM)
    if left <= 0:
        return
    table = etree.fromstring(
        f'<w:tbl xmlns:w="{_W}"><w:tblPr><w:tblW w:w="100" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="0" w:type="dxa"/>'
        '<w:bottom w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        '<w:tblGrid><w:gridCol w:w="100"/></w:tblGrid></w:tbl>'
    )
    while left > 0:
        high = min(left, _MAX_ROW_TWIPS)
        table.append(
            etree.fromstring(
                f'<w:tr xmlns:w="{_W}"><w:trPr><w:trHeight w:val="{high}" w:hRule="exact"/></w:trPr>'
                '<w:tc><w:tcPr><w:tcW w:w="100" w:type="dxa"/></w:tcPr>'
                '<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>'
                '<w:rPr><w:sz w:val="2"/></w:rPr></w:pPr></w:p></w:tc></w:tr>'
            )
        )
        left -= high
    yield table


def _set_section(section: Any, profile: LayoutProfile) -> None:
    """Give a section the frame's paper and margins, and nothing of its own in them."""
    for name in ("headerReference", "footerReference", "titlePg", "pgNumType", "pgBorders", "paperSrc"):
        for node in section.findall(f"{{{_W}}}{name}"):
            section.remove(node)
    size = section.find(f"{{{_W}}}pgSz")
    lying = size is not None and size.get(f"{{{_W}}}orient") == "landscape"
    for name in ("pgSz", "pgMar"):
        for node in section.findall(f"{{{_W}}}{name}"):
            section.remove(node)
    page = profile.page
    wide, high = (round(side * _TWIPS_PER_MM) for side in (page.width_mm, page.height_mm))
    made = etree.Element(f"{{{_W}}}pgSz")
    made.set(f"{{{_W}}}w", str(high if lying else wide))
    made.set(f"{{{_W}}}h", str(wide if lying else high))
    if lying:
        made.set(f"{{{_W}}}orient", "landscape")
    margins = etree.Element(f"{{{_W}}}pgMar")
    for side, value in (
        ("top", page.top_mm),
        ("right", page.right_mm),
        ("bottom", page.bottom_mm),
        ("left", page.left_mm),
        ("header", 0.0),
        ("footer", 0.0),
        ("gutter", 0.0),
    ):
        margins.set(f"{{{_W}}}{side}", str(round(value * _TWIPS_PER_MM)))
    # The schema wants them after the notes' properties and the type, before everything else.
    before = [section.find(f"{{{_W}}}{name}") for name in ("footnotePr", "endnotePr", "type")]
    place = max((section.index(node) + 1 for node in before if node is not None), default=0)
    section.insert(place, made)
    section.insert(place + 1, margins)


def _packed(parts: Mapping[str, bytes], arrows: Arrows) -> bytes:
    overrides = [name for name in sorted(parts) if name.endswith(".xml")]
    base = "application/vnd.openxmlformats-officedocument.wordprocessingml."
    kinds = {"word/document.xml": "document.main"}
    types = "".join(
        f'<Override PartName="/{name}" ContentType="{base}{kinds.get(name, name[5:-4])}+xml"/>'
        for name in (*overrides, "word/settings.xml")
    )
    files: dict[str, bytes] = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
            'package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="png" ContentType="image/png"/>'
            f'<Default Extension="jpeg" ContentType="image/jpeg"/>{types}</Types>'
        ).encode(),
        "_rels/.rels": _relationships([("rId1", "officeDocument", "word/document.xml")]),
        "word/settings.xml": _SETTINGS.encode(),
        **parts,
    }
    own = [
        (f"rIdPart{number}", name[5:-4], name[5:])
        for number, name in enumerate((*overrides, "word/settings.xml"))
        if name != "word/document.xml"
    ]
    files["word/_rels/document.xml.rels"] = _relationships([*own, *arrows.get("document", [])])
    for name, held in arrows.items():
        if name != "document" and held:
            files[f"word/_rels/{name}.xml.rels"] = _relationships(held)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files, key=lambda name: (name != "[Content_Types].xml", name)):
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), files[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _relationships(arrows: Sequence[tuple[str, str, str]]) -> bytes:
    lines = "".join(
        f'<Relationship Id="{identifier}" Type="{_R}/{kind}" Target="{target}"/>'
        for identifier, kind, target in arrows
    )
    return f'<Relationships xmlns="{_RELS}">{lines}</Relationships>'.encode()
