"""The `backup` commands that write to a stick or look at one."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from securedoc.cli import mediumview, prune, turnview
from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.types import PATH
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.backup.confirming import Confirmed
    from securedoc.backup.examine import Depth, Look
    from securedoc.backup.pruneplan import Removal
    from securedoc.backup.verify import Report
    from securedoc.core.digests import Digest
    from securedoc.signing.trust import TrustStore


@command("run", example=("securedoc --as bao backup run", "securedoc --as bao backup run --to /media/usb"))
@click.option("--to", type=PATH, metavar="PATH", help="Where the medium is; default: the one plugged in.")
@click.option(
    "--parity",
    type=click.IntRange(0, 50),
    metavar="PERCENT",
    help="Recovery data, in per cent; default: as policy says.",
)
@click.option("--no-read-back", is_flag=True, help="Do not read back what was written; the entry says so.")
@click.option("--keep-all", is_flag=True, help="Remove no older snapshot, whatever policy says.")
@pass_context
def run_command(
    context: Context, to: Path | None, parity: int | None, *, no_read_back: bool, keep_all: bool
) -> None:
    """Write a snapshot to a registered medium and read it back.

    Only what the medium does not hold yet is written. The snapshot exists when its one rename has
    happened; until then the one before it is untouched. Recovery data (PAR2) follows, for every part
    that has none yet: `backup repair` brings damaged bytes back with it. Last, snapshots that still
    open a destroyed document are removed, and those that policy does not keep.
    """
    from securedoc.backup import rotation, run, turnwords
    from securedoc.keyring import words

    with context.app.open() as office:
        before = rotation.standings(office)
        done = run.run(office, to, read_back=not no_read_back, parity_percent=parity, keep_all=keep_all)
        after = rotation.standings(office)
    for remark in done.remarks:
        context.note(remark)
    expected = before[0] if before and before[0].row.medium != done.medium else None
    if expected is not None:
        context.note(turnwords.out_of_turn(done.label, expected))
    made = done.made
    spelt = words.spell(made.manifest)
    for name in done.removed:
        context.note(message("removed what an interrupted backup had left: {name}", name=name))
    for name in done.stray:
        context.note(message("left on the stick by another system, and left there: {name}", name=name))
    for number in done.adopted:
        context.note(message("snapshot {number} was whole and is now recorded", number=number))
    context.show(
        {
            "medium": done.medium,
            "label": done.label,
            "snapshot": made.snapshot,
            "objects": made.objects,
            "new_objects": made.new_objects,
            "bytes_written": made.octets,
            "seconds": done.seconds,
            "rate": done.rate,
            "manifest_digest": made.manifest,
            "manifest_words": spelt,
            "checkpoint": {"size": made.tree.size, "root": made.tree.root},
            "read_back": made.read_back,
            "adopted": list(done.adopted),
            "removed": list(done.removed),
            "stray": list(done.stray),
            "parity": {"bags": done.protected.bags, "bytes": done.protected.octets},
            "pruned": prune.as_json(done.pruned),
            "in_turn": expected is None,
            "next": turnview.following(after),
            "confirmed": False,
            "refreshed": prune.as_json(done.refreshed),
        },
        message(
            "snapshot {number} is on {label}: {objects} objects, {new} of them new; "
            "{bytes} bytes in {seconds} s",
            number=made.snapshot,
            label=done.label,
            objects=made.objects,
            new=made.new_objects,
            bytes=made.octets,
            seconds=done.seconds,
        ),
        message(
            "recovery data was made for {count} bags: {bytes} bytes",
            count=done.protected.bags,
            bytes=done.protected.octets,
        ),
        message("digest of its manifest: {digest}", digest=str(made.manifest)),
        message("the same to read aloud: {words}", words=spelt),
        *(prune.lines(done.pruned, done.label) if done.pruned else ()),
        turnwords.unconfirmed(done.label, made.snapshot),
        *(_refreshed(done.refreshed, done.label) if done.refreshed else ()),
        *([bring] if (bring := turnwords.bring([*map(turnwords.told, after)])) else []),
    )


def _refreshed(removal: "Removal", label: str) -> tuple[Message, ...]:
    numbers = ", ".join(map(str, removal.snapshots)) or "-"
    return (
        message(
            "{label} no longer opens what was destroyed: snapshots {numbers} are removed",
            label=label,
            numbers=numbers,
        ),
        message("flash memory keeps what was removed for a time: lock the medium away as before"),
    )


@command("list", example=("securedoc --as bao backup list", "securedoc backup list --from /media/usb"))
@click.option("--from", "source", type=PATH, metavar="PATH", help="A medium; default: what the ledger knows.")
@pass_context
def list_command(context: Context, source: Path | None) -> None:
    """List the snapshots that the ledger knows, or those on a medium.

    On a medium only names, sizes and signatures are looked at; `backup verify` reads everything.
    """
    if source is None:
        _list_known(context)
        return
    from securedoc.backup.examine import Depth
    from securedoc.backup.verify import verify

    trust, proven = trusted_by(context, source, None)
    report = verify(source, _look(context, trust, Depth.NAMES), weigh=True)
    context.show(
        {
            "medium": report.medium,
            "label": report.label,
            "vault": report.vault,
            "signature": mediumview.signature(report, proven=proven),
            "snapshots": [mediumview.snapshot(one) for one in report.snapshots],
            "defects": [defect.as_json() for defect in report.defects],
            "stray": list(report.stray),
            "bags": [
                {"bag": str(one.bag), "bytes": one.octets, "dead_bytes": one.dead} for one in report.weights
            ],
        },
        mediumview.snapshots(report),
        mediumview.weights(report),
        *mediumview.spelt(report),
    )
    report.require()


@command(
    "verify",
    example=(
        "securedoc backup verify /media/usb --trust authority.pem",
        "securedoc --as kien backup verify /media/usb --quick",
    ),
)
@click.argument("path", type=PATH, required=False)
@click.option("--full", "depth", flag_value="full", default=True, help="Read every byte (the default).")
@click.option("--quick", "depth", flag_value="quick", help="Read everything but the packs of objects.")
@click.option("--names", "depth", flag_value="names", help="Names, sizes and signatures only.")
@click.option("--snapshot", type=click.IntRange(1, 9999), metavar="N", help="One snapshot; default: all.")
@click.option("--trust", type=PATH, metavar="FILE", help="The office's certificate; no vault is opened then.")
@click.option(
    "--manifest",
    metavar="DIGEST|WORDS",
    help="What the newest snapshot's manifest must be, as somebody read it out.",
)
@pass_context
def verify_command(
    context: Context,
    path: Path | None,
    depth: str,
    snapshot: int | None,
    trust: Path | None,
    manifest: str | None,
) -> None:
    """Check a medium; with --trust neither vault nor key is needed.

    Every defect is named. With an officer (--as) the ledger is asked as well: only it knows
    whether this is the newest state of the medium; the result is recorded. Snapshots on a stick that
    was plugged in again since they were written, and read as a whole, are confirmed by it.
    """
    from securedoc.backup.examine import Depth
    from securedoc.backup.forecast import set_bytes
    from securedoc.backup.verify import verify

    said = _said(manifest)
    recorded, proven = False, True
    confirmed: Confirmed | None = None
    if trust is None and context.officer is not None and context.app.has_vault():
        report, recorded, confirmed = _verified_with_vault(context, path, Depth(depth), snapshot)
    else:
        where = path or _plugged_in(context)
        store, proven = trusted_by(context, where, trust)
        if depth != Depth.NAMES:
            # How fast it was before, only its vault knows.
            context.progress.foresee(set_bytes(where, Depth(depth)), None)
        report = verify(where, _look(context, store, Depth(depth)), snapshot=snapshot)
    if said is not None:
        report = report.held_against(said)
    context.show(
        {**mediumview.result(report, proven=proven, recorded=recorded), **mediumview.confirmed(confirmed)},
        *mediumview.lines(report, proven=proven),
        *mediumview.confirmed_lines(report, confirmed),
    )
    report.require()


@command(
    "repair",
    example=(
        "securedoc backup repair /media/usb --trust authority.pem",
        "securedoc --as bao backup repair /media/usb --snapshot 3",
        "securedoc backup repair /media/usb --into /srv/repaired",
    ),
)
@click.argument("path", type=PATH)
@click.option("--snapshot", type=click.IntRange(1, 9999), metavar="N", help="One snapshot; default: all.")
@click.option("--trust", type=PATH, metavar="FILE", help="The office's certificate; no vault is opened then.")
@click.option("--into", type=PATH, metavar="DIR", help="Leave the stick as it is; put a repaired copy here.")
@pass_context
def repair_command(
    context: Context, path: Path, snapshot: int | None, trust: Path | None, into: Path | None
) -> None:
    """Repair damaged or missing files of a medium from its recovery data (PAR2).

    Nothing is written before everything is known to be repairable: each file is brought back on this
    machine and proven against what was signed, then put in its place. Needs neither vault nor key
    with --trust; with an officer (--as) the repair is recorded.
    """
    from securedoc.backup import checked
    from securedoc.backup.examine import Depth
    from securedoc.backup.repair import repair

    recorded, proven = False, True
    if trust is None and context.officer is not None and context.app.has_vault():
        with context.app.open() as office:
            outcome, recorded = checked.repair_known(office, path, snapshot=snapshot, into=into)
    else:
        store, proven = trusted_by(context, path, trust)
        outcome = repair(path, _look(context, store, Depth.FULL), snapshot=snapshot, into=into)
    context.show(
        mediumview.repaired(outcome, proven=proven, recorded=recorded), *mediumview.repair_lines(outcome)
    )
    outcome.require()


def _list_known(context: Context) -> None:
    from securedoc.keyring import words

    with context.app.open(read_only=True) as office:
        labels = {row.medium: row.label for row in office.ledger.media()}
        rows = [(row, office.ledger.entry(row.entry).at) for row in office.ledger.snapshots()]
    snapshots: list[dict[str, Any]] = [
        {
            "medium": row.medium,
            "label": labels.get(row.medium),
            "snapshot": row.snapshot,
            "at": at,
            "objects": row.objects,
            "new_objects": row.new_objects,
            "bytes": row.bytes,
            "manifest": row.manifest,
            "manifest_words": words.spell(row.manifest),
            "defects": row.defects,
            "on_medium": row.pruned is None,
        }
        for row, at in rows
    ]
    columns = ("label", "snapshot", "at", "objects", "new_objects", "bytes")
    there = {True: message("yes"), False: message("taken off")}
    context.show(
        {"snapshots": snapshots},
        Table(
            (
                message("label"),
                message("snapshot"),
                message("made"),
                message("objects"),
                message("new"),
                message("bytes"),
                message("on the medium"),
            ),
            [[*(row[name] for name in columns), there[row["on_medium"]]] for row in snapshots],
        ),
        *(
            mediumview.aloud(labels.get(row.medium, row.medium), row.snapshot, words.spell(row.manifest))
            for row, _ in rows
            if row.pruned is None
        ),
    )


def _said(untrusted_manifest: str | None) -> "Digest | None":
    from securedoc.keyring import words

    if untrusted_manifest is None:
        return None
    try:
        return words.parse_digest(untrusted_manifest)
    except ValueError as error:
        raise click.BadParameter("neither a digest nor its 26 words", param_hint="--manifest") from error


def _look(context: Context, trust: "TrustStore", depth: "Depth") -> "Look":
    from securedoc.backup.examine import Look

    return Look(trust, context.clock.now(), depth, context.progress)


def trusted_by(context: Context, path: Path, trust: Path | None) -> "tuple[TrustStore, bool]":
    """Return whom to trust, and whether that proves who made the medium.

    What was named; else the vault's authority; else what the medium says of itself, which proves
    no more than that nothing was damaged.
    """
    from securedoc.backup import media_set
    from securedoc.signing.trust import TrustStore

    if trust is not None:
        return TrustStore.load(trust), True
    if context.app.has_vault():
        return TrustStore.load(context.app.place().keyring / "certificates" / "authority.der"), True
    context.note(
        message(
            "the certificate is taken from the medium itself: that shows damage, but not who made it; "
            "give --trust FILE"
        )
    )
    return media_set.stated_trust(media_set.find(path)), False


def _plugged_in(context: Context) -> Path:
    from securedoc.backup.media import plugged_in
    from securedoc.office import card

    return plugged_in(card.read(context.app.place()).vault)


def _verified_with_vault(
    context: Context, path: Path | None, depth: "Depth", snapshot: int | None
) -> "tuple[Report, bool, Confirmed]":
    from securedoc.backup import checked

    with context.app.open() as office:
        return checked.verify_and_confirm(office, path, depth, snapshot=snapshot)
