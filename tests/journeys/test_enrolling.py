"""Enrolling somebody who reads documents takes an officer who holds what is granted."""

import json
import shutil
from pathlib import Path

import pytest

from securedoc.core.people import OfficerId, RoleKey
from securedoc.crypto import hpke
from securedoc.keyring import grants
from securedoc.keyring.fields import Fields
from tests.support.cli import Ran
from tests.support.office import World, found_world


@pytest.fixture
def world(root: Path) -> World:
    return found_world(root)


def enrol(world: World, role: str, *, second: str) -> Ran:
    return world.run(
        *("chi", "officer", "add", "giang", "--role", role, "--name", "Ngô Giang"),
        *("--new-passphrase-file", world.passphrase_file("giang")),
        *("--second", second, "--second-passphrase-file", world.passphrase_file(second)),
    )


def keyring_files(world: World) -> set[Path]:
    return {path.relative_to(world.vault) for path in (world.vault / "keyring").rglob("*") if path.is_file()}


def test_a_new_records_officer_opens_the_drafts_made_before(world: World) -> None:
    document = world.draft()

    enrol(world, "records", second="an").expect()

    world.ok("giang", "finalize", document, "--signer", "binh")
    shown = world.ok("giang", "show", document)
    assert shown["state"] == "final"


@pytest.mark.parametrize(
    ("role", "second", "key"),
    [("records", "phuc", "documents"), ("signer", "phuc", "documents"), ("records", "binh", "seal")],
)
def test_what_neither_officer_holds_is_not_granted_and_nothing_remains(
    world: World, role: str, second: str, key: str
) -> None:
    before = keyring_files(world)

    ended = enrol(world, role, second=second)

    assert ended.code == 22
    assert f"the {key} key" in ended.error["message"]
    assert "records" in ended.error["hint"]
    assert keyring_files(world) == before
    assert "giang" not in [one["id"] for one in world.ok("an", "officer", "list")["officers"]]


def test_a_documents_key_planted_by_a_stranger_is_refused_before_anything_is_sealed_to_it(
    world: World,
) -> None:
    # All that it takes to make a grant is the officer's public key, which lies open.
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

    ended = world.run("an", "status")

    assert ended.code == 24
    assert "documents key" in ended.error["message"]


def test_the_keyring_of_another_vault_does_not_open_this_ledger(world: World, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = found_world(tmp_path / "other")
    shutil.rmtree(world.vault / "keyring")
    shutil.copytree(other.vault / "keyring", world.vault / "keyring")

    ended = world.run("an", "status")

    assert ended.code == 54


def test_the_whole_of_another_vaults_public_side_does_not_open_this_ledger(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = found_world(tmp_path / "other")
    shutil.rmtree(world.vault / "keyring")
    shutil.copytree(other.vault / "keyring", world.vault / "keyring")
    shutil.copy(other.vault / "vault.json", world.vault / "vault.json")

    ended = world.run("an", "status")

    assert ended.code == 53  # the other vault's ledger key does not open this ledger
