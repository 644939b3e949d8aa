"""Rules of a pack about the machine and who watches it, as frozen values."""

from dataclasses import dataclass
from typing import Annotated

from securedoc.core.bounds import MAY_BE_EMPTY, Between, Like

Days = Annotated[int, Between(1, 3650)]
Minutes = Annotated[int, Between(1, 1440)]
Seconds = Annotated[int, Between(1, 600)]
CheckName = Annotated[str, Like(r"host\.[A-Z]-\d\d")]


@dataclass(frozen=True, slots=True)
class Editing:
    """How long plaintext may lie in memory for somebody to work in."""

    idle_limit_minutes: Minutes
    """Without a key touched or a save made, the editor or viewer is asked to save and close."""
    total_limit_minutes: Minutes
    """However busy the officer is; below a working day."""
    closing_grace_seconds: Seconds
    """From being asked to being ended."""


@dataclass(frozen=True, slots=True)
class Witnessing:
    """Who besides this machine knows how long the ledger is."""

    least: Annotated[int, Between(1, 9)]
    """So many witnesses make a checkpoint witnessed."""
    every_days: Days


@dataclass(frozen=True, slots=True)
class ClockRules:
    """How far the machine's clock is believed."""

    most_days_ahead: Days
    """After the last entry; farther needs two officers."""


@dataclass(frozen=True, slots=True)
class HostRules:
    """Which checks of the machine make it unfit for secrets."""

    unfit_on_fail: tuple[CheckName, ...]
    unfit_on_unknown: Annotated[tuple[CheckName, ...], MAY_BE_EMPTY]
