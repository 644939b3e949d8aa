"""How a model form arranges the parts of the official frame: data of a layout, one form a type."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from securedoc.core.bounds import FROM_KEY, MAY_BE_EMPTY, Like


class TitleKind(StrEnum):
    """What stands between the head and the text."""

    NAMED = "named"
    """Name of the type, its abstract, a rule."""
    BARE = "bare"
    """Name of the type and a rule; the abstract stands in the books only."""
    LETTER = "letter"
    """Nothing: the abstract stands under the number."""


class OpeningKind(StrEnum):
    """How a document names whom it speaks to."""

    NONE = "none"
    LINE = "line"
    """In the middle; several stand one under another with dashes: Kính gửi, điện."""
    RUNNING = "running"
    """As the first words of the text: trân trọng kính mời."""


class EndKind(StrEnum):
    """Who signs, and where."""

    SIGNER = "signer"
    """Recipients at left, signer at right."""
    TWO = "two"
    """Another signs at left, the signer at right, the recipients stand below: minutes, contracts."""
    CONFIRMED = "confirmed"
    """As `SIGNER`, with room at the left for somebody outside who confirms."""


class LineStyle(StrEnum):
    """How a line of the model text is set."""

    TEXT = "text"
    BASIS = "basis"
    """Legal basis, in italics."""
    RESOLVES = "resolves"
    """`QUYẾT ĐỊNH:`, bold, in the middle."""
    ARTICLE = "article"
    """Its first words up to the first full stop are bold: `Điều 1.`"""
    PART = "part"
    """Bold, in the middle: Phần, Chương, Mục."""
    ISSUED = "issued"
    """Name of the document that a decision issues; starts a page."""


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One line of the text that a draft of this form begins with."""

    text: str
    style: LineStyle = LineStyle.TEXT


@dataclass(frozen=True, slots=True)
class Form:
    """One model form."""

    key: Annotated[str, FROM_KEY]
    """The document type's key in the policy pack; a variant is told by a suffix."""
    model: Annotated[str, MAY_BE_EMPTY, Like(r"(\d\.\d{1,2})?")]
    """Number of the decree's model form; empty where there is none."""
    title: TitleKind = TitleKind.NAMED
    dated: bool = True
    """Whether place and date stand at the right of the number."""
    authority: bool = False
    """Whether the name of who decides stands over the text."""
    opening: OpeningKind = OpeningKind.NONE
    opening_words: Annotated[str, MAY_BE_EMPTY] = ""
    """Before the names; `{authority}` stands for who speaks."""
    end: EndKind = EndKind.SIGNER
    left_title: Annotated[str, MAY_BE_EMPTY] = ""
    """Over the signature at left, where the draft names no other."""
    right_title: Annotated[str, MAY_BE_EMPTY] = ""
    """Over the signer's, instead of the signer's own title."""
    left_note: Annotated[tuple[str, ...], MAY_BE_EMPTY] = ()
    """Under the recipients, in italics."""
    lines: Annotated[tuple[ModelLine, ...], MAY_BE_EMPTY] = ()
    """What a draft begins with."""


PLAIN = Form("", "")
"""Of a document whose type has no form of its own: name, abstract, text, recipients, signer."""

PLAIN_LETTER = Form("", "", title=TitleKind.LETTER, opening=OpeningKind.LINE)
