"""What lies where on a backup medium (docs/formats.md, "Backup set")."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from securedoc.errors import BackupRefused

IDENTITY: Final = "medium.json"
IDENTITY_SIGNATURE: Final = "medium.json.p7s"
AUTHORITY: Final = "authority.pem"
INSTRUCTIONS: Final = "VERIFY.txt"
FIXED_FILES: Final = (AUTHORITY, IDENTITY, IDENTITY_SIGNATURE, INSTRUCTIONS)
"""Written once, when the medium is registered."""

CARD: Final = "data/bag.json"
PACK_INDEX: Final = "data/index.tsv"
OBJECT_INDEX: Final = "data/objects.tsv"
BAGS: Final = "data/bags.sha256"
LEDGER: Final = "data/ledger.db"
CHECKPOINT: Final = "data/checkpoint.txt"
VAULT_CARD: Final = "data/vault.json"
KIT: Final = "data/kit.sha256"
"""Digest of the last emergency kit, where one was made."""
PARITY: Final = "data/parity.json"
"""What a parity bag protects, and in which blocks."""
PRUNED: Final = "data/pruned.json"
"""Which snapshots were removed from a medium, and the objects bags that only they needed."""
TREES: Final = ("keyring", "policy", "trust")
"""Directories of the vault that a snapshot repeats, below `data/`."""
SIGNATURE: Final = "manifest-sha256.txt.p7s"
COPIES: Final = {
    name: f"copy/{name.rpartition('/')[2]}" for name in (CARD, PARITY, "manifest-sha256.txt", SIGNATURE)
}
"""Files of a parity bag that nothing else could bring back, and where each lies a second time in it."""

STRAY: Final = frozenset(
    {
        ".ds_store",  # macOS, where a window was opened
        ".fseventsd",
        ".spotlight-v100",
        ".temporaryitems",
        ".trashes",
        "desktop.ini",  # Windows, the same
        "thumbs.db",
        "system volume information",
        "$recycle.bin",
        ".directory",  # KDE
    }
)
"""Names, in small letters, that other systems leave wherever a stick is plugged in. Never opened."""
STRAY_PREFIX: Final = "._"
"""AppleDouble: what macOS puts beside any file that it touched on such a stick."""

PARTIAL: Final = ".partial-"
MAX_NUMBER: Final = 9999

_BAG: Final = re.compile(r"(objects|parity|pruning|snapshot)-([0-9]{4})")
_SET: Final = re.compile(r"securedoc-[0-9a-f]{8}")
_PACK: Final = re.compile(r"data/pack-[0-9]{4}\.tar")
_VOLUME: Final = re.compile(r"data/[a-z0-9]{4}\.vol[0-9]+\+[0-9]+\.par2")


class BagKind(StrEnum):
    """What a bag holds."""

    OBJECTS = "objects"
    """Sealed objects in tar packs: never changed once written."""
    PARITY = "parity"
    """Recovery data (PAR2) for one other bag."""
    PRUNING = "pruning"
    """What was removed from the medium so far; the newest one counts."""
    SNAPSHOT = "snapshot"
    """The ledger, the keys and the list of objects at one moment."""


@dataclass(frozen=True, slots=True, order=True)
class BagName:
    """Name of a bag: its directory beside the other bags."""

    kind: BagKind
    number: int
    """From 1; a number is not used twice on one medium."""

    def __post_init__(self) -> None:
        # Of five digits no reader would take it for a bag: written, it would spoil what is on the medium.
        if self.number > MAX_NUMBER:
            raise BackupRefused(
                "every number of {kind} bags is used up on this medium",
                kind=self.kind.value,
                hint="register another medium, and take this one out of use",
            )

    def __str__(self) -> str:
        return f"{self.kind}-{self.number:04d}"

    @property
    def partial(self) -> str:
        """Name of the directory while the bag is being written."""
        return PARTIAL + str(self)

    @classmethod
    def parse(cls, untrusted_name: str) -> "BagName":
        """Read a directory name.

        Raises:
            ValueError: it is not the name of a bag.
        """
        match = _BAG.fullmatch(untrusted_name)
        if match is None or int(match[2]) == 0:
            raise ValueError("not the name of a bag")
        return cls(BagKind(match[1]), int(match[2]))


def set_name(vault: str) -> str:
    """Return the name of the directory that holds one vault's backups on a medium."""
    return f"securedoc-{vault[:8]}"


def is_set_name(name: str) -> bool:
    """Tell whether a directory of that name may hold a vault's backups."""
    return _SET.fullmatch(name) is not None


def pack_path(number: int) -> str:
    """Return the path, within its bag, of the `number`-th pack, from 1."""
    return f"data/pack-{number:04d}.tar"


def is_pack(path: str) -> bool:
    """Tell whether a path within a bag is that of a pack."""
    return _PACK.fullmatch(path) is not None


def is_bulk(path: str) -> bool:
    """Tell whether a path within a bag is that of a pack or of a volume of recovery data."""
    return is_pack(path) or _VOLUME.fullmatch(path) is not None


def is_stray(name: str) -> bool:
    """Tell whether a name beside the bags is one that other systems are known to leave."""
    return name.lower() in STRAY or name.startswith(STRAY_PREFIX)


def bags_among(untrusted_names: Iterable[str]) -> list[BagName]:
    """Return the bags among directory names: objects, parity, prunings, snapshots, each by number."""
    return sorted(
        BagName.parse(name) for name in untrusted_names if _BAG.fullmatch(name) and name[-4:] != "0000"
    )
