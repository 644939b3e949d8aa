"""Log proofs: one entry shown without opening the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.formats import merkle, proof
from securedoc.formats.checkpoint import Checkpoint
from securedoc.formats.proof import Proof, ProofError
from tests.vectors.generate_notes import signed

LEAVES = [b"leaf %d" % n for n in range(5)]


def proven(index: int) -> Proof:
    nodes = {(0, n): merkle.leaf_hash(leaf) for n, leaf in enumerate(LEAVES)}
    frontier = merkle.Frontier()
    for n in range(len(LEAVES)):
        nodes |= {(level, at): node for level, at, node in frontier.append(nodes[0, n])}
    hashes = merkle.inclusion_proof(index, len(LEAVES), lambda level, at: nodes[level, at])
    note = signed(Checkpoint("securedoc/00", len(LEAVES), frontier.root()).text())
    return Proof(index, tuple(hashes), note, LEAVES[index])


@pytest.mark.parametrize("index", range(5))
def test_a_proof_survives_its_file_and_holds(index: int) -> None:
    read = proof.parse(proven(index).as_bytes())

    assert read == proven(index)
    assert read.verify(LEAVES[index]).size == 5


def test_a_proof_of_one_leaf_for_another_does_not_hold() -> None:
    with pytest.raises(ProofError, match="does not hold"):
        proven(2).verify(LEAVES[3])


def test_a_proof_without_the_entry_needs_it_from_elsewhere() -> None:
    bare = Proof(1, proven(1).hashes, proven(1).signed_checkpoint)

    assert b"extra" not in bare.as_bytes()
    assert proof.parse(bare.as_bytes()).verify(LEAVES[1]).size == 5


@pytest.mark.parametrize(
    "untrusted",
    [
        b"",
        b"c2sp.org/tlog-proof@v2\nindex 0\n\n",
        b"c2sp.org/tlog-proof@v1\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 00\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 0\n????\n\n",
        b"c2sp.org/tlog-proof@v1\nextra AB==\nindex 0\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 0\xff\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 0\n" + b"A" * 43 + b"=\n",
        b"c2sp.org/tlog-proof@v1\nindex 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\n",
        b" " * (proof.MAX_PROOF_BYTES + 1),
    ],
    ids=range(11),
)
def test_what_is_not_a_proof_is_refused(untrusted: bytes) -> None:
    with pytest.raises(ProofError):
        proof.parse(untrusted)


@given(st.data())
def test_no_byte_of_a_proof_can_be_changed_unseen(data: st.DataObject) -> None:
    good = proven(3).as_bytes()
    hashes_end = good.index(b"\n\n")
    hashes_start = good.index(b"index")
    at = data.draw(st.integers(hashes_start, hashes_end))
    changed = bytearray(good)
    changed[at] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(ProofError):
        proof.parse(bytes(changed)).verify(LEAVES[3])
