"""The part of a policy pack on backup media as frozen values."""

from dataclasses import dataclass
from typing import Annotated

from securedoc.core.bounds import Between
from securedoc.policy.vocabulary import MediumRule, Turn

Days = Annotated[int, Between(1, 3650)]


@dataclass(frozen=True, slots=True)
class Media:
    """Backup media: in which turn they are used, and which ones do."""

    turn: Turn
    unseen_days: Days
    """A medium neither written to nor verified for so long is overdue, by name."""
    confirm_days: Days
    """Within which a snapshot is read again from a stick that was plugged in again."""
    slow_bytes_per_s: Annotated[int, Between(1, 10**10)]
    """A medium that writes slower than this is called slow."""
    terminal_reminder: bool
    """Whether `backup schedule install` has each new terminal say what is due."""
    unclean: MediumRule
    """A file system that was not unmounted, or that recorded errors."""
    on_network: MediumRule
    """What is on another machine, or comes through a program and not from a device."""
    in_memory: MediumRule
    stacked: MediumRule
    """Overlays, RAID, LVM: not one device that can be carried away."""
    beside_vault: MediumRule
    """On the same disk as the vault."""
