"""One due list, and the periodical statistics."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from cryptography.hazmat.primitives import serialization

from securedoc.policy import packs
from tests.support.backup import BackupWorld
from tests.support.custody import at, copied, day, office_with_paper, received, second
from tests.support.office import World
from tests.support.signing import authority, crl


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str]:
    return office_with_paper(tmp_path_factory.mktemp("due"))


@pytest.fixture
def world(made: tuple[World, str], root: Path) -> World:
    return copied(made[0], root)


@pytest.fixture
def document(made: tuple[World, str]) -> str:
    return made[1]


def due(world: World, *more: str, days: float = 0) -> dict[str, dict[str, Any]]:
    found = at(world, days, "phuc", "due", *more).expect().json["due"]
    return {one["kind"]: one for one in found}


def test_the_list_gathers_what_every_part_of_the_office_waits_for(world: World, document: str) -> None:
    world.ok("an", "lend", document, "--copy", "2", "--to", "X", "--until", day(5))
    words = ("carry", document, "--copy", "3", "--to", "Y", "--until", day(6))
    world.ok("an", *words, *second(world, "binh"))
    world.ok("an", "recall", document, "--until", day(7))
    change = ("level", "change", document, "--to", "toi-mat", "--basis", "M")
    world.ok("an", *change, *second(world, "binh"))

    found = due(world, "--within", "5w")

    assert set(found) == {"loan", "carry", "recall", "notice", "backup", "drill", "rehearsal"}
    assert found["loan"]["when"] == day(5)
    assert (found["carry"]["copy"], found["carry"]["who"]) == ("3", "Y")
    assert found["backup"]["overdue"] is True


def test_what_is_far_away_is_shown_when_one_looks_farther(world: World) -> None:
    assert not {"term", "certificate"} & set(due(world))
    far = due(world, "--within", "11y")
    assert {"term", "certificate"} <= set(far)
    assert far["term"]["overdue"] is False


def test_a_book_of_a_year_that_is_over_is_due_until_it_is_closed(world: World) -> None:
    year = day(0)[:4]

    before = due(world, days=400)
    words = ("book", "close", "di", "--year", year, *second(world, "binh"))
    at(world, 400, "an", *words).expect()

    assert before["book"]["id"] == f"di/{year}"
    assert "book" not in due(world, days=401)


@pytest.mark.usefixtures("no_trim")
def test_sticks_and_what_a_destruction_leaves_to_do_are_due(world: World, document: str) -> None:
    backups = BackupWorld(world)
    backups.backup(backups.stick())
    gone = world.ok("an", "destroy", "at-once", document, "--reason", "Nguy cơ lộ (MẪU)")["request"]

    found = due(world, "--within", "1y")
    late = due(world, days=300)

    assert [found[kind]["id"] for kind in ("unseen", "confirm", "residue")] == ["USB 1"] * 3
    assert {found[kind]["who"] for kind in ("unseen", "confirm", "residue")} == {"Đỗ Thị Em"}
    assert found["report"]["id"] == gone
    assert "term" not in found, "what is destroyed has no term"
    assert not any(found[kind]["overdue"] for kind in ("unseen", "confirm", "residue", "report", "backup"))
    assert all(late[kind]["overdue"] for kind in ("unseen", "confirm", "residue", "report", "witness"))
    days = packs.pack("vn-2026").destruction
    assert found["residue"]["when"] == day(days.residue_days)
    assert found["report"]["when"] == day(days.report_days)


def test_a_request_is_due_until_it_is_used_or_expires(world: World, document: str) -> None:
    words = ("declassify", document, "--basis", "M")
    asked = world.ok("an", *words, "--ask")["request"]

    found, later = due(world), due(world, days=60)
    world.ok("binh", "request", "approve", asked)
    approved = due(world)
    world.ok("an", *words, "--approved", asked)

    assert (found["request"]["id"], found["request"]["who"]) == (asked, "an")
    assert "request" in approved
    assert "request" not in later
    assert "request" not in due(world)


def test_what_this_office_believes_of_others_is_due_when_it_ends(world: World) -> None:
    other = authority("Cơ quan MẪU")
    file = world.write("ca.pem", other.certificate.public_bytes(serialization.Encoding.PEM))
    world.ok("chi", "trust", "add", file, *second(world, "an"))
    world.ok(
        "chi",
        "trust",
        "crl",
        "add",
        world.write("a.crl", crl(other, until=datetime.now(UTC) + timedelta(days=90))),
    )

    found = due(world, "--within", "50y")
    late = due(world, days=4000)

    assert (found["authority"]["overdue"], found["crl"]["overdue"]) == (False, False)
    assert late["crl"]["overdue"] is True


@pytest.mark.parametrize("span", ["", "x", "30 days", "-1d", "99999d", "1.5d"])
def test_a_span_is_written_in_one_of_the_ways(world: World, span: str) -> None:
    assert world.run("an", "due", f"--within={span}").code == 2


def test_statistics_count_a_period_and_no_day_beside_it(world: World, document: str) -> None:
    received(world, "toi-mat")
    today, yesterday = day(0), day(-1)

    now = world.ok("phuc", "stats", "--from", today, "--to", today)["levels"]
    before = world.ok("phuc", "stats", "--from", yesterday, "--to", yesterday)["levels"]

    counts = {one["level"]: (one["out"], one["in"], one["held"]) for one in now}
    assert counts == {"tuyet-mat": (0, 0, 0), "toi-mat": (0, 1, 1), "mat": (1, 0, 4)}
    assert {one["held"] for one in before} == {0}
    assert document


def test_copies_that_were_asked_back_and_came_are_counted(world: World, document: str) -> None:
    world.ok("an", "handover", document, "--copy", "1", "--to", "X")
    world.ok("an", "lend", document, "--copy", "2", "--to", "Y", "--until", day(3))
    world.ok("an", "return", document, "--copy", "2")  # nobody had asked for it
    world.ok("an", "recall", document, "--until", day(2))
    world.ok("an", "return", document, "--copy", "1")

    (mat,) = [one for one in world.ok("an", "stats")["levels"] if one["level"] == "mat"]

    assert (mat["recalled"], mat["held"]) == (1, 4)


def test_a_changed_level_is_counted_where_it_is_now_held(world: World, document: str) -> None:
    words = ("level", "change", document, "--to", "toi-mat", "--basis", "M")
    world.ok("an", *words, *second(world, "binh"))

    counts = {one["level"]: (one["out"], one["held"]) for one in world.ok("an", "stats")["levels"]}

    assert counts == {"tuyet-mat": (0, 0), "toi-mat": (0, 4), "mat": (1, 0)}


def test_statistics_are_written_in_the_columns_of_their_book(world: World) -> None:
    out = world.root / "thong-ke.xlsx"

    world.ok("binh", "stats", "--from", day(-3), "--to", day(0), "--out", out)

    sheet = openpyxl.load_workbook(out).worksheets[1]
    assert sheet["A1"].value == "Kỳ thống kê"
    assert [sheet.cell(row, 2).value for row in (3, 4, 5)] == ["Tuyệt mật", "Tối mật", "Mật"]


def test_a_period_ends_after_it_begins_and_who_may_not_count_does_not(world: World) -> None:
    assert world.run("an", "stats", "--from", day(0), "--to", day(-1)).code == 12
    assert world.run("em", "stats").code == 12
    assert world.run("an", "stats", "--format", "pdf").code == 2
