"""Which sealed object lies in which pack of which bag, as tab-separated lines."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from securedoc.backup.layout import BagKind, BagName, pack_path
from securedoc.core.digests import Digest

MAX_INDEX_BYTES: Final = 1 << 30
"""Some 100 bytes an object: room for ten million."""

_HEAD: Final = "digest\tsize\tbag\tpack"
_LINE: Final = re.compile(r"([0-9a-f]{64})\t(0|[1-9][0-9]{0,15})\tobjects-([0-9]{4})\tpack-([0-9]{4})\.tar")


class IndexMalformed(ValueError):
    """An index of objects breaks its form."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line
        self.why = why


@dataclass(frozen=True, slots=True, order=True)
class Placed:
    """A sealed object on a medium."""

    digest: Digest
    size_bytes: int
    bag: int
    """Number of the objects bag."""
    pack: int

    @property
    def bag_name(self) -> BagName:
        """The bag that holds it."""
        return BagName(BagKind.OBJECTS, self.bag)

    @property
    def path(self) -> str:
        """The pack that holds it, within its bag."""
        return pack_path(self.pack)


def format_index(placed: Iterable[Placed]) -> bytes:
    """Spell an index, ordered by digest."""
    lines = (
        f"{one.digest.hex}\t{one.size_bytes}\tobjects-{one.bag:04d}\tpack-{one.pack:04d}.tar\n"
        for one in sorted(placed)
    )
    return f"{_HEAD}\n{''.join(lines)}".encode()


def parse_index(untrusted_data: bytes) -> tuple[Placed, ...]:
    """Read an index.

    Raises:
        IndexMalformed: a line is not of the form, or the digests do not ascend.
    """
    try:
        head, *lines = untrusted_data.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise IndexMalformed(0, "not ASCII") from None
    if head != _HEAD or not lines or lines.pop() != "":
        raise IndexMalformed(1, "not an index of objects, or cut off")
    placed = tuple(_parse_line(number, line) for number, line in enumerate(lines, start=2))
    for number, (one, other) in enumerate(pairwise(placed), start=3):
        # Ascending digests: an object stands once, and two readers cannot find two places for it.
        if one.digest >= other.digest:
            raise IndexMalformed(number, "out of order or twice")
    return placed


def _parse_line(number: int, untrusted_line: str) -> Placed:
    match = _LINE.fullmatch(untrusted_line)
    if match is None:
        raise IndexMalformed(number, "not digest, size, bag and pack")
    return Placed(Digest(bytes.fromhex(match[1])), int(match[2]), int(match[3]), int(match[4]))
