"""The Merkle tree of RFC 9162 over SHA-256: roots, inclusion proofs, consistency proofs."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

HASH_BYTES: Final = 32
MAX_PROOF: Final = 63
"""No tree that can exist needs a longer proof (C2SP tlog-proof)."""
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

NodeAt = Callable[[int, int], bytes]
"""Gives the hash of the complete subtree at (level, index): leaves are level 0."""


class MerkleError(ValueError):
    """A proof that does not lead to the root, or an index outside the tree."""


def leaf_hash(data: bytes) -> bytes:
    """Hash the bytes of one leaf; the prefix keeps leaves and nodes apart (second preimages)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into the one above them."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a tree: the roots of its complete subtrees, largest first.

    All that appending needs, whatever the size: one hash for each bit of the number of leaves.
    """

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        if len(edge) != size.bit_count():
            raise ValueError("the edge has one hash for each bit of the size")
        self.size = size
        self._edge = list(edge)

    @classmethod
    def at(cls, size: int, node: NodeAt) -> "Frontier":
        """Read the edge of a tree of `size` leaves from its stored nodes."""
        return cls(size, [node(level, index) for level, index in _peaks(0, size)])

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf hash; return the (level, index, hash) of every subtree it completed."""
        completed = []
        level, index, top = 0, self.size, leaf
        while index & 1:
            level, index, top = level + 1, index >> 1, node_hash(self._edge.pop(), top)
            completed.append((level, index, top))
        self._edge.append(top)
        self.size += 1
        return completed

    @property
    def edge(self) -> tuple[int, tuple[bytes, ...]]:
        """The size and the hashes at the edge: what a Frontier is made from."""
        return self.size, tuple(self._edge)

    def root(self) -> bytes:
        """Return the root of the tree so far."""
        return _fold(self._edge)


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def inclusion_proof(index: int, size: int, node: NodeAt) -> list[bytes]:
    """Prove that leaf `index` is in the tree of `size` leaves (RFC 9162, 2.1.3.1): sibling first.

    Raises:
        MerkleError: the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise MerkleError("no such leaf")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_subtree(middle, end, node))
            end = middle
        else:
            proof.append(_subtree(start, middle, node))
            start = middle
    return proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> None:
    """Check an inclusion proof (RFC 9162, 2.1.3.2).

    Raises:
        MerkleError: it does not lead from `leaf` at `index` to the root `expected`.
    """
    # 1. The leaf must be inside the tree.
    if not 0 <= index < size:
        raise MerkleError("no such leaf")
    # 2.-4. Climb: the bits of the index say on which side each sibling stands.
    here, last, climbed = index, size - 1, leaf
    for sibling in proof:
        left = _sibling_is_left(here, last)
        climbed = node_hash(sibling, climbed) if left else node_hash(climbed, sibling)
        here, last = _up(here, last)
    # 5. At the top, and the same root.
    if last != 0:
        raise MerkleError("the proof is too short")
    if climbed != expected:
        raise MerkleError("the proof leads to another root")


def consistency_proof(old: int, size: int, node: NodeAt) -> list[bytes]:
    """Prove that the tree of `size` leaves only appended to its first `old` (RFC 9162, 2.1.4.1).

    Raises:
        MerkleError: `old` is not within 1 and `size`.
    """
    if not 1 <= old <= size:
        raise MerkleError("no such earlier tree")
    proof: list[bytes] = []
    start, end, known = 0, size, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_subtree(middle, end, node))
            end = middle
        else:
            proof.append(_subtree(start, middle, node))
            start, known = middle, False
    if not known:
        proof.append(_subtree(start, end, node))
    return proof[::-1]


def verify_consistency(old: int, old_root: bytes, size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check a consistency proof (RFC 9162, 2.1.4.2).

    Raises:
        MerkleError: the later tree does not continue the earlier one.
    """
    if not 1 <= old <= size:
        raise MerkleError("no such earlier tree")
    if old == size:
        if proof or old_root != new_root:
            raise MerkleError("two roots for one size")
        return
    # 1. An earlier tree that is complete is its own first step.
    steps = list(proof)
    if old.bit_count() == 1:
        steps.insert(0, old_root)
    if not steps:
        raise MerkleError("the proof is empty")
    # 2.-3. Up to the first subtree that both trees share whole.
    here, last = old - 1, size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    # 4.-5. Climb both trees at once.
    climbed_old = climbed_new = steps[0]
    for sibling in steps[1:]:
        if _sibling_is_left(here, last):
            climbed_old, climbed_new = node_hash(sibling, climbed_old), node_hash(sibling, climbed_new)
        else:
            climbed_new = node_hash(climbed_new, sibling)
        here, last = _up(here, last)
    # 6. Both climbs end where they should.
    if last != 0 or climbed_old != old_root or climbed_new != new_root:
        raise MerkleError("the proof leads to another root")


def _sibling_is_left(here: int, last: int) -> bool:
    """Say on which side the next sibling stands.

    Raises:
        MerkleError: there is none: the climb is at the root.
    """
    if last == 0:
        raise MerkleError("the proof is too long")
    return here & 1 == 1 or here == last


def _up(here: int, last: int) -> tuple[int, int]:
    """Go one level up; at the right edge, past the levels where nothing stands beside us."""
    if here == last:
        while here and not here & 1:
            here, last = here >> 1, last >> 1
    return here >> 1, last >> 1


def _split(count: int) -> int:
    """Return the largest power of two smaller than `count`."""
    return 1 << (count - 1).bit_length() - 1


def _peaks(start: int, end: int) -> list[tuple[int, int]]:
    """Name the complete subtrees that cover [start, end), where `start` begins a subtree that large."""
    peaks = []
    for level in range((end - start).bit_length() - 1, -1, -1):
        if (end - start) >> level & 1:
            peaks.append((level, start >> level))
            start += 1 << level
    return peaks


def _subtree(start: int, end: int, node: NodeAt) -> bytes:
    return _fold([node(level, index) for level, index in _peaks(start, end)])


def _fold(edge: Sequence[bytes]) -> bytes:
    if not edge:
        return EMPTY_ROOT
    folded = edge[-1]
    for peak in edge[-2::-1]:
        folded = node_hash(peak, folded)
    return folded
