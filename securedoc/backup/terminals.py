"""The line in a person's shell start-up file that shows, in each new terminal, what is due."""

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.errors import BackupRefused, HostFailed
from securedoc.system import files, planted
from securedoc.system.planted import State

MAX_BYTES: Final = 1 << 20
"""A start-up file is some kilobytes; nothing larger is rewritten."""
_FILES: Final = {"bash": ".bashrc", "zsh": ".zshrc"}
_OTHER: Final = ".profile"
_MODE: Final = 0o644


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where the line goes."""

    home: Path
    shell: str
    """The person's login shell."""

    @property
    def path(self) -> Path:
        """The file that this shell reads in each new terminal."""
        return self.home / _FILES.get(Path(self.shell).name, _OTHER)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file that the line may stand in: the shell may have been changed."""
        return tuple(self.home / name for name in (*_FILES.values(), _OTHER))


def line(name: str) -> str:
    """Return the line for a vault's files of that name: nothing happens where there is nothing to say."""
    due = f'"${{XDG_RUNTIME_DIR:-/nonexistent}}/{name}.due"'
    return f"if [ -s {due} ]; then cat {due}; fi\n"


def state(terminal: Terminal, vault: str, name: str) -> State:
    """Tell how the line stands in the file of this shell.

    Raises:
        HostFailed: it cannot be read.
    """
    text = _read(terminal.path)
    if planted.marked(vault, line(name)) in text:
        return State.CURRENT
    try:
        return State.ABSENT if planted.without(text, vault) == text else State.OUTDATED
    except ValueError:
        return State.CHANGED


def put(terminal: Terminal, vault: str, name: str) -> tuple[Path, ...]:
    """Put the line at the end of the file of this shell; return the file where it was changed.

    Raises:
        BackupRefused: the line was edited.
        HostFailed: the file cannot be read or written.
    """
    before = _read(terminal.path)
    rest = _without(terminal.path, before, vault)
    if rest and not rest.endswith(b"\n"):
        rest += b"\n"
    return _write(terminal.path, before, rest + planted.marked(vault, line(name)))


def take_away(terminal: Terminal, vault: str) -> tuple[Path, ...]:
    """Take the line out of every file that it may stand in; return those that were changed.

    Raises:
        see `put`.
    """
    changed: list[Path] = []
    for path in terminal.paths:
        before = _read(path)
        changed += _write(path, before, _without(path, before, vault))
    return tuple(changed)


def _without(path: Path, text: bytes, vault: str) -> bytes:
    try:
        return planted.without(text, vault)
    except ValueError as error:
        raise BackupRefused(
            "the line of securedoc in {path} was edited",
            path=path.name,
            hint="remove it and the line above it, and try again; nothing was changed",
        ) from error


def _read(path: Path) -> bytes:
    try:
        return files.read_bounded(path.resolve(), MAX_BYTES)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise _failed(path, error) from error


def _write(path: Path, before: bytes, after: bytes) -> tuple[Path, ...]:
    if before == after:
        return ()
    try:
        # What a link leads to: people keep these files elsewhere, and the link is theirs.
        place = path.resolve()
        mode = stat.S_IMODE(place.stat().st_mode) if place.exists() else _MODE
        files.replace(place, after, mode=mode)
    except OSError as error:
        raise _failed(path, error) from error
    return (path,)


def _failed(path: Path, error: OSError) -> HostFailed:
    return HostFailed(
        "{path} cannot be read or written: {reason}",
        path=path.name,
        reason=error.strerror or type(error).__name__,
    )
