"""Makes DOCX files part by part, honest and hostile ones: what no editor would write is written here."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from PIL import Image

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMESPACES = (
    f'xmlns:w="{W}" xmlns:r="{R}" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType="{main}"/></Types>'
)
PACKAGE_RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
)


def paragraph(text: str, properties: str = "", run: str = "") -> str:
    """Return a paragraph of one run."""
    return (
        f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:rPr>{run}</w:rPr>"
        f'<w:t xml:space="preserve">{text}</w:t></w:r></w:p>'
    )


def document(body: str) -> str:
    """Return word/document.xml around `body`."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><w:document {NAMESPACES}><w:body>{body}</w:body></w:document>'
    )


def rels(*arrows: tuple[str, str, str, bool]) -> str:
    """Return a relationships part of (id, kind, target, external)."""
    inner = "".join(
        f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{target}"'
        + (' TargetMode="External"/>' if external else "/>")
        for name, kind, target, external in arrows
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}'
        "</Relationships>"
    )


def docx(
    body: str = "",
    *,
    parts: Mapping[str, str | bytes] | None = None,
    main_type: str = MAIN_TYPE,
) -> bytes:
    """Return a DOCX with `body` and any further `parts`; a part given replaces ours."""
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": CONTENT_TYPES.format(main=main_type),
        "_rels/.rels": PACKAGE_RELS,
        "word/document.xml": document(body or paragraph("Nội dung")),
        **(parts or {}),
    }
    return packed(members)


def packed(members: Mapping[str, str | bytes]) -> bytes:
    """Zip members as they are."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def styled(styles: str, body: str) -> bytes:
    """Return a DOCX with a style sheet."""
    return docx(
        body,
        parts={
            "word/styles.xml": f'<w:styles xmlns:w="{W}">{styles}</w:styles>',
            "word/_rels/document.xml.rels": rels(("rId1", "styles", "styles.xml", False)),
        },
    )


def numbered(numbering: str, body: str) -> bytes:
    """Return a DOCX with lists."""
    return docx(
        body,
        parts={
            "word/numbering.xml": f'<w:numbering xmlns:w="{W}">{numbering}</w:numbering>',
            "word/_rels/document.xml.rels": rels(("rId1", "numbering", "numbering.xml", False)),
        },
    )


def inline_picture(rel: str = "rId9", *, transform: str = "", crop: str = "") -> str:
    """Return a paragraph with one picture in line."""
    return (
        '<w:p><w:r><w:drawing><wp:inline><wp:extent cx="1270000" cy="635000"/><wp:docPr id="1" name="x" '
        'descr="Biểu đồ"/><a:graphic><a:graphicData '
        'uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:blipFill>'
        f'<a:blip r:embed="{rel}"/>{crop}</pic:blipFill><pic:spPr>{transform}</pic:spPr></pic:pic>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )


def with_picture(data: bytes, name: str = "image1.png", body: str = "") -> bytes:
    """Return a DOCX whose body shows one picture."""
    return docx(
        paragraph("Trước") + (body or inline_picture()) + paragraph("Sau"),
        parts={
            f"word/media/{name}": data,
            "word/_rels/document.xml.rels": rels(("rId9", "image", f"media/{name}", False)),
        },
    )


def zip_bomb(size_bytes: int) -> bytes:
    """Return a DOCX whose document part unpacks to `size_bytes`, without ever holding them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = document("@").split("@")[0].encode() + b"<w:p><w:r><w:t>"
    block, crc, left = b"a" * (1 << 20), zlib.crc32(head), size_bytes
    pieces = [packer.compress(head)]
    while left > 0:
        pieces.append(packer.compress(block))
        crc, left = zlib.crc32(block, crc), left - len(block)
    tail = b"</w:t></w:r></w:p></w:body></w:document>"
    pieces += [packer.compress(tail), packer.flush()]
    written = size_bytes + -size_bytes % len(block) + len(head) + len(tail)
    rest = packed({"[Content_Types].xml": CONTENT_TYPES.format(main=MAIN_TYPE), "_rels/.rels": PACKAGE_RELS})
    return appended(rest, b"word/document.xml", b"".join(pieces), (written, zlib.crc32(tail, crc)))


def appended(archive: bytes, name: bytes, deflated: bytes, says: tuple[int, int]) -> bytes:
    """Add an already deflated member to a zip, with the size and CRC that it `says` it has."""
    size, crc = says
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        start, count = opened.start_dir, len(opened.infolist())
    fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, len(deflated), size, len(name), 0)
    local = b"PK\x03\x04" + fields + name + deflated
    central = b"PK\x01\x02" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, start) + name
    directory = archive[start : archive.rindex(b"PK\x05\x06")] + central
    end = struct.pack(
        "<4sHHHHIIH", b"PK\x05\x06", 0, 0, count + 1, count + 1, len(directory), start + len(local), 0
    )
    return archive[:start] + local + directory + end


def png(mode: str = "RGB", size: tuple[int, int] = (40, 20)) -> bytes:
    """Draw a small PNG."""
    out = io.BytesIO()
    Image.new(mode, size, "white").save(out, "PNG")
    return out.getvalue()


def row(*cells: str, properties: str = "") -> str:
    """Return a table row."""
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def cell(text: str, properties: str = "") -> str:
    """Return a table cell."""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"


def empty_cell(properties: str) -> str:
    """Return a table cell without text."""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr><w:p/></w:tc>"


def table(*rows: str, properties: str = "", columns: int = 2) -> str:
    """Return a table with equal columns."""
    grid = '<w:gridCol w:w="2000"/>' * columns
    return f"<w:tbl><w:tblPr>{properties}</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"


NUMBERING = (
    '<w:abstractNum w:abstractNumId="0">'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1."/>'
    '<w:pPr><w:ind w:left="720" w:hanging="360"/></w:pPr></w:lvl>'
    '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2."/></w:lvl>'
    '<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%3)"/></w:lvl>'
    "</w:abstractNum>"
    '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/>'
    '<w:lvlText w:val="&#xF0B7;"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
    '<w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0">'
    '<w:startOverride w:val="5"/></w:lvlOverride></w:num>'
)


def listed(number: int, depth: int) -> str:
    """Return a list item."""
    return paragraph("x", f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>')


def picture_bomb(width: int, height: int) -> bytes:
    """Write a PNG of a few hundred bytes that claims to be huge."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(9999))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body
