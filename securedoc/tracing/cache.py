"""Keeps fingerprints in the vault, sealed under a key that only holders of the documents key can derive."""

import struct
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.secret import Secret
from securedoc.crypto import objects
from securedoc.errors import DocumentUntrusted
from securedoc.formats import canonical
from securedoc.system import files
from securedoc.tracing.fingerprints import DIGEST_BYTES, SUBJECT_WORDS

FORMAT: Final = "securedoc/fingerprints/1"
"""Also names how samples are taken: another way of taking them is another format."""
MAX_BYTES: Final = 512 * 1024 * 1024
_RECORD: Final = struct.Struct(f"<32sBQ{DIGEST_BYTES}sBQI")
_MARKED: Final = 1
_MOST_WORDS: Final = 255


@dataclass(frozen=True, slots=True)
class Record:
    """What is remembered of one sealed object."""

    digest: Digest
    """Of the ciphertext, which names the object."""
    size_bytes: int
    """Of the plaintext."""
    whole: bytes
    """Keyed digest of the plaintext."""
    subject: tuple[int, int]
    """Words of the subject and its fingerprint, of a card; (0, 0) of everything else."""
    marked: bool
    samples: "array[int]"
    """Those that no older object of its document has."""


def load(path: Path, key: Secret, vault: str) -> Mapping[Digest, Record]:
    """Return the records kept at `path`.

    Raises:
        FileNotFoundError: nothing is kept.
        DocumentUntrusted: it is damaged, another vault's, or made by somebody without the key.
        OSError: it cannot be read, or is no ordinary file of an ordinary size.
    """
    data = bytearray()
    with files.open_bounded(path, MAX_BYTES) as stream:
        for piece in objects.decrypt(
            key, _context(vault), iter(lambda: stream.read(objects.PIECE_BYTES), b"")
        ):
            data += piece
    try:
        return {record.digest: record for record in _unpacked(bytes(data))}
    except (struct.error, ValueError) as error:
        raise DocumentUntrusted("the kept fingerprints are damaged") from error


def _unpacked(data: bytes) -> Iterator[Record]:
    at = 0
    while at < len(data):
        digest, flags, size, whole, words, subject, count = _RECORD.unpack_from(data, at)
        at += _RECORD.size
        samples = array("Q", data[at : at + 8 * count])
        if len(samples) != count:
            raise ValueError("cut short")
        at += 8 * count
        yield Record(Digest(digest), size, whole, (words, subject), bool(flags & _MARKED), samples)


def keep(path: Path, key: Secret, vault: str, records: Iterable[Record]) -> None:
    """Keep the records at `path`, in place of what is there.

    Raises:
        OSError: the old ones, if any, are still in place.
    """
    with files.staged(path.parent) as file:
        for piece in objects.encrypt(key, _context(vault), map(_packed, records)):
            file.write(piece)
        file.publish(path, over=True)


def _packed(record: Record) -> bytes:
    words, subject = record.subject
    head = _RECORD.pack(
        record.digest.value,
        _MARKED if record.marked else 0,
        record.size_bytes,
        record.whole,
        words if SUBJECT_WORDS <= words <= _MOST_WORDS else 0,
        subject,
        len(record.samples),
    )
    return head + record.samples.tobytes()


def _context(vault: str) -> bytes:
    return canonical.encode({"format": FORMAT, "vault": vault})
