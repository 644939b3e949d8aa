"""Says what is to be done with the media: which one to bring from whom, which to confirm or look for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from securedoc.backup.rotation import Standing
from securedoc.core.officetime import day_of
from securedoc.core.text import Message, message
from securedoc.policy.mediarules import Media
from securedoc.policy.schedule import due


@dataclass(frozen=True, slots=True)
class Told:
    """What must be known of a medium in use to speak of it."""

    label: str
    keeper: str
    last: datetime | None
    """Its newest backup."""
    seen: datetime
    snapshot: int | None
    """Number of its newest backup where that waits to be confirmed."""


def told(standing: Standing) -> Told:
    """Return what is spoken of."""
    return Told(
        standing.row.label,
        standing.row.keeper,
        standing.last,
        standing.seen,
        standing.snapshot if standing.unconfirmed else None,
    )


def bring(media: Sequence[Told]) -> Message | None:
    """Say which medium is next and who has it; None where there is none. The first one is next."""
    if not media:
        return None
    return message(
        "the next stick is {label}: bring it from {keeper}", label=media[0].label, keeper=media[0].keeper
    )


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a medium may stay away."""

    unseen_days: int
    confirm_days: int


def patience(rules: Media) -> Patience:
    """Return what the policy allows."""
    return Patience(rules.unseen_days, rules.confirm_days)


def late(media: Sequence[Told], rules: Patience, now: datetime) -> Iterator[Message]:
    """Say what is overdue with any medium, by its name."""
    for one in media:
        if due(one.seen, rules.unseen_days, now).overdue:
            yield message(
                "{label}, kept by {keeper}, was not seen since {when}: have it brought, run: "
                "securedoc backup verify",
                label=one.label,
                keeper=one.keeper,
                when=day(one.seen),
            )
        waits = one.snapshot is not None and one.last is not None
        if waits and due(one.last, rules.confirm_days, now).overdue:
            yield unconfirmed(one.label, one.snapshot or 0)


def unconfirmed(label: str, snapshot: int) -> Message:
    """Say that a backup was never read again from a stick that was plugged in again."""
    return message(
        "snapshot {number} on {label} is written and not confirmed: plug the stick in again, run: "
        "securedoc backup verify",
        number=snapshot,
        label=label,
    )


def out_of_turn(used: str, expected: Standing) -> Message:
    """Say that a backup went to another medium than the next one; that is allowed."""
    return message(
        "{label} was not the next one: {next}, kept by {keeper}, is further behind; bring it soon",
        label=used,
        next=expected.row.label,
        keeper=expected.row.keeper,
    )


def few(count: int, least: int) -> Message | None:
    """Say that there are fewer media than the policy asks for."""
    if count >= least:
        return None
    return message(
        "{count} media are in use, and the policy asks for {least}: register another one, and keep it "
        "elsewhere",
        count=count,
        least=least,
    )


def day(when: datetime) -> str:
    """Return a day as this office counts days."""
    return day_of(when).isoformat()
