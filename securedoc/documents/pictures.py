"""Pictures from a draft, decoded under bounds and encoded again, so that only pixels are carried over."""

import io
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, UnidentifiedImageError

from securedoc.errors import DocumentMalformed, DocumentRefused

MAX_PIXELS: Final = 40_000_000  # a whole A4 page at 600 dpi is 35 million
MAX_PICTURE_BYTES: Final = 12 * 1024 * 1024
JPEG_QUALITY: Final = 90

_FORMATS: Final = ("PNG", "JPEG")


@dataclass(frozen=True, slots=True)
class Crop:
    """What is cut off at each side, as shares of width or height."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0


def rebuild(untrusted: bytes, crop: Crop = Crop()) -> bytes:
    """Decode a PNG or JPEG and encode its pixels alone: no EXIF, no GPS, no text, nothing behind the end.

    Raises:
        DocumentRefused: another format, or too large.
        DocumentMalformed: damaged.
    """
    if len(untrusted) > MAX_PICTURE_BYTES:
        raise DocumentRefused(
            "a picture is larger than {limit} bytes",
            hint="make the picture smaller in the draft",
            limit=MAX_PICTURE_BYTES,
        )
    try:
        with warnings.catch_warnings():
            # Pillow warns of a bomb at its own bound and then decodes; ours is checked first.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(untrusted), formats=_FORMATS) as opened:
                _check_size(opened.width, opened.height)
                return _encoded(_cropped(opened, crop), as_jpeg=opened.format == "JPEG")
    except Image.DecompressionBombError as error:  # Pillow refuses what is far beyond its own bound
        raise _too_many_pixels() from error
    except UnidentifiedImageError as error:
        raise DocumentRefused(
            "a picture is neither PNG nor JPEG",
            hint="save the picture as PNG and insert it again",
        ) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise DocumentMalformed("a picture is damaged", hint="insert the picture again") from error


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_many_pixels()


def _too_many_pixels() -> DocumentRefused:
    return DocumentRefused(
        "a picture has more than {limit} pixels",
        hint="make the picture smaller in the draft",
        limit=MAX_PIXELS,
    )


def _cropped(image: Image.Image, crop: Crop) -> Image.Image:
    if crop == Crop():
        return image
    width, height = image.width, image.height
    left, top = round(width * crop.left), round(height * crop.top)
    right, bottom = round(width * (1 - crop.right)), round(height * (1 - crop.bottom))
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise DocumentRefused(
            "a picture is cropped to nothing or stretched beyond its edge",
            hint="crop the picture before it is inserted",
        )
    return image.crop((left, top, right, bottom))


def _encoded(image: Image.Image, *, as_jpeg: bool) -> bytes:
    transparent = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    grey = image.mode in ("1", "L")
    bare = image.convert("RGBA" if transparent and not as_jpeg else "L" if grey else "RGB")
    # Pillow writes what it read: comments, resolution, profiles.
    bare.info.clear()
    out = io.BytesIO()
    if as_jpeg:
        bare.save(out, "JPEG", quality=JPEG_QUALITY)
    else:
        bare.save(out, "PNG")
    return out.getvalue()
