"""Reads the words of a PDF, as far as it gives them out."""

import io
import logging
from collections.abc import Iterator
from typing import Final

from pypdf import PdfReader

from securedoc.documents.pdffaults import PARSER_FAILS
from securedoc.errors import DocumentMalformed

MOST_PAGES: Final = 20


def words(untrusted: bytes, *, most_pages: int = MOST_PAGES) -> Iterator[str]:
    """Yield the text of the first pages, page by page.

    Raises:
        DocumentMalformed: it is encrypted or damaged, or no PDF.
    """
    # pypdf tells the log what it repairs; nothing of that goes to stderr.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(untrusted), strict=False)
        for number in range(min(most_pages, len(reader.pages))):
            yield reader.pages[number].extract_text()
    except (*PARSER_FAILS, MemoryError) as error:
        raise DocumentMalformed("the words of a PDF cannot be read") from error
