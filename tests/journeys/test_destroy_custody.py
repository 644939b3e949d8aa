"""A destruction knows who holds which copy: what is lent comes back first, what was handed over is named."""

import dataclasses
from pathlib import Path

import pytest

from securedoc.core.documents import DocumentId
from securedoc.destruction import conditions
from securedoc.errors import DocumentIncomplete
from securedoc.policy.vocabulary import CopiesOut
from tests.support.backup import BackupWorld
from tests.support.custody import copied, day, office_with_paper
from tests.support.destroying import (
    REASON,
    carry_out,
    decided,
    destroyed,
    propose,
    proposed,
    second,
    word_text,
)
from tests.support.office import World

pytestmark = pytest.mark.usefixtures("no_trim")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> World:
    """An office whose one document was signed in ink: four copies on paper."""
    return office_with_paper(tmp_path_factory.mktemp("destroy-custody"))[0]


@pytest.fixture
def world(original: World, root: Path) -> World:
    return copied(original, root)


DOCUMENT = "D-2026-000001"
HANDED = ("handover", DOCUMENT, "--copy", "2", "--to", "UBND xã Mẫu")
LENT = ("lend", DOCUMENT, "--copy", "3", "--to", "Phòng Mẫu", "--until", day(9))


def test_a_copy_that_another_office_holds_is_named_with_its_holder(world: World) -> None:
    world.ok("an", *HANDED)
    request = proposed(world, DOCUMENT, more=("--here", f"{DOCUMENT}:1"))

    item = world.ok("an", "destroy", "show", request)["documents"][0]
    world.ok("an", "destroy", "papers", request, "--out", world.root / "out")

    assert (item["here"], item["out"]) == (["1"], [{"copy": "2", "holder": "UBND xã Mẫu"}])
    assert "02 (UBND xã Mẫu)" in word_text(world.root / "out" / "2-danh-sach-de-nghi-tieu-huy.docx")


def test_a_copy_made_afterwards_counts_like_those_that_were_issued(world: World) -> None:
    made = ("--count", "2", "--kind", "sao-y", "--for", "Sở Mẫu", "--for", "Phòng Mẫu")
    world.ok("an", "copy", "make", DOCUMENT, *made, "--allowed-by", "binh", *second(world, "binh"))
    world.ok("an", "handover", DOCUMENT, "--copy", "s1", "--to", "Sở Mẫu")

    item = propose(world, DOCUMENT, more=("--here", f"{DOCUMENT}:S02")).expect().json["documents"][0]

    assert (item["here"], item["out"]) == (["s2"], [{"copy": "s1", "holder": "Sở Mẫu"}])


def test_a_lent_copy_comes_back_before_its_document_is_destroyed(world: World) -> None:
    world.ok("an", *LENT)

    refused = propose(world, DOCUMENT).expect(36)
    world.ok("an", "return", DOCUMENT, "--copy", "3")

    assert "Phòng Mẫu has it" in refused.error["message"]
    propose(world, DOCUMENT).expect()


def test_what_would_do_harm_is_destroyed_although_a_copy_is_lent(world: World) -> None:
    world.ok("an", *LENT)

    world.ok("an", "destroy", "at-once", DOCUMENT, "--reason", REASON)

    assert [one["holder"] for one in world.ok("an", "holdings")["holdings"]] == ["Phòng Mẫu"]
    world.ok("an", "return", DOCUMENT, "--copy", "3")


def test_a_copy_that_is_out_is_not_named_as_here(world: World) -> None:
    world.ok("an", *HANDED)

    refused = propose(world, DOCUMENT, more=("--here", f"{DOCUMENT}:2")).expect(32)

    assert "UBND xã Mẫu has it" in refused.error["message"]


def test_where_policy_wants_every_copy_here_one_that_was_handed_over_is_asked_back(world: World) -> None:
    world.ok("an", *HANDED)
    with BackupWorld(world).opened("an") as office:
        rules = dataclasses.replace(office.policy.destruction, copies_out=CopiesOut.REFUSE)
        strict = dataclasses.replace(office, policy=dataclasses.replace(office.policy, destruction=rules))

        with pytest.raises(DocumentIncomplete, match=r"copy 2 of .* is still out") as caught:
            conditions.items(strict, (DocumentId(DOCUMENT),), {})

    assert "securedoc recall D-2026-000001" in str(caught.value.hint())


@pytest.mark.parametrize("words", [HANDED, LENT], ids=["handed over", "lent"])
def test_a_copy_that_left_after_the_proposal_stops_the_decision(world: World, words: tuple[str, ...]) -> None:
    request = proposed(world, DOCUMENT, more=("--here", f"{DOCUMENT}:2", "--here", f"{DOCUMENT}:3"))
    world.ok("an", *words)

    refused = world.run("binh", "destroy", "decide", request, *second(world, "chi")).expect(36)

    assert "was here when its destruction was proposed" in refused.error["message"]
    assert world.ok("an", "show", DOCUMENT)["state"] == "registered"


def test_a_copy_that_left_after_the_decision_stops_the_destruction(world: World) -> None:
    request = decided(world, DOCUMENT)
    world.ok("an", *HANDED)

    carry_out(world, request).expect(36)
    world.ok("an", "return", DOCUMENT, "--copy", "2")

    carry_out(world, request).expect()


def test_where_a_destroyed_document_s_copies_are_is_told_alike_everywhere(world: World) -> None:
    world.ok("an", *HANDED)
    request = destroyed(world, DOCUMENT)

    copies, shown = world.ok("an", "copies", DOCUMENT), world.ok("an", "show", DOCUMENT)
    hit = world.ok("an", "search", "ket qua")["hits"][0]
    before = world.ok("an", "copies", DOCUMENT, "--at", day(-1))

    assert [one["copy"] for one in copies["holders"]] == ["2"], "those that were here are no more"
    assert copies["free"] == []
    assert copies["destruction"] == hit["destruction"] == shown["destruction"]["request"] == request
    assert copies["state"] == hit["state"] == shown["state"] == "destroyed"
    assert before["holders"] == []


def test_statistics_and_the_book_count_what_was_destroyed(world: World) -> None:
    before = {one["level"]: one for one in world.ok("phuc", "stats")["levels"]}["mat"]
    world.ok("an", *HANDED)
    here = [word for copy in (1, 3, 4) for word in ("--here", f"{DOCUMENT}:{copy}")]
    request = proposed(world, DOCUMENT, more=here)
    world.run("binh", "destroy", "decide", request, "--number", "12/QĐ-UBND", *second(world, "chi")).expect()
    carry_out(world, request).expect()

    after = {one["level"]: one for one in world.ok("phuc", "stats")["levels"]}["mat"]
    rows = world.ok("an", "book", "show", "tieu-huy")["rows"]
    entry = world.ok("an", "ledger", "entries", "--document", DOCUMENT)["entries"][-1]

    assert (before["destroyed"], before["held"]) == (0, 4)
    assert (after["destroyed"], after["held"]) == (1, 0)
    assert entry["facts"]["copy_serials"] == ["01", "03", "04"]
    assert len(rows) == 1
    assert "01, 03, 04" in str(rows[0]) or "01; 03; 04" in str(rows[0])
