"""What an officer with the ledger key and the disk, but not the role, tries on colleagues."""

import json
import shutil
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from securedoc.core.people import OfficerId, RoleKey
from securedoc.core.secret import Secret
from securedoc.crypto import hpke
from securedoc.keyring import grants, unlocking
from securedoc.keyring.fields import Fields
from tests.support.cli import Ran
from tests.support.office import World, found_world


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
