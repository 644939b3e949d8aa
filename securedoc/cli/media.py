"""The `media` commands: the sticks an office backs up to."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from securedoc.cli import fitview, turnview
from securedoc.cli.command import command, confirmed
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.types import PATH
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from securedoc.backup.rotation import Standing
    from securedoc.ledger.rows import MediumRow
    from securedoc.office.office import Office
    from securedoc.system.pace import Pace


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
    may stand for a stick. Its condition is looked at first, as by `media check`, and its speed is measured.
    """
    from securedoc.backup import layout, media

    with context.app.open() as office:
        identity = media.register(office, path, label=label, keeper=keeper)
        fit = media.judge(office, path)
        for remark in fit.remarks:
            context.note(remark)
        # Among our own files: what is left of it after a power cut, the next backup clears away.
        pace = _measured(path / layout.set_name(identity.vault))
        vault_bytes = media.vault_bytes(office)
        slow = office.policy.media.slow_bytes_per_s
    context.show(
        {
            "medium": identity.medium,
            "label": identity.label,
            "keeper": identity.keeper,
            "filesystem": identity.volume.filesystem,
            "volume_id": identity.volume.volume_id,
            "device_serial": identity.volume.device_serial,
            "registered_at": identity.registered_at,
            "condition": fitview.result(fit, pace),
        },
        message("{label} is registered as {medium}", label=identity.label, medium=identity.medium),
        *fitview.pace_lines(pace, vault_bytes, slow),
        message("how it is checked without securedoc is written on it, in VERIFY.txt"),
    )


@command("check", example="securedoc --as bao media check /media/usb")
@click.argument("path", type=PATH)
@click.option("--no-measure", is_flag=True, help="Do not measure how fast it is; writes nothing then.")
@pass_context
def check_command(context: Context, path: Path, *, no_measure: bool) -> None:
    """Look at a stick before it is registered or written to: will it do?

    Says what its file system is, whether it was unmounted properly, can be written and is on a device of
    its own, and how fast it is. Ends with an error where a backup to it would be refused.
    """
    from securedoc.backup import media

    with context.app.open(read_only=True) as office:
        fit = media.judge(office, path)
        pace = None if no_measure or fit.refused else _measured(path)
        vault_bytes = media.vault_bytes(office)
        slow = office.policy.media.slow_bytes_per_s
    context.show(
        fitview.result(fit, pace),
        fitview.table(fit),
        *fit.remarks,
        *fitview.pace_lines(pace, vault_bytes, slow),
        *([message("it will do for backups")] if not fit.refused else []),
    )
    fit.require()


def _measured(path: Path) -> "Pace | None":
    """Measure a medium; one that has no room for the sample is said to be full when it is written to."""
    from securedoc.system import pace

    try:
        return pace.measure(path)
    except OSError:
        return None


@command("list", example="securedoc --as bao media list")
@pass_context
def list_command(context: Context) -> None:
    """List the registered sticks, which one is next, and how each stands.

    Confirmed is a backup that was read again, whole, after its stick had been pulled out and plugged
    in again. A stick that nobody has seen for long is named.
    """
    from securedoc.backup import rotation

    with context.app.open(read_only=True) as office:
        standings = rotation.standings(office)
        media = _media(office, standings)
        said = turnview.lines(office, standings)
    columns = ("medium", "label", "keeper", "state", "filesystem", "snapshots", "last_backup")
    context.show(
        {"media": media, "next": turnview.following(standings)},
        Table(
            (
                message("turn"),
                message("medium"),
                message("label"),
                message("keeper"),
                message("state"),
                message("file system"),
                message("snapshots"),
                message("last backup"),
                message("days ago"),
                message("confirmed"),
                message("last seen"),
            ),
            [
                [
                    row["turn"] or "—",
                    *(row[name] for name in columns),
                    "—" if row["age_days"] is None else row["age_days"],
                    _confirmed(row),
                    row["last_seen"] or "—",
                ]
                for row in media
            ],
        ),
        *said,
    )


@command("show", example="securedoc --as bao media show 'USB 1'")
@click.argument("medium", metavar="MEDIUM")
@pass_context
def show_command(context: Context, medium: str) -> None:
    """Show what is known of a stick, by its identifier or its label."""
    from securedoc.backup import media, rotation

    with context.app.open(read_only=True) as office:
        row = media.by_id(office, medium)
        shown = _shown(office, row, rotation.standings(office))
        changed = office.ledger.entry(row.changed)
        why = changed.facts.get("why")
    context.show(
        {**shown, "changed_at": changed.at, "why": why if isinstance(why, str) else None},
        Table(
            (message("field"), message("value")),
            [
                (message("medium"), row.medium),
                (message("label"), row.label),
                (message("keeper"), row.keeper),
                (message("state"), row.state),
                (message("since"), changed.at),
                (message("why"), str(why or "—")),
                (message("file system"), f"{row.filesystem} {row.volume_id}"),
                (message("serial number"), row.device_serial or "—"),
                (message("snapshots"), shown["snapshots"]),
                (message("last backup"), shown["last_backup"] or message("never")),
                (message("confirmed"), _confirmed(shown)),
                (message("last seen"), shown["last_seen"] or "—"),
                (message("turn"), shown["turn"] or "—"),
            ],
        ),
    )


