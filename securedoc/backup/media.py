"""Sticks: registered, found again, and refused when they are not the ones that were registered."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from securedoc.backup import fitness, layout, media_set, reminding, rotation, trusting
from securedoc.backup.defects import DefectKind
from securedoc.backup.examined import Examined, reason
from securedoc.backup.fitness import Fitness
from securedoc.backup.identity import MEDIUM_ID_BYTES, Identity, VolumeFacts, medium_id
from securedoc.backup.registration import write_registration
from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.text import Message
from securedoc.errors import BackupFailed, BackupMissing, BackupRefused, BackupUntrusted
from securedoc.ledger.rows import MediumRow
from securedoc.office.office import Office
from securedoc.office.trust import authority_certificate
from securedoc.system import condition, files, volumes
from securedoc.system.volumes import Volume

DIRECTORY: Final = "directory"
"""File system of a medium that is a directory standing for a stick."""
MAX_WORDS: Final = 64


@dataclass(frozen=True, slots=True)
class Medium:
    """A registered medium that is plugged in, and proven to be the one it says it is."""

    identity: Identity
    directory: Path
    """The one that all bags lie in."""
    fixed: dict[str, Digest]
    """The files that the registration wrote."""
    volume: Volume
    remarks: tuple[Message, ...] = ()
    """What is to be said of it before it is written to."""


def register(office: Office, path: Path, *, label: str, keeper: str, root: Path = Path("/")) -> Identity:
    """Make the medium at `path` one that this vault backs up to; `root` holds the /proc and /sys to read.

    Raises:
        PolicyRefused: this officer may not register media.
        BackupMissing: there is no medium.
        BackupRefused: it is registered already, not fit for a backup, or the words do not do.
        BackupFailed: the medium failed.
    """
    office.permit("media")
    require_words(label)
    require_words(keeper)
    volume = _volume(path, root)
    judge(office, path, root=root).require()
    _refuse_registered(office, path, label)
    draft = Identity(
        medium=medium_id(office.randomness(MEDIUM_ID_BYTES)),
        vault=office.vault_id,
        office=office.card.office,
        label=label,
        keeper=keeper,
        registered_at=office.now(),
        registered_by=office.session.officer,
        volume=volume_facts(path, volume),
        files={},
    )
    try:
        identity = write_registration(
            path, draft, authority_certificate(office), lambda data: trusting.sign(office, data)
        )
    except OSError as error:
        raise BackupFailed(
            "the medium at {path} could not be written: {reason}", path=path.name, reason=reason(error)
        ) from error
    # The medium first: a registration that was cut off between the two is begun anew (see
    # `_refuse_registered`), while an entry about a medium that does not exist would stay.
    with office.write() as writing:
        writing.append(Act.MEDIUM_REGISTERED, None, _facts(identity))
    reminding.keep_note(office)
    return identity


def require_words(words: str) -> None:
    """Accept a label or the name of a keeper.

    Raises:
        BackupRefused: it does not do.
    """
    if not words.strip() or len(words) > MAX_WORDS or not words.isprintable():
        raise BackupRefused(
            "a label and a keeper are one line of at most {limit} characters", limit=MAX_WORDS
        )


def choose(office: Office, to: Path | None) -> Medium:
    """Return the medium to back up to: the one at `to`, else the one registered medium plugged in.

    Raises:
        BackupMissing: none is plugged in, or there is none at `to`.
        BackupRefused: several are; or it is not registered in this vault; or its identity was copied
            from another medium; or it is not fit for a backup.
        BackupUntrusted: its identity does not hold.
    """
    medium = proven(office, to or the_one(office))
    row = by_id(office, medium.identity.medium)
    if not row.in_use:
        raise BackupRefused(
            "{label} was taken out of use",
            label=row.label,
            hint="use another medium; see: securedoc media list",
        )
    fit = judge(office, medium.directory, name=row.label)
    fit.require()
    return replace(medium, remarks=fit.remarks)


def judge(office: Office, path: Path, *, name: str = "", root: Path = Path("/")) -> Fitness:
    """Tell what speaks against the medium at `path`, called `name`, by the policy.

    Raises:
        BackupMissing: there is none.
    """
    rules = fitness.in_training(office.policy.media) if office.card.training else office.policy.media
    return fitness.look(rules, path, office.place.root, name=name or path.name, root=root)


def the_one(office: Office) -> Path:
    """Return where the one medium in use of this vault is mounted.

    Raises:
        BackupMissing: none is; the hint says which one to bring, and from whom.
        BackupRefused: several are.
    """
    try:
        return plugged_in(office.vault_id, leave_out=out_of_use(office))
    except BackupMissing as error:
        standings = rotation.standings(office)
        if not standings:
            raise
        for standing in standings:
            if volumes.is_there(standing.row.volume_id or ""):
                raise BackupMissing(
                    "{label} is plugged in and not mounted",
                    label=standing.row.label,
                    hint="open it on the desktop, or: udisksctl mount -b /dev/disk/by-uuid/{volume}",
                    volume=standing.row.volume_id or "",
                ) from error
        raise BackupMissing(
            error.template,
            hint="bring {label} from {keeper} and plug it in; if it is, name where it is mounted",
            label=standings[0].row.label,
            keeper=standings[0].row.keeper,
        ) from error


def vault_bytes(office: Office) -> int:
    """Return about how many bytes a first backup writes, recovery data apart."""
    objects = sum(one.size_bytes for one in office.ledger.objects())
    return objects + office.place.ledger.stat().st_size


def by_id(office: Office, medium: str) -> MediumRow:
    """Return what the ledger knows of a medium, named by its identifier or its label.

    Raises:
        BackupMissing: it knows none of that name.
    """
    for row in office.ledger.media():
        if medium in {row.medium, row.label}:
            return row
    raise BackupMissing(
        "there is no medium {medium} in this vault", medium=medium, hint="see: securedoc media list"
    )


def out_of_use(office: Office) -> set[str]:
    """Return the media that no backup is written to any more."""
    return {row.medium for row in office.ledger.media() if not row.in_use}


def plugged_in(vault: str, *, leave_out: Collection[str] = ()) -> Path:
    """Return where the one medium of a vault is mounted, media of these identifiers left out.

    Raises:
        BackupMissing: none is.
        BackupRefused: several are.
    """
    name = layout.set_name(vault)
    sets = [one.mount_point / name for one in volumes.mounted() if (one.mount_point / name).is_dir()]
    found = [path.parent for path in sets if media_set.stated_medium(path) not in leave_out]
    if not found:
        raise BackupMissing(
            "no registered medium is plugged in",
            hint="plug one in, or name where it is mounted; register a new one with: "
            "securedoc media register",
        )
    if len(found) > 1:
        raise BackupRefused(
            "{count} media of this vault are plugged in", count=len(found), hint="name where one is mounted"
        )
    return found[0]


def volume_facts(path: Path, volume: Volume) -> VolumeFacts:
    """Return how this medium is told from every other one."""
    serial = volume.serial or ""
    if path.resolve() == volume.mount_point and volume.uuid is not None:
        return VolumeFacts(condition.kind_of(volume), volume.uuid, serial)
    # A directory keeps its inode number where it is moved or renamed; a copy of it has another.
    inode = path.stat().st_ino
    return VolumeFacts(DIRECTORY, f"{volume.uuid or volume.device}:{inode}", serial)


def _volume(path: Path, root: Path = Path("/")) -> Volume:
    try:
        volume = volumes.volume(path, root=root)
    except OSError as error:
        raise BackupMissing(
            "there is no medium at {path}", path=path.name, hint="plug it in, and name where it is mounted"
        ) from error
    if not path.is_dir():
        raise BackupMissing("{path} is not a directory", path=path.name, hint="name where it is mounted")
    if volume.read_only:
        raise fitness.not_writable(condition.look(path, root=root), path.name)
    return volume


def _refuse_registered(office: Office, path: Path, label: str) -> None:
    media = office.ledger.media()
    if any(row.label == label for row in media):
        raise BackupRefused(
            "there is a medium labelled {label} already", label=label, hint="give each medium its own label"
        )
    directory = path / layout.set_name(office.vault_id)
    if not directory.is_dir():
        return
    identity = _digest(directory / layout.IDENTITY)
    if any(row.identity == identity for row in media) or media_set.listing(directory).bags:
        raise BackupRefused(
            "the medium at {path} is registered already", path=path.name, hint="see: securedoc media list"
        )
    files.remove_tree(directory)  # a registration that was cut off before its entry was written


def proven(office: Office, path: Path, *, root: Path = Path("/")) -> Medium:
    """Return the registered medium at `path`, in use or not; `root` holds the /proc, /sys, /dev to read.

    Raises:
        see `choose`.
    """
    volume = _volume(path, root)
    directory = media_set.find(path, office.vault_id)
    # (1) The identity is signed by an officer of this vault.
    seen = Examined(directory, "")
    fixed = media_set.read_fixed(seen, trusting.trust(office), office.now())
    if seen.defects or fixed.identity is None:
        defect = seen.defects[0]
        kind = BackupFailed if defect.kind is DefectKind.UNREADABLE else BackupUntrusted
        raise kind(
            "the identity of the medium does not hold: {path} ({kind})",
            path=defect.path,
            kind=defect.kind.value,
            hint="do not use this medium; register another one",
        )
    # (2) The ledger knows it: a medium of a vault that went another way is not ours.
    row = _row(office, fixed.digests[layout.IDENTITY])
    # (3) It is on the file system that it was registered on: an identity can be copied.
    known, found = fixed.identity.volume, volume_facts(_root(path, directory), volume)
    if (known.filesystem, known.volume_id) != (found.filesystem, found.volume_id):
        raise BackupRefused(
            "this is not {label}: the identity of that medium was copied here", label=row.label, hint=_OTHER
        )
    if known.device_serial and found.device_serial and known.device_serial != found.device_serial:
        raise BackupRefused(
            "this is not the device that {label} was registered on", label=row.label, hint=_OTHER
        )
    return Medium(fixed.identity, directory, dict(fixed.digests), volume)


_OTHER = "plug in the right one, or register this one under its own label"


def _root(path: Path, directory: Path) -> Path:
    return path.parent if path == directory else path


def _row(office: Office, identity: Digest) -> MediumRow:
    for row in office.ledger.media():
        if row.identity == identity:
            return row
    raise BackupRefused(
        "this medium is not registered in this vault",
        hint="register it first: securedoc media register; or the ledger is older than the medium",
    )


def _digest(path: Path) -> Digest | None:
    try:
        return Digest.of(files.read_bounded(path, media_set.MAX_FIXED_BYTES))
    except OSError:
        return None


def _facts(identity: Identity) -> JsonObject:
    return {
        "medium": identity.medium,
        "label": identity.label,
        "keeper": identity.keeper,
        "filesystem": identity.volume.filesystem,
        "volume_id": identity.volume.volume_id,
        "device_serial": identity.volume.device_serial,
        "identity": str(Digest.of(identity.as_bytes())),
    }
