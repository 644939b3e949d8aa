"""The ledger as the journeys use it: written, asked, proven, copied."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, DocumentState, Kind
from securedoc.core.entries import Act, Entry
from securedoc.core.people import OfficerId, Role
from securedoc.core.secret import Secret
from securedoc.errors import (
    DocumentMissing,
    DocumentRefused,
    LedgerFailed,
    LedgerMalformed,
    LedgerMissing,
    LedgerRefused,
    LedgerStale,
    LedgerUntrusted,
)
from securedoc.formats import proof
from securedoc.ledger.ledger import Ledger
from tests.support import ledger as support
from tests.support.ledger import KEY, ORIGIN, PIN, RECORDS, SECURITY, SIGNER, Signer, World


@pytest.fixture
def world(root: Path) -> World:
    return support.found(root)


def test_a_new_ledger_holds_its_genesis_and_a_signed_checkpoint(world: World) -> None:
    head = world.ledger.head()

    assert world.ledger.size == head.checkpoint.size == 1
    assert world.ledger.entry(0) == support.genesis()
    assert head.signer == SECURITY
    assert world.head.read_bytes() == head.note
    assert {each.id for each in world.ledger.officers()} == {RECORDS, SECURITY, SIGNER, "recovery"}
    world.ledger.verify(PIN)


def test_nothing_of_the_ledger_can_be_read_in_its_file(world: World) -> None:
    support.draft(world)
    world.ledger.close()

    data = world.path.read_bytes()

    assert b"SQLite" not in data
    assert "đê điều".encode() not in data
    assert (world.path.stat().st_mode & 0o777) == 0o600


def test_a_document_goes_from_draft_to_registered(world: World) -> None:
    document = support.draft(world)
    assert world.ledger.document(document).state is DocumentState.DRAFT

    support.issue(world, document)

    row = world.ledger.document(document)
    assert (row.state, row.book, row.year, row.number, row.row) == (
        DocumentState.REGISTERED,
        "di",
        2026,
        1,
        1,
    )
    assert (row.number_text, row.date, row.signer, row.version) == (
        "01/BC-UBND",
        date(2026, 11, 22),
        SIGNER,
        3,
    )
    assert row.recipients == ("Sở Nội vụ", "Lưu: VT")
    assert [each.kind for each in world.ledger.objects(document)] == [
        Kind.CARD,
        Kind.DRAFT,
        Kind.FINAL,
        Kind.SIGNED,
    ]
    assert [each.columns["number_text"] for each in world.ledger.book("di", 2026)] == ["01/BC-UBND"]
    assert [each.state for each in world.ledger.numbers("di", 2026)] == ["used"]
    assert world.ledger.books() == (("di", 2026, 1),)
    world.ledger.verify(PIN)


def test_an_incoming_document_is_in_its_book_at_once(world: World) -> None:
    document = support.receive(world)

    row = world.ledger.document(document)

    assert (row.state, row.sender, row.arrived) == (
        DocumentState.RECEIVED,
        "Công an tỉnh",
        date(2026, 11, 22),
    )
    assert [each.document for each in world.ledger.book("den", 2026)] == [document]
    world.ledger.verify(PIN)


def test_a_draft_can_be_saved_and_discarded(world: World) -> None:
    document = support.draft(world)
    world.append(Act.DRAFT_SAVED, document, objects=[support.object_facts(2, "draft", "x")], source="edit")

    world.append(Act.DRAFT_DISCARDED, document, why="MẪU")

    row = world.ledger.document(document)
    assert (row.state, row.version) == (DocumentState.DISCARDED, 2)
    assert world.ledger.documents(DocumentState.DRAFT) == ()
    world.ledger.verify(PIN)


def test_a_voided_number_stays_used(world: World) -> None:
    first, second = support.draft(world), support.draft(world)
    reserved = {"book": "di", "year": 2026, "number": 1, "text": "01/BC-UBND"}
    world.append(Act.NUMBER_RESERVED, first, date="2026-11-22", **reserved)
    world.append(Act.NUMBER_VOIDED, first, why="MẪU", **reserved)

    support.issue(world, second)

    assert [(n.number, n.state) for n in world.ledger.numbers("di", 2026)] == [(1, "voided"), (2, "used")]
    assert world.ledger.document(first).state is DocumentState.VOIDED
    with pytest.raises(LedgerRefused):
        world.append(Act.NUMBER_RESERVED, first, date="2026-11-22", **reserved)
    world.ledger.verify(PIN)


def test_a_row_of_a_book_is_never_left_out(world: World) -> None:
    with pytest.raises(LedgerRefused, match="without gaps"):
        support.receive(world, row=2)

    assert world.ledger.size == 1


def test_an_exception_rolls_everything_back(world: World) -> None:
    def fail() -> None:
        with world.writing() as writing:
            writing.append(Act.DRAFT_CREATED, writing.next_document(2026), support.draft_facts())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert world.ledger.size == 1
    assert world.ledger.documents() == ()
    world.ledger.verify(PIN)


def test_a_transaction_without_entries_leaves_no_checkpoint(world: World) -> None:
    before = world.ledger.head()

    with world.writing():
        pass

    assert world.ledger.head() == before


def test_queries_inside_a_transaction_see_it(world: World) -> None:
    with world.writing() as writing:
        document = writing.next_document(2026)
        writing.append(Act.DRAFT_CREATED, document, support.draft_facts())

        assert world.ledger.document(document).level == "mat"
        assert writing.next_document(2026) == "D-2026-000002"
        assert writing.at == world.ledger.entry(1).at


@pytest.mark.parametrize(
    ("act", "about", "facts"),
    [
        (Act.DRAFT_CREATED, None, support.draft_facts()),
        (Act.DRAFT_CREATED, "D-2026-000001", support.draft_facts(copies="three")),
        (Act.DRAFT_CREATED, "D-2026-000001", support.draft_facts(copies=True)),
        (Act.DRAFT_CREATED, "D-2026-000001", support.draft_facts(copying_permitted=1)),
        (Act.DRAFT_CREATED, "D-2026-000001", support.draft_facts(recipients="Sở")),
        (Act.DRAFT_CREATED, "D-2026-000001", support.draft_facts(recipients=[1])),
        (Act.DRAFT_CREATED, "D-2026-000001", support.draft_facts(objects=["x"])),
        (Act.DRAFT_CREATED, "D-2026-000001", support.draft_facts(objects=[{}])),
        (Act.DRAFT_CREATED, "D-2026-000001", support.draft_facts(level=None)),
        (Act.DRAFT_CREATED, "D-2026-000001", {"level": 1.5}),
        (Act.DRAFT_SAVED, "D-2026-000009", {"objects": []}),
        (
            Act.NUMBER_RESERVED,
            "D-2026-000009",
            {"book": "di", "year": 2026, "number": 1, "text": "1", "date": "2026-11-22"},
        ),
        (Act.EDIT_CLOSED, None, {"session": "none", "saves": 1}),
        (Act.MEDIUM_REGISTERED, None, {"medium": "a", "label": "b"}),
        (Act.BACKUP_WRITTEN, None, {"checkpoint": 1}),
        (Act.VAULT_CREATED, None, {"policy": {}}),
    ],
    ids=range(16),
)
def test_an_entry_that_lacks_a_fact_or_its_document_is_refused(
    world: World, act: Act, about: DocumentId | None, facts: dict[str, object]
) -> None:
    with pytest.raises(LedgerRefused):
        world.append(act, about, **facts)

    assert world.ledger.size == 1


def test_a_fact_that_is_no_date_or_digest_is_refused(world: World) -> None:
    document = support.draft(world)

    for changed in ({"date": "22/11/2026"}, {"date": "2026-11-31"}, {"arrived": "2026-W01-1"}, {"ends": 5}):
        with pytest.raises(LedgerRefused):
            support.receive(world, **changed)
    with pytest.raises(LedgerRefused):
        world.append(Act.DOCUMENT_SIGNED, document, objects=[], digest="sha256:00")


def test_an_abstract_of_the_highest_level_is_stored_nowhere(world: World) -> None:
    with pytest.raises(LedgerRefused, match="abstract"):
        support.draft(world, level="tuyet-mat")
    with pytest.raises(LedgerRefused, match="abstract"):
        support.receive(world, level="tuyet-mat")

    document = support.draft(world, level="tuyet-mat", subject=None)
    with pytest.raises(LedgerRefused, match="abstract"):
        world.append(Act.AUDIT_RUN, document, subject="careless")
    support.issue(world, document)
    support.receive(world, level="tuyet-mat", subject=None)

    assert world.ledger.document(document).subject is None
    world.ledger.verify(PIN)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE documents SET subject = 'x'",
        "UPDATE search_text SET subject = 'x'",
        "INSERT INTO entries VALUES (2, '{\"facts\":{\"subject\":\"x\"}}', x'', 'x', 'D-2026-000001')",
        "UPDATE entries SET leaf = x''",
        "DELETE FROM entries",
        "UPDATE checkpoints SET size = 9",
        "DELETE FROM checkpoints",
        "INSERT INTO entries VALUES (7, x'7b7d', x'', 'x', NULL)",
    ],
)
def test_the_tables_themselves_refuse_what_must_not_be(world: World, sql: str) -> None:
    support.draft(world, level="tuyet-mat", subject=None)

    with pytest.raises(LedgerRefused):
        world.ledger._store.run(sql)


def test_a_clock_that_was_set_back_is_refused(world: World) -> None:
    support.draft(world)
    world.clock.at -= timedelta(minutes=5)

    with pytest.raises(LedgerStale, match="clock was set back") as error:
        support.draft(world)

    assert error.value.exit_code == 55
    assert world.ledger.size == 2


def test_only_the_officer_who_acts_signs(world: World) -> None:
    with (
        pytest.raises(RuntimeError),
        world.ledger.writing(Signer(SIGNER), RECORDS, world.clock),
    ):
        pass


def test_document_keys_are_kept_beside_the_history(world: World) -> None:
    with world.writing() as writing:
        document = writing.next_document(2026)
        writing.append(Act.DRAFT_CREATED, document, support.draft_facts())
        writing.put_document_key(document, b"wrapped", {SIGNER: b"sealed"})

    key = world.ledger.document_key(document)

    assert (key.wrapped, key.sealed_to) == (b"wrapped", {SIGNER: b"sealed"})
    with pytest.raises(DocumentMissing):
        world.ledger.document_key(DocumentId("D-2026-000009"))
    with pytest.raises(LedgerRefused), world.writing() as writing:
        writing.put_document_key(document, b"another", {})


def test_documents_are_found_by_identifier_number_and_prefix(world: World) -> None:
    first, second = support.draft(world), support.draft(world)
    support.issue(world, first)
    support.issue(world, second, registered_as="02/QĐ-UBND")
    find = world.ledger.find

    assert find(first) == find("01/BC-UBND") == find("01/") == find("D-2026-000001") == first
    assert find("02/QĐ") == second
    with pytest.raises(DocumentRefused, match="more than one"):
        find("D-2026")
    for nothing in ("", "99/BC", "D-2027", "%"):
        with pytest.raises(DocumentMissing):
            find(nothing)


def test_entries_are_listed_since_a_number_and_of_a_document(world: World) -> None:
    first, second = support.draft(world), support.draft(world)
    support.issue(world, first)
    ledger = world.ledger

    assert [entry.sequence for entry in ledger.entries(since=3, limit=2)] == [3, 4]
    assert [entry.sequence for entry in ledger.entries(document=second)] == [2]
    assert [entry.act for entry in ledger.entries(document=first)][:2] == [
        Act.DRAFT_CREATED,
        Act.NUMBER_RESERVED,
    ]
    found = ledger.latest(first, Act.DOCUMENT_SIGNED)
    assert found is not None
    assert found.who == SIGNER
    assert ledger.latest(second, Act.DOCUMENT_SIGNED) is None
    assert ledger.last(Act.AUDIT_RUN) is None
    world.append(Act.AUDIT_RUN, None, checks=1, failed=0)
    last = ledger.last(Act.AUDIT_RUN)
    assert last is not None
    assert last.facts["checks"] == 1
    with pytest.raises(LedgerMissing):
        ledger.entry(99)
    with pytest.raises(LedgerMissing):
        ledger.entry_bytes(99)


def test_documents_are_listed_newest_first_and_page_by_page(world: World) -> None:
    made = [support.draft(world) for _ in range(4)]

    newest = world.ledger.documents(limit=3)
    rest = world.ledger.documents(before=newest[-1].created)

    assert [row.id for row in (*newest, *rest)] == made[::-1]
    assert len(list(world.ledger.objects())) == 8
    with pytest.raises(DocumentMissing):
        world.ledger.document(DocumentId("D-2026-000099"))


def test_media_and_their_snapshots_are_known(world: World) -> None:
    head = {"size": 1, "root": "r"}
    digest = str(Digest.of(b"manifest"))
    medium = {"medium": "m1", "label": "USB 1", "keeper": "Bảo", "filesystem": "vfat", "volume_id": None}
    world.append(Act.MEDIUM_REGISTERED, None, device_serial=None, identity=digest, **medium)
    written = {
        "checkpoint": head,
        "manifest": digest,
        "objects": 2,
        "new_objects": 2,
        "bytes": 9,
        "read_back": True,
    }
    world.append(Act.BACKUP_WRITTEN, None, medium="m1", snapshot=1, **written)
    world.append(Act.BACKUP_WRITTEN, None, medium="m1", snapshot=2, **written)
    for defects in (3, 0):
        checked = {"manifest": digest, "checked_bytes": 9, "defects": defects}
        world.append(Act.BACKUP_VERIFIED, None, medium="m1", snapshot=1, **checked)

    assert [each.label for each in world.ledger.media()] == ["USB 1"]
    newest, oldest = world.ledger.snapshots("m1")
    assert (newest.snapshot, newest.verified, newest.defects) == (2, None, None)
    assert (oldest.snapshot, oldest.verified, oldest.defects, oldest.read_back) == (1, 5, 0, True)
    assert world.ledger.snapshots() == (newest, oldest)
    assert world.ledger.snapshots("m2") == ()
    with pytest.raises(LedgerRefused):
        world.append(Act.BACKUP_WRITTEN, None, medium="m2", snapshot=1, **written)
    world.ledger.verify(PIN)


def test_editing_sessions_are_open_until_closed_or_salvaged(world: World) -> None:
    document = support.draft(world)
    for session in ("s1", "s2", "s3"):
        world.append(Act.EDIT_OPENED, document, session=session, version=1, editor="writer")
    world.append(Act.EDIT_CLOSED, document, session="s1", saves=2, version=2)
    world.append(Act.EDIT_SALVAGED, document, session="s2", saves=1, version=None)

    assert [each.session for each in world.ledger.editing()] == ["s3"]
    states = {each.session: each.state for each in world.ledger.editing(open_only=False)}
    assert states == {"s1": "closed", "s2": "salvaged", "s3": "open"}
    world.ledger.verify(PIN)


def test_an_officer_enrolled_by_two_is_trusted_and_may_act(world: World) -> None:
    support.enrol(world, OfficerId("mai"), Role.SECURITY)
    support.enrol(world, OfficerId("tam"), Role.RECORDS, by=OfficerId("mai"), second=RECORDS)
    world.append_as(OfficerId("tam"), Act.AUDIT_RUN, None, checks=1)
    world.reopen()

    assert world.ledger.trusted_officer(OfficerId("tam")).role is Role.RECORDS
    assert world.ledger.officer(OfficerId("tam")).enrolled_by == 2
    assert world.ledger.head().signer == "tam"
    assert world.ledger.verify(PIN).officers == 6
    with pytest.raises(LedgerMissing):
        world.ledger.trusted_officer(OfficerId("nobody"))
    with pytest.raises(LedgerRefused):
        support.enrol(world, OfficerId("mai"), Role.AUDITOR)


def test_every_entry_can_be_proven_alone(world: World) -> None:
    for _ in range(5):
        support.draft(world)

    for sequence in range(world.ledger.size):
        proven = world.ledger.proven_entry(sequence)
        shown = proof.parse(world.ledger.prove(sequence))
        assert shown.extra == world.ledger.entry_bytes(sequence)
        assert shown.verify(shown.extra) == world.ledger.head().checkpoint
        assert proven.sequence == sequence
    with pytest.raises(LedgerMissing):
        world.ledger.prove(99)


def test_trust_comes_before_what_rests_on_it(world: World) -> None:
    world.ledger.close()
    with Ledger.open(world.path, Secret(KEY), ORIGIN) as ledger:
        with pytest.raises(RuntimeError):
            ledger.proven_entry(0)
        with pytest.raises(LedgerUntrusted, match="does not begin"):
            ledger.trust(Digest.of(b"another genesis"))


def test_a_snapshot_is_the_ledger_as_it_was_and_stands_alone(world: World, tmp_path: Path) -> None:
    support.draft(world)

    head = world.ledger.snapshot(tmp_path / "copy.db")
    support.draft(world)

    assert head.checkpoint.size == 2
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("copy")] == ["copy.db"]
    with Ledger.open(tmp_path / "copy.db", Secret(KEY), ORIGIN, read_only=True) as copy:
        assert copy.verify(PIN).entries == 2
    with pytest.raises(LedgerRefused, match="already"):
        world.ledger.snapshot(tmp_path / "copy.db")


def test_a_ledger_opened_for_reading_is_not_written(world: World) -> None:
    world.ledger.close()
    world.ledger = Ledger.open(world.path, Secret(KEY), ORIGIN, read_only=True)

    with pytest.raises(LedgerRefused, match="reading only"):
        support.draft(world)
    world.ledger.verify(PIN)


def test_what_cannot_be_opened_is_named(world: World, tmp_path: Path) -> None:
    world.ledger.close()
    (tmp_path / "garbage.db").write_bytes(b"garbage" * 1000)
    (tmp_path / "empty.db").touch()

    with pytest.raises(LedgerMissing):
        Ledger.open(tmp_path / "none.db", Secret(KEY), ORIGIN)
    with pytest.raises(LedgerMalformed):
        Ledger.open(world.path, Secret(bytes(32)), ORIGIN)
    with pytest.raises(LedgerMalformed):
        Ledger.open(tmp_path / "garbage.db", Secret(KEY), ORIGIN)
    with pytest.raises(LedgerMalformed):
        Ledger.open(tmp_path / "empty.db", Secret(KEY), ORIGIN)
    with pytest.raises(LedgerUntrusted, match="another vault"):
        Ledger.open(world.path, Secret(KEY), "securedoc/other")


def test_a_ledger_is_not_made_over_another_or_without_a_beginning(world: World, tmp_path: Path) -> None:
    def make(path: Path, genesis: Entry) -> None:
        Ledger.create(path, Secret(KEY), ORIGIN, genesis=genesis, signer=Signer(SECURITY))

    first = support.genesis()

    with pytest.raises(LedgerRefused, match="already"):
        make(world.path, first)
    with pytest.raises(ValueError, match=r"vault\.created"):
        make(tmp_path / "new.db", replace(first, act=Act.AUDIT_RUN))
    with pytest.raises(LedgerRefused, match="policy"):
        make(tmp_path / "new.db", replace(first, facts={"vault": "x"}))
    with pytest.raises(LedgerFailed):
        make(tmp_path / "no directory" / "new.db", first)
    assert not list(tmp_path.glob("new.db*"))
    world.ledger.verify(PIN)
