"""In which turn the media are used: which one is next, who keeps it, and which was not seen for too long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from securedoc.ledger.rows import MediumRow
from securedoc.office.office import Office
from securedoc.policy.schedule import Due, due
from securedoc.policy.vocabulary import Turn

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one medium stands."""

    row: MediumRow
    last: datetime | None
    """Its newest backup; None when there is none."""
    snapshot: int | None
    """Number of that backup."""
    confirmed: bool
    """Whether that backup was read again after the stick had been plugged in again."""
    seen: datetime
    """When it was last written to, verified or registered."""
    unseen: Due
    """When it must be seen again."""
    confirm: Due | None
    """By when its newest backup is to be confirmed; None when nothing is."""

    @property
    def unconfirmed(self) -> bool:
        """Whether its newest backup waits to be read again."""
        return self.snapshot is not None and not self.confirmed


def standings(office: Office) -> tuple[Standing, ...]:
    """Return the media in use in the turn in which they are to be used: the first one is next."""
    found = [_standing(office, row) for row in office.ledger.media() if row.in_use]
    return in_turn(found, office.policy.media.turn)


def in_turn(found: Sequence[Standing], turn: Turn) -> tuple[Standing, ...]:
    """Put media, given in the order of their registration, into the turn in which they are used."""
    if turn is Turn.LONGEST_UNWRITTEN:
        return tuple(sorted(found, key=lambda one: one.last or _LONG_AGO))
    written = [place for place, one in enumerate(found) if one.last is not None]
    newest = max(written, key=lambda place: found[place].last or _LONG_AGO, default=-1)
    return (*found[newest + 1 :], *found[: newest + 1])


def standing(office: Office, medium: str) -> Standing | None:
    """Return how a medium in use stands, by its identifier."""
    return next((one for one in standings(office) if one.row.medium == medium), None)


def _standing(office: Office, row: MediumRow) -> Standing:
    ledger, rules, now = office.ledger, office.policy.media, office.now()
    snapshots = ledger.snapshots(row.medium)
    newest = snapshots[0] if snapshots else None
    seen = max(row.entry, newest.entry if newest else 0, ledger.verified(row.medium) or 0)
    seen_at = ledger.entry(seen).at
    last = ledger.entry(newest.entry).at if newest else None
    confirmed = newest is not None and newest.snapshot in ledger.confirmed(row.medium)
    return Standing(
        row,
        last,
        newest.snapshot if newest else None,
        confirmed,
        seen_at,
        due(seen_at, rules.unseen_days, now),
        None if last is None or confirmed else due(last, rules.confirm_days, now),
    )
