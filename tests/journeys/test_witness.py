"""The auditor witnesses the ledger: here and apart, and a vault that was rolled back or forked is refused."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from securedoc.app import App, SystemClock
from securedoc.cli.prompter import FilePrompter
from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.protocols import NoProgress
from securedoc.documents import matrix
from securedoc.errors import LedgerRefused
from tests.support.cli import Ran, run
from tests.support.office import World, found_world


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> World:
    """An office with a draft in it."""
    world = found_world(tmp_path_factory.mktemp("witness"))
    world.draft()
    return world


@pytest.fixture
def world(founded: World, tmp_path: Path) -> World:
    """A copy of the office that a test may break."""
    shutil.copytree(founded.root, tmp_path / "office")
    return World(tmp_path / "office")


@pytest.fixture
def memory(world: World) -> Path:
    """What the auditor saw, on a stick of the auditor's own."""
    stick = world.root / "auditor"
    stick.mkdir()
    return stick / "witness.json"


def witness(world: World, memory: Path, *more: str | Path) -> dict[str, object]:
    return world.ok("phuc", "ledger", "witness", "--state", memory, *more)


def test_the_auditor_cosigns_the_head_and_it_is_entered(world: World, memory: Path) -> None:
    before = world.ok("an", "status")["witnesses"]

    first = witness(world, memory)
    world.draft()
    second = witness(world, memory)

    after = world.ok("an", "status")["witnesses"]
    assert before["size"] == 0
    assert (first["since"], first["remembered"]) == (0, False)
    assert (second["since"], second["remembered"]) == (first["size"], True)
    assert after["size"] == second["size"]
    assert after["overdue"] is False
    entry = world.ok("phuc", "ledger", "entries", "--since", str(second["entry"]))["entries"][0]
    assert (entry["act"], entry["facts"]["witness"]) == ("checkpoint.witnessed", "phuc")
    assert world.ok("phuc", "ledger", "verify")["holds"] is True


def test_who_is_no_witness_may_not(world: World, memory: Path) -> None:
    world.run("an", "ledger", "witness", "--state", memory).expect(12)


def test_a_vault_that_was_rolled_back_is_refused(world: World, memory: Path) -> None:
    shutil.copytree(world.vault, world.root / "old")
    world.draft()
    witness(world, memory)
    shutil.rmtree(world.vault)
    shutil.copytree(world.root / "old", world.vault)

    world.run("phuc", "ledger", "witness", "--state", memory).expect(55)


def test_a_vault_that_was_forked_is_refused(world: World, memory: Path) -> None:
    shutil.copytree(world.vault, world.root / "old")
    world.draft()
    witness(world, memory)
    shutil.rmtree(world.vault)
    shutil.copytree(world.root / "old", world.vault)
    for _ in range(3):
        world.draft(type_key="cong-van")

    refused = world.run("phuc", "ledger", "witness", "--state", memory).expect(54)

    assert "do not continue" in refused.err


def test_without_a_memory_of_its_own_a_witness_is_told_what_is_missing(world: World) -> None:
    said = run(
        "--lang", "en", *(word for word in world.words("phuc", "ledger", "witness") if word != "--json")
    )

    assert "an old copy of the whole vault would not be noticed" in said.expect().out


def test_a_witness_on_another_machine_needs_no_vault(world: World, memory: Path) -> None:
    seen = witness(world, memory)["size"]
    world.draft()
    request, answer = world.root / "request.txt", world.root / "answer.txt"
    world.ok("an", "ledger", "checkpoint", "--request", request)
    own = world.root / "auditor" / "phuc.json"
    shutil.copy(world.vault / "keyring" / "officers" / "phuc.json", own)

    done = apart(world, own, request, memory, answer).expect().json
    taken = world.ok("an", "ledger", "witness", "--add", answer)

    assert done["since"] == seen
    assert done["entry"] is None
    assert taken["size"] == done["size"]
    again = world.run("an", "ledger", "witness", "--add", answer).expect(52)
    assert "already" in again.err


def test_apart_a_forked_request_is_refused_and_the_memory_stays(world: World, memory: Path) -> None:
    shutil.copytree(world.vault, world.root / "old")
    world.draft()
    seen = witness(world, memory)["size"]
    own = world.root / "auditor" / "phuc.json"
    shutil.copy(world.vault / "keyring" / "officers" / "phuc.json", own)
    shutil.rmtree(world.vault)
    shutil.copytree(world.root / "old", world.vault)
    for _ in range(4):
        world.draft(type_key="cong-van")
    request, kept = world.root / "request.txt", memory.read_bytes()
    world.ok("an", "ledger", "checkpoint", "--request", request, "--since", str(seen))

    apart(world, own, request, memory, world.root / "answer.txt").expect(54)

    assert memory.read_bytes() == kept
    assert not (world.root / "answer.txt").exists()


def test_apart_a_request_that_begins_elsewhere_is_refused(world: World, memory: Path) -> None:
    witness(world, memory)
    world.draft()
    own = world.root / "auditor" / "phuc.json"
    shutil.copy(world.vault / "keyring" / "officers" / "phuc.json", own)
    request = world.root / "request.txt"
    world.ok("an", "ledger", "checkpoint", "--request", request, "--since", "1")

    refused = apart(world, own, request, memory, world.root / "answer.txt").expect(55)

    assert "--since" in refused.err


