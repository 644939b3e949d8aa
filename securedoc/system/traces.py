"""Traces that programs leave of what they opened: the places that are known, looked at after a session."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

_NAMED: Final = {
    # Lists that a program keeps of what it opened: a trace when our file's name is in them.
    "recent-files": (".local/share/recently-used.xbel", "snap/*/*/.local/share/recently-used.xbel"),
    "editor-history": (
        ".viminfo",
        ".local/share/gvfs-metadata/*",
        ".config/libreoffice/4/user/registrymodifications.xcu",
    ),
}
_NEWER: Final = {
    # Copies of content: a trace when they appeared while our file was open.
    "thumbnail": (".cache/thumbnails/*/*.png", ".thumbnails/*/*.png"),
    "trash": (".local/share/Trash/files/*",),
    "editor-backup": (".config/libreoffice/4/user/backup/*", ".local/state/nvim/swap/*", ".*.swp"),
    "screenshot": ("Pictures/Screenshots/*",),
}
_NEWER_ON_THE_MACHINE: Final = {
    "temporary": ("tmp/lu*.tmp", "var/tmp/lu*.tmp", "tmp/*.docx", "var/tmp/*.docx"),
    "print-spool": ("var/spool/cups/d*", "var/spool/cups/tmp/*"),
    "crash-dump": ("var/lib/systemd/coredump/*", "var/crash/*"),
}
_CLIPBOARD_MANAGERS: Final = frozenset(
    {"klipper", "gpaste-daemon", "diodon", "copyq", "parcellite", "clipit"}
)
_LARGEST: Final = 16 * 1024 * 1024


class Sign(StrEnum):
    """What kind of trace it is."""

    RECENT_FILES = "recent-files"
    EDITOR_HISTORY = "editor-history"
    THUMBNAIL = "thumbnail"
    TRASH = "trash"
    EDITOR_BACKUP = "editor-backup"
    SCREENSHOT = "screenshot"
    TEMPORARY = "temporary"
    PRINT_SPOOL = "print-spool"
    CRASH_DUMP = "crash-dump"
    CLIPBOARD = "clipboard-manager"


@dataclass(frozen=True, slots=True)
class Trace:
    """Something in a known place that may come from the session."""

    sign: Sign
    path: Path


def scan(name: str, since: float, *, home: Path, root: Path = Path("/")) -> tuple[Trace, ...]:
    """Look for traces of a file called `name` that was open since then (seconds of the system clock)."""
    found = [
        *_holding(name.encode(), home),
        *_newer(since, home, _NEWER),
        *_newer(since, root, _NEWER_ON_THE_MACHINE),
        *_clipboards(root),
    ]
    return tuple(sorted(found, key=lambda trace: (trace.sign, trace.path)))


def _holding(name: bytes, home: Path) -> Iterator[Trace]:
    for sign, patterns in _NAMED.items():
        for path in _matches(home, patterns):
            try:
                with path.open("rb") as stream:
                    if name in stream.read(_LARGEST):
                        yield Trace(Sign(sign), path)
            except OSError:
                continue


def _newer(since: float, base: Path, places: dict[str, tuple[str, ...]]) -> Iterator[Trace]:
    for sign, patterns in places.items():
        for path in _matches(base, patterns):
            try:
                if path.lstat().st_ctime >= since:
                    yield Trace(Sign(sign), path)
            except OSError:
                continue


def _clipboards(root: Path) -> Iterator[Trace]:
    for path in _matches(root, ("proc/[0-9]*/comm",)):
        try:
            if path.read_text("utf-8", "replace").strip() in _CLIPBOARD_MANAGERS:
                yield Trace(Sign.CLIPBOARD, path)
        except OSError:
            continue


def _matches(base: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        try:
            yield from base.glob(pattern)
        except OSError:
            continue
