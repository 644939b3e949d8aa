"""An insider with the ledger key writes in a colleague's name, and waits until the colleague signs above."""

from dataclasses import replace
from pathlib import Path

import pytest

from securedoc.core.entries import Act, Entry
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId, Role
from securedoc.errors import LedgerUntrusted
from securedoc.formats import merkle
from securedoc.formats.checkpoint import Checkpoint
from securedoc.ledger import entrybytes, signing, tree
from securedoc.ledger.store import Store
from securedoc.ledger.writing import project
from tests.support.ledger import (
    ORIGIN,
    PIN,
    SECURITY,
    SIGNER,
    START,
    Signer,
    World,
    enrol,
    enrolment,
    found,
    genesis,
    insider,
    opened,
    with_rules,
    without_rules,
)

MALLORY = OfficerId("mallory")


@pytest.fixture
def world(root: Path) -> World:
    """An office."""
    return found(root)


def forge(world: World, entry: Entry) -> None:
    """Append an entry in anybody's name, under the insider's own checkpoint."""
    connection = world.raw()
    store = Store(connection)
    body = entrybytes.encode(entry)
    leaf = merkle.leaf_hash(body)
    frontier = tree.frontier(store, entry.sequence)
    values = (entry.sequence, body, leaf, entry.act.value, entry.about)
    store.run("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", values)
    for level, place, node in frontier.append(leaf):
        store.run("INSERT INTO nodes VALUES (?, ?, ?)", (level, place, node))
    project(store, entry)
    stated = Checkpoint(ORIGIN, frontier.size, frontier.root())
    note = signing.sign(stated, Signer(SIGNER))
    store.run("INSERT INTO checkpoints VALUES (?, ?, ?)", (stated.size, SIGNER, note))
    world.head.unlink()
    world.resume(connection)


def hide_own_checkpoint(world: World, size: int) -> None:
    """Remove the checkpoint that shows where the forged transaction ended."""
    connection = world.raw()
    rules = without_rules(connection)
    connection.execute("DELETE FROM checkpoints WHERE size = ?", (size,))
    with_rules(connection, rules)
    world.resume_untrusted(connection)


def host_checked(world: World, officer: OfficerId) -> None:
    """Let an officer act, who so signs above whatever stands in the ledger."""
    world.append_as(officer, Act.HOST_CHECKED, None, fit=True, failed=0, unknown=0, digest=str(PIN))


def test_an_officer_forged_into_what_the_security_officer_signs_next_is_not_trusted(world: World) -> None:
    facts, consent = enrolment(MALLORY, Role.RECORDS, SIGNER)
    forge(world, Entry(1, START, SECURITY, Act.OFFICER_ENROLLED, None, facts, consent, first=1))
    host_checked(world, SECURITY)
    hide_own_checkpoint(world, 2)

    with opened(world.path, world.head) as ledger:
        with pytest.raises(LedgerUntrusted, match="who did not write it"):
            ledger.trusted_officer(MALLORY)
        with pytest.raises(LedgerUntrusted, match="not of one transaction"):
            ledger.verify(PIN)


def test_an_entry_said_to_be_of_the_transaction_before_is_found(world: World) -> None:
    host_checked(world, SECURITY)
    facts, consent = enrolment(MALLORY, Role.RECORDS, SIGNER)
    forge(world, Entry(2, world.clock.at, SECURITY, Act.OFFICER_ENROLLED, None, facts, consent, first=1))
    host_checked(world, SECURITY)
    hide_own_checkpoint(world, 3)
    hide_own_checkpoint(world, 2)

    with opened(world.path, world.head) as ledger:
        with pytest.raises(LedgerUntrusted):
            ledger.trusted_officer(MALLORY)
        with pytest.raises(LedgerUntrusted):
            ledger.verify(PIN)


def test_an_honest_entry_is_its_authors(world: World) -> None:
    host_checked(world, SIGNER)
    enrol(world, MALLORY, Role.AUDITOR)

    assert world.ledger.authored_entry(1)[1].id == SIGNER
    assert world.ledger.authored_entry(2)[1].role is Role.SECURITY
    assert world.ledger.trusted_officer(MALLORY).role is Role.AUDITOR


def test_an_entry_in_a_colleagues_name_is_not_the_colleagues(world: World) -> None:
    facts: JsonObject = {"checks": 1, "failed": 0, "unknown": 0, "report": None}
    forge(world, Entry(1, START, SECURITY, Act.AUDIT_RUN, None, facts, first=1))

    with opened(world.path, world.head) as ledger, pytest.raises(LedgerUntrusted):
        ledger.authored_entry(1)


def test_a_genesis_exchanged_under_an_open_ledger_is_not_believed(world: World) -> None:
    connection = insider(world.path)
    rules = without_rules(connection)
    planted: JsonObject = {**genesis().facts, "documents_public": "planted"}
    body = entrybytes.encode(replace(genesis(), facts=planted))
    leaf = merkle.leaf_hash(body)
    note = signing.sign(Checkpoint(ORIGIN, 1, leaf), Signer(SIGNER))
    connection.execute("UPDATE entries SET body = ?, leaf = ?", (body, leaf))
    connection.execute("UPDATE checkpoints SET note = ?, signer = ?", (note, SIGNER))
    with_rules(connection, rules)
    connection.close()

    assert "documents_public" not in world.ledger.proven_entry(0).facts


def test_an_entry_that_nobody_signed_is_not_proven(world: World) -> None:
    facts: JsonObject = {"checks": 1, "failed": 0, "unknown": 0, "report": None}
    body = entrybytes.encode(Entry(1, START, SECURITY, Act.AUDIT_RUN, None, facts, first=1))
    connection = insider(world.path)
    values = (1, body, merkle.leaf_hash(body), "audit.run")
    connection.execute("INSERT INTO entries VALUES (?, ?, ?, ?, NULL)", values)
    connection.close()

    with pytest.raises(LedgerUntrusted):
        world.ledger.proven_entry(1)
