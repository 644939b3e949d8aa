"""Puts a body into its official frame: PDF/A-2b, and the places where the signatures go."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from securedoc.core.digests import Digest
from securedoc.core.documents import FinalDocument, Frame
from securedoc.core.findings import Finding
from securedoc.core.layouts import LayoutProfile, MarkShape
from securedoc.documents import engine
from securedoc.documents.body import Body
from securedoc.documents.drawing import Room, described
from securedoc.documents.engine import Drawing
from securedoc.documents.fonts import FontSet, choose
from securedoc.errors import DocumentFailed

PT_PER_MM: Final = 72 / 25.4
PREVIEW_PPI: Final = 110


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in points from the lower left corner of the paper."""

    page: int
    """From 0."""
    x0: float
    y0: float
    x1: float
    y1: float

    def in_centipoints(self) -> tuple[int, int, int, int, int]:
        """Return page and corners as the ledger's entries hold them."""
        return (self.page, *(round(value * 100) for value in (self.x0, self.y0, self.x1, self.y1)))  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Style:
    """How a frame looks: its measures, the mark of its level, and the fonts found on this machine."""

    profile: LayoutProfile
    mark: MarkShape
    fonts: FontSet = field(default_factory=choose)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A laid-out document and where it is to be signed."""

    final: FinalDocument
    signature_box: Box
    """For the signer's image, between title and name."""
    seal_box: Box
    """For the round seal, over the left third of the signature."""
    warnings: tuple[Finding, ...]


def render(body: Body, frame: Frame, style: Style, *, removed: tuple[str, ...] = ()) -> Rendered:
    """Lay `body` out in `frame` as PDF/A-2b; the same input gives the same bytes.

    Raises:
        DocumentRefused: a character that the font does not have; it is named.
        DocumentFailed: the layout engine could not draw it.
    """
    drawing = _drawing(body, frame, style)
    pdf = drawing.pdf()
    places = _places(drawing)
    signature, seal = _boxes(places, style.profile)
    final = FinalDocument(
        pdf=pdf,
        digest=Digest.of(pdf),
        pages=places.pages,
        engine=engine.version(),
        fonts=style.fonts.record,
        removed=removed,
    )
    warning = style.fonts.warning
    return Rendered(final, signature, seal, (warning,) if warning else ())


def preview(body: Body, frame: Frame, style: Style, *, pages: int = 1) -> tuple[bytes, ...]:
    """Draw the first pages as PNG, for a screen.

    Raises:
        DocumentRefused: a character that the font does not have; it is named.
        DocumentFailed: the layout engine could not draw it.
    """
    return _drawing(body, frame, style).images(PREVIEW_PPI)[:pages]


def _drawing(body: Body, frame: Frame, style: Style) -> Drawing:
    profile = style.profile
    words = {name: value for name, value in asdict(frame).items() if name != "issued_on"}
    style.fonts.require(body.text() + _all_text(words) + _all_text(asdict(profile.words)))
    measures = {name: value for name, value in asdict(profile).items() if name != "template"}
    data = {
        "frame": words,
        "layout": measures,
        "mark": asdict(style.mark),
        "body": described(body, _room(profile)),
    }
    return Drawing(profile.template, data, style.fonts, frame.issued_on)


def _room(profile: LayoutProfile) -> Room:
    """Work out what the frame leaves for the body."""
    page, body = profile.page, profile.body
    return Room(
        width_pt=(page.width_mm - page.left_mm - page.right_mm) * PT_PER_MM,
        height_pt=(page.height_mm - page.top_mm - page.bottom_mm) * PT_PER_MM,
        first_line_pt=body.first_line_mm * PT_PER_MM,
        inset_pt=body.table_inset_mm * PT_PER_MM,
    )


def _all_text(values: Mapping[str, object]) -> str:
    """Return the strings of a frame, joined: what the font must be able to draw."""
    found: list[str] = []
    for value in values.values():
        found += [value] if isinstance(value, str) else list(value) if isinstance(value, tuple) else []
    # Capital letters appear that are not in the words: the frame sets names and types in capitals.
    return "".join(found) + "".join(found).upper()


@dataclass(frozen=True, slots=True)
class _Places:
    """What the template tells of the pages it drew."""

    page: int
    """Where the signature goes, from 1."""
    y_pt: float
    """Upper edge of the space for it, from the upper edge of the paper."""
    pages: int


def _places(drawing: Drawing) -> _Places:
    """Read back what the template tells.

    Raises:
        DocumentFailed: it does not tell, or tells of several signatures.
    """
    try:
        told: Any = drawing.value("places")
        (space,) = told["signature"]
        return _Places(int(space["page"]), float(space["y"].removesuffix("pt")), int(told["pages"]))
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise DocumentFailed(
            "the layout template does not tell where the signature goes",
            hint="restore the layout file from the installation",
        ) from error


def _boxes(places: _Places, profile: LayoutProfile) -> tuple[Box, Box]:
    """Work out both boxes from where the template left space for the signature."""
    end, sheet = profile.end, profile.page
    top_mm = sheet.height_mm - places.y_pt / PT_PER_MM
    middle_mm = sheet.left_mm + end.recipients_width_mm + end.signer_width_mm / 2
    centre_mm = top_mm - end.signature_space_mm / 2
    left_mm = middle_mm - end.signature_width_mm / 2
    seal_right_mm = left_mm + end.signature_width_mm * end.seal_overlap_share
    seal_left_mm = seal_right_mm - end.seal_diameter_mm
    page = places.page - 1
    signature = _box(page, left_mm, centre_mm, end.signature_width_mm, end.signature_height_mm)
    return signature, _box(page, seal_left_mm, centre_mm, end.seal_diameter_mm, end.seal_diameter_mm)


def _box(page: int, left_mm: float, centre_mm: float, width_mm: float, height_mm: float) -> Box:
    left, low = left_mm * PT_PER_MM, (centre_mm - height_mm / 2) * PT_PER_MM
    return Box(page, left, low, left + width_mm * PT_PER_MM, low + height_mm * PT_PER_MM)
