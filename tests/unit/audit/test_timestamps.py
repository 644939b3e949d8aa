"""The audit of internal time-stamps: each must point to a head that this ledger had."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from securedoc.app import App, SystemClock
from securedoc.audit import timestamps
from securedoc.cli.prompter import FilePrompter
from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.core.findings import State
from securedoc.core.jsonvalue import JsonObject, JsonValue
from securedoc.core.protocols import NoProgress
from securedoc.office.office import Office
from tests.support.office import World, found_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found_world(tmp_path_factory.mktemp("office"))


@pytest.fixture
def office(world: World) -> Iterator[Office]:
    prompter = FilePrompter(world.passphrase_file("an"))
    app = App(world.vault, "an", SystemClock(), prompter, NoProgress(), os.urandom)
    with app.open() as opened:
        yield opened


def states(office: Office) -> list[tuple[State, str]]:
    return [(one.finding.state, str(one.finding.detail)) for one in timestamps.chained(office)]


def forge(world: World, office: Office, serial: str, *, confirmed: bool = True) -> list[tuple[State, str]]:
    """Enter a token as an officer with a program of their own would."""
    document = DocumentId(world.draft())
    stamps: list[JsonValue] = [{"serial": serial}]
    facts: JsonObject = {"objects": [], "digest": "sha256:" + "0" * 64, "before": "", "time_stamps": stamps}
    app = App(
        world.vault,
        "an",
        SystemClock(),
        FilePrompter(world.passphrase_file("an")),
        NoProgress(),
        os.urandom,
        second_officer="chi",
        second_prompter=FilePrompter(world.passphrase_file("chi")),
    )
    with app.second() as keeper:
        assert keeper is not None
        consent = office.confirmation(Act.DOCUMENT_RENEWED, document, facts, keeper) if confirmed else None
        with office.write() as writing:
            writing.append(Act.DOCUMENT_RENEWED, document, facts, consent)
    return [one for one in states(office) if one[0] is State.FAIL]


def serial_of(size: int, root: bytes) -> str:
    return (b"\x01" + size.to_bytes(5, "big") + root[:6] + bytes(4)).hex()


def stamped(world: World) -> None:
    second: tuple[str | Path, ...] = (
        "--second",
        "chi",
        "--second-passphrase-file",
        world.passphrase_file("chi"),
    )
    document = world.draft()
    world.ok("an", "finalize", document, "--signer", "binh")
    world.ok("binh", "sign", document, "--time-stamp", *second)
    world.ok("an", "sign", document, "--seal", "--time-stamp", *second)


def test_tokens_that_were_made_here_are_in_order(world: World, office: Office) -> None:
    before = states(office)

    stamped(world)

    assert before == [(State.PASS, "no internal time-stamp was made yet")]
    assert states(office) == [(State.PASS, "3 internal time-stamps point to heads that the ledger had")]


def test_a_token_made_beside_this_ledger_is_found(world: World, office: Office) -> None:
    size = office.ledger.head().checkpoint.size

    ((_, said),) = forge(world, office, serial_of(size, bytes(32)))

    assert "no head" in said


def test_a_token_that_claims_a_head_of_the_future_is_found(world: World, office: Office) -> None:
    found = forge(world, office, serial_of(9999, bytes(32)))

    assert any("no head" in said for _, said in found)


def test_a_token_that_no_keeper_confirmed_is_found(world: World, office: Office) -> None:
    head = office.ledger.head().checkpoint

    found = forge(world, office, serial_of(head.size, head.root), confirmed=False)

    assert any("nobody who holds their key" in said for _, said in found)
