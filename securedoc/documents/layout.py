"""Puts a body into its official frame: PDF/A-2b, and the places where the signatures go."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import Any, Final

from securedoc.core.digests import Digest
from securedoc.core.documents import FinalDocument, Frame
from securedoc.core.findings import Finding, Severity, State
from securedoc.core.forms import PLAIN, PLAIN_LETTER, Form
from securedoc.core.layouts import LayoutProfile, MarkShape, Slot, StampShape, level_stamp
from securedoc.core.text import message
from securedoc.documents import engine
from securedoc.documents.body import Body
from securedoc.documents.drawing import Room, described
from securedoc.documents.engine import Drawing
from securedoc.documents.fonts import FontSet, choose
from securedoc.documents.parts import Part, split
from securedoc.errors import DocumentFailed, DocumentRefused

PT_PER_MM: Final = 72 / 25.4
PREVIEW_PPI: Final = 110
_MARK_GAP_MM: Final = 1.0


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
    urgency: StampShape | None = None
    """Ô 10b."""
    circulation: StampShape | None = None
    """Ô 11: to be recalled, to be returned, for internal use."""
    slots: tuple[Slot, ...] = ()
    """Places kept for stamps that come after signing."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A laid-out document and where it is to be signed."""

    final: FinalDocument
    signature_box: Box
    """For the signer's image, between title and name."""
    seal_box: Box
    """For the round seal, over the left third of the signature."""
    mark_boxes: tuple[tuple[str, Box], ...]
    """Places kept on the first page for stamps that come later, by name."""
    warnings: tuple[Finding, ...]


def render(body: Body, frame: Frame, style: Style, *, removed: tuple[str, ...] = ()) -> Rendered:
    """Lay `body` out in `frame` as PDF/A-2b; the same input gives the same bytes.

    Raises:
        DocumentRefused: a character that the font does not have; it is named.
        DocumentFailed: the layout engine could not draw it.
    """
    made = drawing(body, frame, style)
    pdf = made.pdf()
    signature, seal, marks, pages = places_of(made, style)
    final = FinalDocument(
        pdf=pdf,
        digest=Digest.of(pdf),
        pages=pages,
        engine=engine.version(),
        fonts=(*style.fonts.record, *substitutions(body.fonts, style)),
        removed=removed,
    )
    return Rendered(final, signature, seal, marks, warnings_of(style, body.fonts))


def substitutions(named: frozenset[str], style: Style) -> tuple[str, ...]:
    """Return what stands in for the fonts that a draft names, as a FinalDocument records it."""
    return tuple(f"{name} -> {style.fonts.family}" for name in sorted(named - {style.fonts.family}))


# Of the same widths, and meant for one another: nobody sees which of them it is.
_TWINS: Final = frozenset({"Times New Roman", "Tinos", "Liberation Serif"})


def warnings_of(style: Style, named: frozenset[str]) -> tuple[Finding, ...]:
    """Return what the officer should know of the fonts: none that is right, others than the draft names."""
    found = [style.fonts.warning] if style.fonts.warning else []
    substituted = sorted(named - {style.fonts.family} - _TWINS)
    if substituted:
        found.append(
            Finding(
                "documents.font-substituted",
                Severity.LOW,
                State.FAIL,
                message(
                    "the draft names the fonts {fonts}; all is drawn with {font}",
                    fonts=", ".join(substituted),
                    font=style.fonts.family,
                ),
            )
        )
    return tuple(found)


def preview(body: Body, frame: Frame, style: Style, *, pages: int = 1) -> tuple[bytes, ...]:
    """Draw the first pages as PNG, for a screen.

    Raises:
        DocumentRefused: a character that the font does not have; it is named.
        DocumentFailed: the layout engine could not draw it.
    """
    return drawing(body, frame, style).images(PREVIEW_PPI)[:pages]


def form_of(frame: Frame, profile: LayoutProfile) -> Form:
    """Return the form that a frame is drawn in.

    Raises:
        DocumentRefused: the layout has no such form.
    """
    if not frame.form:
        return PLAIN_LETTER if frame.kind == "letter" else PLAIN
    if frame.form not in profile.forms:
        raise DocumentRefused(
            "the layout {layout} has no form for {type}",
            layout=profile.key,
            type=frame.form,
            hint="choose another type, or another --layout",
        )
    return profile.forms[frame.form]


