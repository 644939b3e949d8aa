"""The Merkle tree over the entries, node by node in the store: every proof costs O(log n)."""

from securedoc.errors import LedgerUntrusted
from securedoc.formats import merkle
from securedoc.formats.merkle import Frontier
from securedoc.ledger.store import Store


def node(store: Store, level: int, place: int) -> bytes:
    """Return the hash of a complete subtree.

    Raises:
        LedgerUntrusted: it is not there.
    """
    if level == 0:
        found = store.value("SELECT leaf FROM entries WHERE seq = ?", (place,))
    else:
        found = store.value("SELECT hash FROM nodes WHERE level = ? AND place = ?", (level, place))
    if not isinstance(found, bytes) or len(found) != merkle.HASH_BYTES:
        raise LedgerUntrusted(
            "the tree over the entries lacks the node {place} of level {level}", place=place, level=level
        )
    return found


def frontier(store: Store, size: int) -> Frontier:
    """Return the right edge of the tree of the first `size` entries."""
    return Frontier.at(size, lambda level, place: node(store, level, place))


def inclusion(store: Store, index: int, size: int) -> list[bytes]:
    """Prove that entry `index` is in the tree of `size` entries."""
    return merkle.inclusion_proof(index, size, lambda level, place: node(store, level, place))


def consistency(store: Store, old: int, size: int) -> list[bytes]:
    """Prove that the tree of `size` entries only appended to its first `old`."""
    return merkle.consistency_proof(old, size, lambda level, place: node(store, level, place))


def root_at(store: Store, size: int) -> bytes:
    """Return the root of the tree of the first `size` entries, from the stored nodes."""
    return frontier(store, size).root()
