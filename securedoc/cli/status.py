"""The `status` command: one screen of how things stand."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from securedoc.cli import dueview, residue, scheduleview, turnview
from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentState
from securedoc.core.media import MediumState
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.ledger.paperqueries import CopyRow

DUE_WITHIN_DAYS = 30


@command("status", example="securedoc --vault /srv/vault --as an status")
@pass_context
def status_command(context: Context) -> None:
    """Show what waits, what is due, how the vault stands."""
    from datetime import timedelta

    from securedoc.audit import guard
    from securedoc.backup import rotation, schedule
    from securedoc.cli import twopeople
    from securedoc.custody import duelist
    from securedoc.custody.duelist import DueKind
    from securedoc.editing import recovery
    from securedoc.office import residue as residues
    from securedoc.printing import recovery as prints
    from securedoc.witnessing import keeping

    with context.app.open(read_only=True) as office:
        head = office.ledger.head().checkpoint
        backup = schedule.next_backup(office)
        drill, rehearsal = schedule.next_drill(office), schedule.next_rehearsal(office)
        drafts = office.ledger.documents(DocumentState.DRAFT)
        waiting = office.ledger.documents(DocumentState.FINAL, DocumentState.SIGNED)
        due = duelist.due(office, timedelta(days=DUE_WITHIN_DAYS))
        today = office.today()
        crashed = len(recovery.pending(office.place.root))
        machine = guard.look(office.policy)
        cut_off = prints.pending(office)
        incidents = office.ledger.incidents()
        sheets = sum(row.sheets for row in office.ledger.paper())
        witnessed = keeping.standing(office)
        standings = rotation.standings(office)
        media, said = turnview.result(office, standings), turnview.lines(office, standings)
        waits = twopeople.waiting(office)
        held = residues.media(office)
        bring_in, held_lines = residue.media(office, held), residue.lines(office, held)
        unfinished = [row for row in office.ledger.media() if row.state is MediumState.SANITISING]
    context.show(
        {
            "office": office.card.office,
            "training": office.card.training,
            "guard": {"fit": machine.fit, "level": machine.level},
            "session": None,
            "drafts": len(drafts),
            "waiting": [{"id": row.id, "state": row.state} for row in waiting],
            "due": dueview.result(due, today),
            "interrupted": crashed,
            "incidents": [
                {"kind": row.incident, "id": row.document, "print": row.print, "copy": row.copy}
                for row in incidents
            ],
            "prints_cut_off": [row.print for row in cut_off],
            "paper_waiting": sheets,
            "requests": waits.requests,
            "destructions_cut_off": waits.cut_off,
            "reports_owed": waits.reports_owed,
            "sanitising": [row.medium for row in unfinished],
            "backup": {
                **scheduleview.result(backup),
                "drill": scheduleview.result(drill),
                "rehearsal": scheduleview.result(rehearsal),
                "media": media,
                "bring_in": bring_in,
            },
            "witnesses": {
                "size": witnessed.size,
                "at": witnessed.at,
                "due_at": witnessed.due_at,
                "overdue": witnessed.overdue,
            },
            "ledger": {"size": head.size, "root": Digest(head.root), "origin": head.origin},
        },
        f"{office.card.office} — {office.card.place}",
        *_lines(office.card.training, machine_fit=machine.fit, crashed=crashed),
        *_paper(incidents, len(cut_off), sheets),
        *dueview.late(due, today),
        *waits.lines,
        *held_lines,
        Table(
            (message("what"), message("how it stands")),
            [
                (message("drafts"), len(drafts)),
                (message("finalised or signed, not yet issued"), len(waiting)),
                (message("terms that end within 30 days"), sum(one.kind is DueKind.TERM for one in due)),
                (message("copies due back within 30 days"), sum(one.copy is not None for one in due)),
                (message("last backup"), backup.last or message("never")),
                (message("next backup due"), backup.due_at),
                (message("next restore drill due"), drill.due_at),
                (message("next rehearsal of the emergency due"), rehearsal.due_at),
                (message("entries in the ledger"), head.size),
                (message("of them cosigned by witnesses"), witnessed.size),
                (message("next witnessing due"), witnessed.due_at),
                (message("head of the ledger"), Digest(head.root)),
            ],
        ),
        *(
            message("the sanitising of {label} was begun and never ended", label=row.label)
            for row in unfinished
        ),
        *(
            [message("THE BACKUP IS OVERDUE: plug in the stick and run: securedoc backup run")]
            if backup.overdue
            else []
        ),
        *(
            [message("a restore drill is due: securedoc backup drill PATH")]
            if drill.overdue and backup.last is not None
            else []
        ),
        *said,
    )


def _lines(training: bool, *, machine_fit: bool, crashed: int) -> list[Message]:
    lines = []
    if training:
        lines.append(message("TRAINING vault: nothing in it is a real document"))
    if not machine_fit:
        lines.append(message("this machine is not fit for secrets; see: securedoc guard check"))
    if crashed:
        lines.append(message("{count} interrupted sessions wait; run: securedoc recover", count=crashed))
    return lines


def _paper(incidents: "Sequence[CopyRow]", cut_off: int, sheets: int) -> list[Message]:
    lines = [
        message(
            "PAPER IS NOT ACCOUNTED FOR: copy {copy} of {document}; count it: "
            "securedoc print reconcile {document} --copy {copy} --counted N --spoiled N",
            copy=row.copy,
            document=row.document,
        )
        for row in incidents
    ]
    if cut_off:
        lines.append(message("{count} prints were cut off; run: securedoc recover", count=cut_off))
    if sheets:
        lines.append(
            message("{count} spoiled sheets wait for the shredder: securedoc paper list", count=sheets)
        )
    return lines