def drawing(body: Body, frame: Frame, style: Style) -> Drawing:
    """Return `body` in `frame`, ready to be drawn.

    Raises:
        DocumentRefused: a character that the font does not have, or a part that is not as it should be.
    """
    profile, form = style.profile, form_of(frame, style.profile)
    parts = split(body, frame, profile)
    words = {name: value for name, value in asdict(frame).items() if name not in ("issued_on", "form")}
    # The lines of a model text were the draft's beginning; they are not the frame's.
    arranged = {name: value for name, value in asdict(form).items() if name not in ("key", "lines")}
    stamps = [stamp for stamp in (style.urgency, style.circulation) if stamp]
    style.fonts.require(
        body.text()
        + _all_text(words)
        + _all_text(asdict(profile.words))
        + _all_text(arranged)
        + "".join(line.text for stamp in stamps for line in stamp.lines)
    )
    # Without an opening of its own a form speaks to nobody, or as the layout does.
    words["opening"] = frame.opening or profile.words.addressed
    room = _room(profile)
    data: dict[str, object] = {
        "frame": words,
        "form": arranged,
        "layout": _measures(profile),
        "level": asdict(level_stamp(style.mark, frame.mark_text)),
        "urgency": asdict(style.urgency) if style.urgency else None,
        "circulation": asdict(style.circulation) if style.circulation else None,
        "parts": {
            "body": described(parts.body, room),
            "issued": _described_part(parts.issued, room) if parts.issued else None,
            "annexes": [_described_part(part, room) for part in parts.annexes],
        },
        "hollow": None,
        "copy": None,
    }
    return Drawing(profile.template, data, style.fonts, frame.issued_on)


def _described_part(part: Part, room: Room) -> dict[str, object]:
    return {"label": part.label, "title": part.title, "body": described(part.body, room)}


def _measures(profile: LayoutProfile) -> dict[str, object]:
    """Return the measures and words of a layout, without its forms and its template."""
    values = {item.name: getattr(profile, item.name) for item in fields(profile)}
    return {
        name: asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
        for name, value in values.items()
        if name not in ("template", "forms")
    }


def _room(profile: LayoutProfile) -> Room:
    """Work out what the frame leaves for the body."""
    page, body = profile.page, profile.body
    return Room(
        width_pt=(page.width_mm - page.left_mm - page.right_mm) * PT_PER_MM,
        height_pt=(page.height_mm - page.top_mm - page.bottom_mm) * PT_PER_MM,
        first_line_pt=body.first_line_mm * PT_PER_MM,
        inset_pt=body.table_inset_mm * PT_PER_MM,
        lying_width_pt=(page.height_mm - page.left_mm - page.right_mm) * PT_PER_MM,
        lying_height_pt=(page.width_mm - page.top_mm - page.bottom_mm) * PT_PER_MM,
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
    marks_y_pt: float | None
    """Upper edge of the row of the level mark on the first page; None: the template does not tell."""


def places_of(made: Drawing, style: Style) -> tuple[Box, Box, tuple[tuple[str, Box], ...], int]:
    """Return where the signature, the seal and later stamps go, and the number of pages.

    Raises:
        DocumentFailed: the template does not tell, or tells of several signatures.
    """
    places = _places(made)
    signature, seal = _boxes(places, style.profile)
    return signature, seal, _mark_boxes(places, style), places.pages


def _places(made: Drawing) -> _Places:
    """Read back what the template tells.

    Raises:
        DocumentFailed: it does not tell, or tells of several signatures.
    """
    try:
        told: Any = made.value("places")
        (space,) = told["signature"]
        rows = [float(row["y"].removesuffix("pt")) for row in told.get("marks", ()) if row["page"] == 1]
        return _Places(
            int(space["page"]),
            float(space["y"].removesuffix("pt")),
            int(told["pages"]),
            rows[0] if rows else None,
        )
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


def _mark_boxes(places: _Places, style: Style) -> tuple[tuple[str, Box], ...]:
    """Work out the places kept for later stamps: beside the level mark, from left to right.

    Raises:
        DocumentFailed: they do not fit.
    """
    sheet, head = style.profile.page, style.profile.head
    boxes: list[tuple[str, Box]] = []
    right_mm = sheet.width_mm - sheet.right_mm
    left_mm = sheet.left_mm + head.mark_from_left_mm + style.mark.width_mm + _MARK_GAP_MM
    if places.marks_y_pt is None:
        return ()
    top_mm = sheet.height_mm - places.marks_y_pt / PT_PER_MM + head.mark_gap_mm
    for slot in style.slots:
        centre_mm = top_mm - slot.height_mm / 2
        boxes.append((slot.name, _box(0, left_mm, centre_mm, slot.width_mm, slot.height_mm)))
        left_mm += slot.width_mm + _MARK_GAP_MM
    if left_mm - _MARK_GAP_MM > right_mm + _MARK_GAP_MM:
        raise DocumentFailed(
            "the places for later stamps do not fit beside the level mark",
            hint="make the stamps of the policy narrower",
        )
    return tuple(boxes)


def _box(page: int, left_mm: float, centre_mm: float, width_mm: float, height_mm: float) -> Box:
    left, low = left_mm * PT_PER_MM, (centre_mm - height_mm / 2) * PT_PER_MM
    return Box(page, left, low, left + width_mm * PT_PER_MM, low + height_mm * PT_PER_MM)
