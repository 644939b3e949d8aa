"""The `backup prune` command, and how a backup says what it removed."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Line
from securedoc.cli.types import PATH
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.backup.pruneplan import Removal


@command(
    "prune",
    example=(
        "securedoc --as bao backup prune --dry-run",
        "securedoc --as bao backup prune /media/usb",
    ),
)
@click.argument("path", type=PATH, required=False)
@click.option("--dry-run", is_flag=True, help="Say what would go; change nothing.")
@pass_context
def prune_command(context: Context, path: Path | None, *, dry_run: bool) -> None:
    """Remove the snapshots of a medium that policy does not keep, and what only they needed.

    The newest ones stay, as many as the policy says, and all that are younger than it says; nothing
    that stays is written again. `backup run` does the same at its end where the policy says so.
    """
    from securedoc.backup import pruning

    with context.app.open() as office:
        done = pruning.by_hand(office, path, dry_run=dry_run)
    label = done.medium.identity.label
    for number in done.recorded:
        context.note(message("snapshot {number} was whole and is now recorded", number=number))
    context.show(
        {
            "medium": done.medium.identity.medium,
            "label": label,
            "dry_run": dry_run,
            **as_json(done.removal),
        },
        *lines(done.removal, label, would=dry_run),
    )


def as_json(removal: "Removal | None") -> dict[str, Any]:
    """Return the fields that say what was removed."""
    return {
        "snapshots": list(removal.snapshots) if removal else [],
        "bags": [str(bag) for bag in removal.bags] if removal else [],
        "bytes": removal.octets if removal else 0,
        "left": list(removal.left) if removal else None,
    }


def lines(removal: "Removal | None", label: str, *, would: bool = False) -> list[Line]:
    """Return what people read about what was removed."""
    if removal is None:
        return [message("nothing on {label} had to be removed", label=label)]
    facts: dict[str, str | int] = {
        "label": label,
        "count": len(removal.snapshots),
        "numbers": ", ".join(map(str, removal.snapshots)) or "-",
        "bytes": removal.octets,
        "left": ", ".join(map(str, removal.left)),
    }
    if would:
        return [
            message(
                "would be removed from {label}: {count} snapshots ({numbers}), {bytes} bytes; "
                "these stay: {left}",
                **facts,
            )
        ]
    return [
        message(
            "removed from {label}: {count} snapshots ({numbers}), {bytes} bytes; these stay: {left}",
            **facts,
        )
    ]
