"""C2SP signed notes: a text and the signatures under it, as exact bytes."""

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

MAX_NOTE_BYTES: Final = 256 * 1024
MAX_SIGNATURES: Final = 32
"""A verifier must accept at least 16; more than this is an attempt to make us work."""
KEY_ID_BYTES: Final = 4

_DASH = "— "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_NAME = re.compile(r"[^\s+]+")
_VKEY_ID = re.compile(r"[0-9a-f]{8}")
_MAX_NAME_BYTES = 255
_MAX_TIMESTAMP = 2**63 - 1
_HASH_BYTES = 32


class NoteError(ValueError):
    """Bytes that are not a signed note, or a name or key that cannot stand in one."""


class Algorithm(IntEnum):
    """Signature type identifiers that C2SP signed-note assigns and we use."""

    ED25519 = 0x01
    COSIGNATURE_ED25519 = 0x04
    COSIGNATURE_MLDSA44 = 0x06


PUBLIC_KEY_BYTES: Final = {
    Algorithm.ED25519: 32,
    Algorithm.COSIGNATURE_ED25519: 32,
    Algorithm.COSIGNATURE_MLDSA44: 1312,
}


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line."""

    name: str
    key_id: bytes
    value: bytes
    """What the algorithm made, the key id before it taken off."""


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a newline, and one or more signatures. Nothing is verified yet."""

    text: str
    signatures: tuple[Signature, ...]

    def as_bytes(self) -> bytes:
        """Return the note as it is stored and handed over.

        Raises:
            NoteError: the text or a name cannot stand in a note, or nobody signed.
        """
        _require_text(self.text)
        _require_count(self.signatures)
        lines = (
            _DASH + require_name(each.name) + " " + base64.b64encode(each.key_id + each.value).decode()
            for each in self.signatures
        )
        return "".join([self.text, "\n", *(line + "\n" for line in lines)]).encode("utf-8")

    def signed_by(self, name: str, identifier: bytes) -> tuple[bytes, ...]:
        """Return the signatures whose key has this name and this id, both."""
        return tuple(s.value for s in self.signatures if s.name == name and s.key_id == identifier)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key as C2SP writes it down: its name, its algorithm, its bytes."""

    name: str
    algorithm: Algorithm
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that stand before this key's signatures."""
        return key_id(self.name, self.algorithm, self.public)

    def as_text(self) -> str:
        """Return the vkey: name, id and key, joined by plus signs."""
        material = base64.b64encode(bytes([self.algorithm]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"


def key_id(name: str, algorithm: Algorithm, public: bytes) -> bytes:
    """Compute the key id that C2SP recommends.

    Raises:
        NoteError: the name cannot stand in a note, or the key has the wrong length.
    """
    if len(public) != PUBLIC_KEY_BYTES[algorithm]:
        raise NoteError("a public key of the wrong length")
    named = require_name(name).encode("utf-8") + b"\n"
    return hashlib.sha256(named + bytes([algorithm]) + public).digest()[:KEY_ID_BYTES]


def require_name(untrusted_name: str) -> str:
    """Return the key name when it may stand in a note.

    Raises:
        NoteError: it is empty, too long, or has a space, a plus sign or a control character.
    """
    if not untrusted_name or len(untrusted_name.encode("utf-8", "surrogatepass")) > _MAX_NAME_BYTES:
        raise NoteError("a key name has 1 to 255 bytes")
    if not _NAME.fullmatch(untrusted_name) or not untrusted_name.isprintable():
        raise NoteError("a key name has no spaces, plus signs or control characters")
    return untrusted_name


def parse(untrusted: bytes) -> Note:
    """Read a signed note. Whoever uses it must verify a signature first.

    Raises:
        NoteError: it breaks a rule of C2SP signed-note, or is beyond our limits.
    """
    # 1. Bounded before it is looked at.
    if len(untrusted) > MAX_NOTE_BYTES:
        raise NoteError("longer than the limit")
    # 2. UTF-8 without control characters.
    try:
        whole = untrusted.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteError("not UTF-8") from error
    # 3. The last empty line parts the text from the signatures.
    text, separator, signatures = whole.rpartition("\n\n")
    if not separator:
        raise NoteError("no empty line before the signatures")
    _require_text(text + "\n")
    # 4. Every line after it is a signature, and there is at least one.
    if not signatures.endswith("\n"):
        raise NoteError("no newline at the end")
    lines = signatures[:-1].split("\n")
    _require_count(lines)
    return Note(text + "\n", tuple(_signature(line) for line in lines))


def parse_vkey(untrusted_text: str) -> VerifierKey:
    """Read a verifier key.

    Raises:
        NoteError: it is malformed, of an algorithm we do not use, or its id is another key's.
    """
    name, _, rest = untrusted_text.partition("+")
    identifier, _, encoded = rest.partition("+")
    if not _VKEY_ID.fullmatch(identifier):
        raise NoteError("a vkey has an id of eight hexadecimal digits")
    material = _base64(encoded)
    try:
        key = VerifierKey(require_name(name), Algorithm(material[0]), material[1:])
    except (IndexError, ValueError) as error:
        raise NoteError("not a vkey of a known algorithm") from error
    if key.key_id.hex() != identifier:
        raise NoteError("the vkey's id belongs to another key")
    return key


def cosigned_message(name: str, timestamp: int, origin: str, size: int, root: bytes) -> bytes:
    """Build what an ML-DSA-44 cosigner signs (C2SP tlog-cosignature, `cosigned_message`).

    Raises:
        NoteError: a field does not fit the structure.
    """
    names = [require_name(name).encode("utf-8"), origin.encode("utf-8")]
    if not 1 <= len(names[1]) <= _MAX_NAME_BYTES:
        raise NoteError("an origin has 1 to 255 bytes")
    if not 0 <= timestamp <= _MAX_TIMESTAMP or not 0 <= size < 1 << 64 or len(root) != _HASH_BYTES:
        raise NoteError("a time, size or root out of range")
    cosigner, log = (bytes([len(each)]) + each for each in names)
    return (
        b"subtree/v1\n\0" + cosigner + struct.pack(">Q", timestamp) + log + struct.pack(">QQ", 0, size) + root
    )


def _require_text(text: str) -> None:
    if not text.endswith("\n"):
        raise NoteError("a note's text ends in a newline")
    if _CONTROL.search(text):
        raise NoteError("a control character")


def _require_count(signatures: Sequence[object]) -> None:
    if not 1 <= len(signatures) <= MAX_SIGNATURES:
        raise NoteError("no signature, or too many")


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH):
        raise NoteError("not a signature line")
    blob = _base64(encoded)
    if len(blob) <= KEY_ID_BYTES:
        raise NoteError("a signature line without a signature")
    return Signature(require_name(name), blob[:KEY_ID_BYTES], blob[KEY_ID_BYTES:])


def _base64(encoded: str) -> bytes:
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("not base64") from error
    # Trailing bits that say nothing would give one signature several spellings.
    if base64.b64encode(decoded).decode() != encoded:
        raise NoteError("not base64 as RFC 4648 writes it")
    return decoded
