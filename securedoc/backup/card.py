"""What a bag says of itself, inside its signed payload: which bag of which medium, made when, by whom."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from securedoc import __version__
from securedoc.backup.identity import moment
from securedoc.backup.layout import BagKind, BagName
from securedoc.core.digests import Digest
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.officetime import day_of
from securedoc.core.people import OfficerId, officer_id
from securedoc.formats import canonical
from securedoc.formats.bagit import Oxum

CARD_FORMAT: Final = 1
MAX_CARD_BYTES: Final = 16 * 1024
SOFTWARE: Final = f"securedoc {__version__}"
MAX_SOFTWARE: Final = 64

_ROOT: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Tree:
    """Size and root of the ledger's Merkle tree at a snapshot."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class BagCard:
    """`data/bag.json`. Without it a signed bag could be passed off as another medium's, or as newer."""

    bag: BagName
    vault: str
    medium: str
    at: datetime
    by: OfficerId
    previous: Digest | None = None
    """Of the manifest of the snapshot before this one on this medium; None for the first, and for objects."""
    tree: Tree | None = None
    """Set for snapshots."""
    software: str = SOFTWARE
    """What wrote the bag."""

    def info(self, office: str, oxum: Oxum) -> list[tuple[str, str]]:
        """Return the fields of bag-info.txt: all of them follow from what is signed."""
        return [
            ("Source-Organization", office),
            ("Bagging-Date", day_of(self.at).isoformat()),
            ("External-Identifier", f"{self.vault}/{self.medium}/{self.bag}"),
            ("Payload-Oxum", str(oxum)),
            ("Bag-Software-Agent", self.software),
        ]

    def as_bytes(self) -> bytes:
        """Return the exact bytes of the card."""
        value: JsonObject = {
            "format": CARD_FORMAT,
            "kind": self.bag.kind.value,
            "number": self.bag.number,
            "vault": self.vault,
            "medium": self.medium,
            "at": self.at.isoformat(),
            "by": self.by,
            "previous": str(self.previous) if self.previous else None,
            "ledger": {"size": self.tree.size, "root": self.tree.root.hex()} if self.tree else None,
            "software": self.software,
        }
        return canonical.encode(value)


def parse(untrusted_data: bytes) -> BagCard:
    """Read a card.

    Raises:
        ValueError: it is not one.
    """
    value = canonical.decode_object(untrusted_data, limit=MAX_CARD_BYTES)
    number, previous = value.get("number"), value.get("previous")
    if value.get("format") != CARD_FORMAT or not isinstance(number, int):
        raise ValueError("unknown format")
    bag = BagName.parse(str(BagName(BagKind(str(value.get("kind"))), number)))
    return BagCard(
        bag=bag,
        vault=str(value.get("vault")),
        medium=str(value.get("medium")),
        at=moment(str(value.get("at"))),
        by=officer_id(str(value.get("by"))),
        previous=None if previous is None else Digest.parse(str(previous)),
        tree=_tree(value.get("ledger")) if bag.kind is BagKind.SNAPSHOT else None,
        software=_software(value.get("software")),
    )


def _software(untrusted_value: object) -> str:
    if not isinstance(untrusted_value, str) or not untrusted_value.isprintable():
        raise ValueError("what wrote the bag is not named")
    if not untrusted_value or len(untrusted_value) > MAX_SOFTWARE:
        raise ValueError("what wrote the bag is not named")
    return untrusted_value


def _tree(untrusted_value: object) -> Tree:
    if not isinstance(untrusted_value, Mapping):
        raise ValueError("a snapshot without a checkpoint")  # noqa: TRY004 - what is wrong is the file
    size, root = untrusted_value.get("size"), untrusted_value.get("root")
    if not isinstance(size, int) or size < 1 or not isinstance(root, str) or not _ROOT.fullmatch(root):
        raise ValueError("a checkpoint that is none")
    return Tree(size, bytes.fromhex(root))
