"""What the machine is told of the schedule: units, a rule for sticks, or a cron line. Writes nothing.

Into these files go identifiers, numbers and quoted paths, each of a form that is checked here. Labels, names
of people and of the office never do: whoever names a stick must not thereby write a line of a unit.
"""

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from securedoc.errors import HostRefused
from securedoc.system.planted import Planted

HOURLY: Final = "*-*-* 08..17:00:00"
DAILY: Final = "*-*-* 08:30:00"
CRON_HOURLY: Final = "0 8-17 * * *"
CRON_DAILY: Final = "30 8 * * *"

SYSTEM_UNITS: Final = Path("etc/systemd/system")
SYSTEM_RULES: Final = Path("etc/udev/rules.d")
SYSTEM_TMPFILES: Final = Path("etc/tmpfiles.d")
SYSTEM_CRON: Final = Path("etc/cron.d")
USER_UNITS: Final = Path("systemd/user")

_VAULT: Final = re.compile(r"[0-9a-f]{32}")
_VOLUME: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{3,63}")
"""What file systems have for an identifier; nothing in it means anything to udev."""
_PROGRAM: Final = re.compile(r"/[A-Za-z0-9/._+-]+")
_LOGIN: Final = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_DUE: Final = ("backup", "due", "--remind")


@dataclass(frozen=True, slots=True)
class Wanted:
    """For whom, and with which program, the schedule is made."""

    vault: str
    place: Path
    """Absolute; where the vault is."""
    program: tuple[str, ...]
    """What starts securedoc: an absolute path and its arguments."""
    lang: str
    interval_days: int
    uid: int
    """Who owns the vault: the system's units run as this user."""
    volumes: tuple[str, ...] = ()
    """Identifiers of the file systems of registered sticks."""

    @property
    def name(self) -> str:
        """What every file of this vault begins with."""
        return f"securedoc-{self.vault[:8]}"

    @property
    def timer(self) -> str:
        """The unit to enable."""
        return f"{self.name}-remind.timer"

    def command(self, *more: str) -> tuple[str, ...]:
        """Return the words of the command that reminds."""
        return (*self.program, "--vault", str(self.place), "--lang", self.lang, *_DUE, *more)


def system_files(wanted: Wanted, root: Path = Path("/")) -> tuple[Planted, ...]:
    """Return what the system's own manager and udev are given, the timer last.

    Raises:
        HostRefused: a path or identifier cannot stand in such a file.
    """
    _check(wanted)
    units, name = root / SYSTEM_UNITS, wanted.name
    return (
        _planted(wanted, root / SYSTEM_TMPFILES / f"{name}.conf", _text("motd.conf")),
        _planted(
            wanted,
            units / f"{name}-remind.service",
            _service(wanted, "service-system", "Says which backup is due", ()),
        ),
        _planted(
            wanted,
            units / f"{name}-stick.service",
            _service(wanted, "service-system", "Says that a backup stick is plugged in", ("--plugged-in",)),
        ),
        _planted(wanted, root / SYSTEM_RULES / f"90-{name}.rules", _rules(wanted)),
        _planted(wanted, units / wanted.timer, _timer(wanted)),
    )


def user_files(wanted: Wanted, configuration: Path) -> tuple[Planted, ...]:
    """Return what a person's own manager is given, the timer last; `configuration` is ~/.config.

    Raises:
        HostRefused: a path or identifier cannot stand in such a file.
    """
    _check(wanted)
    units = configuration / USER_UNITS
    due = f"truncate:%t/{wanted.name}.due"
    service = _service(wanted, "service-user", "Says which backup is due", (), output=due)
    stick = _service(
        wanted, "service-user", "Says that a backup stick is plugged in", ("--if-plugged-in",), output="null"
    )
    return (
        _planted(wanted, units / f"{wanted.name}-remind.service", service),
        _planted(wanted, units / f"{wanted.name}-stick.service", stick),
        _planted(wanted, units / stick_path(wanted), _filled(wanted, "stick.path")),
        _planted(wanted, units / wanted.timer, _timer(wanted)),
    )


def cron_files(wanted: Wanted, login: str, root: Path = Path("/")) -> tuple[Planted, ...]:
    """Return what cron is given where there is no systemd.

    Raises:
        HostRefused: a path or identifier cannot stand in such a file.
    """
    _check(wanted)
    if not _LOGIN.fullmatch(login):
        raise HostRefused("{login} cannot stand in a line of cron", login=login)
    # No dot in the name: cron passes over files with one.
    line = cron_line(wanted, login)
    return (_planted(wanted, root / SYSTEM_CRON / wanted.name, line),)


