"""The `backup schedule` commands: the machine's own reminder."""

import os
import pwd
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Line, Table
from securedoc.cli.types import PATH
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from securedoc.backup.active import Follower
    from securedoc.backup.installing import Machine
    from securedoc.backup.terminals import Terminal
    from securedoc.backup.timetable import Wanted
    from securedoc.office.office import Office
    from securedoc.system.planted import State

CRON: Final = "cron"
F = TypeVar("F", bound=Callable[..., object])


def _where(function: F) -> F:
    for decorate in (
        click.option("--root", type=PATH, metavar="DIR", help="Files of an image instead; starts nothing."),
        click.option("--user", "system", flag_value=False, default=False, help="For me alone (the default)."),
        click.option("--system", "system", flag_value=True, help="For the machine: sticks too; needs root."),
    ):
        function = decorate(function)
    return function


@command(
    "show",
    example=("securedoc --as bao backup schedule show", "securedoc --as bao backup schedule show --system"),
)
@_where
@pass_context
def show_command(context: Context, *, system: bool, root: Path | None) -> None:
    """Show what the machine is told, and whether it stands there already.

    A timer asks securedoc each morning; what is due follows from the policy and the last backup. No
    passphrase is stored anywhere, so it reminds and never backs up by itself.
    """
    _show(context, system=system, root=root, texts=True)


@command(
    "install",
    example=(
        "securedoc --as bao backup schedule install",
        "sudo securedoc --vault /srv/vault --as bao backup schedule install --system",
    ),
)
@_where
@click.option("--dry-run", is_flag=True, help="Only show what would be written.")
@click.option(
    "--terminal/--no-terminal",
    default=None,
    help="A line in the shell's start-up file, for each new terminal; default: as policy says.",
)
@pass_context
def install_command(
    context: Context, *, system: bool, root: Path | None, dry_run: bool, terminal: bool | None
) -> None:
    """Have the machine remind of backups: a timer, a desktop notice, a line at login.

    Plugging a registered stick in reminds as well. Files of others are never replaced; done again, it
    brings the files up to date, for instance after a stick was registered.
    """
    from securedoc.backup import installing, reminding

    if dry_run:
        _show(context, system=system, root=root, texts=True)
        return
    with context.app.open(read_only=True) as office:
        office.permit("backup")
        wanted, unnamed = _wanted(context, office)
        machine = _machine(wanted, system=system, root=root)
        asked = terminal if terminal is not None else office.policy.media.terminal_reminder or None
        done = installing.install(wanted, machine, in_terminals=asked)
        reminding.keep_note(office)
    context.show(
        {
            "kind": machine.kind,
            "written": list(done.changed),
            "crontab": done.table_changed,
            "started": done.started,
            "not_noticed": unnamed,
        },
        *(message("written: {path}", path=str(path)) for path in done.changed),
        *([message("a line was put into your crontab")] if done.table_changed else []),
        *([message("nothing had to be changed")] if not (done.changed or done.table_changed) else []),
        *_remarks(machine, unnamed),
    )


@command(
    "remove", example=("securedoc backup schedule remove", "sudo securedoc backup schedule remove --system")
)
@_where
@click.option("--dry-run", is_flag=True, help="Only show what would be removed.")
@pass_context
def remove_command(context: Context, *, system: bool, root: Path | None, dry_run: bool) -> None:
    """Take the reminder away; only what securedoc wrote for this vault, and no key is needed."""
    from securedoc.backup import installing, timetable
    from securedoc.office import card
    from securedoc.system.planted import State

    place = context.app.place()
    vault = card.read(place).vault
    machine = _machine_of(place.root, system=system, root=root)
    if dry_run:
        ours = timetable.names(vault, machine.root, machine.configuration)
        there = [one.path for one in ours if one.state() is not State.ABSENT]
        context.show(
            {"kind": machine.kind, "removed": [], "would_remove": there},
            *(message("would be removed: {path}", path=str(path)) for path in there),
        )
        return
    done = installing.remove(vault, machine)
    context.show(
        {"kind": machine.kind, "removed": list(done.changed), "crontab": done.table_changed},
        *(message("removed: {path}", path=str(path)) for path in done.changed),
        *([message("the line was taken out of your crontab")] if done.table_changed else []),
        *([message("there was nothing to remove")] if not (done.changed or done.table_changed) else []),
    )


