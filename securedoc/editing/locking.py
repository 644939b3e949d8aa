"""Asks every open session of a vault to save and close; needs no key, since it only makes things safer."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.editing import journal, recovery
from securedoc.editing.recovery import Pending

_LOOK_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Locked:
    """What became of the sessions that were open."""

    closed: tuple[Pending, ...]
    still_open: tuple[Pending, ...]


def lock(vault: Path, *, wait_s: float, sleep: Callable[[float], None] = time.sleep) -> Locked:
    """Ask every open session to save and close, and wait for them.

    Raises:
        ScratchMalformed: a journal record was altered.
        ScratchFailed: the journal cannot be written.
    """
    place = vault / recovery.JOURNAL
    asked = [record for record in journal.records(place) if journal.alive(place, record)]
    for record in asked:
        journal.ask_to_close(place, record.session)
    left, deadline = list(asked), time.monotonic() + wait_s
    while left and time.monotonic() < deadline:
        sleep(_LOOK_S)
        left = [record for record in left if journal.alive(place, record)]
    closed = [record for record in asked if record not in left]
    return Locked(tuple(map(recovery.waiting_for, closed)), tuple(map(recovery.waiting_for, left)))
