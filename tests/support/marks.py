"""Pages to mark, and the pictures that a scanner makes of them."""

import io
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from scripts import samples
from securedoc.app import SystemClock
from securedoc.core.copies import CodeKind
from securedoc.core.documents import DocumentId
from securedoc.core.people import OfficerId
from securedoc.core.protocols import NoProgress
from securedoc.core.secret import Secret
from securedoc.documents import layout, raster
from securedoc.documents.copymarks import PageMark, marked
from securedoc.office.office import Office
from securedoc.office.opening import open_office
from securedoc.office.place import Place
from securedoc.printing import copycode
from tests.support.documents import MARKS, REPORT, nd30
from tests.support.office import World

MM = 72 / 25.4
PRINT = "P-2026-000017"


@contextmanager
def opened(world: World, officer: str = "an") -> Iterator[Office]:
    """Open the vault as one officer."""
    with (
        Secret(world.passphrase_file(officer).read_bytes().strip()) as passphrase,
        open_office(
            Place(world.vault),
            OfficerId(officer),
            passphrase,
            clock=SystemClock(),
            progress=NoProgress(),
            randomness=secrets.token_bytes,
        ) as office,
    ):
        yield office


@lru_cache(maxsize=1)
def report() -> tuple[bytes, int]:
    """Lay out a report of several pages in the official frame."""
    final = layout.render(samples.long_body(), REPORT, layout.Style(nd30(), MARKS["mat"])).final
    return final.pdf, final.pages


def marks(count: int, copy: int = 2, start: int = 1) -> tuple[PageMark, ...]:
    """Return marks whose codes are as long as real ones; the tags are made up."""
    return tuple(
        PageMark(f"Bản số {copy:02d}/05", f"SD12026000123{copy:03d}{page:03d}P2026000017ABCDEFGHJK{page:02d}")
        for page in range(start, start + count)
    )


def page(  # noqa: PLR0913 - each is one property of a page
    width_mm: float = 210,
    height_mm: float = 297,
    content: bytes = b"",
    *,
    rotate: int = 0,
    crop_mm: tuple[float, float, float, float] | None = None,
    origin_mm: tuple[float, float] = (0, 0),
    pages: int = 1,
) -> bytes:
    """Write a PDF of blank pages that draw `content`."""
    writer = PdfWriter()
    x, y = (side * MM for side in origin_mm)
    for _ in range(pages):
        blank = writer.add_blank_page(width_mm * MM, height_mm * MM)
        blank.mediabox.lower_left = (x, y)
        blank.mediabox.upper_right = (x + width_mm * MM, y + height_mm * MM)
        if crop_mm is not None:
            left, low, right, high = (side * MM for side in crop_mm)
            blank.cropbox.lower_left, blank.cropbox.upper_right = (x + left, y + low), (x + right, y + high)
        if rotate:
            blank.rotate(rotate)
        stream = StreamObject()
        stream.set_data(content)
        blank[NameObject("/Contents")] = writer._add_object(stream)
        blank[NameObject("/Resources")] = DictionaryObject()
    return written(writer)


def written(writer: PdfWriter) -> bytes:
    """Return the bytes of a PDF."""
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def filled(x_mm: float, y_mm: float, width_mm: float, height_mm: float) -> bytes:
    """Return content that blackens a rectangle."""
    box = " ".join(f"{side * MM:.2f}" for side in (x_mm, y_mm, width_mm, height_mm))
    return f"0 g {box} re f\n".encode()


def scanned(pdf: bytes, ppi: float = 200) -> list[Image.Image]:
    """Scan every page, perfectly."""
    with raster.opened(pdf) as pages:
        return [pages.draw(index, ppi) for index in range(len(pages))]


def saved(image: Image.Image, form: str = "PNG", **how: object) -> bytes:
    """Return a picture file."""
    out = io.BytesIO()
    image.save(out, form, **how)
    return out.getvalue()


def codes(office: Office, document: str, copy: int = 2, pages: int = 3) -> tuple[str, ...]:
    """Return the codes of one print of a document."""
    return copycode.page_codes(office, DocumentId(document), copy, pages, PRINT)


def with_codes(said: Sequence[str], kind: CodeKind = CodeKind.DATA_MATRIX) -> bytes:
    """Print blank pages with these codes, whoever made them."""
    return marked(page(pages=len(said)), [PageMark("Bản số 02/05", code) for code in said], code=kind)
