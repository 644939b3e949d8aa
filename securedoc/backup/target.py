"""Decides whether a disk may be overwritten as a whole: a registered, retired, removable medium alone."""

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.backup import layout, media
from securedoc.core.entries import Act
from securedoc.core.media import MediumState
from securedoc.errors import BackupFailed, BackupMissing, BackupRefused, LedgerUntrusted
from securedoc.ledger.rows import MediumRow
from securedoc.office.office import Office
from securedoc.policy.vocabulary import Right
from securedoc.system import disks
from securedoc.system.disks import Disk

_ROOT: Final = Path("/")
_SYSTEM: Final = tuple(
    map(Path, ("/", "/home", "/boot", "/boot/efi", "/usr", "/var", "/srv", "/opt", "/etc", "/root"))
)
_ENDING: Final = {
    Act.MEDIUM_RETIRED: Right.MEDIA,
    Act.MEDIUM_SANITISING: Right.SANITISE,
    Act.MEDIUM_SANITISED: Right.SANITISE,
}
"""The acts that end a medium's use, and the right to each."""
_OPEN: Final = frozenset({MediumState.RETIRED, MediumState.SANITISING, MediumState.UNSANITISED})


@dataclass(frozen=True, slots=True)
class Target:
    """A disk that may be overwritten, and the medium that it is."""

    medium: MediumRow
    disk: Disk
    resumed: bool
    """Its identity was overwritten by a run that did not end; it is known by what that run entered."""
    root: Path
    """Holds the /proc, /sys and /dev that were read."""


def find(office: Office, path: Path, *, root: Path = _ROOT) -> Target:
    """Return the disk at a mount point, or behind a device node, when every condition holds.

    Raises:
        PolicyRefused: this officer may not.
        BackupMissing, BackupUntrusted, BackupRefused, BackupFailed: it is not that disk.
    """
    # (1) The officer may, before anything is looked at.
    office.permit("sanitise")
    # (2) The name leads nowhere else.
    disk = _disk(path, root)
    # (3) It is the registered medium, proven by the signature on it, its volume and its serial number; or the
    #     one that a run left half overwritten.
    row, resumed = _identified(office, path, disk, root)
    # (4) It was taken out of use, as an entry proves: the table could have been edited.
    _require_retired(office, row)
    # (5) It is a stick, not a part of this machine.
    refuse_system(disk, office.place.root)
    return Target(row, disk, resumed, root)


def refuse_system(disk: Disk, vault: Path) -> None:
    """Refuse a disk that this machine lives on, or that is in use for anything else.

    Raises:
        BackupRefused: it is one.
    """
    if not (disk.removable or disk.usb):
        raise BackupRefused(
            "{disk} is neither removable nor a USB device", disk=disk.name, hint="only sticks are overwritten"
        )
    needed = [mount for mount in disk.mounts if mount in _SYSTEM]
    held = needed or [path for path in (*_SYSTEM, vault) if _lies_on(path, disk)]
    if held or disk.swap:
        raise BackupRefused(
            "{disk} holds a part of this machine: {what}",
            disk=disk.name,
            what=str(held[0]) if held else "swap",
            hint="only sticks are overwritten",
        )
    if disk.stacked:
        raise BackupRefused(
            "something is built on {disk}: {what}",
            disk=disk.name,
            what=", ".join(disk.stacked),
            hint="close the encryption, RAID or LVM on it first",
        )
    if disk.read_only:
        raise BackupRefused(
            "{disk} cannot be written",
            disk=disk.name,
            hint="release its write protection, or have it destroyed",
        )


def _disk(path: Path, root: Path) -> Disk:
    if path.is_symlink():
        raise BackupRefused(
            "{path} is a link", path=path.name, hint="name the mount point or the device itself"
        )
    try:
        disk = disks.of(path, root=root)
    except FileNotFoundError as error:
        raise BackupMissing(
            "there is no medium at {path}", path=path.name, hint="plug it in, and name where it is mounted"
        ) from error
    except OSError as error:
        raise BackupFailed(
            "the device at {path} cannot be opened: {reason}",
            path=path.name,
            reason=error.strerror or "",
            hint="run this as the administrator of the machine: sudo securedoc …",
        ) from error
    if disk is None:
        raise BackupRefused(
            "{path} is not on one whole disk", path=path.name, hint="name the mount point of a stick"
        )
    return disk


def _identified(office: Office, path: Path, disk: Disk, root: Path) -> tuple[MediumRow, bool]:
    name = layout.set_name(office.vault_id)
    if stat.S_ISBLK(path.stat().st_mode):
        mounts = [mount for mount in disk.mounts if (mount / name).is_dir()]
        if not mounts:
            return _left_by_a_run(office, disk), True
    elif path.resolve() not in disk.mounts:
        raise BackupRefused(
            "{path} is a directory that stands for a stick, not a stick",
            path=path.name,
            hint="remove its files with: securedoc shred --recursive",
        )
    else:
        mounts = [path]
    medium = media.proven(office, mounts[0], root=root)
    row = media.by_id(office, medium.identity.medium)
    if row.device_serial and row.device_serial != disk.serial:
        raise BackupRefused(
            "this is not the device that {label} was registered on",
            label=row.label,
            hint="plug in the right one",
        )
    return row, False


def _left_by_a_run(office: Office, disk: Disk) -> MediumRow:
    """Return the medium that a run was overwriting when it was interrupted, known by its device.

    The identity went first. What is left are the serial number, model and size that the run entered
    before its first write, and that only the device itself gives.
    """
    for row in office.ledger.media():
        if row.state in {MediumState.SANITISING, MediumState.UNSANITISED} and disk.serial:
            facts = office.ledger.authored_entry(row.changed)[0].facts
            size = facts.get("size_bytes", facts.get("bytes"))
            if (facts.get("serial"), facts.get("model"), size) == (
                disk.serial,
                disk.model or "",
                disk.size_bytes,
            ):
                return row
    raise BackupRefused(
        "{disk} carries no identity of this vault",
        disk=disk.name,
        hint="mount the stick, so that its identity can be read; a stick without a serial number whose "
        "sanitising was interrupted is to be destroyed",
    )


def _require_retired(office: Office, row: MediumRow) -> None:
    if row.state is MediumState.REGISTERED:
        raise BackupRefused(
            "{label} is in use for backups",
            label=row.label,
            hint="take it out of use first: securedoc media retire MEDIUM --why TEXT",
        )
    if row.state not in _OPEN:
        raise BackupRefused("{label} was sanitised already", label=row.label)
    # Written by whom it names, and by one who may: everybody with the ledger key can append an entry.
    entry, author = office.ledger.authored_entry(row.changed)
    right = _ENDING.get(entry.act)
    if right is None or entry.facts.get("medium") != row.medium:
        raise LedgerUntrusted(
            "the table of media says more of {label} than the entries do",
            label=row.label,
            hint="run: securedoc ledger verify",
        )
    if author.role not in office.policy.rights[right]:
        raise LedgerUntrusted(
            "{label} was taken out of use by {officer}, who may not",
            label=row.label,
            officer=author.id,
            hint="ask this officer how it came about; run: securedoc audit run",
        )


def _lies_on(path: Path, disk: Disk) -> bool:
    try:
        resolved = path.resolve()
        return resolved.stat().st_dev in disk.parts or any(
            resolved.is_relative_to(mount) for mount in disk.mounts
        )
    except OSError:
        return False  # there is no such directory on this machine
