"""Holds a print that is under way; the kernel lets go of it when the process dies, however it dies."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from securedoc.errors import DocumentBusy
from securedoc.office.office import Office
from securedoc.system import files


@contextmanager
def held(office: Office, name: str) -> Iterator[None]:
    """Hold a print.

    Raises:
        DocumentBusy: another process does.
    """

    def busy(holder: str) -> DocumentBusy:
        return DocumentBusy("{print} is being printed by {officer}", print=name, officer=holder or "-")

    path = _path(office, name)
    files.make_dirs(path.parent)
    with files.locked(path, holder=office.session.officer, busy=busy):
        try:
            yield
        finally:
            # While it is still held: see `files.locked`. Whoever comes next for this name reads in the
            # ledger how far it came.
            files.remove(path)


def alive(office: Office, name: str) -> bool:
    """Tell whether a process holds a print."""
    path = _path(office, name)
    if not path.exists():
        return False
    try:
        with files.locked(path):
            return False
    except BlockingIOError:
        return True


def _path(office: Office, name: str) -> Path:
    return office.place.journal / f"{name}.lock"