@command("hand", example="securedoc --as bao media hand 'USB 1' --to 'Ngô Thị Hoa'")
@click.argument("medium", metavar="MEDIUM")
@click.option("--to", "keeper", required=True, metavar="NAME", help="Who keeps it from now on.")
@pass_context
def hand_command(context: Context, medium: str, keeper: str) -> None:
    """Enter that another person keeps a stick from now on; reminders name that person.

    What is written on the stick itself stays as it was signed: print a new label for its case.
    """
    from securedoc.backup.keeping import hand

    with context.app.open() as office:
        row = hand(office, medium, keeper)
    context.show(
        {"medium": row.medium, "label": row.label, "keeper": row.keeper},
        message("{label} is kept by {keeper} from now on", label=row.label, keeper=row.keeper),
        message("draw a new label for it: securedoc media label MEDIUM --out FILE.pdf"),
    )


@command("retire", example="securedoc --as bao media retire 'USB 1' --why 'Hỏng đầu cắm'")
@click.argument("medium", metavar="MEDIUM")
@click.option("--why", required=True, metavar="TEXT", help="Reason, kept in the ledger.")
@pass_context
def retire_command(context: Context, medium: str, why: str) -> None:
    """Take a stick out of use: no backup is written to it again.

    What is on it stays there: sanitise it, or have it destroyed.
    """
    from securedoc.backup.retiring import retire

    with context.app.open() as office:
        row = retire(office, medium, why)
    context.show(
        {"medium": row.medium, "label": row.label, "state": row.state, "entry": row.changed},
        message("{label} is out of use; its backups are still on it", label=row.label),
        message("overwrite it as a whole: securedoc media sanitise PATH --out CERTIFICATE.pdf"),
    )


@command(
    "sanitise",
    example="sudo securedoc --as bao media sanitise /media/usb --out chung-nhan.pdf --second chi",
)
@click.argument("path", type=PATH)
@click.option(
    "--out", type=PATH, required=True, metavar="FILE.pdf", help="Write the certificate here; a new file."
)
@confirmed
@pass_context
def sanitise_command(context: Context, path: Path, out: Path) -> None:
    """Overwrite a retired stick as a whole, read it back, and certify it; two people.

    PATH is where the stick is mounted, or its device. Refused is everything but a registered, retired,
    removable medium that nothing else uses. What is on it is unmounted first. The second officer's
    passphrase is the last word before the first write.
    """
    from securedoc.backup import sanitising, target
    from securedoc.cli.language import translator

    app = context.app
    vietnamese = translator("vi")
    with app.open() as office:
        found = target.find(office, path)
        sanitising.require_place(out, found.disk)
        context.note(
            message(
                "everything on {disk} is about to be overwritten: {label}, {model}, serial number {serial}, "
                "{size} bytes",
                disk=found.disk.name,
                label=found.medium.label,
                model=found.disk.model or "?",
                serial=found.disk.serial or "?",
                size=found.disk.size_bytes,
            )
        )
        with app.second() as second:
            terms = sanitising.Terms(out, second, lambda words: words.said(vietnamese))
            done = sanitising.sanitise(office, found, terms)
    whole = message(
        "{label} is sanitised: {octets} bytes overwritten and read back",
        label=found.medium.label,
        octets=done.verified_bytes,
    )
    context.show(
        {
            "medium": found.medium.medium,
            "bytes": found.disk.size_bytes,
            "verified_bytes": done.verified_bytes,
            "mismatches": done.mismatches,
            "discarded": done.discarded,
            "certificate": out if done.certificate else None,
            "digest": done.certificate,
            "entry": done.entry,
        },
        *(
            [whole, message("the certificate is {name}: print it, and have it signed", name=out.name)]
            if done.certificate
            else []
        ),
        message("what flash keeps in spare blocks no program reaches; the certificate says so"),
    )
    done.require()


_CONFIRMED: Final[Mapping[bool | None, Message | str]] = {
    True: message("yes"),
    False: message("no"),
    None: "—",
}


def _confirmed(shown: "dict[str, Any]") -> Message | str:
    return _CONFIRMED[shown["confirmed"]]


def _media(office: "Office", standings: "Sequence[Standing]") -> "list[dict[str, Any]]":
    return [_shown(office, row, standings) for row in office.ledger.media()]


def _shown(office: "Office", row: "MediumRow", standings: "Sequence[Standing]") -> "dict[str, Any]":
    snapshots = office.ledger.snapshots(row.medium)
    last = office.ledger.entry(snapshots[0].entry).at if snapshots else None
    turns = enumerate(standings, start=1)
    turn, standing = next((pair for pair in turns if pair[1].row.medium == row.medium), (None, None))
    return {
        "medium": row.medium,
        "label": row.label,
        "keeper": row.keeper,
        "state": row.state,
        "filesystem": row.filesystem,
        "volume_id": row.volume_id,
        "device_serial": row.device_serial,
        "registered_at": office.ledger.entry(row.entry).at,
        "snapshots": len(snapshots),
        "last_backup": last,
        "age_days": None if last is None else (office.now() - last).days,
        **turnview.medium(standing, turn),
    }
