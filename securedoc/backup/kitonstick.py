"""The digest of the emergency kit on a medium: who has a sheet and a stick, and no vault, compares them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.backup import kit, layout, media_set, restore
from securedoc.backup.defects import require_none
from securedoc.backup.examine import Look
from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.errors import BackupMalformed, BackupMissing, BackupUntrusted
from securedoc.office.office import Office
from securedoc.system import files

MAX_BYTES: Final = 256
_LINE: Final = re.compile(r"([0-9a-f]{64})  kit-([0-9]{4,})\.pdf\n")


@dataclass(frozen=True, slots=True)
class Said:
    """Which sheet was the last one when a snapshot was made."""

    number: int
    digest: Digest

    def as_bytes(self) -> bytes:
        """Return the file's bytes, in the form of `sha256sum`; the number is the one on the printed sheet."""
        return f"{self.digest.hex}  kit-{self.number:04d}.pdf\n".encode()


def parse(untrusted_data: bytes) -> Said:
    """Read the file.

    Raises:
        ValueError: it is not of the form.
    """
    match = _LINE.fullmatch(untrusted_data.decode("ascii"))
    if match is None:
        raise ValueError("not the digest of a kit")
    return Said(int(match[2]), Digest(bytes.fromhex(match[1])))


def files_of(office: Office, entries: int) -> dict[str, bytes]:
    """Return what a snapshot of the ledger's first `entries` says of the kit: nothing where none was made."""
    for entry in office.ledger.newest(Act.KIT_MADE):
        number = entry.facts.get("kit")
        if entry.sequence < entries and isinstance(number, int):
            said = Said(number, Digest.parse(str(entry.facts.get("digest"))))
            return {layout.KIT.removeprefix("data/"): said.as_bytes()}
    return {}


def check(sheet: Path, path: Path, look: Look) -> Said:
    """Hold a sheet's PDF file against the newest snapshot of the medium at `path`; no vault, no key.

    Raises:
        BackupMissing: no kit had been made when that snapshot was.
        BackupMalformed: the sheet cannot be read, or what the snapshot says.
        BackupUntrusted: the sheet is another one.
        BackupUntrusted, BackupStale, BackupFailed: the medium; see `restore.verified`.
    """
    try:
        digest = Digest.of(files.read_bounded(sheet, kit.MAX_KIT_BYTES))
    except OSError as error:
        raise BackupMalformed(
            "{name} cannot be read: {reason}", name=sheet.name, reason=error.strerror or ""
        ) from error
    _, chosen = restore.verified(media_set.find(path), look, None)
    if layout.KIT not in chosen.manifest:
        raise BackupMissing(
            "no emergency kit had been made when snapshot {number} was",
            number=chosen.bag.number,
            hint="make a kit, then a backup: securedoc kit emergency --out FILE.pdf",
        )
    data = chosen.content(layout.KIT, MAX_BYTES)
    require_none(chosen.defects)
    try:
        said = parse(data or b"")
    except ValueError as error:
        raise BackupMalformed(
            "{path} is not of its form: {found}", path=f"{chosen.name}/{layout.KIT}", found=str(error)
        ) from error
    if digest == said.digest:
        return said
    raise BackupUntrusted(
        "{name} is not emergency kit number {number}, which the medium names",
        name=sheet.name,
        number=said.number,
        hint="look at its number: an older one is to be replaced, any other is not to be followed",
    )
