"""A document leaves the vault only by two people, and never unnoticed."""

from pathlib import Path

import pytest

from securedoc.core.digests import Digest
from tests.support.cli import Ran
from tests.support.office import World, found_world


@pytest.fixture
def world(root: Path) -> World:
    return found_world(root)


def export(world: World, document: str, *, who: str = "an", second: str | None = "binh") -> Ran:
    confirm = (
        ()
        if second is None
        else ("--second", second, "--second-passphrase-file", world.passphrase_file(second))
    )
    return world.run(who, "export", document, "--out", world.root / "out", *confirm)


def test_a_document_taken_out_is_the_registered_one_and_is_entered_with_both(world: World) -> None:
    document = world.issued()

    done = export(world, document).expect().json
    entry = world.ok("phuc", "ledger", "entries", "--since", str(done["entry"]))["entries"][0]

    path = Path(done["file"])
    assert (path.name, path.stat().st_mode & 0o777) == (f"{document}.pdf", 0o600)
    assert str(Digest.of(path.read_bytes())) == done["digest"] == world.ok("an", "show", document)["digest"]
    assert (entry["act"], entry["who"], entry["second"]) == ("document.exported", "an", "binh")
    assert entry["facts"]["digest"] == done["digest"]
    assert world.ok("phuc", "ledger", "verify")["holds"] is True


def test_what_was_taken_out_verifies_as_ours(world: World) -> None:
    document = world.issued()
    done = export(world, document).expect().json

    ours = world.ok("an", "verify", done["file"])
    stranger = world.ok(
        "an", "verify", done["file"], "--trust", str(world.vault / "keyring/certificates/authority.der")
    )

    assert ours["verdict"] == "trusted"
    assert stranger["verdict"] in {"trusted", "trusted-unregistered"}


def test_a_page_to_be_signed_in_ink_can_be_taken_out_before_it_is_signed(world: World) -> None:
    document = world.draft()
    final = world.ok("an", "finalize", document, "--signer", "binh")

    done = export(world, document).expect().json

    assert done["digest"] == final["digest"]


@pytest.mark.parametrize(
    ("who", "second", "code"),
    [("an", None, 12), ("an", "an", 12), ("an", "dung", 12), ("em", "binh", 12), ("dung", "binh", 12)],
)
def test_one_officer_alone_or_the_wrong_one_takes_nothing_out(
    world: World, who: str, second: str | None, code: int
) -> None:
    document = world.issued()
    before = world.ok("phuc", "ledger", "verify")["entries"]

    ended = export(world, document, who=who, second=second)

    assert ended.code == code
    assert not (world.root / "out").exists()
    assert world.ok("phuc", "ledger", "verify")["entries"] == before


def test_a_draft_is_not_taken_out_and_no_file_is_overwritten(world: World) -> None:
    draft, document = world.draft(), world.issued()
    (world.root / "out").mkdir()
    (world.root / "out" / f"{document}.pdf").write_bytes(b"mine")

    codes = [export(world, draft).code, export(world, document).code]

    assert codes == [32, 32]
    assert (world.root / "out" / f"{document}.pdf").read_bytes() == b"mine"


def test_the_audit_finds_nothing_wrong_with_a_document_taken_out(world: World) -> None:
    export(world, world.issued()).expect()

    found = world.run("phuc", "audit", "run").json["findings"]

    assert [one for one in found if one["check"].startswith("rights") and one["state"] != "pass"] == []
