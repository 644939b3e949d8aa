"""The Merkle tree against published values and a slow second implementation of RFC 9162."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.formats import merkle

# The eight leaves that the Certificate Transparency reference implementations are tested with.
CT_LEAVES = [
    bytes.fromhex(h)
    for h in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def slow_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, word for word, over leaf data."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = largest_power_below(len(leaves))
    return hashlib.sha256(b"\x01" + slow_root(leaves[:k]) + slow_root(leaves[k:])).digest()


def slow_path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 9162 section 2.1.3.1, word for word."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if m < k:
        return [*slow_path(m, leaves[:k]), slow_root(leaves[k:])]
    return [*slow_path(m - k, leaves[k:]), slow_root(leaves[:k])]


def slow_consistency(m: int, leaves: Sequence[bytes], *, known: bool = True) -> list[bytes]:
    """RFC 9162 section 2.1.4.1, word for word (SUBPROOF)."""
    n = len(leaves)
    if m == n:
        return [] if known else [slow_root(leaves)]
    k = largest_power_below(n)
    if m <= k:
        return [*slow_consistency(m, leaves[:k], known=known), slow_root(leaves[k:])]
    return [*slow_consistency(m - k, leaves[k:], known=False), slow_root(leaves[:k])]


def largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


class Stored:
    """Nodes of complete subtrees, as the ledger stores them."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.frontier = merkle.Frontier()
        for index, leaf in enumerate(leaves):
            hashed = merkle.leaf_hash(leaf)
            self.nodes[0, index] = hashed
            for level, at, node in self.frontier.append(hashed):
                self.nodes[level, at] = node

    def __call__(self, level: int, index: int) -> bytes:
        """Return one of them."""
        return self.nodes[level, index]


def leaves(count: int) -> list[bytes]:
    return [b"leaf %d" % n for n in range(count)]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in CT_LEAVES[:size]]

    assert merkle.root(hashes).hex() == CT_ROOTS[size - 1]


def test_the_empty_tree_has_the_digest_of_nothing() -> None:
    assert merkle.root([]) == merkle.EMPTY_ROOT == hashlib.sha256().digest()


@pytest.mark.parametrize("size", range(1, 40))
def test_every_proof_is_the_one_the_slow_implementation_makes(size: int) -> None:
    data = leaves(size)
    stored = Stored(data)
    root = slow_root(data)

    assert stored.frontier.root() == root
    for index in range(size):
        proof = merkle.inclusion_proof(index, size, stored)
        assert proof == slow_path(index, data)
        merkle.verify_inclusion(merkle.leaf_hash(data[index]), index, size, proof, root)
    for old in range(1, size + 1):
        proof = merkle.consistency_proof(old, size, stored)
        assert proof == slow_consistency(old, data)
        merkle.verify_consistency(old, slow_root(data[:old]), size, root, proof)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 33])
def test_an_edge_read_back_from_the_nodes_goes_on_as_if_never_left(size: int) -> None:
    stored = Stored(leaves(size))

    again = merkle.Frontier.at(size, stored)
    again.append(merkle.leaf_hash(b"next"))

    assert again.root() == slow_root([*leaves(size), b"next"])


def test_an_edge_that_does_not_fit_the_size_is_refused() -> None:
    with pytest.raises(ValueError, match="one hash for each bit"):
        merkle.Frontier(3, [merkle.EMPTY_ROOT])


@given(st.integers(1, 70), st.data())
def test_no_proof_holds_for_another_leaf_place_size_or_root(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    bit = data.draw(st.integers(0, 255))
    stored = Stored(leaves(size))
    root, leaf = stored.frontier.root(), stored(0, index)
    proof = merkle.inclusion_proof(index, size, stored)

    refused = [
        (flip(leaf, bit), index, size, proof, root),
        (leaf, index, size, proof, flip(root, bit)),
        (leaf, index, size, [*proof, root], root),
        (leaf, size, size, proof, root),
        (leaf, -1, size, proof, root),
    ]
    if proof:
        damaged = data.draw(st.integers(0, len(proof) - 1))
        wrong = [flip(p, bit) if n == damaged else p for n, p in enumerate(proof)]
        refused += [(leaf, index, size, wrong, root), (leaf, index, size, proof[:-1], root)]
        refused += [(leaf, index ^ 1, size, proof, root)]
    for case in refused:
        with pytest.raises(merkle.MerkleError):
            merkle.verify_inclusion(*case)


@given(st.integers(1, 70), st.data())
def test_no_consistency_proof_holds_for_another_past(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    bit = data.draw(st.integers(0, 255))
    stored = Stored(leaves(size))
    root, before = stored.frontier.root(), slow_root(leaves(old))
    proof = merkle.consistency_proof(old, size, stored)

    refused = [
        (old, flip(before, bit), size, root, proof),
        (old, before, size, flip(root, bit), proof),
        (old, before, size, root, [*proof, root]),
        (0, before, size, root, proof),
        (size + 1, before, size, root, proof),
    ]
    if proof:
        refused.append((old, before, size, root, proof[:-1]))
        refused.append((old, before, size, root, []))
        refused.append((old, before, size, root, [flip(proof[0], bit), *proof[1:]]))
    for case in refused:
        with pytest.raises(merkle.MerkleError):
            merkle.verify_consistency(*case)


def test_proofs_are_asked_only_for_what_is_in_the_tree() -> None:
    stored = Stored(leaves(3))

    for index in (-1, 3):
        with pytest.raises(merkle.MerkleError, match="no such leaf"):
            merkle.inclusion_proof(index, 3, stored)
    for old in (0, 4):
        with pytest.raises(merkle.MerkleError, match="no such earlier tree"):
            merkle.consistency_proof(old, 3, stored)


def flip(data: bytes, bit: int) -> bytes:
    flipped = bytearray(data)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)
