"""Looks at foreign pages, as a program of its own: started by `apart`, without keys, under limits.

    python -m securedoc.documents.looking TASK     the file on standard input, one JSON object on output

Nothing here opens a file. What it answers is untrusted to whoever asked: a file that broke a decoder
answers for it.
"""

import base64
import io
import json
import resource
import sys
from collections.abc import Iterator
from typing import Any, Final

from PIL import Image

from securedoc.documents import matrix, raster, scanning
from securedoc.system import confinement

MEMORY_BYTES: Final = 1536 * 1024 * 1024
CPU_S: Final = 600
DESCRIPTORS: Final = 64

MM_PER_INCH: Final = 25.4
_LOOK_PPI: Final = 75
_DARK: Final = 200  # a watermark is lighter than this; anything that is to be read is not
_CLEAR_MM: Final = 0.8
_FROM_SIDE_MM: Final = 8.0
_FROM_END_MM: Final = 5.0  # ordinary printers leave 4.2 mm at each edge
_STEP_MM: Final = 4.0
_SMALLEST_MM: Final = 60.0
_LARGEST_MM: Final = 1300.0

Spot = tuple[float, float, bool]
"""Left and lower edge in millimetres, and whether the mark is turned."""


def main() -> None:
    """Answer one question about the file on standard input."""
    confinement.apply()
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_NOFILE, DESCRIPTORS),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    untrusted = sys.stdin.buffer.read()
    try:
        answer = _answer(sys.argv[1], untrusted)
    except scanning.Refused as refused:
        answer = {"refused": str(refused)}
    except raster.Unreadable:
        answer = {"refused": "malformed"}
    except MemoryError:
        answer = {"refused": "memory"}
    sys.stdout.write(json.dumps(answer))


def _answer(task: str, untrusted: bytes) -> dict[str, Any]:
    if task == "codes":
        return _codes(untrusted)
    if task == "words":
        with raster.opened(untrusted) as pages:
            return {"pages": [pages.words(index) for index in range(len(pages))]}
    head, _, pdf = untrusted.partition(b"\n")
    asked = json.loads(head)
    if task == "picture":
        return {"png": _picture(pdf, asked["page"], asked["ppi"])}
    if task == "extent":
        return {"pages": list(_extents(pdf, asked["foot"]))}
    if task == "places":
        return {"places": list(_places(pdf, asked["pages"], asked["width"], asked["height"]))}
    return {"codes": list(_codes_at(pdf, asked["places"], asked["width"], asked["height"]))}


def _codes(untrusted: bytes) -> dict[str, Any]:
    found: list[list[object]] = []
    unread: list[int] = []
    pages = 0
    for pages, page in enumerate(scanning.pictures(untrusted), start=1):
        said = set() if page is None else scanning.codes(page)
        found += [[pages, text] for text in sorted(said)]
        if not said:
            unread.append(pages)
    return {"pages": pages, "codes": found, "unread": unread}


def _places(pdf: bytes, count: int, width_mm: float, height_mm: float) -> Iterator[Spot | None]:
    with raster.opened(pdf) as pages:
        if len(pages) != count:
            raise scanning.Refused("malformed")
        for index in range(count):
            page = _drawn(pages, index)
            yield next(
                (
                    spot
                    for spot in _spots(page, width_mm, height_mm)
                    if _is_free(page, spot, width_mm, height_mm)
                ),
                None,
            )


def _picture(pdf: bytes, number: int, ppi: float) -> str:
    out = io.BytesIO()
    with raster.opened(pdf) as pages:
        _require_paper(pages, number - 1)
        pages.picture(number - 1, ppi).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode("ascii")


def _extents(pdf: bytes, foot_mm: float) -> Iterator[tuple[float, float, float]]:
    """Yield width and height of each page in millimetres, and how far down anything stands over its foot."""
    with raster.opened(pdf) as pages:
        for index in range(len(pages)):
            page = _drawn(pages, index)
            mm = MM_PER_INCH / _LOOK_PPI
            above = page.crop((0, 0, page.width, max(page.height - int(foot_mm / mm), 1)))
            dark = above.point(lambda level: 255 if level < _DARK else 0).getbbox()
            yield page.width * mm, page.height * mm, (dark[3] if dark else 0) * mm


def _drawn(pages: raster.Pages, index: int, ppi: float = _LOOK_PPI) -> Image.Image:
    _require_paper(pages, index)
    return pages.draw(index, ppi)


def _require_paper(pages: raster.Pages, index: int) -> None:
    width, height = (side / raster.PT_PER_INCH * MM_PER_INCH for side in pages.size_pt(index))
    if not (_SMALLEST_MM <= width <= _LARGEST_MM and _SMALLEST_MM <= height <= _LARGEST_MM):
        raise scanning.Refused("paper")


def _spots(page: Image.Image, width_mm: float, height_mm: float) -> Iterator[Spot]:
    """Yield where a mark could stand, the usual place first, then along all four edges."""
    wide, high = (side * MM_PER_INCH / _LOOK_PPI for side in page.size)
    side, end = _FROM_SIDE_MM, _FROM_END_MM
    for y in (end, high - end - height_mm):
        if y == end:
            yield side, end, False
            yield from ((x, y, False) for x in _steps(side, wide - side - width_mm))
            for x in (end, wide - end - height_mm):
                yield from ((x, above, True) for above in _steps(side, high - side - width_mm))
        else:
            yield from ((x, y, False) for x in _steps(side, wide - side - width_mm))


def _steps(first: float, last: float) -> Iterator[float]:
    while first <= last:
        yield first
        first += _STEP_MM


def _is_free(page: Image.Image, spot: Spot, width_mm: float, height_mm: float) -> bool:
    box = _box(page, spot, width_mm, height_mm, _LOOK_PPI)
    if box is None:
        return False
    lightest_allowed, _ = page.crop(box).getextrema()
    return isinstance(lightest_allowed, int) and lightest_allowed >= _DARK


def _box(
    page: Image.Image, spot: Spot, width_mm: float, height_mm: float, ppi: float
) -> tuple[int, int, int, int] | None:
    """Return the pixels of a mark with the space around it; None when they are not all on the page."""
    x, y, turned = spot
    wide, high = (height_mm, width_mm) if turned else (width_mm, height_mm)
    scale = ppi / MM_PER_INCH
    left, right = (x - _CLEAR_MM) * scale, (x + wide + _CLEAR_MM) * scale
    upper, lower = page.height - (y + high + _CLEAR_MM) * scale, page.height - (y - _CLEAR_MM) * scale
    if left < 0 or upper < 0 or right > page.width or lower > page.height:
        return None
    return int(left), int(upper), round(right), round(lower)


def _codes_at(pdf: bytes, places: list[Spot], width_mm: float, height_mm: float) -> Iterator[list[str]]:
    with raster.opened(pdf) as pages:
        for index, (x, y, turned) in enumerate(places):
            page = _drawn(pages, index, scanning.SCAN_PPI)
            box = _box(page, (x, y, turned), width_mm, height_mm, scanning.SCAN_PPI)
            yield [] if box is None else sorted(set(matrix.read(page.crop(box))))


if __name__ == "__main__":
    main()
