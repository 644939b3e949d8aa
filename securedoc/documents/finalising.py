"""From a draft's DOCX to the exact bytes that are signed: inspect, rebuild, lay out."""

from securedoc.core.documents import Frame
from securedoc.documents.inspection import inspect_docx
from securedoc.documents.intake import read_docx
from securedoc.documents.layout import Rendered, Style, render
from securedoc.documents.observations import Action, refuse_worst


def finalise(untrusted_docx: bytes, frame: Frame, style: Style) -> Rendered:
    """Lay a draft out in its official frame, and name what was taken out of it.

    Raises:
        DocumentMalformed: the draft is not a DOCX, or damaged.
        DocumentRefused: it holds what must not or cannot be in a final document; it is named.
        DocumentFailed: the layout engine could not draw it.
    """
    observations = inspect_docx(untrusted_docx)
    refuse_worst(observations)
    removed = sorted({seen.finding.check for seen in observations if seen.action is Action.REMOVE})
    return render(read_docx(untrusted_docx), frame, style, removed=tuple(removed))
