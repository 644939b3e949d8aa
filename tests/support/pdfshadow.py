"""Shadow, certification and replacement attacks on signed PDFs, as the literature describes them.

A shadow attack has two steps: the attacker prepares a document with content that nobody sees, somebody
signs it, and then a small update brings the hidden content up. Here both steps are made by ourselves.
"""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import typst
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NumberObject,
    StreamObject,
    pdf_name,
)
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.support.pdfattack import content, look, page, updated

SIGNED = b"Noi dung da ky"
OTHER = b"Noi dung khac"
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100"
    "c9fe92ef0000000049454e44ae426082"
)


def illustrated() -> bytes:
    """Render a document with a picture in it."""
    source = (
        "#set page(width: 210mm, height: 297mm)\nVăn bản MẪU có hình.\n"
        f"#image(bytes(({','.join(str(octet) for octet in PICTURE)})), width: 40mm)\n"
    )
    pdf: bytes = typst.compile(source.encode(), format="pdf")
    return pdf


def with_overlay(pdf: bytes) -> bytes:
    """Prepare "hide": a picture of text covers the page's own text, which the signer never sees."""

    def change(writer: Any) -> None:
        target = page(writer)
        cover = writer.add_object(lettered(SIGNED))
        resources = target["/Resources"]
        resources[pdf_name("/XObject")] = DictionaryObject({pdf_name("/Cover"): cover})
        drawn = content(b"q /Cover Do Q")
        own = target.raw_get("/Contents")
        target["/Contents"] = ArrayObject([own, writer.add_object(drawn)])
        writer.update_container(resources)
        writer.update_container(target)

    return updated(pdf, change)


def hide(writer: Any) -> None:
    """Take the overlay away: what lay under it is seen."""
    _overwrite(writer, _cover(writer), StreamObject(stream_data=b"", dict_data=_form()))


def hide_by_reference(writer: Any) -> None:
    """Point the overlay's name to an empty form, leaving the signed object alone."""
    target = page(writer)
    empty = writer.add_object(look(b"", 1, 1))
    target["/Resources"]["/XObject"][pdf_name("/Cover")] = empty
    writer.update_container(target["/Resources"]["/XObject"])
    writer.update_container(target["/Resources"])
    writer.update_container(target)


def replace_overlay(writer: Any) -> None:
    """Draw something else in the overlay that was signed."""
    _overwrite(writer, _cover(writer), lettered(OTHER))


def _cover(writer: Any) -> Any:
    return page(writer)["/Resources"]["/XObject"].raw_get("/Cover").reference


def _form() -> DictionaryObject:
    drawn = look(b"", 595, 842)
    return DictionaryObject({key: drawn[key] for key in ("/Type", "/Subtype", "/BBox")})


def _overwrite(writer: Any, reference: Any, value: Any) -> None:
    writer.objects[(reference.generation, reference.idnum)] = value


def with_twin(pdf: bytes) -> bytes:
    """Prepare "hide and replace": a second object of the same number as the page's content lies in the file.

    No table points to it: readers do not see it, and neither does who signs.
    """

    def change(writer: Any) -> None:
        target = page(writer)
        target["/Resources"][pdf_name("/XObject")] = DictionaryObject(
            {pdf_name("/Other"): writer.add_object(lettered(OTHER))}
        )
        writer.update_container(target["/Resources"])
        writer.update_container(target)

    prepared = updated(pdf, change)
    number, drawn = _content_number(prepared), b"q /Other Do Q"
    twin = b"%d 0 obj\n<</Length %d>>\nstream\n%s\nendstream\nendobj\n" % (number, len(drawn), drawn)
    return _tabled(prepared + twin, 0, 0, prepared)


def swap_by_table(pdf: bytes) -> bytes:
    """Bring the twin up with a cross-reference table alone: not one object is added."""
    number = _content_number(pdf)
    at = [match.start() for match in re.finditer(rb"(?<!\d)%d 0 obj" % number, pdf)][-1]
    return _tabled(pdf, number, at, pdf)


def _content_number(pdf: bytes) -> int:
    contents = PdfFileReader(BytesIO(pdf)).root["/Pages"]["/Kids"][0].get_object().raw_get("/Contents")
    return int(contents.reference.idnum)


