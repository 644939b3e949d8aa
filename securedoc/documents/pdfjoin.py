"""Joins PDFs of our own drawing into one; foreign files never come here."""

import io
from collections.abc import Iterable

from pypdf import PdfReader, PdfWriter


def page_count(pdf: bytes) -> int:
    """Return how many pages a PDF has that we drew."""
    return len(PdfReader(io.BytesIO(pdf)).pages)


def joined(parts: Iterable[bytes]) -> bytes:
    """Return the pages of all parts in their order; what a PDF/A says of itself is the first part's.

    Raises:
        ValueError: there is no part.
    """
    writer: PdfWriter | None = None
    for part in parts:
        if writer is None:
            writer = PdfWriter(clone_from=io.BytesIO(part))
            continue
        for page in PdfReader(io.BytesIO(part)).pages:
            writer.add_page(page)
    if writer is None:
        raise ValueError("nothing to join")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()
