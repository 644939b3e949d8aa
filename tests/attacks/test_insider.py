"""What an officer with the ledger key and the disk, but not the role, tries on colleagues."""

import json
import secrets
import shutil
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from securedoc.app import SystemClock
from securedoc.core.documents import DocumentId, Kind
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId, RoleKey
from securedoc.core.protocols import NoProgress
from securedoc.core.secret import Secret
from securedoc.crypto import hpke
from securedoc.errors import DocumentUntrusted
from securedoc.keyring import grants, unlocking
from securedoc.keyring.fields import Fields
from securedoc.office.office import Office, role_info
from securedoc.office.opening import open_office
from securedoc.office.place import Place
from securedoc.vault.context import object_context
from tests.support.cli import Ran
from tests.support.office import BODY, World, found_world

DRAFTED = DocumentId("D-2026-000001")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A training office with one draft."""
    root = tmp_path_factory.mktemp("insider")
    root.chmod(0o700)
    world = found_world(root)
    world.draft()
    return world


@pytest.fixture
def world(original: World, root: Path) -> World:
    """A copy of it that a test may spoil."""
    shutil.copytree(original.root, root, dirs_exist_ok=True)
    return World(root)


def edit(world: World, *statements: str) -> None:
    """Change the ledger's tables with the auditor's keys and no code of ours."""
    passphrase = Secret(world.passphrase_file("phuc").read_bytes().strip())
    with unlocking.unlock(world.vault / "keyring", OfficerId("phuc"), passphrase) as session:
        key = session.role_key(RoleKey.LEDGER).reveal().hex()
    connection = dbapi2.connect(str(world.vault / "ledger.db"), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{key}'\"")
    for sql in statements:
        connection.execute(sql)
    connection.close()


def enrol(world: World, role: str = "auditor", *, second: str = "binh") -> Ran:
    return world.run(
        *("chi", "officer", "add", "giang", "--role", role, "--name", "Ngô Giang"),
        *("--new-passphrase-file", world.passphrase_file("giang")),
        *("--second", second, "--second-passphrase-file", world.passphrase_file(second)),
    )


def test_a_role_edited_in_the_ledgers_table_gives_no_right(world: World) -> None:
    edit(world, "UPDATE officers SET role = 'records' WHERE id = 'dung'")

    ended = world.run("dung", "finalize", "D-2026-000001", "--signer", "binh")

    assert ended.code == 12


def test_an_officer_made_signer_in_the_ledgers_table_is_not_given_a_document_to_sign(world: World) -> None:
    edit(world, "UPDATE officers SET role = 'signer' WHERE id = 'dung'")

    ended = world.run("an", "finalize", "D-2026-000001", "--signer", "dung")

    assert ended.code == 12


def test_keys_that_an_interrupted_enrolment_left_open_nothing(world: World) -> None:
    before = {path.name: path.read_bytes() for path in world.vault.glob("ledger.db*")}
    head = (world.vault / "anchors" / "head.txt").read_bytes()
    enrol(world).expect()
    for path in world.vault.glob("ledger.db*"):
        path.unlink()
    for name, data in before.items():
        (world.vault / name).write_bytes(data)
    (world.vault / "anchors" / "head.txt").write_bytes(head)

    ended = world.run("giang", "status")

    assert ended.code == 51
    enrol(world).expect()
    world.ok("giang", "status")


def test_the_keys_of_an_interrupted_enrolment_do_not_open_after_the_next(world: World) -> None:
    left = world.root / "left"
    shutil.copytree(world.vault, world.root / "first")
    first = World(world.root / "first")
    (first.root / "vault").mkdir()
    for path in list(first.root.iterdir()):
        if path.name != "vault":
            path.rename(first.vault / path.name)
    enrol(first).expect()
    enrol(world).expect()
    shutil.copytree(first.vault / "keyring", left)

    shutil.rmtree(world.vault / "keyring")
    left.rename(world.vault / "keyring")

    assert world.run("giang", "status").code == 24


def test_a_key_planted_in_the_second_officers_grant_is_not_handed_on(world: World) -> None:
    path = world.vault / "keyring" / "officers" / "an.json"
    fields = Fields(json.loads(path.read_bytes()), "an.json")
    planted = grants.grant(
        fields.text("vault"),
        OfficerId("an"),
        fields.public_keys("public").hpke,
        RoleKey.DOCUMENTS,
        hpke.generate().private,
    )
    (world.vault / "keyring" / planted.path).write_bytes(planted.data)

    ended = enrol(world, "records", second="an")

    assert ended.code == 24
    assert "giang" not in [one["id"] for one in world.ok("binh", "officer", "list")["officers"]]


@contextmanager
def program_of(world: World, officer: str) -> Iterator[Office]:
    """Open the vault as somebody does for what our own commands would not do."""
    passphrase = Secret(world.passphrase_file(officer).read_bytes().strip())
    with open_office(
        Place(world.vault),
        OfficerId(officer),
        passphrase,
        clock=SystemClock(),
        progress=NoProgress(),
        randomness=secrets.token_bytes,
    ) as office:
        yield office


def exchange_key(world: World, key: Secret) -> None:
    """Put a key that the insider knows in place of the document's."""
    with program_of(world, "phuc") as office:
        public = b64decode(str(office.ledger.proven_entry(0).facts["documents_public"]))
        wrapped = hpke.seal(public, key.reveal(), role_info(office.vault_id, DRAFTED))
    edit(world, f"UPDATE document_keys SET wrapped = x'{wrapped.hex()}'")  # noqa: S608


