"""How the turn of the media is shown: as JSON, and as people read it."""

from typing import TYPE_CHECKING, Any

from securedoc.cli.output import Showable
from securedoc.core.text import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from securedoc.backup.rotation import Standing
    from securedoc.office.office import Office


def following(media: "Sequence[Standing]") -> dict[str, Showable] | None:
    """Return the JSON object of the medium that is next; None where there is none."""
    if not media:
        return None
    return {
        "medium": media[0].row.medium,
        "label": media[0].row.label,
        "keeper": media[0].row.keeper,
        "last_backup": media[0].last,
    }


def result(office: "Office", media: "Sequence[Standing]") -> dict[str, Any]:
    """Return what `status` and `backup due` say of the media."""
    return {
        "next": following(media),
        "unseen": [one.row.medium for one in media if one.unseen.overdue],
        "unconfirmed": [
            {
                "medium": one.row.medium,
                "snapshot": one.snapshot,
                "overdue": bool(one.confirm and one.confirm.overdue),
            }
            for one in media
            if one.unconfirmed
        ],
        "media": len(media),
        "least_media": office.policy.backup.least_media,
    }


def lines(office: "Office", media: "Sequence[Standing]") -> list[Message]:
    """Say which one is next, which ones are overdue, and whether there are enough."""
    from securedoc.backup import turnwords

    told = [turnwords.told(one) for one in media]
    few = turnwords.few(len(media), office.policy.backup.least_media)
    bring = turnwords.bring(told)
    return [
        *([bring] if bring else []),
        *turnwords.late(told, turnwords.patience(office.policy.media), office.now()),
        *([few] if few else []),
    ]


def medium(one: "Standing | None", turn: int | None) -> dict[str, Any]:
    """Return what `media list` adds of a medium; nulls for one that is out of use."""
    return {
        "next": turn == 1,
        "turn": turn,
        "confirmed": None if one is None or one.snapshot is None else one.confirmed,
        "last_seen": one.seen if one else None,
        "unseen": one.unseen.overdue if one else False,
        "seen_due_at": one.unseen.due_at if one else None,
    }
