"""What the pages of a PDF draw and nobody sees: invisible, white, tiny, off the page, cropped away."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pypdf import PageObject, PdfReader
from pypdf.generic import ContentStream, DictionaryObject, StreamObject

from securedoc.core.findings import Severity, State
from securedoc.core.text import message
from securedoc.documents.observations import Action, Observation, found
from securedoc.documents.pdffaults import PARSER_FAILS

MAX_CONTENT_BYTES: Final = 4 << 20
"""Of all pages together: beyond it, pages are said not to have been looked at."""
MAX_STREAM_BYTES: Final = 1 << 20
"""Of one page or form: every number in it becomes an object while it is read."""
MAX_FORM_DEPTH: Final = 8
_TINY_PT: Final = 2.0
_WHITE: Final = 0.97
_INVISIBLE: Final = frozenset({3, 7})
_SHOWS: Final = frozenset({b"Tj", b"TJ", b"'", b'"'})
_HIDDEN_FLAGS: Final = 2 | 32  # annotation flags Hidden and NoView, ISO 32000-1 12.5.3
_SLACK_PT: Final = 1.0

Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def inspect_pages(reader: PdfReader) -> Iterator[Observation]:
    """Yield what the pages draw without showing it."""
    seen = _Seen()
    for page in reader.pages:
        _look_around(page, seen)
        try:
            _Walk(page, seen).run()
        except _TooMuch:
            seen.unread += 1
        except PARSER_FAILS:
            seen.unread += 1
    for count, check, severity, said in (
        (
            seen.invisible,
            "pdf.invisible-text",
            Severity.MEDIUM,
            message("text is drawn invisibly in {count} places", count=seen.invisible),
        ),
        (
            seen.white,
            "pdf.white-text",
            Severity.MEDIUM,
            message("text is drawn in white in {count} places", count=seen.white),
        ),
        (
            seen.tiny,
            "pdf.tiny-text",
            Severity.HIGH,
            message("text is too small to read in {count} places", count=seen.tiny),
        ),
        (
            seen.off_page,
            "pdf.off-page",
            Severity.HIGH,
            message("text stands off the page in {count} places", count=seen.off_page),
        ),
        (
            seen.cropped,
            "pdf.cropped",
            Severity.MEDIUM,
            message("a part of {count} pages is cut off from view", count=seen.cropped),
        ),
        (
            seen.hidden,
            "pdf.hidden-note",
            Severity.HIGH,
            message("{count} annotations are not shown", count=seen.hidden),
        ),
    ):
        if count:
            yield found(check, severity, Action.KEEP, said)
    if seen.unread:
        yield _unread(seen.unread)


def _unread(count: int) -> Observation:
    made = found(
        "pdf.unread-pages",
        Severity.MEDIUM,
        Action.KEEP,
        message("{count} pages could not be looked into: they are damaged or too large", count=count),
    )
    return Observation(replace(made.finding, state=State.UNKNOWN), made.action)


@dataclass(slots=True)
class _Seen:
    invisible: int = 0
    white: int = 0
    tiny: int = 0
    off_page: int = 0
    cropped: int = 0
    hidden: int = 0
    unread: int = 0
    read_bytes: int = 0


class _TooMuch(Exception):
    """The content is beyond the bound."""


def _look_around(page: PageObject, seen: _Seen) -> None:
    media, crop = page.mediabox, page.cropbox
    inner = (crop.left, crop.bottom, crop.right, crop.top)
    outer = (media.left, media.bottom, media.right, media.top)
    seen.cropped += any(abs(float(a) - float(b)) > _SLACK_PT for a, b in zip(inner, outer, strict=True))
    annotations = page.get("/Annots")
    for reference in () if annotations is None else annotations.get_object():
        note = reference.get_object()
        # A signature field without a picture is invisible by design, and signs nothing by being seen.
        shown = int(note.get("/F", 0)) & _HIDDEN_FLAGS == 0
        seen.hidden += not shown and note.get("/FT") != "/Sig"


@dataclass(slots=True)
class _Look:
    """The part of the graphics state that decides whether text is seen."""

    matrix: Matrix = _IDENTITY
    mode: int = 0
    size: float = 0.0
    is_white: bool = False


@dataclass(slots=True)
class _Walk:
    """One reading of one page's content, forms included."""

    page: PageObject
    seen: _Seen
    look: _Look = field(default_factory=_Look)
    stack: list[_Look] = field(default_factory=list)
    line: Matrix = _IDENTITY
    leading: float = 0.0

    def run(self) -> None:
        """Walk the page."""
        contents = self.page.get_contents()
        if contents is not None:
            self._stream(contents, self.page.get("/Resources", DictionaryObject()), 0)

    def _stream(self, stream: StreamObject, resources: Any, depth: int) -> None:
        data = stream.get_data()
        self.seen.read_bytes += len(data)
        too_long = len(data) > MAX_STREAM_BYTES or self.seen.read_bytes > MAX_CONTENT_BYTES
        if too_long or depth > MAX_FORM_DEPTH:
            raise _TooMuch
        for operands, operator in ContentStream(stream, self.page.pdf).operations:
            if operator == b"Do":
                self._form(operands[0], resources.get_object(), depth)
            else:
                self._operation(operator, operands)

    def _form(self, name: str, resources: Any, depth: int) -> None:
        objects = resources.get("/XObject", DictionaryObject()).get_object()
        form = objects[name].get_object() if name in objects else None
        if form is None or form.get("/Subtype") != "/Form":
            return
        self.stack.append(replace(self.look))
        own = [float(number) for number in form.get("/Matrix", _IDENTITY)]
        self.look.matrix = _times((own[0], own[1], own[2], own[3], own[4], own[5]), self.look.matrix)
        self._stream(form, form.get("/Resources", resources), depth + 1)
        self.look = self.stack.pop()

    def _operation(self, operator: bytes, operands: Any) -> None:
        match operator:
            case b"q":
                self.stack.append(replace(self.look))
            case b"Q":
                self.look = self.stack.pop() if self.stack else _Look()
            case b"cm":
                self.look.matrix = _times(_matrix(operands), self.look.matrix)
            case b"g" | b"rg" | b"sc" | b"scn":
                numbers = [float(one) for one in operands if not isinstance(one, str)]
                self.look.is_white = bool(numbers) and min(numbers) >= _WHITE
            case b"k":
                self.look.is_white = max(float(one) for one in operands) <= 1 - _WHITE
            case b"cs":
                self.look.is_white = False
            case b"Tr":
                self.look.mode = int(operands[0])
            case b"Tf":
                self.look.size = float(operands[1])
            case _:
                self._text(operator, operands)

    def _text(self, operator: bytes, operands: Any) -> None:
        match operator:
            case b"BT":
                self.line = _IDENTITY
            case b"Tm":
                self.line = _matrix(operands)
            case b"Td" | b"TD":
                self.line = _times((1, 0, 0, 1, float(operands[0]), float(operands[1])), self.line)
                self.leading = -float(operands[1]) if operator == b"TD" else self.leading
            case b"TL":
                self.leading = float(operands[0])
            case b"T*":
                self.line = _times((1, 0, 0, 1, 0, -self.leading), self.line)
            case _ if operator in _SHOWS:
                self._shown(operands)

    def _shown(self, operands: Any) -> None:
        if not _has_letters(operands):
            return
        a, b, c, d, x, y = _times(self.line, self.look.matrix)
        height = self.look.size * (c * c + d * d) ** 0.5
        width = self.look.size * (a * a + b * b) ** 0.5
        box = self.page.mediabox
        inside = box.left <= x <= box.right and box.bottom <= y <= box.top
        self.seen.invisible += self.look.mode in _INVISIBLE
        self.seen.white += self.look.is_white and self.look.mode == 0
        self.seen.tiny += min(width, height) < _TINY_PT
        self.seen.off_page += not inside


def _has_letters(operands: Any) -> bool:
    shown = operands[-1]
    pieces = shown if isinstance(shown, list) else [shown]
    return any(isinstance(piece, (str, bytes)) and piece.strip() for piece in pieces)


def _matrix(operands: Any) -> Matrix:
    a, b, c, d, e, f = (float(number) for number in operands)
    return a, b, c, d, e, f


def _times(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (
        a * p + b * r,
        a * q + b * s,
        c * p + d * r,
        c * q + d * s,
        e * p + f * r + t,
        e * q + f * s + u,
    )
