"""The only door to zxing-cpp: draws a Data Matrix or QR code as modules, and reads both from pictures."""

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Final, cast

import zxingcpp
from PIL import Image

from securedoc.core.copies import CodeKind

if TYPE_CHECKING:
    from typing_extensions import Buffer

Modules = tuple[tuple[bool, ...], ...]
"""Rows from the top; True is dark."""

_FORMAT: Final = {
    CodeKind.DATA_MATRIX: zxingcpp.BarcodeFormat.DataMatrix,
    CodeKind.QR: zxingcpp.BarcodeFormat.QRCode,
}
_READ: Final = zxingcpp.BarcodeFormats(list(_FORMAT.values()))
# A pixel's surroundings suit uneven light and grey copies, one threshold for all suits bold black ones.
_BINARIZERS: Final = (zxingcpp.Binarizer.LocalAverage, zxingcpp.Binarizer.GlobalHistogram)


def modules(text: str, kind: CodeKind) -> Modules:
    """Return the code that says `text`, without its quiet zone; the same text gives the same modules.

    Raises:
        ValueError: `kind` is none, or the text does not fit into a code.
    """
    drawn = zxingcpp.create_barcode(text, _FORMAT[kind], force_square=True).to_image(
        scale=1, add_quiet_zones=False
    )
    rows, columns = drawn.shape[:2]
    pixels = memoryview(cast("Buffer", drawn)).tobytes()  # a buffer, which its types do not say
    return tuple(
        tuple(pixel == 0 for pixel in pixels[row * columns : (row + 1) * columns]) for row in range(rows)
    )


def dark_runs(row: tuple[bool, ...]) -> Iterator[tuple[int, int]]:
    """Yield start and length of each dark run: a few long rectangles, without hairlines between modules."""
    at = 0
    for dark, modules in groupby(row):
        length = len(list(modules))
        if dark:
            yield at, length
        at += length


def read(image: Image.Image) -> Iterator[str]:
    """Yield what the codes in a grey picture say, each way of telling dark from light in turn."""
    for binarizer in _BINARIZERS:
        for found in zxingcpp.read_barcodes(image, formats=_READ, binarizer=binarizer):
            yield found.text