def _show(context: Context, *, system: bool, root: Path | None, texts: bool) -> None:
    from securedoc.backup import active, installing, timetable
    from securedoc.errors import HostMissing

    with context.app.open(read_only=True) as office:
        wanted, unnamed = _wanted(context, office)
    machine = _machine(wanted, system=system, root=root)
    ours = installing.planned(wanted, machine)
    states = [(one, one.state()) for one in ours]
    drop_ins = installing.overridden(ours)
    line = timetable.cron_line(wanted)
    # Where no file is written, the line stands in the person's own table, or nowhere.
    table, alone = None, False
    try:
        table = None if ours else installing.table_state(wanted)
    except HostMissing:
        alone = True
    shown: dict[str, Any] = {
        "kind": machine.kind,
        "calendar": timetable.calendar(wanted.interval_days),
        "files": [{"path": one.path, "state": state, "text": one.data.decode()} for one, state in states],
        "cron_line": line.rstrip("\n"),
        "crontab": table,
        "drop_ins": list(drop_ins),
        "not_noticed": unnamed,
    }
    following = [] if alone else list(active.followers(wanted, machine))
    shown["active"] = [
        {"name": one.name, "active": one.active, "enabled": one.enabled, "outdated": one.outdated}
        for one in following
    ]
    shown["terminal"] = _terminal_state(wanted, machine)
    lines: list[Line] = []
    for one, _ in states if texts else ():
        lines += [f"--- {one.path}", one.data.decode().rstrip("\n"), ""]
    if not ours:
        lines.append(line.rstrip("\n"))
    context.show(
        shown,
        *lines,
        Table(
            (message("file"), message("how it stands")),
            [
                *((str(one.path), _STATES[state.value]) for one, state in states),
                *([("crontab", _STATES[table.value])] if table is not None else []),
            ],
        ),
        Table(
            (message("who follows it"), message("is active")),
            [(one.name, _followed(one)) for one in following],
        ),
        *(message("a drop-in changes what we wrote: {path}", path=str(path)) for path in drop_ins),
        *([message("there is neither systemd nor cron here")] if alone else []),
        *_remarks(machine, unnamed),
    )


_FOLLOWS: "Final[Mapping[bool | None, Message]]" = {
    True: message("yes"),
    False: message("NO: install it again, or see: systemctl status"),
    None: message("could not be checked"),
}


def _followed(one: "Follower") -> Message:
    if one.name == CRON and one.follows is False:
        return message("NO: cron does not run on this machine")
    return _FOLLOWS[one.follows]


def _terminal_state(wanted: "Wanted", machine: "Machine") -> "State | None":
    from securedoc.backup import terminals

    if machine.terminal is None:
        return None
    return terminals.state(machine.terminal, wanted.vault, wanted.name)


_STATES: Final = {
    "absent": message("not there"),
    "current": message("as it should be"),
    "outdated": message("ours, from before: install again"),
    "changed": message("EDITED SINCE"),
    "foreign": message("NOT OURS"),
}


def _remarks(machine: "Machine", unnamed: list[str]) -> list[Line]:
    lines: list[Line] = []
    if machine.kind == "systemd-user":
        lines.append(
            message("terminals show it too after: securedoc backup schedule install --terminal"),
        )
    if not machine.systemd:
        lines.append(message("without systemd a stick that is plugged in is not noticed"))
    elif unnamed:
        lines.append(message("not noticed when plugged in: {labels}", labels=", ".join(unnamed)))
    return lines


def _wanted(context: Context, office: "Office") -> "tuple[Wanted, list[str]]":
    from securedoc.backup import timetable
    from securedoc.backup.media import DIRECTORY

    in_use = [row for row in office.ledger.media() if row.in_use]
    rows = [row for row in in_use if row.filesystem != DIRECTORY]
    usable, _ = timetable.usable_volumes(row.volume_id or "" for row in rows)
    unnamed = [row.label for row in in_use if row.volume_id not in usable]
    root = office.place.root.absolute()
    return (
        timetable.Wanted(
            vault=office.vault_id,
            place=root,
            program=(sys.executable, "-P", "-m", "securedoc"),
            lang=context.lang,
            interval_days=office.policy.backup.interval_days,
            uid=root.stat().st_uid,
            volumes=usable,
        ),
        unnamed,
    )


def _machine(wanted: "Wanted", *, system: bool, root: Path | None) -> "Machine":
    return _machine_of(wanted.place, system=system, root=root)


def _machine_of(vault: Path, *, system: bool, root: Path | None) -> "Machine":
    from securedoc.backup.installing import ROOT, Machine, has_systemd
    from securedoc.system import process

    uid = vault.stat().st_uid if system or root is not None else os.geteuid()
    try:
        login = pwd.getpwuid(uid).pw_name
    except KeyError:
        login = str(uid)
    where = root.absolute() if root is not None else ROOT
    configuration = None
    if not system:
        told = process.inherited(("XDG_CONFIG_HOME", "HOME"))
        home = told.get("XDG_CONFIG_HOME") or f"{told.get('HOME') or Path.home()}/.config"
        configuration = where / Path(home).relative_to("/") if root is not None else Path(home)
    return Machine(configuration, login, where, has_systemd(where), _terminal(uid, where, system=system))


def _terminal(uid: int, root: Path, *, system: bool) -> "Terminal | None":
    from securedoc.backup.terminals import Terminal
    from securedoc.system import process

    if system:
        return None
    try:
        shell = pwd.getpwuid(uid).pw_shell
    except KeyError:
        shell = ""
    home = Path(process.inherited(("HOME",)).get("HOME") or Path.home())
    return Terminal(root / home.relative_to("/"), shell)
