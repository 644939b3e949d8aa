"""The desk: folders of a workspace, and a command and environment that keep an editor in them."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.core.documents import DocumentId
from securedoc.errors import HostMissing
from securedoc.system import files, process, terminal

_LIBREOFFICE: Final = ("soffice", "libreoffice")
# What an editor must be told of the person and the screen; everything else stays out.
PASSED_ON: Final = ("LANG", "LC_ALL", "LC_CTYPE", "TERM", "COLORTERM", "XMODIFIERS")
# Measured on LibreOffice 7.4 and 25.2: with these, and its profile here, it leaves nothing outside.
# CreateBackup must be set although the schema says false; AutoSave would keep plaintext after a crash,
# and our own sealing does what it is for.
_SETTINGS: Final = (
    ("org.openoffice.Office.Recovery/AutoSave", "Enabled", "false"),
    ("org.openoffice.Office.Recovery/RecoveryInfo", "Enabled", "false"),
    ("org.openoffice.Office.Common/Save/Document", "CreateBackup", "false"),
    ("org.openoffice.Office.Common/Save/Document", "GenerateThumbnail", "false"),
    ("org.openoffice.Office.Common/History", "PickListSize", "0"),
    ("org.openoffice.Office.Common/History", "RecentDocsThumbnail", "false"),
    ("org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
)


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
        """The editor's home: profile, caches, lists of recent files."""
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        """The editor's temporary files."""
        return self.root / "tmp"

    def lay_out(self, document: DocumentId, body: bytes) -> Path:
        """Make the folders and put the document there, under a name that tells nothing."""
        for folder in (self.folder, self.home, self.temporary):
            folder.mkdir(mode=0o700)
        path = self.folder / f"{document}.docx"
        files.write_new(path, body)
        return path

    def environment(self, outside: Mapping[str, str]) -> dict[str, str]:
        """Return the editor's environment: all it may write to is on the desk."""
        passed = {name: outside[name] for name in PASSED_ON if name in outside}
        if "XMODIFIERS" in passed:
            # Vietnamese input: inside the sandbox the session bus is out of reach, the X server is not.
            passed |= {"GTK_IM_MODULE": "xim", "QT_IM_MODULE": "xim"}
        return {
            **passed,
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_DATA_HOME": str(self.home / ".local/share"),
            "XDG_STATE_HOME": str(self.home / ".local/state"),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            **dict.fromkeys(("TMPDIR", "TMP", "TEMP"), str(self.temporary)),
            "HISTFILE": "/dev/null",
            "LESSHISTFILE": "/dev/null",
        }

    def command(self, editor: str | None, document: Path) -> list[str]:
        """Return the command that opens the document in the editor, by default LibreOffice.

        Raises:
            HostMissing: there is no such program.
        """
        words = _words(editor)
        if Path(words[0]).name in _LIBREOFFICE:
            words += [
                f"-env:UserInstallation=file://{self._profile()}",
                "--norestore",
                "--nologo",
                "--writer",
            ]
        return [*words, str(document)]

    def _profile(self) -> Path:
        profile = self.home / "libreoffice"
        (profile / "user").mkdir(parents=True, mode=0o700)
        (profile / "user" / "registrymodifications.xcu").write_text(_registry(_SETTINGS), "utf-8")
        return profile


def _registry(settings: Sequence[tuple[str, str, str]]) -> str:
    items = "".join(
        f'<item oor:path="/{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>\n"
        for path, name, value in settings
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry">\n' + items + "</oor:items>\n"
    )


def _words(editor: str | None) -> list[str]:
    if editor is None:
        found = next((path for path in map(process.find, _LIBREOFFICE) if path is not None), None)
        if found is None:
            raise HostMissing("LibreOffice is not installed", hint="name an editor with --editor")
        return [str(found)]
    try:
        words = shlex.split(editor)
    except ValueError:
        words = []
    program = _program(words[0]) if words else None
    if program is None:
        raise HostMissing(
            "there is no editor {editor}",
            editor=terminal.visible(words[0] if words else editor),
            hint="name a program with --editor, by its full path",
        )
    return [str(program), *words[1:]]


def _program(word: str) -> Path | None:
    if "/" not in word:
        return process.find(word)
    path = Path(word).absolute()
    return path if path.is_file() else None
