"""Where each file of the keyring lies, below the vault's `keyring` directory."""

import errno
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from securedoc.core.people import OfficerId, RoleKey
from securedoc.errors import KeyFailed, KeyMalformed, KeyMissing
from securedoc.system import files

MAX_FILE_BYTES: Final = 64 * 1024
"""A key file is about 6 KB: two public keys, one certificate, one sealed part."""

RECOVERY: Final = OfficerId("recovery")
"""The recovery quorum signs, and is granted keys, under this name."""

RECOVERY_FILE: Final = PurePosixPath("recovery.json")
AUTHORITY_CERTIFICATE: Final = PurePosixPath("certificates/authority.der")
AUTHORITY_CRL: Final = PurePosixPath("certificates/authority.crl")
SEAL_CERTIFICATE: Final = PurePosixPath("certificates/seal.der")
TIME_CERTIFICATE: Final = PurePosixPath("certificates/time.der")

_OFFICERS = "officers"
_NOT_READABLE_AS_FILE = frozenset({errno.EFBIG, errno.ELOOP, errno.EINVAL, errno.EISDIR, errno.ENXIO})


@dataclass(frozen=True, slots=True)
class KeyringFile:
    """A file to be written into the keyring."""

    path: PurePosixPath
    """Relative to the keyring."""
    data: bytes


def officer_file(officer: OfficerId) -> PurePosixPath:
    """Return where the key file of `officer` lies."""
    return PurePosixPath(_OFFICERS, f"{officer}.json")


def grant_file(officer: OfficerId, key: RoleKey) -> PurePosixPath:
    """Return where the grant of `key` to `officer` lies."""
    return PurePosixPath("grants", officer, f"{key}.json")


def officer_certificate(officer: OfficerId) -> PurePosixPath:
    """Return where the certificate of `officer` lies."""
    return PurePosixPath("certificates", _OFFICERS, f"{officer}.der")


def read(keyring: Path, path: PurePosixPath) -> bytes:
    """Read one file of the keyring, which is not trusted yet.

    Raises:
        KeyMissing: it is not there.
        KeyMalformed: it is no regular file, or larger than any of ours.
        KeyFailed: the disk does not give it out.
    """
    try:
        return files.read_bounded(keyring / path, MAX_FILE_BYTES)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise KeyMissing(
            "the keyring has no file {path}",
            path=str(path),
            hint="check the officer's identifier; if it is right, restore the keyring from the last backup",
        ) from error
    except OSError as error:
        if error.errno in _NOT_READABLE_AS_FILE:
            raise KeyMalformed(
                "{path} in the keyring is too large, or not a regular file",
                path=str(path),
                hint="restore the keyring from the last backup",
            ) from error
        raise KeyFailed(
            "{path} in the keyring cannot be read: {reason}",
            path=str(path),
            reason=error.strerror or type(error).__name__,
            hint="check the disk and who may read it",
        ) from error


def write(keyring_files: tuple[KeyringFile, ...], keyring: Path) -> None:
    """Write files into the keyring, each whole or not at all, private, over what is there.

    Raises:
        KeyFailed: the disk is full or does not work.
    """
    try:
        for file in keyring_files:
            path = keyring / file.path
            files.make_dirs(path.parent)
            files.replace(path, file.data)
    except OSError as error:
        raise KeyFailed(
            "the keyring could not be written: {reason}",
            reason=error.strerror or type(error).__name__,
            hint="make room on the disk, or check it, and try again",
        ) from error
