"""What a witness saw last, in a file of the witness's own: it is believed before the ledger is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId, officer_id
from securedoc.errors import LedgerFailed, LedgerMalformed, LedgerUntrusted
from securedoc.formats import canonical, checkpoint, note
from securedoc.formats.checkpoint import Checkpoint
from securedoc.formats.note import MAX_NOTE_BYTES, Algorithm
from securedoc.system import files

FORMAT: Final = "securedoc/witness/1"
MAX_FILE_BYTES: Final = 1 << 20
_FIELDS: Final = frozenset({"format", "witness", "note", "signers"})


@dataclass(frozen=True, slots=True)
class Memory:
    """The last checkpoint that a witness cosigned, and whose signatures under later ones it knows."""

    witness: OfficerId
    note: bytes
    """The checkpoint with the witness's own cosignature under it."""
    signers: Mapping[OfficerId, bytes]
    """Ed25519 keys of the officers who may sign checkpoints, as the ledger proved them."""

    @property
    def seen(self) -> Checkpoint:
        """The checkpoint."""
        return checkpoint.open_note(self.note)[0]

    def as_bytes(self) -> bytes:
        """Return the file."""
        origin = self.seen.origin
        signers: JsonObject = {
            officer: note.VerifierKey(f"{origin}/{officer}", Algorithm.ED25519, key).as_text()
            for officer, key in sorted(self.signers.items())
        }
        value: JsonObject = {
            "format": FORMAT,
            "witness": self.witness,
            "note": self.note.decode("utf-8"),
            "signers": signers,
        }
        return canonical.encode(value)


def load(path: Path) -> Memory | None:
    """Read what a witness saw last; None where there is no file yet.

    Raises:
        LedgerMalformed: it is something else.
        LedgerFailed: it cannot be read.
    """
    try:
        data = files.read_bounded(path, MAX_FILE_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LedgerFailed(
            "{name} cannot be read: {reason}", name=path.name, reason=error.strerror or ""
        ) from error
    try:
        return _parse(data)
    except (ValueError, KeyError) as error:
        raise LedgerMalformed(
            "{name} is not what a witness saw last",
            name=path.name,
            hint="name the file that an earlier witnessing wrote; a new one begins without a memory",
        ) from error


def save(path: Path, memory: Memory) -> None:
    """Replace the file, durably: after a power cut it is the old one or the new one.

    Raises:
        LedgerFailed: it cannot be written; the old one is as it was.
    """
    try:
        files.replace(path, memory.as_bytes())
    except OSError as error:
        raise LedgerFailed(
            "{name} cannot be written: {reason}; nothing was cosigned",
            name=path.name,
            reason=error.strerror or "",
            hint="name a file on your own stick that can be written",
        ) from error


def require_origin(memory: Memory, origin: str) -> None:
    """Accept a memory of this vault.

    Raises:
        LedgerUntrusted: it is of another one.
    """
    if memory.seen.origin != origin:
        raise LedgerUntrusted(
            "what the witness saw last is of another vault",
            hint="name the file that belongs to this vault with --state",
        )


def _parse(untrusted: bytes) -> Memory:
    value = canonical.decode_object(untrusted, limit=MAX_FILE_BYTES)
    text, signers = value["note"], value["signers"]
    if value.keys() != _FIELDS or value["format"] != FORMAT:
        raise ValueError("another format")
    if not isinstance(text, str) or len(text) > MAX_NOTE_BYTES or not isinstance(signers, Mapping):
        raise ValueError("fields of other types")
    signed = text.encode("utf-8")
    origin = checkpoint.open_note(signed)[0].origin
    known = {officer_id(officer): _key(origin, officer, spelled) for officer, spelled in signers.items()}
    return Memory(officer_id(str(value["witness"])), signed, known)


def _key(origin: str, officer: str, untrusted_spelled: object) -> bytes:
    if not isinstance(untrusted_spelled, str):
        raise ValueError("a key that is no text")  # noqa: TRY004 - one error for whatever is wrong in the file
    key = note.parse_vkey(untrusted_spelled)
    if key.name != f"{origin}/{officer}" or key.algorithm is not Algorithm.ED25519:
        raise ValueError("a key of somebody else")
    return key.public
