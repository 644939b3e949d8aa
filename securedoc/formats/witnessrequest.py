"""C2SP tlog-witness requests: a checkpoint, and the proof that it only added to an older one."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from securedoc.formats import merkle
from securedoc.formats.note import MAX_NOTE_BYTES

MAX_REQUEST_BYTES: Final = MAX_NOTE_BYTES + 8 * 1024
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")


class RequestError(ValueError):
    """Bytes that are not a witness request."""


@dataclass(frozen=True, slots=True)
class WitnessRequest:
    """The body of an `add-checkpoint` request."""

    old: int
    """Size of the tree that the witness saw last; 0 where it saw none."""
    proof: tuple[bytes, ...]
    """Consistency proof (RFC 9162) from `old` to the checkpoint; empty where `old` is 0 or its size."""
    checkpoint: bytes
    """The signed note."""

    def as_bytes(self) -> bytes:
        """Return the request as it is handed over."""
        lines = [f"old {self.old}", *(base64.b64encode(each).decode() for each in self.proof), "", ""]
        return "\n".join(lines).encode("ascii") + self.checkpoint


def parse(untrusted: bytes) -> WitnessRequest:
    """Read a request; nothing of it is verified yet.

    Raises:
        RequestError: it is something else, or longer than any request is.
    """
    if len(untrusted) > MAX_REQUEST_BYTES:
        raise RequestError("longer than the limit")
    head, separator, signed = untrusted.partition(b"\n\n")
    try:
        first, *hashes = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise RequestError("not a witness request") from error
    old = _OLD.fullmatch(first)
    if not separator or old is None or len(hashes) > merkle.MAX_PROOF:
        raise RequestError("not a witness request")
    return WitnessRequest(int(old[1]), tuple(map(_hash, hashes)), signed)


def _hash(line: str) -> bytes:
    try:
        decoded = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError("not base64") from error
    # Trailing bits that say nothing would give one hash several spellings.
    if len(decoded) != merkle.HASH_BYTES or base64.b64encode(decoded).decode() != line:
        raise RequestError("not a hash in base64 as RFC 4648 writes it")
    return decoded
