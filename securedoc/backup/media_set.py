"""Finds a vault's backup set on a medium, and reads what a set says of itself."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from securedoc.backup import identity, layout
from securedoc.backup.defects import DefectKind
from securedoc.backup.examine import MAX_SIGNATURE_BYTES
from securedoc.backup.examined import Examined, reason
from securedoc.backup.identity import Identity
from securedoc.backup.layout import BagName
from securedoc.core.digests import Digest
from securedoc.core.text import message
from securedoc.errors import BackupFailed, BackupMissing, BackupRefused, SignatureError
from securedoc.signing import cms
from securedoc.signing.trust import TrustStore
from securedoc.system import files

MAX_FIXED_BYTES: Final = 256 * 1024

_LEFTOVER: Final = ".~"


@dataclass(frozen=True, slots=True)
class Listing:
    """The names in the directory that all bags lie in."""

    bags: tuple[BagName, ...]
    leftovers: tuple[str, ...]
    """What an interrupted backup left: no reader uses it."""
    unexpected: tuple[str, ...]
    stray: tuple[str, ...] = ()
    """What other systems leave on every stick: reported, never opened, never removed."""


@dataclass(frozen=True, slots=True)
class FixedFiles:
    """What the registration of a medium wrote."""

    identity: Identity | None
    """Only when it is signed by somebody we trust."""
    digests: Mapping[str, Digest]
    """Of those that could be read."""


def find(path: Path, vault: str | None = None) -> Path:
    """Return the directory that all bags lie in: `path` itself, or the one set on a medium.

    Raises:
        BackupMissing: there is no medium, or nothing of ours on it.
        BackupRefused: there are sets of several vaults, or `path` is that of another vault.
        BackupFailed: the medium cannot be read.
    """
    try:
        if (path / layout.IDENTITY).is_file():
            if vault is not None and path.name != layout.set_name(vault):
                raise BackupRefused(
                    "{path} holds the backups of another vault", path=path.name, hint="name another medium"
                )
            return path
        found = [entry for entry in path.iterdir() if layout.is_set_name(entry.name)]
    except (FileNotFoundError, NotADirectoryError):
        raise BackupMissing(
            "there is no medium at {path}", path=path.name, hint="plug it in, and name where it is mounted"
        ) from None
    except OSError as error:
        raise BackupFailed(
            "the medium at {path} cannot be read: {reason}", path=path.name, reason=reason(error)
        ) from error
    if vault is not None:
        found = [entry for entry in found if entry.name == layout.set_name(vault)]
    if not found:
        raise BackupMissing(
            "there is no backup on {path}",
            path=path.name,
            hint="register the medium first: securedoc media register",
        )
    if len(found) > 1:
        raise BackupRefused(
            "{path} holds the backups of {count} vaults",
            path=path.name,
            count=len(found),
            hint="name the directory of one of them",
        )
    if found[0].is_symlink():
        # It may lead to the machine's own disk: a backup there is none when the machine is lost.
        raise BackupRefused(
            "{path} on the medium is a link", path=found[0].name, hint="name the directory that it leads to"
        )
    return found[0]


def listing(directory: Path) -> Listing:
    """Sort the names in a set.

    Raises:
        BackupFailed: the medium cannot be read.
    """
    try:
        names = sorted(os.listdir(directory))  # noqa: PTH208 - names are wanted, not paths
    except OSError as error:
        raise BackupFailed("the medium cannot be read: {reason}", reason=reason(error)) from error
    bags = layout.bags_among(names)
    known = {*map(str, bags), *layout.FIXED_FILES}
    left = [name for name in names if name.startswith((layout.PARTIAL, _LEFTOVER))]
    others = sorted({*names} - known - {*left})
    stray = tuple(name for name in others if layout.is_stray(name))
    return Listing(tuple(bags), tuple(left), tuple(sorted({*others} - {*stray})), stray)


def read_fixed(seen: Examined, trust: TrustStore, now: datetime) -> FixedFiles:
    """Read what the registration wrote, and note every defect in it."""
    contents = {name: seen.read(name, MAX_FIXED_BYTES) for name in layout.FIXED_FILES}
    digests = {name: Digest.of(data) for name, data in contents.items() if data is not None}
    seen.counts.files += len(layout.FIXED_FILES)
    seen.counts.octets += sum(len(data) for data in contents.values() if data is not None)
    untrusted_identity = contents[layout.IDENTITY]
    untrusted_signature = contents[layout.IDENTITY_SIGNATURE]
    if untrusted_identity is None or untrusted_signature is None:
        return FixedFiles(None, digests)
    known = _parse(seen, untrusted_identity)
    at = known.registered_at if known else now
    try:
        signer = cms.verify_detached(untrusted_identity, untrusted_signature[:MAX_SIGNATURE_BYTES], trust, at)
    except SignatureError as error:
        seen.report(
            DefectKind.SIGNATURE,
            layout.IDENTITY_SIGNATURE,
            expected=message("a signature that leads to the trust file"),
            found=message(error.template, **error.facts),
        )
        return FixedFiles(None, digests)
    if known is not None and signer.identifier != known.registered_by:
        seen.report(
            DefectKind.SIGNATURE,
            layout.IDENTITY_SIGNATURE,
            expected=known.registered_by,
            found=signer.identifier or signer.name,
        )
        known = None
    if known is not None:
        for name, expected in known.files.items():
            compare_fixed(seen, digests, name, expected)
    return FixedFiles(known, digests)


def stated_medium(directory: Path) -> str | None:
    """Return which medium this says it is; nobody has proven it yet."""
    try:
        return identity.parse(files.read_bounded(directory / layout.IDENTITY, MAX_FIXED_BYTES)).medium
    except (OSError, ValueError):
        return None


def stated_trust(directory: Path) -> TrustStore:
    """Return the certificate that a medium brings along; it shows damage, and proves nothing else.

    Raises:
        BackupFailed: it cannot be read.
        SignatureMalformed: it is not a certificate.
    """
    try:
        # Bounded, and regular files only: a FIFO in its place would hang its reader.
        return TrustStore.parse(files.read_bounded(directory / layout.AUTHORITY, MAX_FIXED_BYTES))
    except OSError as error:
        raise BackupFailed(
            "{path} could not be read: {found}",
            path=layout.AUTHORITY,
            found=reason(error),
            hint="give the office's certificate with --trust FILE",
        ) from error


def compare_fixed(seen: Examined, digests: Mapping[str, Digest], name: str, expected: Digest) -> None:
    """Note a fixed file that is not the one that was signed."""
    found = digests.get(name)
    if found is not None and found != expected:
        seen.report(DefectKind.MISMATCH, name, str(expected), str(found))


def _parse(seen: Examined, untrusted_data: bytes) -> Identity | None:
    try:
        return identity.parse(untrusted_data)
    except ValueError as error:
        seen.report(DefectKind.MALFORMED, layout.IDENTITY, found=str(error))
        return None
