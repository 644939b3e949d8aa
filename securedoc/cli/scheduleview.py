"""How what is due is shown: as JSON, and as people read it."""

from typing import TYPE_CHECKING

from securedoc.cli.output import Showable
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.policy.schedule import Due


def result(due: "Due") -> dict[str, Showable]:
    """Return the JSON object of something that is due."""
    return {"due_at": due.due_at, "overdue": due.overdue, "last": due.last}


def drill(due: "Due", day: str) -> Message:
    """Say when the next drill is due."""
    if due.last is None:
        return message("no restore drill was ever held: securedoc backup drill PATH")
    if due.overdue:
        return message("a restore drill is overdue since {when}", when=day)
    return message("the next restore drill is due on {when}", when=day)


def rehearsal(due: "Due", day: str) -> Message:
    """Say when the emergency is to be rehearsed."""
    if due.last is None:
        return message(
            "the emergency was never rehearsed: securedoc backup drill PATH with the recovery shares"
        )
    if due.overdue:
        return message("rehearsing the emergency with the recovery shares is overdue since {when}", when=day)
    return message("the emergency is to be rehearsed with the recovery shares by {when}", when=day)
