"""Power is lost at any durable step of trusting an authority, or of renewing a document's proof."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from tests.faults.crash import PowerCut, power_cuts
from tests.support.cli import Ran
from tests.support.office import World, found_world
from tests.support.signing import Authority, authority


def second(world: World, officer: str) -> tuple[str | Path, ...]:
    return "--second", officer, "--second-passphrase-file", world.passphrase_file(officer)


@pytest.fixture(scope="module")
def other() -> Authority:
    return authority("Cơ quan chứng thực MẪU")


@pytest.fixture
def world(root: Path) -> World:
    return found_world(root)


def done_or_cut(ran: Ran) -> None:
    """Go on only with a command that ended well: the command line says of a cut that it is a bug."""
    if ran.code != 0:
        raise PowerCut


def trusted(world: World) -> list[str]:
    return [one["name"] for one in world.ok("an", "trust", "list")["trusted"]]


def test_trusting_and_trusting_no_more_are_whole_or_not_done(
    world: World, other: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = world.write("ca.pem", other.certificate.public_bytes(serialization.Encoding.PEM))
    signed = world.signed()
    steps = {
        True: ("trust", "add", pem),
        False: ("trust", "remove", other.certificate.subject.rfc4514_string()[3:], "--why", "thử"),
    }

    cuts = 0
    for wanted, words in steps.items():

        def act(wanted: bool = wanted, words: tuple[str | Path, ...] = words) -> None:  # noqa: FBT001
            if bool(trusted(world)) is not wanted:
                done_or_cut(world.run("chi", *words, *second(world, "an")))

        for _ in power_cuts(monkeypatch, act):
            cuts += 1
            # Whatever was cut, the store can be read, and verifying goes on.
            assert len(trusted(world)) in {0, 1}
            assert world.ok("an", "verify", signed)["verdict"] == "trusted"
        assert bool(trusted(world)) is wanted

    assert cuts >= 2
    assert world.run("phuc", "ledger", "verify").code == 0


def test_renewing_leaves_the_document_as_it_was_or_renewed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = world.signed()
    world.ok("an", "sign", document, "--seal")
    world.ok("an", "issue", document)

    def levels() -> list[str]:
        done = world.ok("an", "verify", document)
        assert done["verdict"] == "trusted"
        return [one["level"] for one in done["signatures"]]

    def renew() -> None:
        if "DTS" not in levels():
            done_or_cut(world.run("an", "sign", document, "--renew", *second(world, "chi")))

    cuts = 0
    for _ in power_cuts(monkeypatch, renew):
        cuts += 1
        assert levels() in (["B-B", "B-B"], ["B-LTA", "B-LTA", "DTS"])

    assert cuts >= 2
    assert levels() == ["B-LTA", "B-LTA", "DTS"]
    assert world.run("phuc", "ledger", "verify").code == 0
