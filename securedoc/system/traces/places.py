"""The places where desktops, editors and printing leave remnants of a document."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase, translate
from pathlib import Path
from typing import Final

from securedoc.system.traces import reaching


class Sign(StrEnum):
    """What kind of trace it is."""

    RECENT_FILES = "recent-files"
    EDITOR_HISTORY = "editor-history"
    THUMBNAIL = "thumbnail"
    TRASH = "trash"
    EDITOR_BACKUP = "editor-backup"
    EDITOR_LOCK = "editor-lock"
    SCREENSHOT = "screenshot"
    TEMPORARY = "temporary"
    PRINT_SPOOL = "print-spool"
    PRINT_LOG = "print-log"
    PRINTED_FILE = "printed-file"
    CRASH_DUMP = "crash-dump"
    CLIPBOARD = "clipboard-manager"
    CLIPBOARD_STORE = "clipboard-store"
    SHELL_HISTORY = "shell-history"
    SEARCH_INDEX = "search-index"
    VIEWER_DATA = "viewer-data"
    NAME_INDEX = "name-index"
    SYSTEM_LOG = "system-log"
    SWAP = "swap"
    HIBERNATION = "hibernation"
    COPY = "ordinary-file"
    """A file of a person, wherever it lies."""


class Holds(StrEnum):
    """What lies in a place, which decides how it is cleaned."""

    COPY = "copy"
    """One document's content or name, made by a program for itself: removed as a whole."""
    LIST = "list"
    """A person's list of many things: the entry is taken out, the list stays."""
    STORE = "store"
    """A database of many things that only its own program can take one out of."""
    FILE = "file"
    """A file that a person may have made or wants to keep."""


class Form(StrEnum):
    """How a list is written."""

    LINES = "lines"
    """An entry a line."""
    BLOCKS = "blocks"
    """An entry is a line with the indented lines after it."""
    XBEL = "xbel"
    """`<bookmark>` elements of the freedesktop recent-files list."""
    XCU = "xcu"
    """`<item>` elements of LibreOffice's own settings."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of a file because of where it lies."""

    sign: Sign
    holds: Holds
    form: Form | None = None


