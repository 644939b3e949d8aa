"""Which sealed object lies in which pack of which bag, as tab-separated lines."""

import heapq
import io
import re
import struct
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import ClassVar, Final, Self, TypeVar, overload

from securedoc.backup.layout import BagKind, BagName, pack_path
from securedoc.core.digests import Digest

MAX_INDEX_BYTES: Final = 1 << 30
"""Some 100 bytes an object: room for ten million."""

_HEAD: Final = "digest\tsize\tbag\tpack"
_LINE: Final = re.compile(
    rb"([0-9a-f]{64})\t(0|[1-9][0-9]{0,15})\tobjects-([0-9]{4})\tpack-([0-9]{4})\.tar\n"
)
MAX_LINE_BYTES: Final = 256
_CHUNK_LINES: Final = 4096
_DIGEST_BYTES: Final = 32
_PARTS: Final = 16
_PART_SHIFT: Final = 4
_BAG: Final = slice(40, 42)

Item = TypeVar("Item")


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


class _Records(Sequence[Item]):
    """Items in as few bytes as they have: a list of 200,000 as objects would be 50 MB."""

    form: ClassVar[struct.Struct]
    __slots__ = ("_records",)

    def __init__(self, records: bytes | bytearray = b"") -> None:
        """Take records that ascend."""
        self._records = records

    @classmethod
    def joined(cls, records: Iterable[bytes]) -> Self:
        """Take records in any order, the same one several times; by their bytes is by digest."""
        form = f"{cls.form.size}s"
        unsorted, joined = bytearray(), bytearray()
        for record in records:
            unsorted += record
        # Digests are spread evenly: a part at a time is sorted, so that few are in memory as objects.
        for part in range(_PARTS):
            found = {one for (one,) in struct.iter_unpack(form, unsorted) if one[0] >> _PART_SHIFT == part}
            joined += b"".join(sorted(found))
        return cls(joined)

    def records(self) -> Iterator[bytes]:
        """Yield each record, by digest."""
        return (record for (record,) in struct.iter_unpack(f"{self.form.size}s", self._records))

    def __len__(self) -> int:
        return len(self._records) // self.form.size

    def __iter__(self) -> Iterator[Item]:
        return map(self._item, self.records())

    @overload
    def __getitem__(self, at: int) -> Item: ...
    @overload
    def __getitem__(self, at: slice) -> Self: ...
    def __getitem__(self, at: int | slice) -> Item | Self:
        size = self.form.size
        if isinstance(at, slice):
            return type(self)(b"".join(self._record(one) for one in range(*at.indices(len(self)))))
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        return self._item(self._record(at % len(self))[:size])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, type(self)):
            return self._records == other._records
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    def _record(self, at: int) -> bytes | bytearray:
        return self._records[at * self.form.size : (at + 1) * self.form.size]

    @abstractmethod
    def _item(self, record: bytes | bytearray) -> Item: ...


class Sizes(_Records[tuple[Digest, int]]):
    """Sealed objects, each once, by digest: digest and size."""

    form = struct.Struct(">32sQ")

    __slots__ = ()

    @classmethod
    def of(cls, sizes: Iterable[tuple[Digest, int]]) -> "Sizes":
        """Take them in any order; the same one may come several times."""
        pack = cls.form.pack
        return cls.joined(pack(digest.value, size) for digest, size in sizes)

    def _item(self, record: bytes | bytearray) -> tuple[Digest, int]:
        digest, size = self.form.unpack(record)
        return Digest(digest), size


