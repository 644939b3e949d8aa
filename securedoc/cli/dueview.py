"""Shows what is due: one object each for programs, and a line for each that is late."""

from typing import TYPE_CHECKING

from securedoc.cli.output import Showable
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from securedoc.custody.duelist import Due


def result(found: "Sequence[Due]", today: "date") -> list[Showable]:
    """Return what is due for `--json`."""
    return [
        {
            "kind": one.kind,
            "id": one.document,
            "when": one.when,
            "overdue": one.late(today),
            "copy": one.copy,
            "who": one.who or None,
        }
        for one in found
    ]


def late(found: "Sequence[Due]", today: "date") -> list[Message]:
    """Return a line for each copy that should have been back."""
    return [
        message(
            "OVERDUE: copy {copy} of {document} is with {holder}, and was due back on {day}",
            copy=one.copy or "",
            document=one.document,
            holder=one.who,
            day=one.when.isoformat(),
        )
        for one in found
        if one.copy is not None and one.late(today)
    ]
