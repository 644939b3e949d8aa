"""What an insider, a laboratory or everybody together tries on a document that was destroyed."""

import shutil
from pathlib import Path

import pytest

from securedoc.core.documents import DocumentId, SealedObject
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.errors import LedgerError
from securedoc.issuing.drafting import discard, draft
from securedoc.office.office import Office
from tests.support.backup import REQUEST, BackupWorld
from tests.support.destroying import (
    Loot,
    all_keys,
    carry_out,
    database,
    decided,
    destroyed,
    ledger_key,
    opens,
    pages,
    pieces,
)
from tests.support.ledger import with_rules, without_rules
from tests.support.office import World, found_world

FIRST, OTHER = "D-2026-000001", "D-2026-000002"

pytestmark = pytest.mark.usefixtures("no_trim")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A training office with an issued document and fifty drafts that were given up."""
    root = tmp_path_factory.mktemp("destroyed")
    root.chmod(0o700)
    world = found_world(root)
    world.issued()
    with BackupWorld(world).opened("dung") as office:
        for _ in range(50):
            discard(office, draft(office, REQUEST).document, "thừa")
    return world


@pytest.fixture
def world(original: World, root: Path) -> World:
    shutil.copytree(original.root, root, dirs_exist_ok=True)
    return World(root)


def loot_of(world: World, document: str) -> Loot:
    with BackupWorld(world).opened("an") as office:
        mine = tuple(office.ledger.objects(DocumentId(document)))
        return Loot(
            office.vault_id,
            tuple((one, office.objects.path(one.digest).read_bytes()) for one in mine),
            all_keys(world.vault / "ledger.db", ledger_key(world)),
        )


def test_with_everybodys_keys_and_the_shares_it_opens_before_and_not_after(world: World) -> None:
    before = loot_of(world, FIRST)
    destroyed(world, FIRST)

    after = Loot(before.vault_id, before.objects, all_keys(world.vault / "ledger.db", ledger_key(world)))

    assert set(opens(world, before)) == {"an", "binh", "dung", "recovery"}
    assert len(after.keys) == len(before.keys) - 2, "the role's and the drafter's"
    assert opens(world, after) == [], "somebody opened a destroyed document"


def test_no_page_of_the_ledger_keeps_a_piece_of_a_destroyed_key(world: World) -> None:
    gone = [f"D-2026-{number:06d}" for number in range(2, 52, 3)]
    key = ledger_key(world)
    sealed = [
        blob
        for document, _, blob in all_keys(world.vault / "ledger.db", ledger_key(world))
        if document in gone
    ]
    kept = [
        blob
        for document, _, blob in all_keys(world.vault / "ledger.db", ledger_key(world))
        if document not in gone
    ]
    ledger = world.vault / "ledger.db"

    request = decided(world, *gone)
    with database(world.vault / "ledger.db", ledger_key(world)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    before = pages(ledger, key)
    done = carry_out(world, request).expect().json
    after = pages(ledger, key)

    assert all(piece in before for blob in sealed for piece in pieces(blob)[:2]), "the search finds them"
    assert not [piece for blob in sealed for piece in pieces(blob, 16) if piece in after]
    assert all(piece in after for blob in kept for piece in pieces(blob)[:2]), "the others are there"
    assert done["keys"]["found"] == 0
    wal = world.vault / "ledger.db-wal"
    assert not wal.exists() or wal.stat().st_size == 0 or not _in_log(wal, key, sealed)


def _in_log(wal: Path, key: bytes, sealed: list[bytes]) -> bool:
    """Look through the pages of the log: each stands behind a head of 24 bytes, after one of 32."""
    data = wal.read_bytes()
    frames = wal.with_name("frames")
    frames.write_bytes(b"".join(data[at + 24 : at + 24 + 4096] for at in range(32, len(data), 24 + 4096)))
    plain = pages(frames, key)
    return any(piece in plain for blob in sealed for piece in pieces(blob))


def test_pieces_of_keys_that_another_program_left_in_the_file_are_found_and_written_over(
    world: World,
) -> None:
    key = ledger_key(world)
    sealed = [blob for document, _, blob in all_keys(world.vault / "ledger.db", key) if document == FIRST]
    with database(world.vault / "ledger.db", key) as connection:
        connection.execute("PRAGMA secure_delete = OFF").fetchall()
        connection.execute("CREATE TABLE notes AS SELECT * FROM document_keys")
        connection.execute("DROP TABLE notes")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert pages(world.vault / "ledger.db", key).count(pieces(sealed[0])[-1]) > 1, "one is left behind"

    done = carry_out(world, decided(world, FIRST)).expect().json

    after = pages(world.vault / "ledger.db", key)
    assert done["keys"]["found"] == 0
    assert not [piece for blob in sealed for piece in pieces(blob, 16) if piece in after]
    assert world.ok("phuc", "ledger", "verify")["holds"] is True


def test_a_key_that_is_put_back_is_found_and_no_longer_opens_anything(world: World) -> None:
    rows = [
        row
        for row in all_keys(world.vault / "ledger.db", ledger_key(world))
        if row[0] == FIRST and not row[1]
    ]
    destroyed(world, FIRST)

    with database(world.vault / "ledger.db", ledger_key(world)) as connection:
        rules = without_rules(connection)
        connection.execute("INSERT INTO document_keys VALUES (?, ?)", (rows[0][0], rows[0][2]))
        with_rules(connection, rules)
    found = world.run("phuc", "ledger", "verify")

    assert found.code == 54
    assert "its key is still there" in found.out + found.err
    assert world.run("an", "verify", FIRST).code != 0


def test_the_tables_refuse_a_key_for_a_destroyed_document(world: World) -> None:
    destroyed(world, FIRST)

    with (
        BackupWorld(world).opened("an") as office,
        pytest.raises(LedgerError, match="gets no key again"),
        office.write() as writing,
    ):
        writing.put_document_key(DocumentId(FIRST), b"sealed", {})


def test_a_key_that_somebody_removed_without_a_destruction_is_found(world: World) -> None:
    with database(world.vault / "ledger.db", ledger_key(world)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM document_keys WHERE document = ?", (FIRST,))

    found = world.run("phuc", "ledger", "verify")

    assert found.code == 54
    assert "no entry says that it was destroyed" in found.out + found.err


def test_a_decision_that_stands_only_in_a_table_destroys_nothing(world: World) -> None:
    request = str(
        world.ok("an", "destroy", "propose", FIRST, "--reason", "thừa", *_council(world))["request"]
    )
    with database(world.vault / "ledger.db", ledger_key(world)) as connection:
        connection.execute("UPDATE destructions SET decided = proposed WHERE request = ?", (request,))

    assert carry_out(world, request).code == 54
    assert world.ok("an", "verify", FIRST)["verdict"] == "trusted"


def test_another_document_put_into_a_decided_destruction_is_not_destroyed(world: World) -> None:
    request = decided(world, OTHER)
    with database(world.vault / "ledger.db", ledger_key(world)) as connection:
        connection.execute("UPDATE destruction_items SET document = ? WHERE request = ?", (FIRST, request))

    assert carry_out(world, request).code == 54
    assert world.ok("an", "verify", FIRST)["verdict"] == "trusted"


@pytest.mark.parametrize("urgent", [False, True])
def test_a_beginning_that_somebody_without_the_right_wrote_is_not_finished_by_the_next_start(
    world: World,
    urgent: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    request = "R-2026-000009" if urgent else decided(world, FIRST)
    facts: JsonObject = {
        "request": request,
        "urgent": urgent,
        "documents": [FIRST],
        "witnesses": [],
        "method": "-",
        "device": "",
        "reason": "-",
        "items": [{"document": FIRST}],
    }
    with BackupWorld(world).opened("em") as office, office.write() as writing:
        writing.append(Act.DESTRUCTION_BEGUN, None, facts)

    assert world.run("an", "recover").code == 54
    assert world.draft(), "nobody is kept from working by it"
    with BackupWorld(world).opened("an") as office:
        assert _still_opens(office)
    audited = world.run("phuc", "audit", "run").json["findings"]
    assert "fail" in {one["state"] for one in audited if one["check"] == "rights.entry"}


def test_one_officer_alone_does_not_begin_what_two_decided(world: World) -> None:
    request = decided(world, FIRST)
    facts: JsonObject = {
        "request": request,
        "urgent": False,
        "documents": [FIRST],
        "witnesses": [],
        "method": "-",
        "device": "",
    }
    with BackupWorld(world).opened("an") as office, office.write() as writing:
        writing.append(Act.DESTRUCTION_BEGUN, None, facts)

    assert world.run("an", "recover").code == 54
    with BackupWorld(world).opened("an") as office:
        assert _still_opens(office)


def test_an_approval_that_stands_only_in_a_table_is_none(world: World) -> None:
    out = world.root / "out"
    request = world.ok("an", "export", FIRST, "--out", out, "--ask")["request"]
    with database(world.vault / "ledger.db", ledger_key(world)) as connection:
        connection.execute(
            "UPDATE requests SET state = 'approved', approver = 'binh', signature = zeroblob(64)"
            " WHERE request = ?",
            (request,),
        )

    assert world.run("an", "export", FIRST, "--out", out, "--approved", request).code == 54
    assert not out.exists()


def _still_opens(office: Office) -> bool:
    objects: list[SealedObject] = list(office.ledger.objects(DocumentId(FIRST)))
    return all(office.unseal(one) for one in objects)


def _council(world: World) -> tuple[str, ...]:
    del world
    return ("--council", "A", "--council", "B", "--council", "C")
