"""Puts the words of an official frame around a body as paragraphs and tables, for a DOCX that is kept.

A draft never holds its frame: that comes from the ledger when it is finalised. A form that is filled in on
screen and signed in ink has no such step, and must look like itself in any word processor.
"""

from typing import Final

from securedoc.core.documents import Frame
from securedoc.core.layouts import LayoutProfile
from securedoc.documents.body import Align, Block, Body, Cell, Paragraph, Row, Span, Table

_PT_PER_MM: Final = 72 / 25.4
_SIGNATURE_LINES: Final = 4
_CELL_MM: Final = 8.0


def framed(body: Body, frame: Frame, profile: LayoutProfile) -> Body:
    """Return the body with its frame: head, title, text, recipients and signature."""
    return Body((*_head(frame, profile), *_title(frame, profile), *body.blocks, _end(frame, profile)))


def _head(frame: Frame, profile: LayoutProfile) -> tuple[Block, ...]:
    head, words = profile.head, profile.words
    left = [_line(frame.superior, head.superior_pt)] if frame.superior else []
    left += [_line(frame.agency, head.agency_pt, bold=True)]
    right = [
        _line(words.nation.upper(), head.nation_pt, bold=True),
        _line(words.motto, head.motto_pt, bold=True),
    ]
    # A cell of a word processor has a margin that the drawn frame has not: the nation's line must not wrap.
    widths = (
        (head.agency_width_mm - _CELL_MM) * _PT_PER_MM,
        (head.nation_width_mm + _CELL_MM) * _PT_PER_MM,
    )
    number, place = (
        _line(frame.number_line, head.number_pt),
        _line(frame.place_and_date, head.place_pt, italic=True),
    )
    rows = (
        Row((Cell(tuple(left)), Cell(tuple(right)))),
        Row((Cell((number,)), Cell((place,)))),
    )
    training = (_line(words.training, profile.every_page.training_pt, bold=True),) if frame.training else ()
    return (*training, Table(widths, rows))


def _title(frame: Frame, profile: LayoutProfile) -> tuple[Block, ...]:
    title = profile.title_block
    return (
        _line("", title.type_name_pt),
        _line(frame.type_name, title.type_name_pt, bold=True),
        _line(frame.subject, title.subject_pt, bold=True),
        _line("", title.type_name_pt),
    )


def _end(frame: Frame, profile: LayoutProfile) -> Table:
    end = profile.end
    recipients = [
        Paragraph((Span(profile.words.recipients, bold=True, italic=True, size_pt=end.recipients_title_pt),)),
        *(Paragraph((Span(line, size_pt=end.recipients_pt),)) for line in frame.recipients_block),
    ]
    signer = [
        _line(frame.signer_title, end.title_pt, bold=True),
        *(_line("", end.title_pt) for _ in range(_SIGNATURE_LINES)),
        _line(frame.signer_name, end.name_pt, bold=True),
    ]
    widths = (end.recipients_width_mm * _PT_PER_MM, end.signer_width_mm * _PT_PER_MM)
    return Table(widths, (Row((Cell(tuple(recipients)), Cell(tuple(signer)))),))


def _line(text: str, size_pt: float, *, bold: bool = False, italic: bool = False) -> Paragraph:
    span = Span(text, bold=bold, italic=italic, size_pt=size_pt)
    return Paragraph((span,), align=Align.CENTER, first_pt=0.0)
