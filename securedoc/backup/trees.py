"""Which small files of the vault a snapshot repeats, and under which names."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from securedoc.backup.layout import TREES
from securedoc.errors import BackupFailed
from securedoc.formats import names
from securedoc.office.place import Place
from securedoc.system import files

MAX_FILE_BYTES: Final = 64 << 20
"""A revocation list of a national authority has some megabytes."""

_TEMPORARY: Final = ".~"


def small_files(place: Place) -> dict[str, bytes]:
    """Return the vault's card, keyring, policy and trust: path below `data/`, and bytes.

    Raises:
        BackupFailed: one of them cannot be read.
    """
    try:
        contents = {"vault.json": files.read_bounded(place.vault_file, MAX_FILE_BYTES)}
        for tree in TREES:
            for path in _files(place.root / tree):
                name = encoded(path.relative_to(place.root).parts)
                contents[name] = files.read_bounded(path, MAX_FILE_BYTES)
    except OSError as error:
        raise BackupFailed(
            "a file of the vault cannot be read: {reason}",
            reason=error.strerror or type(error).__name__,
            hint="check the disk; nothing was written to the medium",
        ) from error
    return contents


def encoded(parts: tuple[str, ...]) -> str:
    """Spell a path of the vault so that every medium can hold it."""
    return "/".join(names.encode(part) for part in parts)


def decoded(untrusted_path: str) -> Path:
    """Return the path of the vault that `encoded` spelled; it never leads out of the vault.

    Raises:
        ValueError: no path has this spelling.
    """
    parts = [names.decode(part) for part in untrusted_path.split("/")]
    if parts[0] not in TREES or any("/" in part or part in (".", "..") for part in parts):
        raise ValueError("not a path of the vault")
    return Path(*parts)


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, found in os.walk(root):
        folders.sort()
        for name in sorted(found):
            if not name.startswith(_TEMPORARY):
                yield Path(folder, name)
