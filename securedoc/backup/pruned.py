"""`pruned.json`: what was removed from a medium so far, signed like everything else on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from securedoc.backup.layout import MAX_NUMBER, BagKind, BagName
from securedoc.core.digests import Digest
from securedoc.core.jsonvalue import JsonObject, JsonValue
from securedoc.formats import canonical

PRUNED_FORMAT: Final = 1
MAX_PRUNED_BYTES: Final = 2 << 20
"""A line is some 110 bytes, and a medium never has more than 9,999 snapshots."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """Everything that was ever removed from one medium: the newest list repeats the ones before."""

    snapshots: Mapping[int, Digest] = field(default_factory=dict)
    """Number to digest of the manifest: the chain of snapshots goes on across the gap."""
    bags: frozenset[BagName] = frozenset()
    """Objects bags; their numbers are not used again."""

    @property
    def highest_objects(self) -> int:
        """The highest number of an objects bag that was removed; 0 where none was."""
        return max((bag.number for bag in self.bags), default=0)

    def joined(self, snapshots: Mapping[int, Digest], bags: frozenset[BagName]) -> "Pruned":
        """Return the list with more in it."""
        return Pruned({**self.snapshots, **snapshots}, self.bags | bags)

    def as_bytes(self) -> bytes:
        """Return the exact bytes of the file."""
        value: JsonObject = {
            "format": PRUNED_FORMAT,
            "snapshots": [
                {"snapshot": number, "manifest": str(digest)}
                for number, digest in sorted(self.snapshots.items())
            ],
            "bags": [str(bag) for bag in sorted(self.bags)],
        }
        return canonical.encode(value)


def parse(untrusted_data: bytes) -> Pruned:
    """Read the list.

    Raises:
        ValueError: it is not one.
    """
    value = canonical.decode_object(untrusted_data, limit=MAX_PRUNED_BYTES)
    if value.get("format") != PRUNED_FORMAT:
        raise ValueError("unknown format")
    listed = [_snapshot(item) for item in _items(value.get("snapshots"))]
    bags = [BagName.parse(str(item)) for item in _items(value.get("bags"))]
    snapshots = dict(listed)
    if not snapshots or len(snapshots) != len(listed) or len(set(bags)) != len(bags):
        raise ValueError("nothing was removed, or something twice")
    if any(bag.kind is not BagKind.OBJECTS for bag in bags):
        raise ValueError("a bag that is none of objects")
    return Pruned(snapshots, frozenset(bags))


def _items(untrusted_value: JsonValue) -> list[JsonValue]:
    if not isinstance(untrusted_value, list | tuple) or len(untrusted_value) > MAX_NUMBER:
        raise ValueError("not a list, or too long a one")
    return list(untrusted_value)


def _snapshot(untrusted_value: JsonValue) -> tuple[int, Digest]:
    if not isinstance(untrusted_value, Mapping):
        raise ValueError("not a snapshot")  # noqa: TRY004 - what is wrong is the file
    number = untrusted_value.get("snapshot")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number <= MAX_NUMBER:
        raise ValueError("not the number of a snapshot")
    return number, Digest.parse(str(untrusted_value.get("manifest")))
