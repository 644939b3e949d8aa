"""A finding in a document and what finalising does about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from securedoc.core.findings import Finding, Severity, State, worst_first
from securedoc.core.text import Message, message
from securedoc.errors import DocumentRefused


class Action(StrEnum):
    """What finalising does about a finding."""

    KEEP = "keep"
    REMOVE = "remove"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Observation:
    """A finding and what finalising does about it."""

    finding: Finding
    action: Action


def refuse_worst(observations: Iterable[Observation]) -> None:
    """Refuse the draft for the worst finding that finalising does not simply remove.

    Raises:
        DocumentRefused: there is one.
    """
    for observation in observations:
        if observation.action is Action.REFUSE:
            finding = observation.finding
            raise DocumentRefused(
                finding.detail.template,
                hint=(finding.fix or _ANY_FIX).template,
                **finding.detail.facts,
            )


_ANY_FIX: Final = message("take it out in the editor, save the draft again, and try again")


def found(
    check: str, severity: Severity, action: Action, detail: Message, fix: Message | None = None
) -> Observation:
    """Make the observation of something that is there and should not be."""
    return Observation(Finding(check, severity, State.FAIL, detail, fix), action)


def worst_observed_first(observations: list[Observation]) -> tuple[Observation, ...]:
    """Order observations for a reader."""
    order = worst_first([observation.finding for observation in observations])
    return tuple(sorted(observations, key=lambda observation: order.index(observation.finding)))
