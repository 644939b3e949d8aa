"""Has foreign pages looked at by a process of its own, without keys and, where it can be, without a system.

The decoders of pictures and PDF are large programs in C; whoever made the file may know them better than
we do. The process that runs them holds nothing of the vault, sees no file but its own program, and what it
answers is checked like anything else from outside.
"""

import base64
import errno
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import securedoc
from securedoc.documents.scanlimits import MAX_PAGES, MAX_PIXELS
from securedoc.errors import DocumentFailed, DocumentMalformed, DocumentRefused, SecuredocError
from securedoc.system import process, sandbox

TIMEOUT_S: Final = 600.0  # a page without a code takes 3 s on a slow machine, a scan has at most 100
_MAX_MM: Final = 2000.0
_MAX_CODE: Final = 64
_PNG: Final = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mark stands: on the page as a viewer shows it, from its lower left corner."""

    x_mm: float
    y_mm: float
    turned: bool
    """A quarter turn to the left: the mark reads upwards."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read in a scan."""

    pages: int
    codes: tuple[tuple[int, str], ...]
    """Page, from 1, and what a code on it says: still untrusted."""
    unread: tuple[int, ...]
    """Pages without a code that could be read."""


def read_codes(untrusted: bytes) -> Seen:
    """Read the copy codes in a scan: PNG, JPEG, TIFF or PDF.

    Raises:
        DocumentMalformed: it is damaged, or none of these.
        DocumentRefused: it has too many pages or pixels.
        DocumentFailed: it took too long.
    """
    untrusted_answer = _ask("codes", untrusted)
    try:
        pages = _whole(untrusted_answer["pages"], MAX_PAGES)
        codes = tuple((_whole(page, pages), _text(said)) for page, said in untrusted_answer["codes"])
        unread = tuple(_whole(page, pages) for page in untrusted_answer["unread"])
    except (KeyError, TypeError, ValueError) as error:
        raise _broken() from error
    return Seen(pages, codes, unread)


def free_places(pdf: bytes, pages: int, width_mm: float, height_mm: float) -> tuple[Place, ...]:
    """Find on each page where a mark of this size covers nothing.

    Raises:
        DocumentMalformed: it is damaged, or has another number of pages.
        DocumentRefused: a page has no such place, or is no paper that a printer has.
        DocumentFailed: it took too long.
    """
    head = {"pages": pages, "width": width_mm, "height": height_mm}
    untrusted_answer = _ask("places", json.dumps(head).encode() + b"\n" + pdf)
    try:
        spots = [spot for _, spot in zip(range(pages), untrusted_answer["places"], strict=True)]
        full = [number for number, spot in enumerate(spots, start=1) if spot is None]
        if not full:
            return tuple(_place(spot) for spot in spots)
    except (KeyError, TypeError, ValueError) as error:
        raise _broken() from error
    raise DocumentRefused(
        "page {page} has no empty place at its edges for the copy mark",
        page=full[0],
        hint="print it with wider margins, or let the policy ask for no code",
    )


