"""Finds copy codes in a scan that was copied, turned, stained or faded.  Runs in a process without keys."""

import io
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Final

from PIL import Image, ImageFilter, ImageOps, ImageSequence, UnidentifiedImageError

from securedoc.documents import matrix, raster
from securedoc.documents.scanlimits import MAX_PAGES, MAX_PIXELS

MAX_CODES: Final = 20  # on one page; a page of ours has one
SCAN_PPI: Final = 200

_FORMATS: Final = ("PNG", "JPEG", "TIFF")
_PDF: Final = b"%PDF-"
_HEADER_WITHIN: Final = 1024
_OURS: Final = re.compile(r"SD[0-9A-Z]{1,62}")
_GLANCE_PIXELS: Final = 4_500_000  # A4 at 200 dpi, and a little
_STRIP_SHARE: Final = 0.16  # the mark stands within 30 mm of an edge
_SPECK: Final = 3


class Refused(Exception):
    """The scan is not looked at; the one word says why."""


def pictures(untrusted: bytes) -> Iterator[Image.Image | None]:
    """Yield the pages of a scan in grey; None for one that is damaged.

    Raises:
        Refused: `malformed`, `pixels`, `pages` or `format`.
    """
    if _PDF in untrusted[:_HEADER_WITHIN]:
        yield from _pdf_pages(untrusted)
    else:
        yield from _frames(untrusted)


def _pdf_pages(untrusted: bytes) -> Iterator[Image.Image | None]:
    try:
        with raster.opened(untrusted) as pages:
            if len(pages) > MAX_PAGES:
                raise Refused("pages")
            for index in range(len(pages)):
                yield _drawn(pages, index)
    except raster.Unreadable as error:
        raise Refused("malformed") from error


def _drawn(pages: raster.Pages, index: int) -> Image.Image | None:
    try:
        width, height = pages.size_pt(index)
        scale = SCAN_PPI / raster.PT_PER_INCH
        if width * scale * height * scale > MAX_PIXELS:
            raise Refused("pixels")
        return pages.draw(index, SCAN_PPI)
    except raster.Unreadable:
        return None


def _frames(untrusted: bytes) -> Iterator[Image.Image | None]:
    try:
        with warnings.catch_warnings():
            # Pillow warns of a bomb at its own bound and then decodes; ours is checked first.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(untrusted), formats=_FORMATS) as opened:
                if getattr(opened, "n_frames", 1) > MAX_PAGES:
                    raise Refused("pages")
                for frame in ImageSequence.Iterator(opened):
                    if frame.width * frame.height > MAX_PIXELS:
                        raise Refused("pixels")
                    yield _grey(frame)
    except Image.DecompressionBombError as error:  # Pillow refuses what is far beyond its own bound
        raise Refused("pixels") from error
    except UnidentifiedImageError as error:
        raise Refused("format") from error
    except (OSError, ValueError, SyntaxError, LookupError, TypeError, ArithmeticError) as error:
        raise Refused("malformed") from error


def _grey(frame: Image.Image) -> Image.Image:
    if frame.mode in ("RGBA", "LA", "PA") or "transparency" in frame.info:
        paper = Image.new("RGBA", frame.size, "white")
        return Image.alpha_composite(paper, frame.convert("RGBA")).convert("L")
    if frame.mode.startswith(("I", "F")):
        return frame.convert("F").point(lambda value: value / 256, "F").convert("L")
    return frame.convert("L")


def codes(page: Image.Image) -> set[str]:
    """Return what the codes on a page say that are written like ours; tries harder while it finds none."""
    glance = _within(page, _GLANCE_PIXELS)
    # Both steps are always taken: a decoy that is read at once must not hide the code beside it.
    found = _read(glance) | {text for strip in _strips(glance) for text in _read(strip)}
    for attempt in _ATTEMPTS:
        if found:
            break
        for strip in _strips(glance):
            found |= _read(attempt(strip))
    return set(sorted(found)[:MAX_CODES])


def _read(image: Image.Image) -> set[str]:
    return {text for text in matrix.read(image) if _OURS.fullmatch(text)}


def _within(page: Image.Image, pixels: int) -> Image.Image:
    share = (pixels / (page.width * page.height)) ** 0.5
    if share >= 1:
        return page
    return page.resize(
        (max(1, round(page.width * share)), max(1, round(page.height * share))), Image.Resampling.BOX
    )


def _strips(page: Image.Image) -> Iterator[Image.Image]:
    """Yield the four edges of a page, the lower one first, twice as large."""
    width, height = page.size
    deep = max(1, round(max(width, height) * _STRIP_SHARE))
    for box in (
        (0, max(0, height - deep), width, height),
        (0, 0, min(width, deep), height),
        (max(0, width - deep), 0, width, height),
        (0, 0, width, min(height, deep)),
    ):
        strip = page.crop(box)
        yield strip.resize((strip.width * 2, strip.height * 2), Image.Resampling.BICUBIC)


# What a worn page needs, found by measuring (docs/copy-marks.md): each reads some that no other does. How the
# page is turned does not matter: the library looks in every direction.


def _sharp(image: Image.Image) -> Image.Image:
    """Bring back the edges that optics took, for what was made small."""
    return image.filter(ImageFilter.UnsharpMask(radius=4, percent=250, threshold=0))


def _smooth(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(1))


def _soft(image: Image.Image) -> Image.Image:
    return ImageOps.autocontrast(image.filter(ImageFilter.GaussianBlur(2)), cutoff=1)


def _thinned(image: Image.Image) -> Image.Image:
    """Thin what a copier has fattened."""
    return image.filter(ImageFilter.MaxFilter(_SPECK)).filter(ImageFilter.GaussianBlur(1))


def _bold(image: Image.Image) -> Image.Image:
    """Bring the contrast to its whole range, without the specks."""
    return ImageOps.autocontrast(image.filter(ImageFilter.MedianFilter(_SPECK)), cutoff=1)


_ATTEMPTS: Final[tuple[Callable[[Image.Image], Image.Image], ...]] = (_sharp, _smooth, _soft, _thinned, _bold)
