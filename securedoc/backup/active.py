"""Asks the machine whether the schedule that was written down is really followed."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.backup import timetable
from securedoc.backup.installing import Machine, manager
from securedoc.backup.timetable import Wanted
from securedoc.system import process

_ASK_S: Final = 20
_SESSION: Final = ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
_UDEV: Final = "systemd-udevd.service"
_CRON: Final = frozenset({"cron", "crond", "fcron"})
_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Follower:
    """Who follows a part of the schedule; None is what could not be checked."""

    name: str
    active: bool | None
    enabled: bool | None
    """Whether it will be active again after a restart."""
    outdated: bool | None
    """Whether its file was changed since it was read."""

    @property
    def follows(self) -> bool | None:
        """Whether it does, now and after a restart, what its file says."""
        asked = (self.active, self.enabled, None if self.outdated is None else not self.outdated)
        if False in asked:
            return False
        return None if None in asked else True


def followers(wanted: Wanted, machine: Machine) -> tuple[Follower, ...]:
    """Return whoever must be active for the schedule to be followed.

    The files of an image have nobody yet: of those nothing can be told.
    """
    names = _units(wanted, machine)
    if not machine.runs:
        return tuple(Follower(name, None, None, None) for name in names)
    if not machine.systemd:
        running = _cron_runs()
        return (Follower("cron", running, running, None if running is None else False),)
    found = [_asked(machine, name) for name in names]
    if machine.configuration is None:
        # It reads its rules anew when they change; it is of the machine, and nobody enables it.
        udev = _asked(machine, _UDEV)
        found.append(Follower(_UDEV, udev.active, udev.active, udev.outdated))
    return tuple(found)


def _units(wanted: Wanted, machine: Machine) -> tuple[str, ...]:
    if not machine.systemd:
        return ("cron",)
    return (wanted.timer,) if machine.configuration is None else (wanted.timer, timetable.stick_path(wanted))


def _asked(machine: Machine, unit: str) -> Follower:
    program = process.find("systemctl")
    said: dict[str, str] = {}
    with suppress(OSError, TimeoutError):
        if program is not None:
            done = process.run(
                [str(program), *manager(machine)[1:], "show", f"--property={_PROPERTIES}", "--", unit],
                cwd=Path("/"),
                timeout_s=_ASK_S,
                env=process.inherited(_SESSION),
            )
            if done.code == 0:
                lines = done.output.decode("utf-8", "replace").splitlines()
                said = dict(line.split("=", 1) for line in lines if "=" in line)
    if "ActiveState" not in said:
        return Follower(unit, None, None, None)
    return Follower(
        unit,
        active=said["ActiveState"] == "active",
        enabled=said.get("UnitFileState", "") in _ENABLED,
        outdated=said.get("NeedDaemonReload") == "yes",
    )


_PROPERTIES: Final = "ActiveState,UnitFileState,NeedDaemonReload"
_ENABLED: Final = frozenset({"enabled", "enabled-runtime", "static", "linked", "alias"})


def _cron_runs() -> bool | None:
    names = set()
    try:
        for directory in _PROC.iterdir():
            if directory.name.isdigit():
                with suppress(OSError):  # it ended meanwhile
                    names.add((directory / "comm").read_text("utf-8", "replace").strip())
    except OSError:
        return None
    return bool(names & _CRON)
