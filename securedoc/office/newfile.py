"""Writes a file for whoever asked for one, and overwrites nothing."""

from pathlib import Path

from securedoc.errors import DocumentFailed, DocumentRefused, SecuredocError
from securedoc.system import files


def require_new(path: Path, *, refused: type[SecuredocError] = DocumentRefused) -> None:
    """Go on only where there is nothing at `path`.

    Raises:
        DocumentRefused, or what `refused` says: there is something.
    """
    if path.exists() or path.is_symlink():
        raise _taken(path, refused)


def write_new(
    path: Path,
    data: bytes,
    *,
    refused: type[SecuredocError] = DocumentRefused,
    failed: type[SecuredocError] = DocumentFailed,
) -> None:
    """Put `data` at `path`, where nothing is.

    Raises:
        DocumentRefused, or what `refused` says: there is something.
        DocumentFailed, or what `failed` says: it cannot be written.
    """
    try:
        files.write_new(path, data)
    except FileExistsError:
        raise _taken(path, refused) from None
    except OSError as error:
        raise failed(
            "{name} cannot be written: {reason}", name=path.name, reason=error.strerror or ""
        ) from error


def _taken(path: Path, refused: type[SecuredocError]) -> SecuredocError:
    return refused(
        "there is a file {name} already",
        name=path.name,
        hint="name another file or directory: nothing is overwritten",
    )