def test_apart_a_witness_without_a_memory_trusts_nobody(world: World, memory: Path) -> None:
    own, request = world.root / "phuc.json", world.root / "request.txt"
    shutil.copy(world.vault / "keyring" / "officers" / "phuc.json", own)
    world.ok("an", "ledger", "checkpoint", "--request", request)

    apart(world, own, request, memory, world.root / "answer.txt").expect(51)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda memory: memory.write_bytes(b"{}"), 53),
        (lambda memory: memory.write_bytes(memory.read_bytes()[:-40]), 53),
        (lambda memory: _alter(memory, "note", lambda text: text[:-9] + "AAAAAAA=\n"), 54),
        (lambda memory: _alter(memory, "witness", lambda _name: "an"), 54),
    ],
)
def test_a_spoiled_memory_is_refused(
    world: World, memory: Path, spoil: Callable[[Path], object], code: int
) -> None:
    witness(world, memory)
    spoil(memory)

    world.run("phuc", "ledger", "witness", "--state", memory).expect(code)


def test_where_the_memory_cannot_be_written_nothing_is_cosigned(world: World) -> None:
    before = world.ok("an", "status")["witnesses"]["size"]

    world.run("phuc", "ledger", "witness", "--state", world.root / "gone" / "witness.json").expect(50)

    assert world.ok("an", "status")["witnesses"]["size"] == before


def test_a_word_said_and_not_entered_is_remembered(world: World, memory: Path) -> None:
    # Power fails between the memory and the entry: the next time begins from what was said.
    shutil.copytree(world.vault, world.root / "before")
    said = witness(world, memory)["size"]
    shutil.rmtree(world.vault)
    shutil.copytree(world.root / "before", world.vault)

    again = witness(world, memory)

    assert (again["since"], again["size"]) == (said, said)
    assert world.ok("an", "status")["witnesses"]["size"] == said


def test_a_colleagues_memory_is_refused(world: World, memory: Path) -> None:
    world.run(
        *("chi", "officer", "add", "quang", "--role", "auditor", "--name", "Đinh Văn Quang"),
        *("--new-passphrase-file", world.passphrase_file("quang")),
        *("--second", "binh", "--second-passphrase-file", world.passphrase_file("binh")),
    ).expect()
    world.ok("quang", "ledger", "witness", "--state", memory)

    refused = world.run("phuc", "ledger", "witness", "--state", memory).expect(54)

    assert "quang" in refused.err


def test_the_audit_proves_the_cosignatures(world: World, memory: Path) -> None:
    lacking = _found(world)
    witness(world, memory)

    assert lacking == "unknown"
    assert _found(world) == "pass"


def test_a_cosignature_forged_by_an_insider_is_found_by_the_audit(world: World) -> None:
    # Whoever holds the ledger key can enter that somebody cosigned, and cannot sign for them.
    app = App(
        world.vault, "an", SystemClock(), FilePrompter(world.passphrase_file("an")), NoProgress(), os.urandom
    )
    with app.open() as office:
        head = office.ledger.head().checkpoint
        blob = office.session.witness().sign(head, office.now())
        facts: JsonObject = {
            "witness": "phuc",
            "size": head.size,
            "root": str(Digest(head.root)),
            "at": office.now().isoformat(),
            "cosignature": base64.b64encode(blob).decode(),
        }
        with office.write() as writing:
            writing.append(Act.CHECKPOINT_WITNESSED, None, facts)

    assert _found(world) == "fail"


@pytest.mark.parametrize("blob", [b"", b"short", bytes(2428), b"\xff" * 2428])
def test_a_cosignature_without_length_or_time_is_never_entered(world: World, blob: bytes) -> None:
    facts: JsonObject = {
        "witness": "phuc",
        "size": 1,
        "root": "sha256:" + "0" * 64,
        "at": "2026-11-24T00:00:00+00:00",
        "cosignature": base64.b64encode(blob).decode(),
    }
    app = App(
        world.vault, "an", SystemClock(), FilePrompter(world.passphrase_file("an")), NoProgress(), os.urandom
    )
    with app.open() as office, pytest.raises(LedgerRefused, match="cosignature"), office.write() as writing:
        writing.append(Act.CHECKPOINT_WITNESSED, None, facts)

    assert world.ok("an", "status")["witnesses"]["size"] == 0


def test_a_slip_carries_the_head_as_a_code_that_verify_takes(world: World) -> None:
    slip, anchor = world.root / "slip.pdf", world.root / "anchor.txt"
    head = world.ok("an", "ledger", "checkpoint", "--slip", slip)
    subprocess.run(["pdftoppm", "-r", "300", "-gray", slip, world.root / "slip"], check=True)
    with Image.open(next(world.root.glob("slip-*.pgm"))) as page:
        said = next(matrix.read(page))
    anchor.write_text(said, encoding="ascii")
    world.draft()

    verified = world.ok("phuc", "ledger", "verify", "--anchor", anchor)

    assert said.split("\n")[1] == str(head["size"])
    assert verified["anchors"] >= 1


def apart(world: World, own: Path, request: Path, memory: Path, answer: Path) -> Ran:
    options = ("--key", own, "--checkpoint", request, "--state", memory, "--out", answer)
    secret = world.passphrase_file("phuc")
    return run("--json", "--as", "phuc", "--passphrase-file", secret, "ledger", "witness", *options)


def _found(world: World) -> str:
    audited = world.run("phuc", "audit", "run", "--without", "host").json
    return next(str(one["state"]) for one in audited["findings"] if one["check"] == "witnesses.cosignatures")


def _alter(memory: Path, field: str, change: Callable[[str], str]) -> None:
    value = json.loads(memory.read_bytes())
    value[field] = change(value[field])
    memory.write_bytes(
        json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")
    )
