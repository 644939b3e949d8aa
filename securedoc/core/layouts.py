"""The measures of an official frame, as a policy gives them and the layout engine draws them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from securedoc.core.bounds import MAY_BE_EMPTY
from securedoc.core.forms import Form


@dataclass(frozen=True, slots=True)
class MarkShape:
    """The level mark (ô 10a) of one level."""

    width_mm: float
    """Outside, over the outer border."""
    height_mm: float
    gap_mm: float
    """Clear space between the two borders."""
    line_pt: float
    size_pt: float
    colour: str
    """`#rrggbb`."""


@dataclass(frozen=True, slots=True)
class StampLine:
    """One line of words in a stamp, filled in."""

    text: str
    size_pt: float
    bold: bool


@dataclass(frozen=True, slots=True)
class StampShape:
    """A stamp or mark as it is drawn."""

    width_mm: float
    """Outside, over the outer border; of a circle its diameter."""
    height_mm: float
    gap_mm: float
    """Clear space between two borders; 0 for one."""
    line_pt: float
    colour: str
    """`#rrggbb`."""
    round: bool
    lines: tuple[StampLine, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place kept beside the level mark for a stamp that comes after signing."""

    name: str
    width_mm: float
    height_mm: float


def level_stamp(mark: MarkShape, words: str) -> StampShape:
    """Return the mark of a level as a stamp."""
    return StampShape(
        width_mm=mark.width_mm,
        height_mm=mark.height_mm,
        gap_mm=mark.gap_mm,
        line_pt=mark.line_pt,
        colour=mark.colour,
        round=False,
        lines=(StampLine(words, mark.size_pt, bold=True),),
    )


@dataclass(frozen=True, slots=True)
class PageShape:
    """Paper and margins."""

    width_mm: float
    height_mm: float
    top_mm: float
    bottom_mm: float
    left_mm: float
    right_mm: float
    number_from_edge_mm: float
    """From the upper edge of the paper to the middle of the page number."""
    foot_from_edge_mm: float
    """From the lower edge of the paper to the base of what stands in the lower margin."""


@dataclass(frozen=True, slots=True)
class HeadShape:
    """The two columns over the text: agency at left, Quốc hiệu and Tiêu ngữ at right."""

    agency_width_mm: float
    nation_width_mm: float
    superior_pt: float
    agency_pt: float
    nation_pt: float
    motto_pt: float
    number_pt: float
    place_pt: float
    letter_subject_pt: float
    agency_rule_share: float
    """Length of the rule as a share of the line it stands under; 0 draws none."""
    agency_star: bool
    """Whether an asterisk stands under the agency instead of a rule."""
    motto_rule_share: float
    """Under the motto; where there is none, under the line over it."""
    number_gap_pt: float
    """From the rules to the line with number, place and date."""
    letter_subject_gap_pt: float
    mark_gap_mm: float
    """From the number or abstract down to the level mark."""
    mark_from_left_mm: float
    """From the left edge of the text to the level mark."""
    mark_row_mm: float
    """Height kept free beside the level mark for the stamps that come later."""
    circulation_from_edge_mm: float
    """From the upper edge of the paper to the mark of circulation (ô 11)."""


@dataclass(frozen=True, slots=True)
class TitleShape:
    """Type name and abstract, or the addressees of a letter."""

    type_name_pt: float
    subject_pt: float
    rule_share: float
    gap_above_pt: float
    gap_below_pt: float
    addressed_pt: float
    addressed_from_left_mm: float
    """Where `Kính gửi` starts when there are several addressees."""
    dashes: Annotated[str, MAY_BE_EMPTY]
    """Drawn under the abstract instead of a rule."""
    authority_pt: float


@dataclass(frozen=True, slots=True)
class BodyShape:
    """Running text."""

    size_pt: float
    first_line_mm: float
    paragraph_gap_pt: float
    line_spacing: float
    """Times the single line, 1 to 1.5."""
    note_size_pt: float
    """Of footnotes."""
    table_size_pt: float
    """Size of table text that gives no size of its own."""
    table_rule_pt: float
    table_inset_mm: float


@dataclass(frozen=True, slots=True)
class EndShape:
    """Recipients at left, signer at right."""

    gap_above_pt: float
    recipients_width_mm: float
    recipients_clear_mm: float
    """Kept free at the right of the recipients, where the seal reaches in."""
    signer_width_mm: float
    recipients_title_pt: float
    recipients_title_underlined: bool
    """Upright and underlined, instead of bold italic."""
    recipients_pt: float
    drafter_pt: float
    capacity_pt: float
    title_pt: float
    name_pt: float
    signature_space_mm: float
    """Clear height between the signer's title and name."""
    signature_width_mm: float
    signature_height_mm: float
    seal_diameter_mm: float
    seal_overlap_share: float
    """How much of the signature the seal covers, from its left."""


@dataclass(frozen=True, slots=True)
class EveryPageShape:
    """What stands on each page."""

    page_number_pt: float
    level_mark: bool
    """Whether the level is repeated small at the foot of every page."""
    level_mark_pt: float
    training_pt: float
    watermark_pt: float
    watermark_colour: str


@dataclass(frozen=True, slots=True)
class FootShape:
    """Address of the agency (ô 13), at the foot of the first page."""

    size_pt: float
    gap_pt: float


@dataclass(frozen=True, slots=True)
class AnnexShape:
    """Head of an annex, or of a document that a decision issues."""

    word_pt: float
    title_pt: float
    reference_pt: float
    rule_share: float
    gap_below_pt: float


@dataclass(frozen=True, slots=True)
class FrameWords:
    """The words that are the same in every document of this layout."""

    nation: str
    motto: Annotated[str, MAY_BE_EMPTY]
    addressed: str
    letter_subject: str
    """Stands before the abstract of a công văn."""
    recipients: str
    annex: str
    """`Phụ lục`: a paragraph of this word and a number begins an annex."""
    reference: str
    """Under the title of an annex: `(Kèm theo {type} số {number} {date} của {agency})`."""
    training: str
    watermark: str


@dataclass(frozen=True, slots=True)
class NumberWords:
    """Where a frame spells numbers otherwise than the policy; empty leaves it to the policy."""

    line: Annotated[str, MAY_BE_EMPTY]
    notation: Annotated[str, MAY_BE_EMPTY]
    capacities: Annotated[tuple[str, ...], MAY_BE_EMPTY]


@dataclass(frozen=True, slots=True)
class LayoutProfile:
    """One official frame: `nd30`."""

    key: str
    title: str
    template: str
    """Typst source that draws the frame; a policy file names it, the loader reads it."""
    rule_pt: float
    """Thickness of the rules under agency, motto and abstract."""
    rule_gap_pt: float
    """From the base of the descenders to the rule."""
    page: PageShape
    head: HeadShape
    title_block: TitleShape
    body: BodyShape
    end: EndShape
    foot: FootShape
    annex: AnnexShape
    every_page: EveryPageShape
    words: FrameWords
    numbers: NumberWords
    forms: Mapping[str, Form]
    """By document type; a variant of a type has a suffix."""