def lettered(text: bytes) -> StreamObject:
    """Return a form that draws `text` in a font of its own, so that readers do show it."""
    drawn = look(b"BT /F1 20 Tf 72 700 Td (" + text + b") Tj ET", 595, 842)
    font = DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Font"),
            pdf_name("/Subtype"): pdf_name("/Type1"),
            pdf_name("/BaseFont"): pdf_name("/Helvetica"),
        }
    )
    fonts = DictionaryObject({pdf_name("/F1"): font})
    drawn[pdf_name("/Resources")] = DictionaryObject({pdf_name("/Font"): fonts})
    return drawn


def back_to(pdf: bytes, revision: int) -> bytes:
    """Append a trailer whose history leaves out everything after an early revision (hidden revisions)."""
    previous = [int(found) for found in re.findall(rb"startxref\s+(\d+)", pdf)][revision]
    return _tabled(pdf, 0, 0, pdf, previous=previous)


def _tabled(made: bytes, number: int, offset: int, pdf: bytes, previous: int | None = None) -> bytes:
    root = re.findall(rb"/Root (\d+) 0 R", pdf)[-1]
    size = max(int(found) for found in re.findall(rb"/Size (\d+)", pdf))
    before = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1]) if previous is None else previous
    entry = b"%010d 00000 n \n" % offset if number else b"0000000000 65535 f \n"
    table = b"xref\n%d 1\n" % number + entry
    trailer = b"trailer\n<</Root %s 0 R/Size %d/Prev %d>>\n" % (root, size, before)
    return made + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(made)


def replace_font(writer: Any) -> None:
    """Exchange the font under the text: the same codes show other letters."""
    for reference, font in _resources(writer, "/Font"):
        changed = DictionaryObject(dict(font.items()))
        changed["/BaseFont"] = pdf_name("/Symbol")
        changed.pop("/ToUnicode", None)
        _overwrite(writer, reference, changed)


def replace_font_program(writer: Any) -> None:
    """Exchange the embedded font program alone."""
    for _reference, font in _resources(writer, "/Font"):
        descendant = font["/DescendantFonts"][0].get_object()
        descriptor = descendant["/FontDescriptor"]
        key = next(key for key in ("/FontFile3", "/FontFile2") if key in descriptor)
        program = descriptor.raw_get(key).reference
        _overwrite(writer, program, StreamObject(stream_data=b"another font"))


def replace_image(writer: Any) -> None:
    """Exchange the pixels of a picture."""
    for reference, image in _resources(writer, "/XObject"):
        changed = StreamObject(stream_data=b"\xff\x00\x00")
        for key in ("/Type", "/Subtype", "/Width", "/Height", "/ColorSpace", "/BitsPerComponent"):
            if key in image:
                changed[pdf_name(key)] = image[key]
        _overwrite(writer, reference, changed)


def _resources(writer: Any, kind: str) -> list[tuple[Any, Any]]:
    found = page(writer)["/Resources"]
    while kind not in found:
        # The picture lies in a form of its own, as layout engines make them.
        found = next(iter(found["/XObject"].values())).get_object()["/Resources"]
    raw = found[kind]
    pairs = [(raw.raw_get(key), raw[key]) for key in raw]
    return [(one.reference, value) for one, value in pairs if isinstance(one, IndirectObject)]


def move_text_by_crop(writer: Any) -> None:
    """Cut the page so that half of what was signed is not seen."""
    target = page(writer)
    target["/CropBox"] = ArrayObject([NumberObject(number) for number in (0, 0, 595, 300)])
    writer.update_container(target)


def rotate(writer: Any) -> None:
    target = page(writer)
    target["/Rotate"] = NumberObject(180)
    writer.update_container(target)


def blank_annotation(kind: str, *, flags: int = 4) -> Callable[[Any], None]:
    """Return what puts an annotation of a kind over the text (evil annotation attack)."""

    def change(writer: Any) -> None:
        target = page(writer)
        box = ArrayObject([generic.FloatObject(number) for number in (50, 50, 500, 700)])
        annotation = DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/Annot"),
                pdf_name("/Subtype"): pdf_name(kind),
                pdf_name("/Rect"): box,
                pdf_name("/F"): NumberObject(flags),
                pdf_name("/Contents"): generic.pdf_string("Noi dung khac"),
                pdf_name("/AP"): DictionaryObject(
                    {pdf_name("/N"): writer.add_object(look(b"1 g 0 0 450 650 re f", 450, 650))}
                ),
            }
        )
        if "/Annots" not in target:
            target[pdf_name("/Annots")] = ArrayObject()
        target["/Annots"].append(writer.add_object(annotation))
        writer.update_container(target["/Annots"])
        writer.update_container(target)

    return change
