"""Parts of one draft: the document itself, what a decision issues, the annexes, each on its own pages."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from securedoc.core.documents import Frame
from securedoc.core.layouts import LayoutProfile
from securedoc.documents.body import Align, Block, Body, PageBreak, Paragraph, Span
from securedoc.errors import DocumentRefused

MAX_ANNEXES: Final = 200
_HEAD_PARAGRAPHS: Final = 12  # agency, nation, motto, number, place, type, subject and the rules between
MAX_TITLE_LINES: Final = 4


@dataclass(frozen=True, slots=True)
class Part:
    """What begins with a heading of its own."""

    label: str
    """`Phụ lục I`; empty for the document that a decision issues."""
    title: tuple[str, ...]
    body: Body


@dataclass(frozen=True, slots=True)
class Parts:
    """A draft, taken apart."""

    body: Body
    issued: Part | None = None
    annexes: tuple[Part, ...] = ()


def split(body: Body, frame: Frame, profile: LayoutProfile) -> Parts:
    """Take a draft apart where an annex or the issued document begins.

    Raises:
        DocumentRefused: the issued document is missing, an annex has no title or nothing in it, or
            types the reference that the frame puts there.
    """
    starts = [number for number, block in enumerate(body.blocks) if _is_annex(block, profile)]
    if len(starts) > MAX_ANNEXES:
        raise DocumentRefused("a draft has at most {limit} annexes", limit=MAX_ANNEXES)
    # Each annex ends where the next begins, the last with the draft.
    ends = [*starts, len(body.blocks)][1:]
    annexes = tuple(_part(body.blocks[start:end], profile) for start, end in zip(starts, ends, strict=True))
    before = body.blocks[: starts[0]] if starts else body.blocks
    main, issued = _with_issued(before, frame, profile)
    return Parts(Body(_trimmed(main)), issued, annexes)


def is_annex_heading(text: str, profile: LayoutProfile) -> bool:
    """Tell whether a line by itself begins an annex: `Phụ lục`, `Phụ lục II`."""
    word = re.escape(profile.words.annex)
    return bool(re.fullmatch(rf"{word}(\s+([IVXLC]+|\d{{1,3}}|[A-Z]))?", text.strip(), re.IGNORECASE))


def refuse_typed_reference(lines: Sequence[str], label: str, profile: LayoutProfile) -> None:
    """Refuse an annex that types the reference to its document: it would stand twice.

    Raises:
        DocumentRefused: one of the lines is it.
    """
    reference = _opening(profile.words.reference)
    if any(_opening(line) == reference for line in lines):
        raise DocumentRefused(
            "{part} types the reference to its document itself",
            part=label,
            hint="take the line in brackets out: it is added with the number and the date",
        )


def refuse_typed_head(paragraphs: Iterable[str], profile: LayoutProfile) -> None:
    """Refuse a draft that types the official head itself: it would stand twice, and might say otherwise.

    Raises:
        DocumentRefused: one of its first paragraphs does.
    """
    # Of a frame without a motto the name over it is looked for.
    wanted = _letters(profile.words.motto or profile.words.nation)
    for text in islice(paragraphs, _HEAD_PARAGRAPHS):
        if wanted in _letters(text):
            raise DocumentRefused(
                "the draft types the official head itself",
                hint="keep the text only: head, number, date, recipients and signature are added",
            )


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalpha())


def _is_annex(block: Block, profile: LayoutProfile) -> bool:
    return isinstance(block, Paragraph) and is_annex_heading(block.text(), profile)


def _with_issued(
    blocks: Sequence[Block], frame: Frame, profile: LayoutProfile
) -> tuple[Sequence[Block], Part | None]:
    if not frame.issues:
        return blocks, None
    for number, block in enumerate(blocks):
        # In capitals, alone on its line: the same words in a sentence begin nothing.
        if isinstance(block, Paragraph) and block.text().strip() == frame.issues:
            part = _part(blocks[number:], profile)
            return blocks[:number], Part("", part.title, part.body)
    raise DocumentRefused(
        "the draft has no line {name}, where the document that it issues begins",
        name=frame.issues,
        hint="put that line, in capitals, over the text that is issued",
    )


def _part(blocks: Sequence[Block], profile: LayoutProfile) -> Part:
    """Read a part: its heading, the lines of its title, and what follows."""
    heading = blocks[0]
    label = heading.text().strip() if isinstance(heading, Paragraph) else ""
    rest = _trimmed(blocks[1:])
    title: list[str] = []
    while rest and len(title) < MAX_TITLE_LINES and _is_title(rest[0]):
        title.append(_one_line(rest[0]))
        rest = rest[1:]
    if not title and rest and isinstance(rest[0], Paragraph):
        title, rest = [_one_line(rest[0])], rest[1:]
    rest = _trimmed(rest)
    if not title:
        raise DocumentRefused(
            "{part} has no title",
            part=label,
            hint="write its title on the line below, in the middle",
        )
    following = [rest[0].text()] if rest and isinstance(rest[0], Paragraph) else []
    refuse_typed_reference([*title, *following], label, profile)
    if not rest:
        raise DocumentRefused("{part} holds nothing", part=label, hint="write its text, or take it out")
    return Part(label, tuple(title), Body(rest))


def _opening(line: str) -> str:
    """Return the letters of the first two words: enough to know the reference by."""
    return "".join(letter for letter in " ".join(line.split()[:2]).casefold() if letter.isalpha())


def _is_title(block: Block) -> bool:
    """Tell whether a paragraph is part of a title: in the middle, or bold all through."""
    if not isinstance(block, Paragraph) or not block.text().strip() or block.mark:
        return False
    words = [inline for inline in block.inlines if isinstance(inline, Span) and inline.text.strip()]
    only_words = all(isinstance(inline, Span) for inline in block.inlines)
    return only_words and (block.align is Align.CENTER or all(span.bold for span in words))


def _one_line(block: Block) -> str:
    return " ".join(block.text().split()) if isinstance(block, Paragraph) else ""


def _trimmed(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Leave out empty paragraphs and page breaks at both ends: each part begins a page anyway."""
    kept = list(blocks)
    while kept and _is_empty(kept[0]):
        kept.pop(0)
    while kept and _is_empty(kept[-1]):
        kept.pop()
    return tuple(kept)


def _is_empty(block: Block) -> bool:
    return isinstance(block, PageBreak) or (
        isinstance(block, Paragraph) and not block.inlines and block.mark is None
    )
