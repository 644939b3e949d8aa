"""Attacks on the ledger by whoever holds the ledger key or the file: each is mounted, each is found.

The attacker here works on the database directly, drops its rules and puts them back, recomputes
hashes and signs with the keys an insider has. What is not in the attacker's hands: the other
officers' signing keys, the pinned genesis, and anchors that are kept outside.
"""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act, Confirmation, Entry
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId, Role
from securedoc.core.secret import Secret
from securedoc.errors import LedgerStale, LedgerUntrusted
from securedoc.formats.checkpoint import Checkpoint
from securedoc.ledger import anchors
from securedoc.ledger.ledger import Ledger
from securedoc.ledger.search import SearchQuery
from tests.support import ledger as support
from tests.support.insider import as_before, copy_of, entries, found, office_with_history, rewrite, unanchored
from tests.support.ledger import (
    KEY,
    ORIGIN,
    PIN,
    RECORDS,
    SECURITY,
    SIGNER,
    Signer,
    World,
    with_rules,
    without_rules,
)

PAGE = 4096


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office with some history; made once, copied for each attack."""
    return office_with_history(tmp_path_factory.mktemp("office"))


@pytest.fixture
def world(history: Path, root: Path) -> World:
    return copy_of(history, root)


def test_an_honest_ledger_is_found_sound(world: World) -> None:
    report = world.ledger.verify(PIN)

    assert not report.defects
    assert not report.unchecked
    assert (report.entries, report.transactions, report.officers, report.anchors) == (18, 15, 5, 1)
    assert report.root == world.ledger.head().checkpoint.root
    assert report.tables["documents"] == 4


@pytest.mark.parametrize(
    ("table", "sql"),
    [
        ("documents", "UPDATE documents SET copies = 7 WHERE copies = 3"),
        ("documents", "DELETE FROM search_text; DELETE FROM documents WHERE state = 'received'"),
        ("book_rows", "UPDATE book_rows SET document = 'D-2026-000001' WHERE row = 2"),
        ("book_rows", "DELETE FROM book_rows WHERE row = 3"),
        ("numbers", "UPDATE numbers SET state = 'voided' WHERE number = 1"),
        ("numbers", "INSERT INTO numbers VALUES ('di', 2026, 9, '09', 'used', 'D-2026-000001', 1)"),
        ("officers", "UPDATE officers SET role = 'security' WHERE id = 'mai'"),
        ("officers", "UPDATE officers SET ed25519 = x'00' WHERE id = 'lan'"),
        ("objects", "UPDATE objects SET size = 1"),
        ("levels_without_abstract", "DELETE FROM levels_without_abstract"),
    ],
)
def test_an_edited_table_is_found_and_named(world: World, table: str, sql: str) -> None:
    connection = world.raw()
    rules = without_rules(connection)
    connection.execute("PRAGMA foreign_keys = OFF")
    for statement in sql.split(";"):
        connection.execute(statement)
    with_rules(connection, rules)
    world.resume(connection)

    report = world.ledger.check(PIN)

    assert table in {defect.facts.get("table") for defect in report.defects}
    assert found(world).exit_code == 54


def test_a_search_index_that_hides_a_document_is_found(world: World) -> None:
    connection = world.raw()
    text = connection.execute(
        "SELECT created, subject, number, correspondents, type, marks FROM search_text"
    ).fetchone()
    connection.execute(
        "INSERT INTO search_index (search_index, rowid, subject, number, correspondents, type, marks)"
        " VALUES ('delete', ?, ?, ?, ?, ?, ?)",
        text,
    )
    world.resume(connection)

    error = found(world)

    assert isinstance(error, LedgerUntrusted)
    assert "search index" in str(error)


def test_rules_that_were_dropped_are_found(world: World) -> None:
    connection = world.raw()
    connection.execute("DROP TRIGGER no_abstract_in_entries")
    world.resume(connection)

    error = found(world)

    assert error.facts["name"] == "trigger no_abstract_in_entries"


@pytest.mark.parametrize("sequence", [0, 1, 9, 17])
def test_an_edited_entry_is_found(world: World, sequence: int) -> None:
    connection = world.raw()
    rules = without_rules(connection)
    (body,) = connection.execute("SELECT body FROM entries WHERE seq = ?", (sequence,)).fetchone()
    changed = body.replace(b'"act"', b'"Act"', 1)
    connection.execute("UPDATE entries SET body = ? WHERE seq = ?", (changed, sequence))
    with_rules(connection, rules)
    world.resume_untrusted(connection)

    assert isinstance(found(world), LedgerUntrusted)


def test_an_entry_edited_with_its_leaf_and_nodes_is_found(world: World) -> None:
    connection = world.raw()
    history = entries(connection)
    facts = dict(history[1].facts) | {"copies": 7}
    history[1] = replace(history[1], facts=facts)
    originals = dict(connection.execute("SELECT size, note FROM checkpoints").fetchall())
    rewrite(connection, history, as_before(connection))
    rules = without_rules(connection)
    for size, note in originals.items():
        connection.execute("UPDATE checkpoints SET note = ? WHERE size = ?", (note, size))
    connection.execute("UPDATE documents SET copies = 7 WHERE created = 1")
    with_rules(connection, rules)
    world.resume_untrusted(connection)

    assert isinstance(unanchored(world), LedgerUntrusted)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE entries SET leaf = zeroblob(32) WHERE seq = 3",
        "UPDATE entries SET act = 'audit.run' WHERE seq = 3",
        "UPDATE entries SET document = 'D-2026-000003' WHERE seq = 3",
        "UPDATE nodes SET hash = zeroblob(32) WHERE level = 2 AND place = 1",
        "DELETE FROM nodes WHERE level = 1 AND place = 4",
        "INSERT INTO nodes VALUES (1, 99, zeroblob(32))",
        "INSERT INTO nodes VALUES (9, 0, zeroblob(32))",
        "DELETE FROM checkpoints WHERE size = 5",
        "UPDATE checkpoints SET signer = 'bao' WHERE size = 5",
        "UPDATE checkpoints SET note = (SELECT note FROM checkpoints WHERE size = 2) WHERE size = 5",
        "UPDATE checkpoints SET note = 'x' || note WHERE size = 5",
        "DELETE FROM checkpoints WHERE size = 18",
        "INSERT INTO checkpoints SELECT 99, signer, note FROM checkpoints WHERE size = 18",
    ],
)
def test_a_tree_or_checkpoint_that_was_touched_is_found(world: World, sql: str) -> None:
    connection = world.raw()
    rules = without_rules(connection)
    connection.execute(sql.replace("'x' || note", "CAST('x' || note AS BLOB)"))
    with_rules(connection, rules)
    world.resume_untrusted(connection)

    assert isinstance(unanchored(world), LedgerUntrusted)


def cut(world: World, *, entries_left: int) -> None:
    """Remove the newest entries and everything that came of them, neatly."""
    connection = world.raw()
    rules = without_rules(connection)
    connection.execute("DELETE FROM entries WHERE seq >= ?", (entries_left,))
    connection.execute("DELETE FROM checkpoints WHERE size > ?", (entries_left,))
    connection.execute("DELETE FROM nodes WHERE (place + 1) << level > ?", (entries_left,))
    connection.execute("DELETE FROM officers WHERE entry >= ?", (entries_left,))
    with_rules(connection, rules)
    world.resume_untrusted(connection)


def test_a_removed_last_entry_is_found_by_the_remembered_head(world: World) -> None:
    cut(world, entries_left=17)

    error = found(world)

    assert isinstance(error, LedgerStale)
    assert error.exit_code == 55


def test_a_removed_last_entry_is_found_by_an_anchor_on_paper(world: World) -> None:
    head = world.ledger.head().checkpoint
    slip = anchors.parse(head.text())
    cut(world, entries_left=17)

    assert isinstance(unanchored(world, slip), LedgerStale)


def test_truncate_and_continue_is_refused_at_the_next_entry(world: World) -> None:
    cut(world, entries_left=17)
    world.ledger = Ledger.open(world.path, Secret(KEY), ORIGIN, head=world.head)

    with pytest.raises(LedgerStale):
        support.draft(world)


def test_truncate_and_continue_by_an_insider_is_found_by_an_anchor(world: World) -> None:
    slip = anchors.parse(world.ledger.head().note)
    cut(world, entries_left=17)
    world.head.unlink()
    world.ledger = support.opened(world.path, world.head)
    for _ in range(3):
        support.draft(world)

    error = found(world, slip)

    assert isinstance(error, LedgerUntrusted)
    assert "anchored" in str(error)


def test_an_old_copy_of_the_whole_file_is_found(world: World, tmp_path: Path) -> None:
    world.ledger.snapshot(tmp_path / "old.db")
    support.draft(world)
    world.ledger.close()
    for name in world.path.parent.glob("ledger.db*"):
        name.unlink()
    shutil.copy(tmp_path / "old.db", world.path)

    with pytest.raises(LedgerStale):
        support.opened(world.path, world.head)
    assert isinstance(found(world), LedgerStale)


def answers(world: World) -> list[object]:
    """Ask the ledger everything there is."""
    with Ledger.open(world.path, Secret(KEY), ORIGIN) as ledger:
        words = ("bao", "de dieu", "BC-UBND", "so noi vu", "cong an")
        searches = [ledger.search(SearchQuery(text=text)) for text in words]
        return [
            *searches,
            list(ledger.entries()),
            ledger.documents(),
            ledger.officers(),
            list(ledger.objects()),
        ]


def test_a_page_put_back_from_an_old_copy_is_found(world: World) -> None:
    world.reopen()
    world.ledger.close()
    old = world.path.read_bytes()
    world.ledger = support.opened(world.path, world.head)
    support.issue(world, support.draft(world, subject="Bảo vệ đê điều"))
    world.ledger.close()
    new, truth = world.path.read_bytes(), answers(world)
    noticed = 0

    for page in range(1, len(old) // PAGE):
        place = slice(page * PAGE, (page + 1) * PAGE)
        if old[place] == new[place]:
            continue
        world.path.write_bytes(new[: place.start] + old[place] + new[place.stop :])
        with Ledger.open(world.path, Secret(KEY), ORIGIN, head=world.head) as ledger:
            sound = not ledger.check(PIN).defects
        # The library rewrites some pages of the index without changing what they say.
        assert not sound or answers(world) == truth, page
        noticed += not sound
    assert noticed > 10


@pytest.mark.parametrize("page", [1, 2, 9])
def test_one_flipped_bit_in_the_file_is_found(world: World, page: int) -> None:
    world.ledger.close()
    data = bytearray(world.path.read_bytes())
    data[page * PAGE + 77] ^= 1
    world.path.write_bytes(data)

    assert found(world).exit_code in {53, 54}


def test_a_forked_copy_is_found_by_the_checkpoint_of_the_other(world: World, tmp_path: Path) -> None:
    world.ledger.snapshot(tmp_path / "fork.db")
    support.draft(world)
    support.draft(world)
    there = anchors.parse(world.ledger.head().note)
    other = World(
        tmp_path / "fork.db",
        support.opened(tmp_path / "fork.db", tmp_path / "head.txt"),
        tmp_path / "head.txt",
    )
    other.clock.at = world.clock.at
    for _ in range(2):
        support.receive(other)
    other.ledger.verify(PIN)

    error = found(other, there)

    assert isinstance(error, LedgerUntrusted)
    assert "anchored" in str(error)


def test_reordered_entries_are_found(world: World) -> None:
    connection = world.raw()
    rules = without_rules(connection)
    connection.execute("UPDATE entries SET seq = 1000 WHERE seq = 3")
    connection.execute("UPDATE entries SET seq = 3 WHERE seq = 4")
    connection.execute("UPDATE entries SET seq = 4 WHERE seq = 1000")
    with_rules(connection, rules)
    world.resume_untrusted(connection)

    assert isinstance(unanchored(world), LedgerUntrusted)


def test_an_entry_taken_out_of_the_middle_is_found(world: World) -> None:
    connection = world.raw()
    rules = without_rules(connection)
    connection.execute("DELETE FROM entries WHERE seq = 7")
    with_rules(connection, rules)
    world.resume_untrusted(connection)

    assert isinstance(unanchored(world), LedgerUntrusted)


def test_history_signed_again_by_an_insider_is_found(world: World) -> None:
    """The insider holds the ledger key and one signing key, and rewrites what another officer did."""
    connection = world.raw()
    history = entries(connection)
    facts = dict(history[1].facts) | {"subject": "Another abstract"}
    history[1] = replace(history[1], facts=facts)
    as_whom = as_before(connection)
    rewrite(connection, history, lambda entry: SIGNER if as_whom(entry) == RECORDS else as_whom(entry))
    rules = without_rules(connection)
    connection.execute("UPDATE checkpoints SET signer = 'lan' WHERE size = 2")
    with_rules(connection, rules)
    world.resume_untrusted(connection)

    error = unanchored(world)

    assert isinstance(error, LedgerUntrusted)
    assert "lan did not sign" in str(error)


def test_an_entry_written_in_anothers_name_is_found(world: World) -> None:
    connection = world.raw()
    history = entries(connection)
    facts: JsonObject = {"checks": 1, "failed": 0}
    forged = Entry(len(history), history[-1].at, SECURITY, Act.AUDIT_RUN, None, facts, first=len(history))
    as_whom = as_before(connection)
    rewrite(
        connection, [*history, forged], lambda entry: as_whom(entry) or (RECORDS if entry is forged else None)
    )
    world.resume_untrusted(connection)

    error = unanchored(world)

    assert "bao did not sign" in str(error)


def test_history_from_the_beginning_on_is_refused_by_the_pin(root: Path) -> None:
    path, stranger = root / "ledger.db", support.genesis(support.START + timedelta(days=1))
    Ledger.create(path, Secret(KEY), ORIGIN, genesis=stranger, signer=Signer(SECURITY)).close()

    with Ledger.open(path, Secret(KEY), ORIGIN) as ledger:
        with pytest.raises(LedgerUntrusted, match="key files"):
            ledger.trust(PIN)
        with pytest.raises(LedgerUntrusted, match="key files"):
            ledger.verify(PIN)


def append_forged(
    world: World, who: OfficerId, act: Act, facts: Any, second: Confirmation | None = None
) -> None:
    """Append an entry as an insider: right tree, own signature, no rules, no tables."""
    connection = world.raw()
    history = entries(connection)
    last = history[-1]
    forged = Entry(len(history), last.at + timedelta(seconds=1), who, act, None, facts, second, len(history))
    as_whom = as_before(connection)
    rewrite(connection, [*history, forged], lambda entry: who if entry is forged else as_whom(entry))
    world.resume_untrusted(connection)


@pytest.mark.parametrize(
    ("who", "second"),
    [
        (RECORDS, SIGNER),
        (SECURITY, None),
        (SECURITY, SECURITY),
        (SECURITY, OfficerId("nobody")),
    ],
)
def test_an_officer_enrolled_without_the_two_it_takes_is_found(
    world: World, who: OfficerId, second: OfficerId | None
) -> None:
    facts, consent = support.enrolment(OfficerId("spy"), Role.RECORDS, second or SIGNER)
    append_forged(world, who, Act.OFFICER_ENROLLED, facts, consent if second else None)

    assert isinstance(unanchored(world), LedgerUntrusted)


def test_a_second_officers_consent_to_something_else_is_found(world: World) -> None:
    facts, _ = support.enrolment(OfficerId("spy"), Role.RECORDS, SIGNER)
    _, other = support.enrolment(OfficerId("an"), Role.DRAFTER, SIGNER)
    append_forged(world, SECURITY, Act.OFFICER_ENROLLED, facts, other)

    error = unanchored(world)

    assert "a signature of hung does not hold" in str(error)


def test_an_officer_smuggled_into_the_table_is_not_trusted(world: World) -> None:
    connection = world.raw()
    spy = Signer(OfficerId("spy"))
    connection.execute(
        "INSERT INTO officers VALUES ('spy', 1, 'records', 'S', '', x'', ?, x'', x'')", (spy.public,)
    )
    world.resume(connection)

    with pytest.raises(LedgerUntrusted):
        world.ledger.trusted_officer(spy.officer)


def test_a_key_swapped_in_the_table_changes_nobody_trusted(world: World) -> None:
    connection = world.raw()
    connection.execute("UPDATE officers SET ed25519 = zeroblob(32), role = 'security' WHERE id = 'mai'")
    world.resume(connection)

    mai = world.ledger.trusted_officer(OfficerId("mai"))

    assert (mai.keys.ed25519, mai.role) == (Signer(OfficerId("mai")).public, Role.AUDITOR)


def test_a_smuggled_officer_cannot_sign_a_checkpoint(world: World) -> None:
    append_forged(world, OfficerId("spy"), Act.AUDIT_RUN, {"checks": 1, "failed": 0})

    assert isinstance(unanchored(world), LedgerUntrusted)


def test_a_second_beginning_is_found(world: World) -> None:
    append_forged(world, SECURITY, Act.VAULT_CREATED, support.genesis().facts)

    assert "begins a vault that has begun" in str(unanchored(world))


def test_an_officer_enrolled_twice_is_found(world: World) -> None:
    facts, consent = support.enrolment(OfficerId("mai"), Role.SIGNER, SIGNER)
    append_forged(world, SECURITY, Act.OFFICER_ENROLLED, facts, consent)

    assert isinstance(unanchored(world), LedgerUntrusted)


def test_an_entry_dated_back_is_found(world: World) -> None:
    connection = world.raw()
    history = entries(connection)
    facts: JsonObject = {"checks": 1}
    history.append(
        Entry(len(history), support.START, RECORDS, Act.AUDIT_RUN, None, facts, first=len(history))
    )
    as_whom = as_before(connection)
    rewrite(
        connection,
        history,
        lambda e: as_whom(e) or (RECORDS if e.at == support.START and e.sequence else None),
    )
    world.resume_untrusted(connection)

    assert "dated before" in str(unanchored(world))


def test_a_number_given_twice_is_found(world: World) -> None:
    facts: JsonObject = {"book": "di", "year": 2026, "number": 1, "text": "01/BC-UBND", "date": "2026-11-22"}
    connection = world.raw()
    history = entries(connection)
    about = DocumentId("D-2026-000002")
    last = history[-1].at + timedelta(seconds=1)
    forged = Entry(len(history), last, RECORDS, Act.NUMBER_RESERVED, about, facts, first=len(history))
    as_whom = as_before(connection)
    rewrite(connection, [*history, forged], lambda entry: RECORDS if entry is forged else as_whom(entry))
    world.resume_untrusted(connection)

    error = unanchored(world)

    assert "could never have been written" in str(error)
    assert error.facts["n"] == 18


def test_an_anchor_of_another_vault_is_not_mistaken(world: World) -> None:
    stated = Checkpoint("securedoc/other", 1, bytes(32))

    assert "another vault" in str(found(world, anchors.parse(stated.text())))


def test_the_ledger_of_another_vault_is_refused(world: World) -> None:
    world.ledger.close()

    with pytest.raises(LedgerUntrusted, match="another vault"):
        Ledger.open(world.path, Secret(KEY), "securedoc/ffffffffffffffffffffffffffffffff")


def test_another_documents_entry_does_not_pass_for_this_ones(world: World) -> None:
    connection = world.raw()
    rules = without_rules(connection)
    move = "UPDATE entries SET document = ? WHERE act = 'document.finalised' AND document = ?"
    connection.execute(move, ("D-2026-000009", "D-2026-000001"))
    connection.execute(move, ("D-2026-000001", "D-2026-000002"))
    connection.execute("UPDATE entries SET act = 'backup.written' WHERE act = 'officer.enrolled'")
    with_rules(connection, rules)
    world.resume(connection)
    first = DocumentId("D-2026-000001")

    with pytest.raises(LedgerUntrusted):
        world.ledger.latest(first, Act.DOCUMENT_FINALISED)
    with pytest.raises(LedgerUntrusted):
        list(world.ledger.entries(document=first))
    with pytest.raises(LedgerUntrusted):
        world.ledger.last(Act.BACKUP_WRITTEN)
