"""Counts the pages of a PDF and says what paper they are made for."""

import io
import logging
from dataclasses import dataclass
from typing import Final

from pypdf import PdfReader

from securedoc.documents.pdffaults import PARSER_FAILS
from securedoc.errors import DocumentMalformed

MAX_PAGES: Final = 5000
_A4_PT: Final = (595.28, 841.89)
_NEAR_PT: Final = 3.0  # about a millimetre


@dataclass(frozen=True, slots=True)
class Pages:
    """How much paper a PDF asks for."""

    count: int
    a4: bool
    """Whether each page is A4, upright or lying."""


def measure(pdf: bytes) -> Pages:
    """Count the pages of a PDF.

    Raises:
        DocumentMalformed: it cannot be read, or has no page or too many.
    """
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it repairs is not for stderr
    try:
        reader = PdfReader(io.BytesIO(pdf))
        count = len(reader.pages)
        pages = reader.pages if count <= MAX_PAGES else []
        sizes = [(float(page.mediabox.width), float(page.mediabox.height)) for page in pages]
    except PARSER_FAILS as error:
        raise DocumentMalformed("the pages of this document cannot be counted") from error
    if not sizes:
        raise DocumentMalformed("a document has between 1 and {most} pages", most=MAX_PAGES)
    return Pages(count, all(_is_a4(*sorted(size)) for size in sizes))


def _is_a4(short: float, long: float) -> bool:
    return abs(short - _A4_PT[0]) <= _NEAR_PT and abs(long - _A4_PT[1]) <= _NEAR_PT
