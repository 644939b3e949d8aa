"""Says of a medium that failed which one it is, and what stays on it."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from securedoc.backup import state
from securedoc.backup.examined import reason
from securedoc.backup.media import Medium
from securedoc.errors import BackupError, BackupFailed, BackupIncomplete
from securedoc.system import volumes

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def of_snapshot(medium: Medium, number: int) -> Iterator[None]:
    """Say that the backup is there, whatever became of its recovery data.

    Raises:
        BackupIncomplete: not all of it could be made.
    """
    try:
        yield
    except (OSError, BackupError) as error:
        _sweep(medium)
        full = isinstance(error, OSError) and error.errno in _FULL
        why = reason(error) if isinstance(error, OSError) else str(error)
        raise BackupIncomplete(
            "snapshot {number} is on {label} and recorded, but not all recovery data could be made: {reason}",
            number=number,
            label=medium.identity.label,
            reason=why,
            hint="use a larger medium, or another one"
            if full
            else "run the backup again: it makes what is missing",
        ) from error


@contextmanager
def after_backup(medium: Medium) -> Iterator[None]:
    """Say that the backup is there, whatever became of the older snapshots.

    Raises:
        BackupIncomplete: they could not be looked at, or not all that should go are gone.
    """
    try:
        yield
    except BackupIncomplete:
        raise
    except (OSError, BackupError) as error:
        raise BackupIncomplete(
            "the backup to {label} is written and recorded, "
            "but older snapshots could not be looked at: {reason}",
            label=medium.identity.label,
            reason=reason(error) if isinstance(error, OSError) else str(error),
            hint="verify the medium: securedoc backup verify",
        ) from error


@contextmanager
def on_medium(medium: Medium) -> Iterator[None]:
    """Say which medium failed, and leave nothing unfinished on it as far as it still answers.

    Raises:
        BackupFailed: it is full, takes no file of that size, or failed.
    """
    try:
        yield
    except OSError as error:
        _sweep(medium)
        if error.errno in _FULL:
            raise BackupFailed(
                "{label} is full; the snapshots on it are as they were",
                label=medium.identity.label,
                hint="use a larger medium, or another one",
            ) from error
        if error.errno == errno.EFBIG:
            raise BackupFailed(
                "{label} does not take a file as large as was to be written; the snapshots on it are as "
                "they were",
                label=medium.identity.label,
                hint="format another stick as exFAT or ext4, and register it",
            ) from error
        raise BackupFailed(
            "the backup to {label} failed: {reason}; the snapshots on it are as they were",
            label=medium.identity.label,
            reason=reason(error),
            hint="plug the medium in again and run the backup again; if it fails again, replace the medium",
        ) from error
    except BaseException:
        _sweep(medium)
        raise


def _sweep(medium: Medium) -> None:
    with suppress(OSError, BackupFailed):
        state.clean(medium)


def still_there(medium: Medium) -> None:
    """Accept a medium that is where it was when the work on it began.

    Raises:
        OSError: it was pulled out.
    """
    if not volumes.same_volume(medium.volume, medium.directory):
        raise OSError(errno.ENODEV, "the medium was pulled out")
