"""From a draft's DOCX to the exact bytes that are signed: inspect, rebuild, lay out."""

from enum import StrEnum

from securedoc.core.documents import Frame
from securedoc.documents.inspection import inspect_package
from securedoc.documents.intake import read_inspected
from securedoc.documents.layout import Rendered, Style, render
from securedoc.documents.observations import Action, refuse_worst
from securedoc.documents.package import open_package
from securedoc.documents.parts import refuse_typed_head


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
    refuse_typed_head((paragraph.text() for paragraph in body.paragraphs()), style.profile)
    return render(body, frame, style, removed=removed)
