"""Custody of copies that our own print made: what is spoiled, not printed or out stays where it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from securedoc.core.documents import DocumentId
from securedoc.printing import copycode
from tests.support.cups import Cups, cups, needs_cups
from tests.support.custody import day
from tests.support.marks import opened
from tests.support.office import World, found_world
from tests.support.printing import final, print_copies

pytestmark = needs_cups


@pytest.fixture(scope="module")
def service() -> Iterator[Cups]:
    with cups() as made:
        yield made


@pytest.fixture
def printed(root: Path, service: Cups) -> tuple[World, str]:
    """A document of three copies, of which two are printed; its original was signed in ink."""
    world = found_world(root)
    document = final(world, copies=3)
    print_copies(world, service, document, "good", "--copies", "2").expect()
    world.ok("an", "issue", document, "--wet-signed", "--signed-by", "binh")
    return world, document


def lend(world: World, document: str, copy: str) -> int:
    return world.run("an", "lend", document, "--copy", copy, "--to", "X", "--until", day(2)).code


def test_only_what_came_out_whole_is_given_out(printed: tuple[World, str]) -> None:
    world, document = printed
    world.ok("an", "copy", "spoil", document, "--copy", "2", "--why", "mờ")

    assert [lend(world, document, copy) for copy in ("1", "2")] == [0, 32]


def test_a_copy_that_somebody_has_is_not_entered_as_spoiled(printed: tuple[World, str]) -> None:
    world, document = printed
    assert lend(world, document, "1") == 0

    refused = world.run("an", "copy", "spoil", document, "--copy", "1").expect(32)
    world.ok("an", "return", document, "--copy", "1", "--sheets", "1")

    assert "is with X" in refused.error["message"]
    world.ok("an", "copy", "spoil", document, "--copy", "1")


def test_a_copy_comes_back_with_all_of_its_sheets(printed: tuple[World, str]) -> None:
    world, document = printed
    assert lend(world, document, "1") == 0

    short = world.run("an", "return", document, "--copy", "1", "--sheets", "2").expect(32)

    assert "has 1 sheets" in short.error["message"]
    holders = {one["copy"]: one["holder"] for one in world.ok("an", "copies", document)["holders"]}
    assert holders["1"] == "X"


def test_stock_taking_reads_the_code_of_a_printed_copy_and_no_forged_one(printed: tuple[World, str]) -> None:
    world, document = printed
    name = world.ok("an", "copies", document)["copies"][0]["print"]
    with opened(world) as office:
        (code,) = copycode.page_codes(office, DocumentId(document), 1, 1, name)
    groups = " ".join(code[at : at + 4] for at in range(0, len(code), 4)).lower()
    forged = code[:-1] + ("0" if code[-1] != "0" else "1")
    world.ok("an", "inventory", "start")

    done = world.ok("an", "inventory", "tick", groups, code, forged)

    assert (done["ticked"], done["again"], [one["why"] for one in done["odd"]]) == (1, 1, ["unknown"])
    assert world.ok("an", "inventory", "finish")["found"] == 1