class Index(_Records[Placed]):
    """Sealed objects on a medium, by digest."""

    form = struct.Struct(">32sQHH")
    """Begins as a record of `Sizes` does."""

    __slots__ = ()

    @classmethod
    def of(cls, placed: Iterable[Placed]) -> "Index":
        """Take them in any order."""
        if isinstance(placed, cls):
            return placed
        return cls.joined(record_of(one) for one in placed)

    @classmethod
    def merged(cls, *parts: "Index") -> "Index":
        """Join indexes; where two have an object, the first one's place counts."""
        parts = tuple(part for part in parts if len(part))
        if len(parts) == 1:
            return parts[0]
        joined = bytearray()
        last = b""
        # Stable: of equal digests the one of the earlier part comes first.
        for record in heapq.merge(*(part.records() for part in parts), key=lambda one: one[:_DIGEST_BYTES]):
            if not last or not record.startswith(last):
                joined += record
            last = record[:_DIGEST_BYTES]
        return cls(joined)

    def bags(self) -> frozenset[BagName]:
        """Return the bags that they lie in."""
        return frozenset(BagName(BagKind.OBJECTS, number) for number in self._numbers())

    def by_bag(self) -> dict[BagName, "Index"]:
        """Divide them by the bag that they lie in."""
        found: dict[int, bytearray] = {}
        for record in self.records():
            found.setdefault(int.from_bytes(record[_BAG]), bytearray()).extend(record)
        return {BagName(BagKind.OBJECTS, number): Index(records) for number, records in sorted(found.items())}

    def without(self, other: "Index") -> "Index":
        """Return those that are not, at the same place, in another one."""
        left = bytearray()
        there = other.records()
        at = next(there, b"")
        for record in self.records():
            while at and at < record:
                at = next(there, b"")
            if at != record:
                left += record
        return Index(left)

    def _numbers(self) -> set[int]:
        return {int.from_bytes(record[_BAG]) for record in self.records()}

    def _item(self, record: bytes | bytearray) -> Placed:
        digest, size, bag, pack = self.form.unpack(record)
        return Placed(Digest(digest), size, bag, pack)


def record_of(placed: Placed) -> bytes:
    """Return the record of an object in an `Index`."""
    return Index.form.pack(placed.digest.value, placed.size_bytes, placed.bag, placed.pack)


def format_index(placed: Iterable[Placed]) -> bytes:
    """Spell an index, ordered by digest."""
    return b"".join(format_chunks(Index.of(placed)))


def format_chunks(index: Index) -> Iterator[bytes]:
    """Spell an index in pieces, so that it is never in memory as text."""
    unpack = Index.form.unpack
    yield f"{_HEAD}\n".encode()
    lines: list[str] = []
    for record in index.records():
        digest, size, bag, pack = unpack(record)
        lines.append(f"{digest.hex()}\t{size}\tobjects-{bag:04d}\tpack-{pack:04d}.tar\n")
        if len(lines) == _CHUNK_LINES:
            yield "".join(lines).encode()
            lines.clear()
    yield "".join(lines).encode()


def parse_index(untrusted_data: bytes) -> Index:
    """Read an index.

    Raises:
        IndexMalformed: a line is not of the form, or the digests do not ascend.
    """
    return read_index(io.BytesIO(untrusted_data).readline)


def read_index(readline: Callable[[int], bytes]) -> Index:
    """Read an index line by line, so that it is never in memory as text.

    Raises:
        IndexMalformed: a line is not of the form, or the digests do not ascend.
    """
    if readline(MAX_LINE_BYTES) != f"{_HEAD}\n".encode():
        raise IndexMalformed(1, "not an index of objects, or cut off")
    pack, fullmatch, fromhex = Index.form.pack, _LINE.fullmatch, bytes.fromhex
    records = bytearray()
    last = b""
    for number in count(2):
        untrusted_line = readline(MAX_LINE_BYTES)
        if not untrusted_line:
            break
        match = fullmatch(untrusted_line)
        if match is None:
            raise IndexMalformed(number, "not digest, size, bag and pack")
        name, size, bag, packed = match.groups()
        # Ascending digests: an object stands once, and two readers cannot find two places for it.
        if name <= last:
            raise IndexMalformed(number, "out of order or twice")
        last = name
        records += pack(fromhex(name.decode()), int(size), int(bag), int(packed))
    return Index(records)
