"""Stock-taking: what lies in the safe is ticked, and the report says what does not agree."""

import base64
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from tests.support.custody import SUBJECT, copied, day, entries, office_with_paper, received, second
from tests.support.office import World
from tests.support.system import call


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str]:
    """One document with four copies, of which one is lent; one that came in; two copies made."""
    world, document = office_with_paper(tmp_path_factory.mktemp("inventory"))
    received(world, number="12/CV-SM")
    world.ok("an", "lend", document, "--copy", "4", "--to", "Nguyễn Văn Mẫu", "--until", day(9))
    words = ("copy", "make", document, "--count", "2", "--kind", "sao-y", "--for", "A", "--for", "B")
    world.ok("an", *words, "--allowed-by", "binh", *second(world, "binh"))
    return world, document


@pytest.fixture
def world(made: tuple[World, str], root: Path) -> World:
    return copied(made[0], root)


@pytest.fixture
def document(made: tuple[World, str]) -> str:
    return made[1]


def tick(world: World, *codes: str) -> dict[str, Any]:
    return world.ok("an", "inventory", "tick", *codes)


def finish(world: World, *more: str | Path) -> dict[str, Any]:
    return world.ok("an", "inventory", "finish", *more)


def named(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["id"], one["copy"]) for one in found]


def test_a_safe_in_which_all_lies_has_no_discrepancy(world: World, document: str) -> None:
    listed = world.root / "list.pdf"
    begun = world.ok("an", "inventory", "start", "--list", "--out", listed)
    # By number, by identifier, in any spelling of the copy.
    done = tick(world, f"{document}:1", "01/BC-UBND:02", f"{document}:3", f"{document}:S1", f"{document}:s2")
    tick(world, "12/CV-SM:1")

    ended = finish(world)

    assert begun["expected"] == len(begun["copies"]) == 6
    text = " ".join(PdfReader(listed).pages[0].extract_text().split())
    assert [text.count("01/BC-UBND"), text.count("12/CV-SM"), text.count(SUBJECT)] == [5, 1, 0]
    assert (done["ticked"], done["odd"]) == (5, [])
    assert (ended["expected"], ended["found"], ended["missing"], ended["odd"]) == (6, 6, [], [])
    assert world.ok("phuc", "ledger", "verify")["holds"] is True


def test_what_is_missing_and_what_should_not_be_there_are_named(world: World, document: str) -> None:
    world.ok("an", "inventory", "start")
    done = tick(world, f"{document}:1", f"{document}:4", f"{document}:9", "99/XX:1", "nonsense")

    ended = finish(world)

    assert [(one["code"], one["why"]) for one in done["odd"]] == [
        (f"{document}:4", "out"),
        (f"{document}:9", "unknown"),
        ("99/XX:1", "unknown"),
        ("nonsense", "unknown"),
    ]
    there = named(ended["missing"])
    assert [copy for one, copy in there if one == document] == ["2", "3", "s1", "s2"]
    assert [copy for one, copy in there if one != document] == ["1"]
    assert named(ended["odd"]) == [(document, "4"), (document, "9")]


def test_codes_come_from_a_hand_scanner_s_file_and_count_once(world: World, document: str) -> None:
    world.ok("an", "inventory", "start")
    path = world.write("codes.txt", f"\ufeff{document}:1\r\n\r\n{document}:1\r\n12/CV-SM:1\n".encode())

    done = world.ok("an", "inventory", "tick", "--file", path)

    assert (done["ticked"], done["again"]) == (2, 1)
    assert finish(world)["found"] == 2


def test_what_moves_while_the_safe_is_walked_is_no_discrepancy(world: World, document: str) -> None:
    world.ok("an", "inventory", "start")
    tick(world, f"{document}:1", f"{document}:2", f"{document}:3", f"{document}:s1", f"{document}:s2")
    tick(world, "12/CV-SM:1")
    world.ok("an", "return", document, "--copy", "4")
    world.ok("an", "lend", document, "--copy", "1", "--to", "X", "--until", day(1))
    received(world, number="20/CV-SM")

    ended = finish(world)

    assert (ended["missing"], ended["odd"]) == ([], [])


def test_the_report_is_signed_and_anybody_can_check_it_with_openssl(world: World, document: str) -> None:
    world.ok("an", "inventory", "start")
    tick(world, f"{document}:4")
    out = world.root / "kiem-ke.pdf"

    ended = finish(world, "--out", out)

    text = " ".join(" ".join(page.extract_text().split()) for page in PdfReader(out).pages)
    assert ended["discrepancies"].removeprefix("sha256:")[:20] in text.replace(" ", "")
    assert "01/BC-UBND" in text
    assert "S02" in text
    assert SUBJECT not in text
    first = world.ok("an", "ledger", "entries", "--since", "0")["entries"][0]["facts"]
    authority = world.write("authority.der", base64.b64decode(first["authority_certificate"]))
    pem = world.root / "authority.pem"
    call("openssl", "x509", "-inform", "DER", "-in", str(authority), "-out", str(pem))
    words = ("openssl", "cms", "-verify", "-inform", "DER", "-binary", "-purpose", "any")
    call(*words, "-in", ended["signature"], "-content", str(out), "-CAfile", str(pem), "-out", "/dev/null")


def test_stock_taking_says_what_it_is_about_in_no_entry(world: World, document: str) -> None:
    world.ok("an", "inventory", "start")
    tick(world, f"{document}:1")
    finish(world)

    said = [
        one for one in world.ok("an", "ledger", "entries")["entries"] if one["act"].startswith("inventory")
    ]
    assert [one["act"] for one in said] == ["inventory.started", "inventory.ticked", "inventory.finished"]
    assert SUBJECT not in str(said)
    assert entries(world, document)


def test_one_at_a_time_begun_before_it_is_ticked_and_by_who_may(world: World, document: str) -> None:
    assert world.run("an", "inventory", "tick", f"{document}:1").code == 51
    assert world.run("an", "inventory", "finish").code == 51
    assert world.run("dung", "inventory", "start").code == 12
    world.ok("phuc", "inventory", "start")
    assert world.run("an", "inventory", "start").code == 52
    assert world.run("an", "inventory", "tick").code == 31
    finish(world)
    world.ok("an", "inventory", "start")


def test_a_file_that_is_no_list_of_codes_is_refused(world: World) -> None:
    world.ok("an", "inventory", "start")

    assert world.run("an", "inventory", "tick", "--file", world.write("x", b"\xff\xfe\x00")).code == 33
    many = world.write("many", b"x:1\n" * 20_001)
    assert world.run("an", "inventory", "tick", "--file", many).code == 32
    assert world.run("an", "inventory", "tick", "--file", world.root / "none").code == 31
