"""What needs two officers is asked for by one and approved by another at another time."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from tests.support.custody import at, copied, day, entries, office_with_paper
from tests.support.office import World
from tests.support.signing import authority

DOCUMENT = "D-2026-000001"
BASIS = ("--basis", "QĐ 1/QĐ-UBND (MẪU)")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> World:
    return office_with_paper(tmp_path_factory.mktemp("later"))[0]


@pytest.fixture
def world(original: World, root: Path) -> World:
    return copied(original, root)


@pytest.mark.parametrize(
    ("who", "approver", "words", "act"),
    [
        ("an", "binh", ("level", "change", DOCUMENT, "--to", "toi-mat", *BASIS), "level.changed"),
        ("an", "binh", ("extend", DOCUMENT, "--years", "2", *BASIS), "term.extended"),
        ("an", "binh", ("declassify", DOCUMENT, *BASIS), "document.declassified"),
        ("an", "binh", ("book", "close", "muon", "--year", "2026"), "book.closed"),
        ("chi", "binh", ("policy", "adopt", "vn-2020"), "policy.adopted"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_an_act_is_asked_for_approved_and_done_once(
    world: World, who: str, approver: str, words: tuple[str, ...], act: str
) -> None:
    asked = world.ok(who, *words, "--ask")
    early = world.run(who, *words, "--approved", asked["request"]).code
    world.ok(approver, "request", "approve", asked["request"])
    world.ok(who, *words, "--approved", asked["request"])

    last = world.ok("phuc", "ledger", "entries")["entries"][-1]
    assert early == 12
    assert (last["act"], last["who"], last["second"]) == (act, who, approver)
    assert world.run(who, *words, "--approved", asked["request"]).code != 0
    assert world.ok("phuc", "ledger", "verify")["holds"] is True
    found = world.run("phuc", "audit", "run").json["findings"]
    assert {one["state"] for one in found if one["check"].startswith("rights")} == {"pass"}


def test_an_authority_is_trusted_after_another_officer_approved_it(world: World) -> None:
    certificate = authority("Cơ quan chứng thực MẪU").certificate
    file = world.write("ca.pem", certificate.public_bytes(serialization.Encoding.PEM))

    asked = world.ok("chi", "trust", "add", file, "--ask")["request"]
    before = world.ok("an", "trust", "list")["trusted"]
    world.ok("an", "request", "approve", asked)
    added = world.ok("chi", "trust", "add", file, "--approved", asked)["added"]

    assert before == []
    assert world.ok("an", "trust", "list")["trusted"][0]["digest"] == added[0]["digest"]


def test_a_change_holds_from_the_day_that_was_approved(world: World) -> None:
    words = ("declassify", DOCUMENT, *BASIS)
    asked = world.ok("an", *words, "--ask")["request"]
    at(world, 1, "binh", "request", "approve", asked).expect()

    at(world, 3, "an", *words, "--approved", asked).expect()

    assert entries(world, DOCUMENT)[-1]["facts"]["on"] == day(0)


def test_a_book_that_goes_on_after_it_was_asked_for_is_not_closed_by_that(world: World) -> None:
    words = ("book", "close", "muon", "--year", "2026")
    asked = world.ok("an", *words, "--ask")["request"]
    world.ok("binh", "request", "approve", asked)
    world.ok("an", "lend", DOCUMENT, "--copy", "1", "--to", "X", "--until", day(2))

    refused = world.run("an", *words, "--approved", asked).expect(12)

    assert "something else" in refused.error["message"]


def test_an_approved_change_of_another_document_is_not_taken_for_this_one(world: World) -> None:
    asked = world.ok("an", "level", "change", DOCUMENT, "--to", "toi-mat", *BASIS, "--ask")["request"]
    world.ok("binh", "request", "approve", asked)

    other = ("level", "change", DOCUMENT, "--to", "tuyet-mat", *BASIS)

    assert world.run("an", *other, "--approved", asked).code == 12
