"""The `backup due` command: what is due, and the reminder that needs no key."""

from typing import TYPE_CHECKING

import click

from securedoc.cli import residue, scheduleview, turnview, unlocking
from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.core.text import message

if TYPE_CHECKING:
    from datetime import datetime


@command("due", example=("securedoc --as bao backup due", "securedoc --vault /srv/vault backup due --remind"))
@click.option("--remind", is_flag=True, help="Without a key: say what is due, or nothing; for timers.")
@click.option("--plugged-in", is_flag=True, help="With --remind: say that a stick has just been plugged in.")
@click.option("--if-plugged-in", is_flag=True, help="The same where one is, else nothing at all.")
@pass_context
def due_command(context: Context, *, remind: bool, plugged_in: bool, if_plugged_in: bool) -> None:
    """Say when the next backup, drill and rehearsal are due by the policy, and which stick is next."""
    from securedoc.backup import reminding, rotation, schedule
    from securedoc.core.officetime import day_of
    from securedoc.office import residue as residues

    if (plugged_in or if_plugged_in) and not remind:
        raise click.UsageError("--plugged-in goes with --remind")
    if remind:
        _remind(context, plugged_in=plugged_in or if_plugged_in, only_if=if_plugged_in)
        return
    with context.app.open(read_only=True) as office:
        due, drill = schedule.next_backup(office), schedule.next_drill(office)
        rehearsal = schedule.next_rehearsal(office)
        standings = rotation.standings(office)
        media, said = turnview.result(office, standings), turnview.lines(office, standings)
        held = residues.media(office)
        bring_in, held_lines = residue.media(office, held), residue.lines(office, held)
        reminding.keep_note(office)

    def day(when: "datetime") -> str:
        return day_of(when).isoformat()

    words = message("the next backup is due on {when}", when=day(due.due_at))
    if due.overdue:
        words = message("a backup is overdue since {when}", when=day(due.due_at))
    context.show(
        {
            "due_at": due.due_at,
            "overdue": due.overdue,
            "last": due.last,
            "drill": scheduleview.result(drill),
            "rehearsal": scheduleview.result(rehearsal),
            "media": media,
            "bring_in": bring_in,
        },
        words,
        scheduleview.drill(drill, day(drill.due_at)),
        scheduleview.rehearsal(rehearsal, day(rehearsal.due_at)),
        *said,
        *held_lines,
    )


def _remind(context: Context, *, plugged_in: bool, only_if: bool) -> None:
    import os

    from securedoc.backup import reminding
    from securedoc.office import card

    place = context.app.place()
    unlocking.clock_rule(context)(card.read(place).training)
    if only_if and not reminding.stick_is_in(place):
        context.show({"said": [], "told": []})
        return
    reminder = reminding.remind(place, context.clock.now(), plugged_in=plugged_in)
    told = []
    if reminder.lines:
        text = "\n".join(line.said(context.translate) for line in reminder.lines)
        title = message("securedoc: backup").said(context.translate)
        if reminding.show_on_desktop(title, text, urgent=reminder.urgent, uid=os.geteuid()):
            told.append("desktop")
    due = reminder.due
    context.show(
        {
            "known": due is not None,
            "due_at": due.due_at if due else None,
            "overdue": due.overdue if due else None,
            "last": due.last if due else None,
            "drill": scheduleview.result(reminder.drill) if reminder.drill else None,
            "said": list(reminder.lines),
            "told": told,
        },
        *(f"securedoc: {line.said(context.translate)}" for line in reminder.lines),
    )
