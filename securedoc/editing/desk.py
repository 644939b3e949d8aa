"""The desk: folders of a workspace, and a command and environment that keep a program in them."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.errors import HostMissing
from securedoc.system import files, process, sandbox, terminal
from securedoc.system import libreoffice as profile

# What an editor must be told of the person and the screen; everything else stays out.
PASSED_ON: Final = ("LANG", "LC_ALL", "LC_CTYPE", "TERM", "COLORTERM", "XMODIFIERS")
# Looked for by name, those first that have no other documents, tabs or history to offer.
_VIEWERS: Final = ("evince", "atril", "xreader", "okular", "qpdfview", "zathura", "mupdf", "xpdf")


@dataclass(frozen=True, slots=True)
class Program:
    """A program to work in, and how it is asked to end."""

    argv: tuple[str, ...]
    closing: tuple[str, ...] | None
    """The command that has it save and close; None: it knows no such thing."""

    @property
    def name(self) -> str:
        """What the ledger calls it: its file's name."""
        return Path(self.argv[0]).name


@dataclass(frozen=True, slots=True)
class Desk:
    """The folders of one workspace."""

    root: Path

    @property
    def folder(self) -> Path:
        """Where the document lies, and where saves are looked for."""
        return self.root / "work"

    @property
    def home(self) -> Path:
        """The program's home: profile, caches, lists of recent files."""
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        """The program's temporary files."""
        return self.root / "tmp"

    @property
    def runtime(self) -> Path:
        """Its sockets and locks."""
        return self.root / "run"

    def lay_out(self, name: str, body: bytes, *, mode: int = 0o600) -> Path:
        """Make the folders and put the document there, under a name that tells nothing."""
        for folder in (self.folder, self.home, self.temporary, self.runtime):
            folder.mkdir(mode=0o700)
        path = self.folder / name
        files.write_new(path, body, mode=mode)
        return path

    def environment(self, outside: Mapping[str, str]) -> dict[str, str]:
        """Return the program's environment: all it may write to is on the desk."""
        passed = {name: outside[name] for name in PASSED_ON if name in outside}
        if "XMODIFIERS" in passed:
            # Vietnamese input: inside the sandbox the session bus is out of reach, the X server is not.
            passed |= {"GTK_IM_MODULE": "xim", "QT_IM_MODULE": "xim"}
        return {
            **passed,
            **screen(outside),
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_DATA_HOME": str(self.home / ".local/share"),
            "XDG_STATE_HOME": str(self.home / ".local/state"),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "XDG_RUNTIME_DIR": str(self.runtime),
            **dict.fromkeys(("TMPDIR", "TMP", "TEMP"), str(self.temporary)),
            # No settings service, no accessibility bus, no virtual file systems: none can be reached.
            "GSETTINGS_BACKEND": "memory",
            "NO_AT_BRIDGE": "1",
            "GIO_USE_VFS": "local",
            "HISTFILE": "/dev/null",
            "LESSHISTFILE": "/dev/null",
        }

    def editor(self, command: str | None, document: Path) -> Program:
        """Return the editor with the document in it, by default LibreOffice.

        Raises:
            HostMissing: there is no such program.
        """
        words = _words(command) if command is not None else [_libreoffice()]
        return self._program(words, ("--writer",), document)

    def viewer(self, command: str | None, document: Path) -> Program:
        """Return the viewer with the document in it, by default the first that is installed.

        Raises:
            HostMissing: there is none.
        """
        if command is not None:
            words = _words(command)
        else:
            found = next((path for path in map(process.find, _VIEWERS) if path is not None), None)
            words = [str(found) if found is not None else _libreoffice()]
        return self._program(words, ("--draw", "--view"), document)

    def _program(self, words: list[str], how: tuple[str, ...], document: Path) -> Program:
        closing = None
        if profile.is_libreoffice(Path(words[0])):
            made = profile.make(self.home)
            closing = tuple(profile.save_and_close(made, Path(words[0])))
            words += [*profile.options(made), *how]
        return Program((*words, str(document)), closing)


def screen(outside: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the screen to show windows on, independent of our runtime directory."""
    found = {name: outside[name] for name in sandbox.DISPLAY_VARIABLES if outside.get(name)}
    runtime = found.pop("XDG_RUNTIME_DIR", None)
    if "WAYLAND_DISPLAY" in found:
        if runtime is None:
            del found["WAYLAND_DISPLAY"]
        else:
            found["WAYLAND_DISPLAY"] = str(Path(runtime, found["WAYLAND_DISPLAY"]))
    return found


def _libreoffice() -> str:
    found = next((path for path in map(process.find, profile.PROGRAMS) if path is not None), None)
    if found is None:
        raise HostMissing(
            "LibreOffice is not installed", hint="name a program with --editor or --viewer, or install it"
        )
    return str(found)


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    program = _program(words[0]) if words else None
    if program is None:
        raise HostMissing(
            "there is no program {program}",
            program=terminal.visible(words[0] if words else command),
            hint="name a program with --editor or --viewer, by its full path",
        )
    return [str(program), *words[1:]]


def _program(word: str) -> Path | None:
    if "/" not in word:
        return process.find(word)
    path = Path(word).absolute()
    return path if path.is_file() and os.access(path, os.X_OK) else None
