"""The ledger and the state of the vault, as the command line shows them."""

import json
import shutil
from pathlib import Path

import pytest

from tests.support.office import World, found_world


@pytest.fixture
def world(root: Path) -> World:
    return found_world(root)


def test_every_act_of_a_documents_life_stands_in_the_history(world: World) -> None:
    document = world.issued()

    entries = world.ok("phuc", "ledger", "entries", "--document", document)["entries"]

    assert [(entry["who"], entry["act"]) for entry in entries] == [
        ("dung", "draft.created"),
        ("an", "number.reserved"),
        ("an", "document.finalised"),
        ("binh", "document.signed"),
        ("an", "document.registered"),
    ]
    assert [entry["entry"] for entry in entries] == [1, 2, 3, 4, 5]


def test_the_status_tells_what_waits_and_how_the_ledger_stands(world: World) -> None:
    world.draft()
    signed = world.signed()

    status = world.ok("an", "status")
    verified = world.ok("phuc", "ledger", "verify")

    assert (status["drafts"], status["waiting"]) == (1, [{"id": signed, "state": "signed"}])
    assert (status["training"], status["backup"]["overdue"], status["backup"]["last"]) == (True, True, None)
    assert status["ledger"]["size"] == verified["entries"] == 6
    assert status["ledger"]["root"] == verified["root"]
    assert verified["root"].startswith("sha256:")
    assert set(status["guard"]) >= {"fit"}


def test_a_checkpoint_kept_outside_finds_a_ledger_that_was_put_back(world: World) -> None:
    """Ledger and head file together are put back from an older copy: only the outside remembers."""
    world.draft()
    older = world.root / "older"
    shutil.copytree(world.vault, older)
    world.draft()
    kept = world.root / "checkpoint.txt"
    world.ok("phuc", "ledger", "checkpoint", "--out", kept)
    shutil.rmtree(world.vault)
    shutil.copytree(older, world.vault)

    alone = world.run("phuc", "ledger", "verify")
    by_file = world.run("phuc", "ledger", "verify", "--anchor", kept)
    by_words = world.run("phuc", "ledger", "verify", "--anchor", kept.read_text("utf-8"))

    assert alone.code == 0, "nothing inside can know"
    assert (by_file.code, by_words.code) == (55, 55)
    assert by_file.json["holds"] is False


def test_a_ledger_put_back_alone_is_found_at_the_next_start(world: World) -> None:
    world.draft()
    older = (world.vault / "ledger.db").read_bytes()
    world.draft()
    (world.vault / "ledger.db").write_bytes(older)

    codes = [world.run("an", *words).code for words in (("draft", "list"), ("ledger", "verify"), ("status",))]

    assert codes == [55, 55, 55]


def test_a_ledger_of_another_vault_does_not_open(world: World, tmp_path: Path) -> None:
    other_root = tmp_path / "other"
    other_root.mkdir()
    other = found_world(other_root)
    shutil.copy(other.vault / "ledger.db", world.vault / "ledger.db")

    ended = world.run("an", "draft", "list")

    assert ended.code in {53, 54}


def test_a_missing_ledger_says_so(world: World) -> None:
    (world.vault / "ledger.db").unlink()

    assert world.run("an", "draft", "list").code == 51


def test_a_damaged_ledger_says_so_and_is_left_as_it_is(world: World) -> None:
    ledger = world.vault / "ledger.db"
    damaged = bytearray(ledger.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    ledger.write_bytes(damaged)

    ended = world.run("phuc", "ledger", "verify")

    assert ended.code in {50, 53, 54}
    assert ledger.read_bytes() == bytes(damaged)


def test_a_clock_set_back_is_refused(world: World) -> None:
    words = ("draft", "new", "--type", "bao-cao", "--level", "mat", "--subject", "Thử (MẪU)")
    world.ok("dung", "--now", "2030-01-01T08:00", *words)

    ended = world.run("dung", "--now", "2029-12-31T08:00", *words)

    assert ended.code == 55
    assert "clock" in ended.error["message"]


def test_a_checkpoint_is_a_c2sp_note_with_two_signatures(world: World) -> None:
    told = world.ok("phuc", "ledger", "checkpoint")

    body, _, signatures = told["note"].partition("\n\n")
    lines = signatures.splitlines()

    assert body.split("\n")[:2] == [told["origin"], "1"]
    assert [line.split(" ")[1] for line in lines] == [f"{told['origin']}/chi", f"{told['origin']}/phuc"]


def test_a_proof_never_overwrites_a_file(world: World) -> None:
    proof = world.root / "entry.tlog-proof"

    world.ok("phuc", "ledger", "prove", "0", "--out", proof)
    again = world.run("phuc", "ledger", "prove", "0", "--out", proof)
    beyond = world.run("phuc", "ledger", "prove", "99", "--out", world.root / "other")

    assert proof.read_bytes().startswith(b"c2sp.org/tlog-proof@v1\n")
    assert (again.code, beyond.code) == (52, 51)


def test_results_go_to_stdout_and_errors_to_stderr_as_one_object_each(world: World) -> None:
    good, bad = world.run("an", "draft", "list"), world.run("an", "draft", "show", "D-2026-999999")

    assert json.loads(good.out)["total"] == 0
    assert good.err == ""
    assert bad.out == ""
    assert set(json.loads(bad.err)) == {"code", "where", "what", "message", "hint"}
    assert (bad.code, bad.error["code"]) == (31, 31)
