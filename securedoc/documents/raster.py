"""The only door to PDFium: draws pages of a foreign PDF as grey pictures.  Runs in a process without keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pypdfium2
from PIL import Image

PT_PER_INCH: Final = 72


class Unreadable(Exception):
    """PDFium does not take the file for a PDF that it may draw."""


@contextmanager
def opened(untrusted: bytes) -> Iterator["Pages"]:
    """Open a PDF for drawing.

    Raises:
        Unreadable: damaged, or protected by a password.
    """
    try:
        document = pypdfium2.PdfDocument(untrusted)
    except pypdfium2.PdfiumError as error:
        raise Unreadable from error
    try:
        # Without the form environment the fields of signatures are not drawn, and printing draws them.
        document.init_forms()
        yield Pages(document)
    finally:
        document.close()


class Pages:
    """The pages of an opened PDF, as a viewer shows them: rotated, and cut to their crop box."""

    def __init__(self, document: pypdfium2.PdfDocument) -> None:
        self._document = document

    def __len__(self) -> int:
        return len(self._document)

    def size_pt(self, index: int) -> tuple[float, float]:
        """Return width and height of a page.

        Raises:
            Unreadable: the page is damaged.
        """
        with self._page(index) as page:
            width, height = page.get_size()
        return float(width), float(height)

    def draw(self, index: int, ppi: float) -> Image.Image:
        """Draw a page; the caller has bounded its size.

        Raises:
            Unreadable: the page is damaged.
        """
        with self._page(index) as page:
            drawn: Image.Image = page.render(
                scale=ppi / PT_PER_INCH, grayscale=True, may_draw_forms=True
            ).to_pil()
        return drawn.convert("L")

    def picture(self, index: int, ppi: float) -> Image.Image:
        """Draw a page in its colours; the caller has bounded its size.

        Raises:
            Unreadable: the page is damaged.
        """
        with self._page(index) as page:
            drawn: Image.Image = page.render(scale=ppi / PT_PER_INCH, may_draw_forms=True).to_pil()
        return drawn.convert("RGB")

    def words(self, index: int) -> str:
        """Return the words of a page, as far as it gives them out.

        Raises:
            Unreadable: the page is damaged.
        """
        with self._page(index) as page:
            textpage = page.get_textpage()
            try:
                return str(textpage.get_text_range())
            finally:
                textpage.close()

    @contextmanager
    def _page(self, index: int) -> Iterator[pypdfium2.PdfPage]:
        try:
            page = self._document[index]
        except pypdfium2.PdfiumError as error:
            raise Unreadable from error
        try:
            yield page
        finally:
            page.close()