def cron_line(wanted: Wanted, login: str = "") -> str:
    """Return the line that reminds; the system's own table also names the user.

    Raises:
        HostRefused: a path cannot stand in it.
    """
    _check(wanted)
    # Cron makes a line end of each % that is not escaped, before the shell sees any quotes.
    words = " ".join(shlex.quote(word) for word in wanted.command()).replace("%", r"\%")
    when = CRON_DAILY if wanted.interval_days > 1 else CRON_HOURLY
    return " ".join(part for part in (when, login, words) if part) + "\n"


def calendar(interval_days: int) -> str:
    """Return how often the program is asked.

    A calendar cannot say "so many days after the last backup", and a quarter counted from January reminds of
    what was done last week. So each working hour or each morning the program is asked, and decides itself.
    """
    return DAILY if interval_days > 1 else HOURLY


def usable_volumes(volumes: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Divide identifiers of file systems into those that a rule can name, and those that it cannot."""
    given = sorted(set(volumes))
    return (
        tuple(volume for volume in given if _VOLUME.fullmatch(volume)),
        tuple(volume for volume in given if not _VOLUME.fullmatch(volume)),
    )


def quoted(words: Sequence[str]) -> str:
    """Spell a command as systemd reads it: no word becomes two, a variable, a specifier or another line."""
    escapes = str.maketrans({"\\": "\\\\", '"': '\\"', "%": "%%", "$": "$$"})
    return " ".join([words[0], *(f'"{word.translate(escapes)}"' for word in words[1:])])


def names(vault: str, root: Path, configuration: Path | None) -> tuple[Planted, ...]:
    """Return every file that an installation may have left, of whichever kind; the timer first."""
    name = f"securedoc-{vault[:8]}"
    timer, service = f"{name}-remind.timer", f"{name}-remind.service"
    if configuration is not None:
        units = configuration / USER_UNITS
        stick = [units / f"{name}-stick.path", units / f"{name}-stick.service"]
        paths = [units / timer, *stick, units / service]
    else:
        units = root / SYSTEM_UNITS
        paths = [
            *(units / timer, root / SYSTEM_RULES / f"90-{name}.rules", units / f"{name}-stick.service"),
            *(units / service, root / SYSTEM_TMPFILES / f"{name}.conf", root / SYSTEM_CRON / name),
        ]
    return tuple(Planted(path, vault, "") for path in paths)


def _check(wanted: Wanted) -> None:
    if not _VAULT.fullmatch(wanted.vault):
        raise ValueError("not the identifier of a vault")
    if not _PROGRAM.fullmatch(wanted.program[0]):
        raise HostRefused(
            "the program's own path cannot stand in a unit: {path}",
            path=wanted.program[0],
            hint="install securedoc in a directory whose name is letters, digits, dots and hyphens",
        )
    for word in (*wanted.program, str(wanted.place), wanted.lang):
        if not _is_line(word):
            raise HostRefused(
                "a path with control characters cannot stand in a unit: {path}",
                path=word,
                hint="move the vault to a directory with an ordinary name",
            )
    if not wanted.place.is_absolute():
        raise ValueError("the vault's path is absolute")
    if usable_volumes(wanted.volumes)[1]:
        raise ValueError("an identifier of a file system is not of its form")


def _is_line(untrusted_word: str) -> bool:
    try:
        untrusted_word.encode()
    except UnicodeEncodeError:  # a file name that is no UTF-8
        return False
    # U+2028 and its like: some reader may end a line there, as str.splitlines does.
    return bool(untrusted_word) and len(untrusted_word.splitlines()) == 1 and untrusted_word.isprintable()


def _planted(wanted: Wanted, path: Path, body: str) -> Planted:
    return Planted(path, wanted.vault, body)


def stick_path(wanted: Wanted) -> str:
    """Return the unit that notices sticks for a person."""
    return f"{wanted.name}-stick.path"


def _filled(wanted: Wanted, template: str) -> str:
    return _text(template).format(short=wanted.vault[:8], name=wanted.name)


def _service(
    wanted: Wanted, template: str, description: str, more: tuple[str, ...], *, output: str = ""
) -> str:
    return _text(template).format(
        short=wanted.vault[:8],
        name=wanted.name,
        uid=wanted.uid,
        description=description,
        command=quoted(wanted.command(*more)),
        output=output,
    )


def _timer(wanted: Wanted) -> str:
    return _text("remind.timer").format(
        short=wanted.vault[:8], name=wanted.name, calendar=calendar(wanted.interval_days)
    )


def _rules(wanted: Wanted) -> str:
    wants = f'TAG+="systemd", ENV{{SYSTEMD_WANTS}}+="{wanted.name}-stick.service"'
    lines = (
        f'ACTION!="remove", SUBSYSTEM=="block", ENV{{ID_FS_UUID}}=="{volume}", {wants}\n'
        for volume in wanted.volumes
    )
    return _text("stick.rules") + "".join(lines)


def _text(name: str) -> str:
    return resources.files("securedoc.backup").joinpath("units", name).read_text("utf-8")
