"""C2SP transparency log proofs: one entry, its place, and the signed checkpoint that holds it."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from securedoc.formats import checkpoint, merkle
from securedoc.formats.note import MAX_NOTE_BYTES

MAX_PROOF_BYTES: Final = MAX_NOTE_BYTES * 6
HEADER: Final = "c2sp.org/tlog-proof@v1"

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")
_EXTRA = "extra "


class ProofError(ValueError):
    """Bytes that are not a log proof, or a proof that does not hold."""


@dataclass(frozen=True, slots=True)
class Proof:
    """That a leaf stands at `index` in the log of a signed checkpoint."""

    index: int
    hashes: tuple[bytes, ...]
    signed_checkpoint: bytes
    extra: bytes | None = None
    """The leaf's own bytes, so that the proof is complete; authenticated by the leaf hash only."""

    def as_bytes(self) -> bytes:
        """Return the proof as a `.tlog-proof` file."""
        extra = [] if self.extra is None else [_EXTRA + _spell(self.extra)]
        lines = [HEADER, *extra, f"index {self.index}", *map(_spell, self.hashes), "", ""]
        return "\n".join(lines).encode("utf-8") + self.signed_checkpoint

    def verify(self, leaf: bytes) -> checkpoint.Checkpoint:
        """Check the proof for the leaf's bytes; return the checkpoint, its signatures still to verify.

        Raises:
            ProofError: the leaf is not at this index in the checkpoint.
        """
        try:
            stated, _ = checkpoint.open_note(self.signed_checkpoint)
            hashed = merkle.leaf_hash(leaf)
            merkle.verify_inclusion(hashed, self.index, stated.size, self.hashes, stated.root)
        except ValueError as error:
            raise ProofError("the proof does not hold") from error
        return stated


def parse(untrusted: bytes) -> Proof:
    """Read a log proof; nothing is verified yet.

    Raises:
        ProofError: it is something else.
    """
    if len(untrusted) > MAX_PROOF_BYTES:
        raise ProofError("longer than the limit")
    head, separator, signed = untrusted.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise ProofError("not a log proof") from error
    if not separator or lines.pop(0) != HEADER:
        raise ProofError("not a log proof")
    extra = _bytes(lines.pop(0).removeprefix(_EXTRA)) if lines and lines[0].startswith(_EXTRA) else None
    index = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if index is None:
        raise ProofError("no index line")
    hashes = tuple(_bytes(line) for line in lines)
    if len(hashes) > merkle.MAX_PROOF or any(len(each) != merkle.HASH_BYTES for each in hashes):
        raise ProofError("not the hashes of an inclusion proof")
    return Proof(int(index[1]), hashes, signed, extra)


def _spell(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(line: str) -> bytes:
    try:
        decoded = base64.b64decode(line, validate=True)
    except binascii.Error as error:
        raise ProofError("not base64") from error
    if _spell(decoded) != line:
        raise ProofError("not base64 as RFC 4648 writes it")
    return decoded
