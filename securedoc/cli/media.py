"""The `media` commands: the sticks an office backs up to."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.types import PATH
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.office.office import Office


@command(
    "register", example="securedoc --as bao media register /media/usb --label 'USB 1' --keeper 'Lê Văn Bảo'"
)
@click.argument("path", type=PATH)
@click.option("--label", required=True, help="Name written on the stick.")
@click.option("--keeper", required=True, help="Who keeps the stick.")
@pass_context
def register_command(context: Context, path: Path, label: str, keeper: str) -> None:
    """Register a stick that backups may be written to.

    Writes a signed identity onto it, beside what is there already; nothing is erased. A directory
    may stand for a stick.
    """
    from securedoc.backup import media

    with context.app.open() as office:
        identity = media.register(office, path, label=label, keeper=keeper)
    context.show(
        {
            "medium": identity.medium,
            "label": identity.label,
            "keeper": identity.keeper,
            "filesystem": identity.volume.filesystem,
            "volume_id": identity.volume.volume_id,
            "device_serial": identity.volume.device_serial,
            "registered_at": identity.registered_at,
        },
        message("{label} is registered as {medium}", label=identity.label, medium=identity.medium),
        message("how it is checked without securedoc is written on it, in VERIFY.txt"),
    )


@command("list", example="securedoc --as bao media list")
@pass_context
def list_command(context: Context) -> None:
    """List the registered sticks, and when each was last written to."""
    with context.app.open(read_only=True) as office:
        media = _media(office)
    columns = ("medium", "label", "keeper", "filesystem", "snapshots", "last_backup")
    context.show(
        {"media": media},
        Table(
            (
                message("medium"),
                message("label"),
                message("keeper"),
                message("file system"),
                message("snapshots"),
                message("last backup"),
            ),
            [[row[name] for name in columns] for row in media],
        ),
    )


def _media(office: "Office") -> "list[dict[str, Any]]":
    media = []
    for row in office.ledger.media():
        snapshots = office.ledger.snapshots(row.medium)
        media.append(
            {
                "medium": row.medium,
                "label": row.label,
                "keeper": row.keeper,
                "filesystem": row.filesystem,
                "volume_id": row.volume_id,
                "device_serial": row.device_serial,
                "registered_at": office.ledger.entry(row.entry).at,
                "snapshots": len(snapshots),
                "last_backup": office.ledger.entry(snapshots[0].entry).at if snapshots else None,
            }
        )
    return media
