"""The `backup residue` command, and the lines about it in `status` and `backup due`."""

from typing import TYPE_CHECKING

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Showable, Table
from securedoc.core.media import MediumState
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.office.office import Office
    from securedoc.office.residue import Held

ADVICE = {
    MediumState.REGISTERED: message("bring it in and run: securedoc backup run"),
    MediumState.RETIRED: message(
        "sanitise it: securedoc media sanitise DEVICE; or have it destroyed: securedoc media destroyed"
    ),
    MediumState.SANITISING: message("begin its sanitising again, or have it destroyed"),
    MediumState.UNSANITISED: message("have it destroyed before two witnesses: securedoc media destroyed"),
}


@command("residue", example="securedoc --as bao backup residue")
@pass_context
def residue_command(context: Context) -> None:
    """Name the media that still hold keys of destroyed documents, who keeps them, and what to do.

    Known from the ledger: nothing is plugged in for it. A medium in use is refreshed by its next backup; a
    retired one is sanitised. Copies that no entry records cannot be named: a vault restored elsewhere,
    a stick that somebody cloned.
    """
    from securedoc.office import residue

    with context.app.open(read_only=True) as office:
        found = residue.media(office)
        shown = media(office, found)
        rows = [
            (
                *(one.label, one.keeper, one.state, ", ".join(map(str, one.snapshots))),
                *(len(one.documents), residue.due_at(office, one), ADVICE[one.state]),
            )
            for one in found
        ]
    context.show(
        {"media": shown},
        Table(
            (
                message("medium"),
                message("keeper"),
                message("state"),
                message("which snapshots"),
                message("destroyed documents it opens"),
                message("bring in until"),
                message("what to do"),
            ),
            rows,
        ),
        message("{count} media still open destroyed documents", count=len(found))
        if found
        else message("no medium that the ledger knows of opens a destroyed document"),
        message("what no entry records cannot be named: restored vaults, cloned sticks"),
    )


def media(office: "Office", found: "tuple[Held, ...]") -> list[dict[str, Showable]]:
    """Return the fields that say what each medium holds, and until when it must be brought in."""
    from securedoc.office import residue

    now = office.now()
    return [
        {
            "medium": one.medium,
            "label": one.label,
            "keeper": one.keeper,
            "state": one.state,
            "snapshots": list(one.snapshots),
            "documents": list(one.documents),
            "since": one.since,
            "due_at": residue.due_at(office, one),
            "overdue": residue.due_at(office, one) < now,
            "advice": ADVICE[one.state],
        }
        for one in found
    ]


def lines(office: "Office", found: "tuple[Held, ...]") -> list[Message]:
    """Return what people are told about media that must be brought in."""
    from securedoc.core.officetime import day_of
    from securedoc.office import residue

    return [
        message(
            "{label}, kept by {keeper}, still opens {count} destroyed documents: bring it in until {day}",
            label=one.label,
            keeper=one.keeper,
            count=len(one.documents),
            day=day_of(residue.due_at(office, one)).isoformat(),
        )
        for one in found
    ]
