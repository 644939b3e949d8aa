"""Refuses a file name that is taken: nothing is overwritten."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def require_new(path: "Path") -> None:
    """Go on only where there is nothing at `path`.

    Raises:
        DocumentRefused: there is something.
    """
    from securedoc.errors import DocumentRefused

    if path.exists() or path.is_symlink():
        raise DocumentRefused(
            "there is a file {name} already", name=path.name, hint="name another file: nothing is overwritten"
        )
