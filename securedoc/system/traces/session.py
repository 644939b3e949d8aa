"""Traces of one editing session: the places that are known, looked at when it ended."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.system.traces import reaching
from securedoc.system.traces.places import OF_A_HOME, OF_THE_MACHINE, Holds, Place, Sign, known

CLIPBOARD_MANAGERS: Final = frozenset(
    {
        *("klipper", "gpaste-daemon", "diodon", "copyq", "parcellite", "clipit", "cliphist", "clipman"),
        *("xfce4-clipman", "greenclip"),
    }
)
_TEMPORARY: Final = tuple(f"{tmp}/{name}" for tmp in ("tmp", "var/tmp") for name in ("lu*.tmp/*", "*.docx"))
_FOLDERS: Final = ("tmp/lu*.tmp", "var/tmp/lu*.tmp")
_COPIES: Final = frozenset(
    {
        *(Sign.THUMBNAIL, Sign.TRASH, Sign.EDITOR_BACKUP, Sign.SCREENSHOT, Sign.PRINT_SPOOL),
        *(Sign.CRASH_DUMP, Sign.TEMPORARY),
    }
)
_LISTS: Final = frozenset({Sign.RECENT_FILES, Sign.EDITOR_HISTORY, Sign.VIEWER_DATA})
_LARGEST: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Trace:
    """Something in a known place that may come from the session."""

    sign: Sign
    path: Path


@dataclass(frozen=True, slots=True)
class Before:
    """What lay in the known places before a session.

    Compared file by file, not by a time: a clock that is set back during the session hides nothing.
    """

    files: frozenset[tuple[Path, tuple[int, ...]]] = frozenset()


def look(*, home: Path, root: Path = Path("/")) -> Before:
    """Look at the known places before a session begins."""
    return Before(frozenset((path, state) for path, _, state in _copies(home, root)))


def scan(name: str, before: Before, *, home: Path, root: Path = Path("/")) -> tuple[Trace, ...]:
    """Look for traces of a file called `name` that was opened after somebody looked `before`."""
    found = {
        *_holding(name.encode(), home),
        *(
            Trace(place.sign, path)
            for path, place, state in _copies(home, root)
            if (path, state) not in before.files
        ),
        *clipboards(root),
    }
    return tuple(sorted(found, key=lambda trace: (trace.sign, trace.path)))


def clipboards(root: Path) -> Iterator[Trace]:
    """Yield the clipboard managers that run: they keep what is copied, and many keep it on disk."""
    for path in reaching.matches(root, "proc/[0-9]*/comm"):
        try:
            if path.read_text("utf-8", "replace").strip() in CLIPBOARD_MANAGERS:
                yield Trace(Sign.CLIPBOARD, path)
        except OSError:
            continue


def _holding(name: bytes, home: Path) -> Iterator[Trace]:
    for path, place in known(home, OF_A_HOME):
        if place.sign in _LISTS:
            try:
                with reaching.opened(path) as stream:
                    if name in stream.read(_LARGEST):
                        yield Trace(place.sign, path)
            except OSError:
                continue


def _copies(home: Path, root: Path) -> Iterator[tuple[Path, Place, tuple[int, ...]]]:
    for met in (known(home, OF_A_HOME), known(root, OF_THE_MACHINE), _temporary(root)):
        for path, place in met:
            if place.sign in _COPIES and (state := _state(path)) is not None:
                yield path, place, state


def _state(path: Path) -> tuple[int, ...] | None:
    """Return what changes with every change to a file, whatever the clock says; None: it is not there."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _temporary(root: Path) -> Iterator[tuple[Path, Place]]:
    place = Place(Sign.TEMPORARY, Holds.COPY)
    for pattern in _TEMPORARY:
        for path in reaching.matches(root, pattern):
            yield path, place
    for pattern in _FOLDERS:  # the folder itself, which may be empty again
        for path in reaching.matches(root, pattern, folders=True):
            yield path, place
