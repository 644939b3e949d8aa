"""A level is changed, a term extended, a document declassified: by two, with everybody to be told."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from securedoc.policy import packs
from tests.support.custody import SUBJECT, at, copied, day, entries, office_with_paper, received, second
from tests.support.office import World

POLICY = packs.pack("vn-2026")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str]:
    world, document = office_with_paper(tmp_path_factory.mktemp("levels"))
    world.ok("an", "lend", document, "--copy", "3", "--to", "Nguyễn Văn Mẫu", "--until", day(40))
    return world, document


@pytest.fixture
def world(made: tuple[World, str], root: Path) -> World:
    return copied(made[0], root)


@pytest.fixture
def document(made: tuple[World, str]) -> str:
    return made[1]


def change(world: World, document: str, level: str, *more: Any) -> dict[str, Any]:
    words = ("level", "change", document, "--to", level, "--basis", "QĐ 1/QĐ-UBND (MẪU)", *more)
    return world.ok("an", *words, *second(world, "binh"))


def show(world: World, document: str) -> dict[str, Any]:
    return world.ok("an", "show", document)


def years_on(text: str, years: int) -> str:
    found = date.fromisoformat(text)
    return found.replace(year=found.year + years).isoformat()


def test_a_raised_level_has_its_own_term_counted_from_the_document_s_date(
    world: World, document: str
) -> None:
    done = change(world, document, "toi-mat")

    row = show(world, document)
    assert (row["level"], row["ends"]) == ("toi-mat", years_on(row["date"], 20))
    assert done["stamp"][0] == "TĂNG: TỐI MẬT"
    assert [one["holder"] for one in done["notices"]] == ["UBND tỉnh Mẫu", "Nguyễn Văn Mẫu"]
    assert {one["due"] for one in done["notices"]} == {day(POLICY.notices.adjust_days)}


def test_a_lowered_level_is_found_under_its_new_name_only(world: World, document: str) -> None:
    change(world, document, "toi-mat")
    done = change(world, document, "mat")

    assert done["stamp"][0] == "GIẢM: MẬT"
    found = {
        level: world.ok("an", "search", "ket qua", "--level", level)["total"] for level in ("mat", "toi-mat")
    }
    assert found == {"mat": 1, "toi-mat": 0}


def test_an_abstract_leaves_every_table_when_the_new_level_allows_none(world: World, document: str) -> None:
    change(world, document, "tuyet-mat")

    assert show(world, document)["subject"] is None
    assert world.ok("an", "search", "ket qua")["total"] == 0
    (row,) = world.ok("an", "book", "show", "di")["rows"]
    assert SUBJECT not in str(row)
    world.ok("an", "book", "export", "di", "--out", world.root / "di.csv")
    assert SUBJECT not in (world.root / "di.csv").read_text("utf-8")
    assert world.ok("phuc", "ledger", "verify")["holds"] is True


@pytest.mark.parametrize(
    "words",
    [
        ("level", "change", "--to", "toi-mat"),
        ("extend", "--years", "5"),
        ("level", "extend", "--years", "5"),
        ("declassify",),
        ("level", "declassify"),
    ],
)
def test_each_needs_a_signer_beside_the_records_officer(
    world: World, document: str, words: tuple[str, ...]
) -> None:
    argv = (*words, document, "--basis", "MẪU")

    alone = world.run("an", *argv)
    auditor = world.run("an", *argv, *second(world, "phuc"))
    drafter = world.run("dung", *argv, *second(world, "binh"))
    done = world.run("an", *argv, *second(world, "binh"))

    assert [ran.code for ran in (alone, auditor, drafter, done)] == [12, 12, 12, 0]
    assert entries(world, document)[-1]["facts"]["basis"] == "MẪU"


def test_a_term_is_extended_from_its_end_and_not_beyond_the_policy(world: World, document: str) -> None:
    before = show(world, document)["ends"]
    words = ("extend", document, "--basis", "MẪU")

    too_long = world.run("an", *words, "--years", "11", *second(world, "binh"))
    done = world.ok("an", *words, "--years", "10", *second(world, "binh"))

    assert too_long.code == 12
    assert (done["was"], done["ends"]) == (before, years_on(before, 10))
    assert done["stamp"][0].startswith("Gia hạn từ ")


def test_an_ended_term_is_due_and_cannot_be_extended_only_declassified(world: World, document: str) -> None:
    late = 365 * 11.0

    due = at(world, late, "an", "status").expect().json["due"]
    words = (document, "--basis", "hết thời hạn", *second(world, "binh"))
    refused = at(world, late, "an", "extend", *words, "--years", "1")
    done = at(world, late, "an", "declassify", *words).expect()

    assert ("term", True) in [(one["kind"], one["overdue"]) for one in due]
    assert refused.code == 32
    assert done.json["notices"]
    entry = at(world, late, "an", "ledger", "entries", "--document", document).expect().json["entries"][-1]
    assert entry["facts"]["term_ended"] is True


def test_a_late_extension_is_made_and_the_policy_s_days_are_said(world: World, document: str) -> None:
    ends = date.fromisoformat(show(world, document)["ends"])
    days = (ends - date.fromisoformat(day(0))).days - 10

    ran = at(world, days, "an", "extend", document, "--years", "1", "--basis", "M", *second(world, "binh"))

    assert "60 days before" in ran.expect().err


def test_a_declassified_document_is_no_secret_and_stays_in_the_history(world: World, document: str) -> None:
    words = ("declassify", document, "--basis", "QĐ 2 (MẪU)", *second(world, "binh"))
    done = world.ok("an", *words)

    assert show(world, document)["state"] == "declassified"
    assert done["stamp"] == ["GIẢI MẬT", f"Từ: {date.fromisoformat(day(0)):%d/%m/%Y}"]
    assert world.run("an", *words).code == 32
    assert world.run("an", "lend", document, "--copy", "2", "--to", "X", "--until", day(1)).code == 32
    world.ok("an", "return", document, "--copy", "3")
    assert world.ok("an", "search", "ket qua", "--state", "declassified")["total"] == 1
    counted = {row["Độ mật"]: row["Giải mật"] for row in world.ok("an", "book", "show", "thong-ke")["rows"]}
    assert counted == {"Tuyệt mật": "0", "Tối mật": "0", "Mật": "1"}


def test_everybody_who_holds_a_copy_is_due_to_be_told_until_it_is_entered(
    world: World, document: str
) -> None:
    change(world, document, "toi-mat")

    def waiting() -> list[str]:
        return [one["who"] for one in world.ok("an", "status")["due"] if one["kind"] == "notice"]

    assert sorted(waiting()) == ["Nguyễn Văn Mẫu", "UBND tỉnh Mẫu"]
    world.ok("an", "level", "told", document, "--to", "UBND tỉnh Mẫu", "--how", "CV 3/UBND")
    assert waiting() == ["Nguyễn Văn Mẫu"]
    assert world.run("an", "level", "told", document, "--to", "UBND tỉnh Mẫu").code == 31


def test_the_papers_hold_the_stamp_at_its_size_and_a_letter_to_every_holder(
    world: World, document: str
) -> None:
    out = world.root / "giai-mat.pdf"

    world.ok("an", "declassify", document, "--basis", "QĐ 2 (MẪU)", "--out", out, *second(world, "binh"))

    pages = [" ".join(page.extract_text().split()) for page in PdfReader(out).pages]
    assert len(pages) == 3
    assert "GIẢI MẬT" in pages[0]
    assert ["UBND tỉnh Mẫu" in pages[1], "Nguyễn Văn Mẫu" in pages[2]] == [True, True]
    assert show(world, document)["number"] in pages[1]
    assert SUBJECT not in " ".join(pages)


def test_the_level_of_what_came_in_follows_its_issuer_s_notice(world: World) -> None:
    document = received(world, "toi-mat")

    change(world, document, "mat")

    assert show(world, document)["level"] == "mat"


def test_nothing_is_changed_to_what_it_is_or_to_what_there_is_not(world: World, document: str) -> None:
    for level, code in (("mat", 32), ("bi-mat", 12)):
        words = ("level", "change", document, "--to", level, "--basis", "M")
        assert world.run("an", *words, *second(world, "binh")).code == code
    draft = world.draft()
    words = ("level", "change", draft, "--to", "toi-mat", "--basis", "M")
    assert world.run("an", *words, *second(world, "binh")).code == 32


def test_signatures_and_rights_hold_after_a_change(world: World, document: str) -> None:
    change(world, document, "toi-mat")
    world.ok("an", "extend", document, "--years", "1", "--basis", "M", *second(world, "binh"))

    found = world.run("an", "audit", "run", "--without", "host").json["findings"]

    bad = [one for one in found if one["state"] == "fail" and one["check"].split(".")[0] != "backup"]
    assert bad == []
