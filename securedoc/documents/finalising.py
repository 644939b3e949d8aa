"""From a draft's DOCX to the exact bytes that are signed: inspect, rebuild, lay out."""

from enum import StrEnum
from itertools import islice
from typing import Final

from securedoc.core.documents import Frame
from securedoc.core.layouts import FrameWords
from securedoc.documents.body import Body
from securedoc.documents.inspection import inspect_package
from securedoc.documents.intake import read_inspected
from securedoc.documents.layout import Rendered, Style, render
from securedoc.documents.observations import Action, refuse_worst
from securedoc.documents.package import open_package
from securedoc.errors import DocumentRefused

_HEAD_PARAGRAPHS: Final = 12  # agency, nation, motto, number, place, type, subject and the rules between


class Engine(StrEnum):
    """What lays the text out; the frame is always drawn by the first."""

    TYPST = "typst"
    LIBREOFFICE = "libreoffice"


def finalise(untrusted_docx: bytes, frame: Frame, style: Style, engine: Engine = Engine.TYPST) -> Rendered:
    """Lay a draft out in its official frame, and name what was taken out of it.

    Raises:
        DocumentMalformed: the draft is not a DOCX, or damaged.
        DocumentRefused: it holds what must not or cannot be in a final document; it is named.
        DocumentFailed: the layout engine could not draw it.
        HostMissing: the second engine is not installed.
    """
    package = open_package(untrusted_docx)
    observations = inspect_package(package)
    refuse_worst(observations)
    removed = tuple(sorted({seen.finding.check for seen in observations if seen.action is Action.REMOVE}))
    if engine is Engine.LIBREOFFICE:
        # Loads what only this engine needs.
        from securedoc.documents import writerlayout  # noqa: PLC0415

        return writerlayout.render(package, frame, style, removed=removed)
    body = read_inspected(package)
    _refuse_typed_head(body, style.profile.words)
    return render(body, frame, style, removed=removed)


def _refuse_typed_head(body: Body, words: FrameWords) -> None:
    """Refuse a draft that types the official head itself: it would stand twice, and might say otherwise."""
    motto = _letters(words.motto)
    for paragraph in islice(body.paragraphs(), _HEAD_PARAGRAPHS):
        if motto in _letters(paragraph.text()):
            raise DocumentRefused(
                "the draft types the official head itself",
                hint="keep the text only: head, number, date, recipients and signature are added",
            )


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalpha())
