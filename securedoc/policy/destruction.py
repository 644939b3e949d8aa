"""The parts of a policy about destroying documents, and about consent at another time."""

from dataclasses import dataclass
from typing import Annotated

from securedoc.core.bounds import Between
from securedoc.policy.vocabulary import CopiesOut

_Days = Annotated[int, Between(1, 3650)]


@dataclass(frozen=True, slots=True)
class Destruction:
    """Destroying a secret that is no longer needed."""

    council: bool
    least_council: Annotated[int, Between(0, 9)]
    least_witnesses: Annotated[int, Between(1, 9)]
    dossier: tuple[str, ...]
    """Papers kept with the register."""
    print_abstract: bool
    copies_out: CopiesOut
    report_days: _Days
    """After an urgent destruction, until its report must be entered."""
    residue_days: _Days
    """Within which a medium that still holds a destroyed key must be brought in."""


@dataclass(frozen=True, slots=True)
class Requests:
    """Acts of two people that the second one approves at another time."""

    valid_days: _Days
    """After which a request, or a consent that was not used, is worth nothing any more."""
