"""Sanitises a retired stick: overwritten and read back as a whole, certified; two people, two entries."""

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.backup import certificate, reminding, target
from securedoc.backup.certificate import Certificate
from securedoc.backup.target import Target
from securedoc.core.digests import Digest
from securedoc.core.entries import Act, Confirmation
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.officetime import OFFICE_TIME
from securedoc.core.secret import Secret
from securedoc.core.text import message
from securedoc.crypto import keystream
from securedoc.errors import BackupBusy, BackupFailed, BackupIncomplete, BackupRefused, PolicyRefused
from securedoc.keyring.session import Session
from securedoc.office import consent
from securedoc.office.office import Office
from securedoc.system import disks, files
from securedoc.system.disks import Disk
from securedoc.system.overwriting import BLOCK, ReadBack

METHOD: Final = "overwrite-verify"


@dataclass(frozen=True, slots=True)
class Sanitised:
    """What came of it."""

    target: Target
    verified_bytes: int
    mismatches: int
    """Blocks that are not what was written."""
    discarded: bool
    certificate: Digest | None
    entry: int

    def require(self) -> None:
        """Accept a medium that gave everything back.

        Raises:
            BackupIncomplete: it did not.
        """
        if self.certificate is None:
            raise BackupIncomplete(
                "{label} did not give back what was written over it: {count} blocks differ",
                label=self.target.medium.label,
                count=self.mismatches,
                hint="have the medium destroyed, before two witnesses",
            )


def require_place(out: Path, disk: Disk) -> None:
    """Refuse a place for the certificate that is taken, or that is about to be overwritten.

    Raises:
        BackupRefused: it is one.
    """
    if out.exists() or out.is_symlink():
        raise BackupRefused(
            "there is a file {name} already", name=out.name, hint="name a new file with --out"
        )
    directory = out.parent.resolve()
    if not directory.is_dir():
        raise BackupRefused("there is no directory for {name}", name=out.name, hint="name one with --out")
    if any(directory.is_relative_to(mount) for mount in disk.mounts):
        raise BackupRefused(
            "{name} would lie on the medium that is overwritten", name=out.name, hint="name another directory"
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """Who confirms, and what is written about it."""

    out: Path
    """Where the certificate goes: a new file."""
    second: Session | None
    say: certificate.Say


def sanitise(office: Office, found: Target, terms: Terms) -> Sanitised:
    """Overwrite the whole disk once, read all of it back, and certify it.

    The order: what is on it is unmounted, the disk is taken, found to be still the same, and the intent is
    entered; only then is it written. It is read back before the device is told to forget: what a device
    gives after that says nothing of what was written.

    Raises:
        PolicyRefused: nobody confirmed, or not one who may.
        BackupRefused: it is not that disk any more.
        BackupBusy: it is in use.
        BackupFailed: it cannot be written or read as a whole.
    """
    consenting = _Consent(office, terms.second)
    require_place(terms.out, found.disk)
    try:
        disks.release(found.disk)
        with disks.taken(found.disk) as descriptor:
            disk = _still(found, office.place.root)
            consenting.enter(Act.MEDIUM_SANITISING, _intent(found, disk))
            checked, discarded = _overwritten(office, descriptor, disk)
    except OSError as error:
        raise _explained(found, error) from error
    verified = checked.octets - checked.mismatched_blocks * BLOCK if checked.past_cache else 0
    whole = checked.past_cache and not checked.mismatched_blocks and checked.octets == disk.size_bytes
    digest = _certify(office, found, terms, discarded=discarded) if whole else None
    entry = consenting.enter(
        Act.MEDIUM_SANITISED,
        {
            "medium": found.medium.medium,
            "model": disk.model or "",
            "serial": disk.serial or "",
            "bytes": disk.size_bytes,
            "verified_bytes": max(0, verified),
            "mismatches": checked.mismatched_blocks,
            "discarded": discarded,
            "certificate": str(digest) if digest else None,
        },
    )
    reminding.keep_note(office)
    return Sanitised(found, max(0, verified), checked.mismatched_blocks, discarded, digest, entry)


class _Consent:
    """Two people for each entry, where the policy asks for them."""

    def __init__(self, office: Office, second: Session | None) -> None:
        office.permit("sanitise")
        self._office = office
        self._second = second
        missing = PolicyRefused(
            "overwriting a medium needs a second officer",
            hint="add --second OFFICER; that officer's passphrase is asked too",
        )
        # Also that it is another person, and holds the enrolled keys: before anything is written.
        consent.second(office, "sanitise", Act.MEDIUM_SANITISING, None, {}, session=second, missing=missing)

    def enter(self, act: Act, facts: JsonObject) -> int:
        with self._office.write() as writing:
            return writing.append(act, None, facts, self._for(act, facts)).sequence

    def _for(self, act: Act, facts: JsonObject) -> Confirmation | None:
        return None if self._second is None else self._office.confirmation(act, None, facts, self._second)


def _still(found: Target, vault: Path) -> Disk:
    """Look once more, now that nobody else can use it: the stick may have been exchanged since."""
    known, disk = found.disk, disks.again(found.disk, root=found.root)
    same = (disk.number, disk.sequence, disk.size_bytes, disk.serial, disk.model)
    if same != (known.number, known.sequence, known.size_bytes, known.serial, known.model):
        raise OSError(errno.ESTALE, "another device is there now")
    target.refuse_system(disk, vault)
    return disk


def _intent(found: Target, disk: Disk) -> JsonObject:
    return {
        "medium": found.medium.medium,
        "model": disk.model or "",
        "serial": disk.serial or "",
        "size_bytes": disk.size_bytes,
        "method": METHOD,
    }


def _overwritten(office: Office, descriptor: int, disk: Disk) -> tuple[ReadBack, bool]:
    progress = office.progress
    with Secret(office.randomness(keystream.KEY_BYTES)) as key:

        def cover(offset: int, length: int) -> bytes:
            return keystream.at(key, offset, length)

        progress.start(message("overwriting the medium"), disk.size_bytes)
        disks.overwrite(descriptor, disk, cover, progress.advance)
        progress.finish()
        progress.start(message("reading the medium back"), disk.size_bytes)
        checked = disks.read_back(descriptor, disk, cover, progress.advance)
        progress.finish()
    return checked, disks.discard(descriptor, disk)


def _certify(office: Office, found: Target, terms: Terms, *, discarded: bool) -> Digest:
    # Before its entry: a certificate that no entry names is worth nothing, and the interruption is seen.
    second = None if terms.second is None else office.ledger.trusted_officer(terms.second.officer)
    data = certificate.pdf(
        Certificate(
            office=office.card.office,
            training=office.card.training,
            medium=found.medium,
            disk=found.disk,
            discarded=discarded,
            at=office.now().astimezone(OFFICE_TIME),
            officer=office.who,
            second=second,
        ),
        terms.say,
    )
    files.write_new(terms.out, data)
    return Digest.of(data)


def _explained(found: Target, error: OSError) -> BackupFailed | BackupBusy | BackupRefused:
    label = found.medium.label
    if error.errno == errno.EBUSY:
        return BackupBusy(
            "{label} is in use", label=label, hint="close every file and window on it, then try again"
        )
    if error.errno in {errno.ESTALE, errno.ENOENT, errno.ENXIO}:
        return BackupRefused(
            "{disk} is no longer the device that was looked at",
            disk=found.disk.name,
            hint="nothing was written; begin again",
        )
    return BackupFailed(
        "{label} cannot be overwritten and read back as a whole: {reason}",
        label=label,
        reason=error.strerror or "",
        hint="try once more; then have the medium destroyed, before two witnesses",
    )