_OFFICE: Final = (
    ".config/libreoffice/*/user",
    "snap/libreoffice/*/.config/libreoffice/*/user",
    ".var/app/org.libreoffice.LibreOffice/config/libreoffice/*/user",
)
_BOOKMARKS: Final = (
    ".local/share/recently-used.xbel",
    ".recently-used.xbel",
    "snap/*/*/.local/share/recently-used.xbel",
    ".var/app/*/data/recently-used.xbel",
)
OF_A_HOME: Final[tuple[tuple[Place, tuple[str, ...]], ...]] = (
    (Place(Sign.RECENT_FILES, Holds.LIST, Form.XBEL), _BOOKMARKS),
    (
        Place(Sign.RECENT_FILES, Holds.COPY),
        (".local/share/RecentDocuments/*.desktop", ".kde/share/apps/RecentDocuments/*.desktop"),
    ),
    (
        Place(Sign.EDITOR_HISTORY, Holds.LIST, Form.XCU),
        tuple(f"{user}/registrymodifications.xcu" for user in _OFFICE),
    ),
    (
        # LibreOffice's packed copy of the list above; it makes another at its next clean end.
        Place(Sign.EDITOR_HISTORY, Holds.COPY),
        tuple(f"{user}/pack/registrymodifications.pack" for user in _OFFICE),
    ),
    (Place(Sign.EDITOR_HISTORY, Holds.LIST, Form.BLOCKS), (".viminfo", ".vim/.viminfo")),
    (
        Place(Sign.EDITOR_HISTORY, Holds.LIST, Form.LINES),
        (".local/share/nano/*_history", ".nano_history", ".emacs.d/recentf", ".config/emacs/recentf"),
    ),
    (
        Place(Sign.EDITOR_HISTORY, Holds.STORE),
        (".local/state/nvim/shada/*", ".local/share/nvim/shada/*", ".local/share/gedit/*"),
    ),
    (
        Place(Sign.EDITOR_BACKUP, Holds.COPY),
        (
            *(f"{user}/backup/*" for user in _OFFICE),
            ".local/state/nvim/swap/*",
            ".local/state/nvim/undo/*",
            ".local/share/nvim/swap/*",
            ".vim/undo/*",
            ".vim/backup/*",
            ".emacs.d/auto-save-list/*",
            ".emacs.d/backups/*",
            ".*.swp",
        ),
    ),
    (
        Place(Sign.THUMBNAIL, Holds.COPY),
        (
            ".cache/thumbnails/*/*.png",
            ".cache/thumbnails/fail/*/*.png",
            ".thumbnails/*/*.png",
            ".thumbnails/fail/*/*.png",
            ".var/app/*/cache/thumbnails/*/*.png",
        ),
    ),
    (Place(Sign.TRASH, Holds.FILE), (".local/share/Trash/files/*",)),
    (Place(Sign.TRASH, Holds.COPY), (".local/share/Trash/info/*.trashinfo",)),
    (
        Place(Sign.SCREENSHOT, Holds.FILE),
        (
            "Pictures/Screenshots/*",
            "Pictures/Screenshot*",
            "Hình ảnh/Ảnh chụp màn hình/*",
            "Ảnh/Ảnh chụp màn hình/*",
        ),
    ),
    (Place(Sign.PRINTED_FILE, Holds.FILE), ("PDF/*", "cups-pdf/*")),
    (
        Place(Sign.SHELL_HISTORY, Holds.LIST, Form.LINES),
        (
            *(".bash_history", ".zsh_history", ".histfile", ".sh_history", ".ksh_history", ".history"),
            *(".python_history", ".lesshst", ".local/state/lesshst", ".local/state/python/history"),
        ),
    ),
    (Place(Sign.SHELL_HISTORY, Holds.LIST, Form.BLOCKS), (".local/share/fish/fish_history",)),
    (
        Place(Sign.CLIPBOARD_STORE, Holds.STORE),
        (
            ".local/share/klipper/*",
            ".local/share/gpaste/*",
            ".cache/gpaste/*",
            ".config/copyq/*",
            ".local/share/copyq/copyq/*",
            ".local/share/clipit/*",
            ".local/share/parcellite/*",
            ".local/share/diodon/*",
            ".cache/cliphist/*",
            ".cache/clipboard-indicator@tudmotu.com/*",
            ".local/share/clipman.json",
        ),
    ),
    (
        Place(Sign.SEARCH_INDEX, Holds.STORE),
        (
            ".cache/tracker3/files/*",
            ".cache/localsearch3/files/*",
            ".local/share/tracker/data/*",
            ".local/share/baloo/*",
            ".local/share/kactivitymanagerd/resources/*",
            ".local/share/zeitgeist/*",
            ".local/share/recoll/xapiandb/*",
        ),
    ),
    (
        Place(Sign.VIEWER_DATA, Holds.STORE),
        (".local/share/gvfs-metadata/*", ".config/xreader/*", ".local/share/evince/*"),
    ),
    (
        Place(Sign.VIEWER_DATA, Holds.COPY),
        (".local/share/okular/docdata/*.xml", ".kde/share/apps/okular/docdata/*.xml"),
    ),
)
OF_THE_MACHINE: Final[tuple[tuple[Place, tuple[str, ...]], ...]] = (
    (Place(Sign.PRINT_SPOOL, Holds.COPY), ("var/spool/cups/[dc][0-9]*", "var/spool/cups/tmp/*")),
    (
        Place(Sign.PRINTED_FILE, Holds.FILE),
        ("var/spool/cups-pdf/*/*", "var/spool/cups-pdf/SPOOL/*", "var/lib/cups-pdf/*"),
    ),
    (
        # Stores, not lists: the daemon holds them open, and would go on writing to a log that was exchanged.
        Place(Sign.PRINT_LOG, Holds.STORE),
        ("var/log/cups/*_log*", "var/cache/cups/job.cache*"),
    ),
    (Place(Sign.CRASH_DUMP, Holds.COPY), ("var/lib/systemd/coredump/*", "var/crash/*")),
    (Place(Sign.NAME_INDEX, Holds.STORE), ("var/lib/plocate/*.db", "var/lib/mlocate/*.db")),
    (
        Place(Sign.SYSTEM_LOG, Holds.STORE),
        (
            *("var/log/journal/*/*.journal*", "run/log/journal/*/*.journal*"),
            *("var/log/syslog*", "var/log/messages*", "var/log/user.log*", "var/log/auth.log*"),
            *("var/log/audit/audit.log*", "var/log/kern.log*"),
        ),
    ),
    (
        Place(Sign.TRASH, Holds.FILE),
        tuple(
            f"{stick}/{trash}/files/*"
            for stick in ("media/*", "media/*/*", "run/media/*/*", "mnt", "mnt/*")
            for trash in (".Trash-*", ".Trash/*")
        ),
    ),
    (
        Place(Sign.TRASH, Holds.COPY),
        tuple(
            f"{stick}/{trash}/info/*.trashinfo"
            for stick in ("media/*", "media/*/*", "run/media/*/*", "mnt", "mnt/*")
            for trash in (".Trash-*", ".Trash/*")
        ),
    ),
)
TREES_OF_THE_MACHINE: Final = ("tmp", "var/tmp", "run/user", "dev/shm")
"""Directories that everybody writes to: every file in them is looked at."""
_NAMED: Final = (
    (Place(Sign.EDITOR_LOCK, Holds.COPY), (".~lock.*#", ".#*")),
    (
        Place(Sign.EDITOR_BACKUP, Holds.FILE),
        ("*~", "*.bak", "*.save", "*.save.[0-9]", "#*#", ".*.sw[a-p]", "*.un~", ".goutputstream-*"),
    ),
    (Place(Sign.CRASH_DUMP, Holds.FILE), ("core", "core.[0-9]*", "*.core")),
    (Place(Sign.TEMPORARY, Holds.COPY), (".~" + "[0-9a-f]" * 16 + ".new",)),
)
_COMPILED: Final = tuple(
    (place, re.compile("|".join(map(translate, patterns)))) for place, patterns in _NAMED
)
_ANY_NAMED: Final = re.compile("|".join(pattern.pattern for _place, pattern in _COMPILED))
_LEFT_BY_LIBREOFFICE: Final = Place(Sign.TEMPORARY, Holds.COPY)
_TEMPORARY: Final = Place(Sign.TEMPORARY, Holds.FILE)
_ORDINARY: Final = Place(Sign.COPY, Holds.FILE)


def known(base: Path, table: tuple[tuple[Place, tuple[str, ...]], ...]) -> Iterator[tuple[Path, Place]]:
    """Yield what lies in the places of a table, following no link below `base`."""
    for place, patterns in table:
        for pattern in patterns:
            for path in reaching.matches(base, pattern):
                yield path, place


def by_name(path: str, base: str, *, shared: bool) -> Place:
    """Return what a file is because of its name; `shared`: it lies in a directory for temporary files."""
    name = path[path.rfind("/") + 1 :]
    if _ANY_NAMED.match(name):
        return next(place for place, pattern in _COMPILED if pattern.match(name))
    if "/lu" in path and any(fnmatchcase(part, "lu*.tmp") for part in path[len(base) :].split("/")):
        return _LEFT_BY_LIBREOFFICE
    return _TEMPORARY if shared else _ORDINARY