def codes_at(
    pdf: bytes, places: Sequence[Place], width_mm: float, height_mm: float
) -> tuple[tuple[str, ...], ...]:
    """Return what the codes say that stand at `places`, page by page.

    Raises:
        DocumentMalformed, DocumentRefused, DocumentFailed: as `free_places`.
    """
    spots = [(place.x_mm, place.y_mm, place.turned) for place in places]
    head = {"places": spots, "width": width_mm, "height": height_mm}
    untrusted_answer = _ask("check", json.dumps(head).encode() + b"\n" + pdf)
    try:
        return tuple(tuple(_text(said) for said in page) for page in untrusted_answer["codes"])
    except (KeyError, TypeError, ValueError) as error:
        raise _broken() from error


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a page is filled."""

    width_mm: float
    height_mm: float
    filled_mm: float
    """From the upper edge of the paper to the lowest thing over its foot; 0 on an empty page."""


def extents(pdf: bytes, foot_mm: float) -> tuple[Extent, ...]:
    """Find how far down each page is filled; what stands in the lowest `foot_mm` of it does not count.

    Raises:
        DocumentMalformed, DocumentRefused, DocumentFailed: as `free_places`.
    """
    untrusted_answer = _ask("extent", json.dumps({"foot": foot_mm}).encode() + b"\n" + pdf)
    try:
        return tuple(
            Extent(*(_millimetres(side) for side in untrusted_page))
            for untrusted_page in untrusted_answer["pages"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _broken() from error


def words(pdf: bytes) -> tuple[str, ...]:
    """Read the words of each page.

    Raises:
        DocumentMalformed, DocumentRefused, DocumentFailed: as `free_places`.
    """
    untrusted_answer = _ask("words", pdf)
    untrusted_pages = untrusted_answer.get("pages")
    if not isinstance(untrusted_pages, list) or not all(isinstance(page, str) for page in untrusted_pages):
        raise _broken()
    return tuple(untrusted_pages)


def picture(pdf: bytes, page: int, ppi: float) -> bytes:
    """Draw a page, counted from 1, as PNG.

    Raises:
        DocumentMalformed, DocumentRefused, DocumentFailed: as `free_places`.
    """
    untrusted_answer = _ask("picture", json.dumps({"page": page, "ppi": ppi}).encode() + b"\n" + pdf)
    try:
        png = base64.b64decode(untrusted_answer["png"], validate=True)
    except (KeyError, TypeError, ValueError) as error:
        raise _broken() from error
    if not png.startswith(_PNG):
        raise _broken()
    return png


def _ask(task: str, data: bytes) -> Mapping[str, Any]:
    argv = [sys.executable, "-I", "-m", "securedoc.documents.looking", task]
    if sandbox.probe() is None:
        argv = _wrapped(argv)
    try:
        done = process.run(argv, cwd=Path("/"), timeout_s=TIMEOUT_S, stdin=data)
    except TimeoutError as error:
        raise DocumentFailed(
            "the pages could not be looked at within {seconds} seconds",
            seconds=round(TIMEOUT_S),
            hint="give fewer pages at a time",
        ) from error
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise _broken() from error
        raise DocumentFailed(
            "the program that looks at pages could not be started: {reason}", reason=error.strerror or ""
        ) from error
    if done.code != 0:
        raise _broken()
    try:
        untrusted_answer = json.loads(done.output)
    except (ValueError, RecursionError) as error:
        raise _broken() from error
    if not isinstance(untrusted_answer, dict):
        raise _broken()
    if "refused" in untrusted_answer:
        raise _refusal(untrusted_answer["refused"])
    return untrusted_answer


def _wrapped(argv: list[str]) -> list[str]:
    """Return the command in a sandbox that shows this program and the system's libraries alone."""
    bubblewrap = process.find("bwrap")
    if bubblewrap is None:
        raise RuntimeError("the probe said that there is bubblewrap")
    own = (sys.base_prefix, sys.prefix, str(Path(securedoc.__file__).parent))
    shown = dict.fromkeys(("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", *own))
    words = [str(bubblewrap), "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    for path in shown:
        words += ["--ro-bind-try", path, path]
    return [*words, "--proc", "/proc", "--dev", "/dev", "--", *argv]


def _refusal(untrusted_why: object) -> SecuredocError:
    match untrusted_why:
        case "pages":
            return DocumentRefused(
                "the scan has more than {limit} pages", limit=MAX_PAGES, hint="give it in parts"
            )
        case "pixels" | "memory":
            return DocumentRefused(
                "a page of the scan has more than {limit} pixels",
                limit=MAX_PIXELS,
                hint="scan it again at 200 to 400 dpi",
            )
        case "paper":
            return DocumentRefused(
                "a page has a size that no paper has", hint="ask for the file in another form"
            )
        case "format":
            return DocumentMalformed(
                "the scan is neither PNG, JPEG, TIFF nor PDF", hint="scan it again into one of these"
            )
        case _:
            return DocumentMalformed(
                "the file is damaged, or protected in a way that cannot be read",
                hint="scan or get it again from where it came",
            )


def _broken() -> DocumentMalformed:
    """Return what a file is called that broke the program that looked at it."""
    return DocumentMalformed(
        "the file broke the program that looked at it; nothing else was touched",
        hint="keep the file for the security officer; scan the paper again",
    )


def _place(untrusted_spot: Any) -> Place:
    x, y, turned = untrusted_spot
    return Place(_millimetres(x), _millimetres(y), turned is True)


def _millimetres(untrusted: object) -> float:
    if not isinstance(untrusted, int | float) or not 0 <= untrusted <= _MAX_MM:
        raise ValueError("not a place on a page")
    return float(untrusted)


def _whole(untrusted: object, limit: int) -> int:
    if not isinstance(untrusted, int) or not 0 < untrusted <= limit:
        raise ValueError("not a page number")
    return untrusted


def _text(untrusted: object) -> str:
    if not isinstance(untrusted, str) or not 0 < len(untrusted) <= _MAX_CODE:
        raise ValueError("not the text of a code")
    return untrusted
