"""Puts the schedule into the machine and takes it away: the files first, then their manager is told."""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.backup import terminals, timetable
from securedoc.backup.terminals import Terminal
from securedoc.backup.timetable import Wanted
from securedoc.errors import BackupIncomplete, BackupRefused, HostFailed, HostMissing, HostRefused
from securedoc.system import files, planted, process
from securedoc.system.planted import Planted, State

ROOT: Final = Path("/")
_BOOTED: Final = Path("run/systemd/system")
_MOTD: Final = Path("/run/motd.d")
_STARTED: Final = frozenset({".timer", ".path"})
_MANAGER_S: Final = 60
_SESSION: Final = ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
_EMPTY_TABLE: Final = re.compile(rb"no crontab for ")


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the schedule goes."""

    configuration: Path | None
    """A person's ~/.config; None: the system's own places."""
    login: str
    """Who owns the vault."""
    root: Path = ROOT
    """Another one: the files of an image, whose manager does not run now."""
    systemd: bool = False
    """Whether systemd runs this machine."""
    terminal: Terminal | None = None
    """Where a line for new terminals stands, or would; None for the system's own schedule."""

    @property
    def kind(self) -> str:
        """In a word: `systemd-system`, `systemd-user`, `cron-system`, `cron-user`."""
        manager = "systemd" if self.systemd else "cron"
        return f"{manager}-{'system' if self.configuration is None else 'user'}"

    @property
    def runs(self) -> bool:
        """Whether the manager can be told now."""
        return self.root == ROOT


@dataclass(frozen=True, slots=True)
class Installed:
    """What was done, or would be."""

    changed: tuple[Path, ...]
    """A shell's start-up file among them, where a line was put into it."""
    table_changed: bool
    """A line of the person's own crontab."""
    started: bool


def has_systemd(root: Path) -> bool:
    """Tell whether systemd runs the machine; the files of an image are made for it."""
    return root != ROOT or (root / _BOOTED).is_dir()


def planned(wanted: Wanted, machine: Machine) -> tuple[Planted, ...]:
    """Return the files that belong on this machine; none where a line of a crontab does.

    Raises:
        HostRefused: a path cannot stand in them.
    """
    if machine.systemd and machine.configuration is not None:
        return timetable.user_files(wanted, machine.configuration)
    if machine.systemd:
        return timetable.system_files(wanted, machine.root)
    if machine.configuration is None:
        return timetable.cron_files(wanted, machine.login, machine.root)
    return ()


def overridden(files_of_ours: Sequence[Planted]) -> tuple[Path, ...]:
    """Return the drop-ins beside our units: with them, something else runs than what we wrote."""
    return tuple(
        path
        for one in files_of_ours
        if one.path.suffix in {".service", ".timer", ".path"}
        for path in sorted(one.path.with_name(f"{one.path.name}.d").glob("*"))
    )


def install(wanted: Wanted, machine: Machine, *, in_terminals: bool | None = None) -> Installed:
    """Write the schedule and have it run; done twice it changes nothing.

    With `in_terminals` each new terminal of the person says what is due, with False none does any more.

    Raises:
        HostRefused: something is in the way that is not ours, or only root may.
        HostFailed: the disk refused.
        HostMissing: there is neither systemd nor cron.
        BackupIncomplete: everything is written, but the manager could not be told.
    """
    _require_root(machine)
    wanted_files = planned(wanted, machine)
    changed = planted.put(wanted_files)
    if machine.terminal is not None and machine.systemd and in_terminals:
        changed += terminals.put(machine.terminal, wanted.vault, wanted.name)
    elif machine.terminal is not None and in_terminals is False:
        changed += terminals.take_away(machine.terminal, wanted.vault)
    table = not wanted_files and _put_line(wanted)
    if machine.systemd and machine.runs:
        _tell(_starting(wanted, machine))
    return Installed(changed, table, started=machine.runs)


def remove(vault: str, machine: Machine) -> Installed:
    """Take away what `install` wrote, whichever kind it was, and nothing else.

    Raises:
        HostRefused: a file of that name is not ours or was edited; nothing was removed. Or only root may.
        HostFailed: the disk refused.
        BackupIncomplete: everything is removed, but the manager could not be told.
    """
    _require_root(machine)
    ours = timetable.names(vault, machine.root, machine.configuration)
    found = any(one.state() is not State.ABSENT for one in ours)
    if found and machine.systemd and machine.runs:
        started = [one.path for one in ours if one.path.suffix in _STARTED and _is_ours(one)]
        _tell([(*manager(machine), "disable", "--now", path.name) for path in started], strict=False)
    changed = planted.take_away(ours)
    if machine.terminal is not None:
        changed += terminals.take_away(machine.terminal, vault)
    table = machine.configuration is not None and machine.runs and _remove_line(vault)
    if found and machine.systemd and machine.runs:
        if machine.configuration is None:
            with suppress(OSError):  # the last reminder, which a login would go on showing
                files.remove(_MOTD / f"securedoc-{vault[:8]}")
        _tell([(*manager(machine), "daemon-reload")])
    return Installed(changed, table, started=False)


