"""Which files share recovery data, in blocks of which size, and how `parity.json` says so: pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from securedoc.backup import layout
from securedoc.backup.layout import BagName
from securedoc.core.digests import Digest
from securedoc.core.jsonvalue import JsonObject, JsonValue
from securedoc.formats import canonical, names

PARITY_FORMAT: Final = 1
MAX_PARITY_BYTES: Final = 8 << 20
HEAD: Final = "head"
"""The group of everything small: tag files, signature, keyring, policy, the fixed files beside the bags."""
LIST: Final = "list"
"""The group of the list of objects."""
HEAD_PERCENT: Final = 100
"""They are a few kilobytes, and without them nothing else can be proven: all of them may be lost at once."""
BLOCKS: Final = 1000
"""More would cost time in proportion, fewer would let one bad sector take more (LIBRARIES.md B2)."""
STEP_BYTES: Final = 512
LEAST_BYTES: Final = 16 * 1024
"""What any group survives: a page of 4 KiB is the least that a medium loses, whatever per cent it is."""
MAX_BLOCKS: Final = 32768
"""Of PAR2 itself."""

_LISTS: Final = frozenset({layout.PACK_INDEX, layout.OBJECT_INDEX})
_PACK_NUMBER: Final = slice(-8, -4)
_NAME: Final = re.compile(r"head|list|[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Group:
    """Files whose recovery data is one PAR2 set."""

    name: str
    """`head`, `list`, or the number of a large file."""
    block_bytes: int
    recovery: int
    """Blocks of recovery data: as many lost blocks can be repaired, not one more."""
    files: tuple[tuple[str, int], ...]
    """Path from the directory that all bags lie in, and size."""

    @property
    def index(self) -> str:
        """Name of the set's first file; the volumes follow it in `NAME.volA+B.par2`."""
        return f"{self.name}.par2"

    @property
    def octets(self) -> int:
        """Bytes of the files."""
        return sum(size for _, size in self.files)

    @property
    def named(self) -> list[str]:
        """Return the files that PAR2 protects: an empty one has no block, and nothing to lose."""
        return [path for path, size in self.files if size]

    @property
    def blocks(self) -> int:
        """Blocks of data."""
        return sum(-(-size // self.block_bytes) for _, size in self.files)

    @property
    def cost(self) -> int:
        """Return about how many bytes the set takes on the medium, and more than any one file of it."""
        critical = 400 * (len(self.files) + 2) + 20 * self.blocks
        return self.recovery * (self.block_bytes + 128) + 16 * critical

    def owns(self, path: str) -> bool:
        """Tell whether a path within the parity bag is a file of this set."""
        return path == f"data/{self.index}" or (
            path.startswith(f"data/{self.name}.vol") and layout.is_bulk(path)
        )


@dataclass(frozen=True, slots=True)
class Parity:
    """`data/parity.json`: what a parity bag protects."""

    bag: BagName
    manifest: Digest
    """Of the bag, so that recovery data of another time is not taken for it."""
    percent: int
    groups: tuple[Group, ...]

    def as_bytes(self) -> bytes:
        """Return the exact bytes of the file."""
        value: JsonObject = {
            "format": PARITY_FORMAT,
            "bag": str(self.bag),
            "manifest": str(self.manifest),
            "percent": self.percent,
            "groups": [
                {
                    "name": group.name,
                    "block_bytes": group.block_bytes,
                    "recovery": group.recovery,
                    "files": [{"path": path, "size": size} for path, size in group.files],
                }
                for group in self.groups
            ],
        }
        return canonical.encode(value)


def groups(
    bag: BagName, sizes: Mapping[str, int], fixed: Mapping[str, int], percent: int
) -> tuple[Group, ...]:
    """Divide the files of a bag, and the fixed ones beside it, into groups; each large file is its own."""
    large = [path for path in sorted(sizes) if layout.is_pack(path) or path == layout.LEDGER]
    small = {f"{bag}/{path}": size for path, size in sizes.items() if path not in {*large, *_LISTS}}
    made = [_group(HEAD, {**small, **fixed}, HEAD_PERCENT)]
    made += [_group(LIST, {f"{bag}/{path}": sizes[path]}, percent) for path in sorted(_LISTS & sizes.keys())]
    made += [large_group(bag, path, sizes[path], percent) for path in large]
    return tuple(group for group in made if group.blocks)


def large_group(bag: BagName, path: str, size_bytes: int, percent: int) -> Group:
    """Return the group of a pack, or of the ledger: itself."""
    name = path[_PACK_NUMBER] if layout.is_pack(path) else "0001"
    return _group(name, {f"{bag}/{path}": size_bytes}, percent)


def _group(name: str, sizes: Mapping[str, int], percent: int) -> Group:
    octets = sum(sizes.values())
    block = max(1, -(-octets // (BLOCKS * STEP_BYTES))) * STEP_BYTES
    group = Group(name, block, 0, tuple(sorted(sizes.items())))
    least = min(group.blocks, max(1, LEAST_BYTES // block))
    return Group(name, block, max(least, -(-group.blocks * percent // 100)), group.files)


def parse(untrusted_data: bytes) -> Parity:
    """Read `parity.json`.

    Raises:
        ValueError: it is not one, or names a file that is not of this bag.
    """
    value = canonical.decode_object(untrusted_data, limit=MAX_PARITY_BYTES)
    if value.get("format") != PARITY_FORMAT:
        raise ValueError("unknown format")
    bag = BagName.parse(str(value.get("bag")))
    if bag.kind is layout.BagKind.PARITY:
        raise ValueError("recovery data for recovery data")
    untrusted_groups = value.get("groups")
    if not isinstance(untrusted_groups, (list, tuple)) or not untrusted_groups:
        raise ValueError("no groups of files")
    parsed = tuple(_parse_group(one, bag) for one in untrusted_groups)
    paths = [path for group in parsed for path, _ in group.files]
    if parsed[0].name != HEAD or len({group.name for group in parsed}) != len(parsed):
        raise ValueError("groups that are not divided as ours are")
    if len(set(paths)) != len(paths):
        raise ValueError("a file in two groups")
    percent = _number(value.get("percent"), 100)
    return Parity(bag, Digest.parse(str(value.get("manifest"))), percent, parsed)


def _parse_group(untrusted_value: JsonValue, bag: BagName) -> Group:
    if not isinstance(untrusted_value, Mapping):
        raise ValueError("a group that is none")  # noqa: TRY004 - what is wrong is the file
    name, untrusted_files = str(untrusted_value.get("name")), untrusted_value.get("files")
    if not _NAME.fullmatch(name) or not isinstance(untrusted_files, (list, tuple)) or not untrusted_files:
        raise ValueError("a group that is none")
    group = Group(
        name,
        _number(untrusted_value.get("block_bytes"), 1 << 40),
        _number(untrusted_value.get("recovery"), MAX_BLOCKS),
        tuple(_parse_file(one, bag) for one in untrusted_files),
    )
    if group.block_bytes % 4 or not 0 < group.blocks <= MAX_BLOCKS:
        raise ValueError("more blocks than a set can have")
    return group


def _parse_file(untrusted_value: JsonValue, bag: BagName) -> tuple[str, int]:
    if not isinstance(untrusted_value, Mapping):
        raise ValueError("a file that is none")  # noqa: TRY004 - what is wrong is the file
    path, size = str(untrusted_value.get("path")), untrusted_value.get("size")
    ours = path in layout.FIXED_FILES or path.startswith(f"{bag}/")
    if not ours or not names.is_safe_relative(path) or not isinstance(size, int) or not 0 <= size < 1 << 50:
        raise ValueError("a file that is not of this bag")
    return path, size


def _number(untrusted_value: JsonValue, limit: int) -> int:
    if not isinstance(untrusted_value, int) or not 1 <= untrusted_value <= limit:
        raise ValueError("a number out of its bounds")
    return untrusted_value
