"""The emergency kit: what a stranger needs in ten years, gathered, drawn, and recorded by its digest."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from securedoc.backup import program, reminding
from securedoc.backup.program import Program
from securedoc.backup.registration import as_pem
from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.media import MediumState
from securedoc.core.people import Officer
from securedoc.errors import BackupFailed, BackupMalformed, BackupRefused, BackupStale, BackupUntrusted
from securedoc.keyring import layout, recoveryfile
from securedoc.keyring.shares import Quorum
from securedoc.ledger.rows import Head, MediumRow
from securedoc.office.card import VaultCard
from securedoc.office.office import Office
from securedoc.office.trust import authority_certificate
from securedoc.system import files

MAX_KIT_BYTES: Final = 16 << 20
_READABLE: Final = frozenset({MediumState.REGISTERED, MediumState.RETIRED})


@dataclass(frozen=True, slots=True)
class Stick:
    """A registered medium, and what was last written to it."""

    row: MediumRow
    snapshot: int | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the sheet says; no key, no passphrase, no share, no word of a document."""

    number: int
    """From 1: the sheets of a vault are told apart by it."""
    card: VaultCard
    at: datetime
    by: Officer
    program: Program
    ledger: Mapping[str, str]
    """What another SQLCipher must be told."""
    sticks: tuple[Stick, ...]
    quorum: Quorum
    officers: tuple[Officer, ...]
    authority: Digest
    """Of the authority's certificate as it lies on every stick, PEM."""
    head: Head
    """The last checkpoint before the sheet."""
    interval_days: int
    rehearsal_days: int


@dataclass(frozen=True, slots=True)
class Made:
    """A sheet that was made."""

    number: int
    digest: Digest
    media: tuple[str, ...]


def make(office: Office, out: Path, draw: Callable[[Facts], bytes]) -> Made:
    """Draw the sheet into the new file `out`, and record its digest.

    Raises:
        PolicyRefused: this officer may not.
        BackupRefused: something is at `out` already.
        BackupFailed: it cannot be written.
        DocumentRefused, DocumentFailed: it cannot be drawn.
    """
    office.permit("kit")
    if out.exists() or out.is_symlink():
        raise _occupied(out)
    facts = gather(office)
    data = draw(facts)
    made = Made(facts.number, Digest.of(data), tuple(stick.row.medium for stick in facts.sticks))
    try:
        files.write_new(out, data)
    except FileExistsError:
        raise _occupied(out) from None
    except OSError as error:
        raise BackupFailed(
            "{name} cannot be written: {reason}", name=out.name, reason=error.strerror or ""
        ) from error
    try:
        with office.write() as writing:
            writing.append(Act.KIT_MADE, None, _entry(facts, made))
    except BaseException:
        files.remove(out)  # a sheet that nothing vouches for
        raise
    reminding.keep_note(office)
    return made


def check(office: Office, path: Path) -> Made:
    """Hold a sheet against the ledger: tell which it is.

    Raises:
        BackupMalformed: it cannot be read.
        BackupUntrusted: no sheet of this vault is these bytes.
        BackupStale: it is one, and a newer one was made.
    """
    try:
        digest = Digest.of(files.read_bounded(path, MAX_KIT_BYTES))
    except OSError as error:
        raise BackupMalformed(
            "{name} cannot be read: {reason}", name=path.name, reason=error.strerror or ""
        ) from error
    made = list(_made(office))
    found = next((one for one in made if one.digest == digest), None)
    if found is None:
        raise BackupUntrusted(
            "{name} is no emergency kit of this vault",
            name=path.name,
            hint="do not follow it; make a new one: securedoc kit emergency --out FILE.pdf",
        )
    if found.number != made[0].number:
        raise BackupStale(
            "{name} is kit number {number}; the last one is number {last}",
            name=path.name,
            number=found.number,
            last=made[0].number,
            hint="put the newer one in its place, and destroy this one",
        )
    return found


def gather(office: Office) -> Facts:
    """Return what the sheet says, from what is proven and what is there.

    Raises:
        KeysError: the file of the recovery quorum cannot be read.
        BackupFailed: a file of the program cannot be read.
    """
    try:
        running = program.running()
    except OSError as error:
        raise BackupFailed("the program's own files cannot be read") from error
    ledger = office.ledger
    officers = tuple(
        ledger.trusted_officer(officer.id) for officer in ledger.officers() if officer.id != layout.RECOVERY
    )
    return Facts(
        number=1 + max((one.number for one in _made(office)), default=0),
        card=office.card,
        at=office.now(),
        by=office.who,
        program=running,
        ledger=ledger.parameters(),
        # A retired stick still opens; one that was overwritten, or begun to be, helps nobody.
        sticks=tuple(_stick(office, row) for row in ledger.media() if row.state in _READABLE),
        quorum=recoveryfile.parse(layout.read(office.place.keyring, layout.RECOVERY_FILE)).quorum,
        officers=officers,
        authority=Digest.of(as_pem(authority_certificate(office))),
        head=ledger.head(),
        interval_days=office.policy.backup.interval_days,
        rehearsal_days=office.policy.backup.rehearsal_interval_days,
    )


def _stick(office: Office, row: MediumRow) -> Stick:
    snapshots = office.ledger.snapshots(row.medium)
    if not snapshots:
        return Stick(row, None, None)
    return Stick(row, snapshots[0].snapshot, office.ledger.entry(snapshots[0].entry).at)


def _made(office: Office) -> Iterator[Made]:
    for entry in office.ledger.newest(Act.KIT_MADE):
        number, media = entry.facts.get("kit"), entry.facts.get("media")
        if isinstance(number, int) and isinstance(media, (list, tuple)):
            yield Made(number, Digest.parse(str(entry.facts.get("digest"))), tuple(str(one) for one in media))


def _entry(facts: Facts, made: Made) -> JsonObject:
    return {
        "kit": made.number,
        "digest": str(made.digest),
        "media": list(made.media),
        "size": facts.head.checkpoint.size,
        "root": str(Digest(facts.head.checkpoint.root)),
        "program": str(facts.program.digest),
        "version": facts.program.version,
    }


def _occupied(out: Path) -> BackupRefused:
    return BackupRefused("there is a file {name} already", name=out.name, hint="name a new file with --out")
