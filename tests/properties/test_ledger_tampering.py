"""Whatever one bit or place of the history is changed, following it from the pin says so."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.core.digests import Digest
from securedoc.core.entries import Act, Entry
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId, Role
from securedoc.errors import LedgerUntrusted
from securedoc.formats.checkpoint import Checkpoint
from securedoc.formats.merkle import Frontier, leaf_hash
from securedoc.ledger import entrybytes, signing
from securedoc.ledger.chain import Chain
from tests.support import ledger as support
from tests.support.ledger import ORIGIN, PIN, SECURITY, Signer

History = tuple[tuple[bytes, ...], dict[int, bytes]]
"""Entry bodies in order, and the signed checkpoint at each size that has one."""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """Bodies and checkpoints of a small, honest office."""
    root: Path = tmp_path_factory.mktemp("office")
    world = support.found(root)
    support.issue(world, support.draft(world))
    support.enrol(world, OfficerId("mai"), Role.AUDITOR)
    world.append_as(OfficerId("mai"), Act.AUDIT_RUN, None, checks=1, failed=0)
    store = world.ledger._store
    bodies = tuple(body for (body,) in store.rows("SELECT body FROM entries ORDER BY seq"))
    yield bodies, dict(store.rows("SELECT size, note FROM checkpoints"))
    world.ledger.close()
    shutil.rmtree(root)


def follow(bodies: tuple[bytes, ...], notes: dict[int, bytes]) -> Chain:
    chain = Chain(ORIGIN, PIN)
    for body in bodies:
        chain.add(body)
        if chain.size in notes:
            chain.close(notes[chain.size])
    chain.finish()
    return chain


def test_an_honest_history_is_followed_to_its_end(history: History) -> None:
    chain = follow(*history)

    assert (chain.size, chain.transactions, len(chain.officers)) == (8, 7, 5)


@given(st.data())
def test_any_changed_bit_of_any_entry_is_found(history: History, data: st.DataObject) -> None:
    bodies, notes = history
    n = data.draw(st.integers(0, len(bodies) - 1))
    bit = data.draw(st.integers(0, len(bodies[n]) * 8 - 1))
    changed = (*bodies[:n], flip(bodies[n], bit), *bodies[n + 1 :])

    with pytest.raises(LedgerUntrusted):
        follow(changed, notes)


@given(st.data())
def test_any_changed_bit_of_any_checkpoint_is_found(history: History, data: st.DataObject) -> None:
    bodies, notes = history
    size = data.draw(st.sampled_from(sorted(notes)))
    bit = data.draw(st.integers(0, len(notes[size]) * 8 - 1))

    with pytest.raises(LedgerUntrusted):
        follow(bodies, notes | {size: flip(notes[size], bit)})


@given(st.data())
def test_any_entry_left_out_doubled_or_moved_is_found(history: History, data: st.DataObject) -> None:
    # The last one left out, with its checkpoint, is what anchors are for.
    bodies, notes = history
    n = data.draw(st.integers(0, len(bodies) - 2))
    m = data.draw(st.integers(0, len(bodies) - 1).filter(lambda m: m != n))
    rest = bodies[:n] + bodies[n + 1 :]

    for changed in (rest, (*bodies[:n], bodies[m], *bodies[n:]), (*rest[:m], bodies[n], *rest[m:])):
        with pytest.raises(LedgerUntrusted):
            follow(changed, notes)


def test_an_empty_history_is_not_a_sound_one() -> None:
    with pytest.raises(LedgerUntrusted, match="empty"):
        Chain(ORIGIN, PIN).finish()


def test_a_checkpoint_lost_at_the_end_is_found(history: History) -> None:
    bodies, notes = history
    last = max(notes)

    with pytest.raises(LedgerUntrusted, match="signed by nobody"):
        follow(bodies, {size: note for size, note in notes.items() if size != last})


def test_a_checkpoint_twice_in_a_place_ends_no_transaction(history: History) -> None:
    bodies, notes = history
    chain = Chain(ORIGIN, PIN)
    chain.add(bodies[0])
    chain.close(notes[1])

    with pytest.raises(LedgerUntrusted, match="ends no transaction"):
        chain.close(notes[1])


@pytest.mark.parametrize(
    "facts",
    [
        {"officers": [], "recovery": {}},
        {"officers": "none"},
        {"officers": [{"id": "Lan", "role": "records"}], "recovery": {}},
        {"officers": [{"id": "lan", "role": "king"}], "recovery": {}},
        {"officers": [{"id": "recovery", "role": "records"}], "recovery": {}},
        {"officers": [{"id": "lan", "role": "recovery"}], "recovery": {}},
        {
            "officers": [{"id": "lan", "role": "records", "name": "", "title": "", "hpke": "!"}],
            "recovery": {},
        },
    ],
    ids=range(7),
)
def test_a_beginning_that_enrols_nobody_properly_is_found(facts: JsonObject) -> None:
    entry = Entry(0, support.START, SECURITY, Act.VAULT_CREATED, None, facts)
    body = entrybytes.encode(entry)

    with pytest.raises(LedgerUntrusted, match="enrols nobody"):
        Chain(ORIGIN, Digest.of(body)).add(body)


def test_two_officers_in_one_transaction_are_found(history: History) -> None:
    bodies, _ = history
    chain, frontier = Chain(ORIGIN, PIN), Frontier()
    second = Entry(1, support.START, support.RECORDS, Act.AUDIT_RUN, None, {"checks": 1})
    for body in (bodies[0], entrybytes.encode(second)):
        chain.add(body)
        frontier.append(leaf_hash(body))
    stated = Checkpoint(ORIGIN, 2, frontier.root())

    with pytest.raises(LedgerUntrusted):
        chain.close(signing.sign(stated, Signer(SECURITY)))


def flip(data: bytes, bit: int) -> bytes:
    flipped = bytearray(data)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)