def _is_ours(one: Planted) -> bool:
    return one.state() in {State.CURRENT, State.OUTDATED}


def _require_root(machine: Machine) -> None:
    if machine.configuration is None and machine.runs and os.geteuid() != 0:
        raise HostRefused(
            "only root may change what the system does",
            hint="run it with --user for yourself alone, or as root",
        )


def manager(machine: Machine) -> tuple[str, ...]:
    """Return the program that speaks to whoever follows the schedule."""
    return ("systemctl",) if machine.configuration is None else ("systemctl", "--user")


def _starting(wanted: Wanted, machine: Machine) -> list[tuple[str, ...]]:
    told = manager(machine)
    commands = [(*told, "daemon-reload"), (*told, "enable", "--now", wanted.timer)]
    if machine.configuration is not None:
        commands.append((*told, "enable", "--now", timetable.stick_path(wanted)))
    if machine.configuration is None:
        motd = str(ROOT / timetable.SYSTEM_TMPFILES / f"{wanted.name}.conf")
        commands = [("systemd-tmpfiles", "--create", motd), ("udevadm", "control", "--reload"), *commands]
    return commands


def _tell(commands: Sequence[Sequence[str]], *, strict: bool = True) -> None:
    for words in commands:
        program = process.find(words[0])
        code: int | None = None
        with suppress(OSError, TimeoutError):
            if program is not None:
                code = process.run(
                    [str(program), *words[1:]],
                    cwd=ROOT,
                    timeout_s=_MANAGER_S,
                    env=process.inherited(_SESSION),
                ).code
        if code != 0 and strict:
            raise BackupIncomplete(
                "the files are as they should be, but this did not work: {command}",
                command=" ".join(words),
                hint="run that command yourself, or restart the machine",
            )


def _put_line(wanted: Wanted) -> bool:
    line = timetable.cron_line(wanted)
    block = planted.marked(wanted.vault, line)
    before = _table()
    after = _without(before, wanted.vault) + block
    if before == after:
        return False
    _write_table(after)
    return True


def _remove_line(vault: str) -> bool:
    if process.find("crontab") is None:
        return False
    before = _table()
    after = _without(before, vault)
    if before != after:
        _write_table(after)
    return before != after


def table_state(wanted: Wanted) -> State:
    """Tell how our line stands in the person's own crontab.

    Raises:
        HostMissing, HostFailed: there is no cron, or it does not answer.
    """
    table = _table()
    if planted.marked(wanted.vault, timetable.cron_line(wanted)) in table:
        return State.CURRENT
    try:
        return State.ABSENT if _without(table, wanted.vault) == table else State.OUTDATED
    except BackupRefused:
        return State.CHANGED


def _without(table: bytes, vault: str) -> bytes:
    """Return a crontab without our line; every other byte of it stays."""
    try:
        return planted.without(table, vault)
    except ValueError as error:
        raise BackupRefused(
            "the line of securedoc in your crontab was edited",
            hint="remove it and the line above it with crontab -e, and try again; nothing was changed",
        ) from error


def _table() -> bytes:
    done = _crontab("-l")
    if done.code == 0:
        return done.output
    if _EMPTY_TABLE.search(done.errors):
        return b""
    raise HostFailed("cron does not give out this person's table", hint="see: crontab -l")


def _write_table(table: bytes) -> None:
    # A table without an end of line is refused by cron; another person's last line may lack it.
    if _crontab("-", stdin=table).code != 0:
        raise HostFailed("cron did not take the line", hint="see: crontab -e")


def _crontab(argument: str, stdin: bytes = b"") -> process.Finished:
    program = process.find("crontab")
    if program is None:
        raise HostMissing(
            "there is neither systemd nor cron here",
            hint="look yourself, each week: securedoc backup due",
        )
    try:
        return process.run([str(program), argument], cwd=ROOT, timeout_s=_MANAGER_S, stdin=stdin)
    except (OSError, TimeoutError) as error:
        raise HostFailed("cron does not answer") from error