def plant(world: World, who: str, slipped: tuple[Act, JsonObject, Kind, bytes]) -> None:
    """Slip an object, under a key that the insider knows, into a colleague's document."""
    act, facts, kind, plaintext = slipped
    key = Secret(secrets.token_bytes(32))
    with program_of(world, who) as office:
        version = 1 + max(one.version for one in office.ledger.objects(DRAFTED))
        context = object_context(office.vault_id, DRAFTED, version, kind)
        digest, size = office.objects.put((plaintext,), key, context)
        made: JsonObject = {"version": version, "kind": str(kind), "digest": str(digest), "size": size}
        with office.write() as writing:
            writing.append(act, DRAFTED, {**facts, "objects": [made]})
    exchange_key(world, key)


@pytest.mark.parametrize("who", ["phuc", "em", "chi"])
def test_a_final_page_slipped_in_without_the_document_keys_is_not_signed(world: World, who: str) -> None:
    world.ok("an", "finalize", DRAFTED, "--signer", "binh")
    with program_of(world, "an") as office:
        page = office.unseal(office.latest(DRAFTED, Kind.FINAL))
        finalised = office.ledger.latest(DRAFTED, Act.DOCUMENT_FINALISED)
        assert finalised is not None
    plant(world, who, (Act.DOCUMENT_FINALISED, finalised.facts, Kind.FINAL, page))

    ended = world.run("binh", "sign", DRAFTED)

    assert ended.code == 34
    assert "nobody who may write" in ended.error["message"]


def test_a_draft_of_another_drafter_is_not_taken_for_the_drafters(world: World) -> None:
    enrol(world, "drafter").expect()
    plant(world, "giang", (Act.DRAFT_SAVED, {"source": "edit"}, Kind.DRAFT, BODY))

    with program_of(world, "binh") as office, pytest.raises(DocumentUntrusted):
        office.latest(DRAFTED, Kind.DRAFT)


def test_an_object_put_into_the_table_alone_is_not_opened(world: World) -> None:
    edit(world, "UPDATE objects SET digest = 'sha256:' || hex(zeroblob(32)) WHERE kind = 'draft'")

    with program_of(world, "binh") as office, pytest.raises(DocumentUntrusted):
        office.latest(DRAFTED, Kind.DRAFT)


def test_a_key_exchanged_under_a_document_is_never_used_to_seal(world: World) -> None:
    exchange_key(world, Secret(secrets.token_bytes(32)))
    before = set((world.vault / "objects").rglob("*"))

    with (
        program_of(world, "an") as office,
        office.document_key(DRAFTED) as key,
        pytest.raises(DocumentUntrusted),
    ):
        office.seal(DRAFTED, 2, Kind.DRAFT, BODY, key)

    assert set((world.vault / "objects").rglob("*")) == before


def test_the_final_page_of_another_document_is_not_signed_in_its_place(world: World) -> None:
    other = world.draft()
    for document in (DRAFTED, other):
        world.ok("an", "finalize", document, "--signer", "binh")
    finalised = "act = 'document.finalised'"
    edit(
        world,
        "DROP TRIGGER entries_stay",
        f"UPDATE entries SET document = '{other}' WHERE {finalised} AND document = '{DRAFTED}'",  # noqa: S608
        f"UPDATE entries SET document = '{DRAFTED}' WHERE seq = (SELECT max(seq) FROM entries)",  # noqa: S608
    )

    ended = world.run("binh", "sign", DRAFTED)

    assert ended.code in {34, 54}
