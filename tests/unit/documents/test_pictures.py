"""Pictures in drafts: their pixels are carried over, and nothing else."""

import io

import pytest
from PIL import Image

from securedoc.documents.body import Picture
from securedoc.documents.imagedata import carries_position, metadata_kinds
from securedoc.documents.intake import read_docx
from securedoc.errors import DocumentMalformed, DocumentRefused
from tests.support.docxforge import inline_picture, picture_bomb, png, with_picture


def test_a_picture_keeps_its_size_and_description() -> None:
    body = read_docx(with_picture(png()))

    (picture,) = [
        inline for found in body.paragraphs() for inline in found.inlines if isinstance(inline, Picture)
    ]
    assert (picture.width_pt, picture.height_pt, picture.description) == (100.0, 50.0, "Biểu đồ")


def test_only_pixels_of_a_picture_are_carried_over() -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Máy ảnh"
    exif.get_ifd(0x8825)[1] = "N"
    Image.new("RGB", (30, 30), "red").save(out, "JPEG", exif=exif, comment=b"ghi chu")
    original = out.getvalue() + b"PK\x03\x04 something behind the end"

    body = read_docx(with_picture(original, "i.jpg"))

    (picture,) = [
        inline for found in body.paragraphs() for inline in found.inlines if isinstance(inline, Picture)
    ]
    assert carries_position(original)
    assert metadata_kinds(original) == {"EXIF", "comment"}
    assert metadata_kinds(picture.data) == set()
    assert b"behind" not in picture.data


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_is_carried_over(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (8, 8)).save(out, "PNG")

    body = read_docx(with_picture(out.getvalue()))

    assert len(list(body.paragraphs())) == 3


def test_a_picture_is_cropped_as_the_draft_shows_it() -> None:
    crop = '<a:srcRect l="50000" t="0" r="0" b="50000"/>'

    body = read_docx(with_picture(png(size=(40, 20)), body=inline_picture(crop=crop)))

    (picture,) = [
        inline for found in body.paragraphs() for inline in found.inlines if isinstance(inline, Picture)
    ]
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.size == (20, 10)


def test_a_picture_with_too_many_pixels_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="more than 40000000 pixels"):
        read_docx(with_picture(png("1", (9000, 9000))))


def test_a_picture_that_claims_to_be_huge_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(DocumentRefused, match="more than 40000000 pixels"):
        read_docx(with_picture(picture_bomb(60_000, 60_000)))


def test_a_picture_of_another_kind_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="neither PNG nor JPEG"):
        read_docx(with_picture(b"GIF89a" + bytes(50)))


def test_a_damaged_picture_is_malformed() -> None:
    with pytest.raises(DocumentMalformed, match="picture is damaged"):
        read_docx(with_picture(png(size=(400, 400))[:-40]))


def test_a_drawing_offered_in_two_ways_is_taken_once() -> None:
    drawing = inline_picture().removeprefix("<w:p><w:r>").removesuffix("</w:r></w:p>")
    both = f"<mc:AlternateContent><mc:Choice>{drawing}</mc:Choice><mc:Fallback><w:pict/></mc:Fallback>"

    body = read_docx(with_picture(png(), body=f"<w:p><w:r>{both}</mc:AlternateContent></w:r></w:p>"))

    assert sum(isinstance(item, Picture) for found in body.paragraphs() for item in found.inlines) == 1
