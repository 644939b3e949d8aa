"""Custody: who holds which copy, now and on a past day, and what is refused by name."""

from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from tests.support.custody import (
    SUBJECT,
    at,
    copied,
    day,
    entries,
    inked,
    office_with_paper,
    received,
    second,
)
from tests.support.office import World


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str]:
    return office_with_paper(tmp_path_factory.mktemp("custody"))


@pytest.fixture
def world(made: tuple[World, str], root: Path) -> World:
    return copied(made[0], root)


@pytest.fixture
def document(made: tuple[World, str]) -> str:
    return made[1]


def holders(world: World, document: str, *more: str) -> dict[str, str | None]:
    found = world.ok("an", "copies", document, *more)["holders"]
    return {one["copy"]: one["holder"] for one in found}


def lend(world: World, document: str, copy: str = "2", until: str | None = None) -> dict[str, Any]:
    return world.ok(
        "an", "lend", document, "--copy", copy, "--to", "Nguyễn Văn Mẫu", "--until", until or day(10)
    )


def test_a_copy_handed_over_stands_in_the_book_and_is_known_to_be_there(world: World, document: str) -> None:
    receipt = world.root / "receipt.pdf"

    done = world.ok("an", "handover", document, "--copy", "1", "--to", "UBND tỉnh Mẫu", "--receipt", receipt)

    assert (done["book"], done["row"], done["copy"]) == ("chuyen-giao", 1, "1")
    assert holders(world, document) == {"1": "UBND tỉnh Mẫu", "2": None, "3": None, "4": None}
    text = " ".join(PdfReader(receipt).pages[0].extract_text().split())
    assert "UBND tỉnh Mẫu" in text
    assert SUBJECT not in text


def test_custody_entries_never_say_what_a_document_is_about(world: World, document: str) -> None:
    lend(world, document)
    world.ok("an", "return", document, "--copy", "2")
    world.ok("an", "handover", document, "--copy", "2", "--to", "Sở Mẫu")
    world.ok("an", "recall", document, "--until", day(5))

    found = [one for one in entries(world, document) if one["act"].startswith("custody.")]

    assert [one["act"] for one in found] == ["custody.lent", "custody.returned", "custody.handed"]
    assert SUBJECT not in str(found)
    assert "subject" not in str([one["facts"] for one in found])


def test_who_held_what_on_a_past_day_is_known_after_it_came_back(world: World, document: str) -> None:
    lend(world, document, until=day(2))
    at(world, 1, "an", "return", document, "--copy", "2").expect()
    at(world, 2, "an", "handover", document, "--copy", "2", "--to", "Sở Mẫu").expect()

    def held(on: str) -> str | None:
        shown = at(world, 3, "an", "copies", document, "--at", on).expect().json
        found: dict[str, str | None] = {one["copy"]: one["holder"] for one in shown["holders"]}
        return found.get("2")

    assert held(day(-1)) is None
    assert held(day(0)) == "Nguyễn Văn Mẫu"
    assert held(day(1)) is None
    assert held(day(2)) == "Sở Mẫu"


def test_before_a_document_stood_in_a_book_nobody_held_anything(world: World, document: str) -> None:
    assert world.ok("an", "copies", document, "--at", day(-1))["holders"] == []


def test_what_is_out_cannot_be_given_out_again(world: World, document: str) -> None:
    lend(world, document)
    before = len(entries(world, document))

    for words in (
        ("handover", document, "--copy", "2", "--to", "X"),
        ("lend", document, "--copy", "2", "--to", "X", "--until", day(1)),
    ):
        refused = world.run("an", *words).expect(32)
        assert "Nguyễn Văn Mẫu has it" in refused.error["message"]
    assert len(entries(world, document)) == before


def test_what_is_not_out_does_not_come_back(world: World, document: str) -> None:
    refused = world.run("an", "return", document, "--copy", "2").expect(32)

    assert "is not out" in refused.error["message"]
    lend(world, document)
    world.ok("an", "return", document, "--copy", "2")
    world.run("an", "return", document, "--copy", "2").expect(32)


@pytest.mark.parametrize(
    ("copy", "code"), [("5", 31), ("s1", 31), ("0", 32), ("x", 32), ("", 32), ("-1", 32), ("99999", 32)]
)
def test_a_copy_that_does_not_exist_is_named(world: World, document: str, copy: str, code: int) -> None:
    refused = world.run("an", "lend", document, f"--copy={copy}", "--to", "X", "--until", day(1))

    assert refused.code == code


def test_what_is_not_on_paper_cannot_be_given_out(world: World) -> None:
    electronic = world.issued()
    draft = world.draft()

    assert world.run("an", "handover", electronic, "--copy", "1", "--to", "X").code == 32
    assert world.run("an", "handover", draft, "--copy", "1", "--to", "X").code == 32


@pytest.mark.parametrize("until", [-1, 400])
def test_a_day_that_cannot_be_meant_is_refused(world: World, document: str, until: int) -> None:
    refused = world.run("an", "lend", document, "--copy", "2", "--to", "X", "--until", day(until))

    assert refused.code == 12


@pytest.mark.parametrize("who", ["dung", "binh", "chi", "em", "phuc"])
def test_only_the_records_officer_moves_copies(world: World, document: str, who: str) -> None:
    assert world.run(who, "handover", document, "--copy", "1", "--to", "X").code == 12
    assert world.run(who, "recall", document).code == 12


def test_what_is_late_is_shown_in_status_and_ends_when_it_comes_back(world: World, document: str) -> None:
    lend(world, document, until=day(1))

    late = at(world, 2, "an", "status").expect().json["due"]
    at(world, 2, "an", "return", document, "--copy", "2").expect()
    after = at(world, 3, "an", "status").expect().json["due"]

    assert [(one["kind"], one["copy"], one["overdue"]) for one in late] == [("loan", "2", True)]
    assert after == []


def test_a_loan_that_was_asked_back_is_due_as_a_recall_until_it_comes(world: World, document: str) -> None:
    world.ok("an", "handover", document, "--copy", "1", "--to", "UBND tỉnh Mẫu")
    lend(world, document, "3", until=day(20))

    asked = world.ok("an", "recall", document, "--until", day(5))
    world.ok("an", "return", document, "--copy", "1")
    due = world.ok("an", "status")["due"]

    assert [(one["copy"], one["holder"]) for one in asked["out"]] == [
        ("1", "UBND tỉnh Mẫu"),
        ("3", "Nguyễn Văn Mẫu"),
    ]
    assert [(one["kind"], one["copy"]) for one in due] == [("recall", "3"), ("loan", "3")]


def test_nothing_is_recalled_that_nobody_has(world: World, document: str) -> None:
    assert world.run("an", "recall", document, "--until", day(5)).code == 32


def test_carrying_out_needs_the_permission_of_a_signer(world: World, document: str) -> None:
    words = ("carry", document, "--copy", "1", "--to", "Lê Mẫu", "--until", day(2), "--reason", "họp")

    alone = world.run("an", *words)
    other = world.run("an", *words, *second(world, "phuc"))
    done = world.ok("an", *words, *second(world, "binh"))

    assert (alone.code, other.code) == (12, 12)
    assert done["book"] == "mang-ra"
    entry = entries(world, document)[-1]
    assert (entry["act"], entry["facts"]["allowed_by"]) == ("custody.carried", "Lê Văn Bình")
    assert entry["second"] == "binh" or entry["second"]["officer"] == "binh"


def test_the_sheets_that_came_back_are_written_down(world: World) -> None:
    incoming = received(world, copies=2)
    world.ok("an", "lend", incoming, "--copy", "2", "--to", "X", "--until", day(1))

    back = world.ok("an", "return", incoming, "--copy", "2", "--sheets", "3")

    assert back["late"] is False  # nobody knows how many sheets came in: the count is only written down
    assert entries(world, incoming)[-1]["facts"]["sheets"] == 3


def asked(document: str, *more: str) -> tuple[str, ...]:
    return ("copy", "make", document, "--count", "2", "--kind", "sao-y", "--for", "Sở A", *more)


def test_allowed_by_a_signer_they_get_numbers_a_notation_and_a_row(world: World, document: str) -> None:
    done = world.ok(
        "an",
        *asked(document, "--for", "Sở B", "--allowed-by", "binh"),
        *("--second-passphrase-file", world.passphrase_file("binh")),
    )

    assert done["copies"] == [{"copy": "s1", "for": "Sở A"}, {"copy": "s2", "for": "Sở B"}]
    assert (done["notation"], done["book"], done["row"]) == ("01/SY-UBND", "sao-chup", 1)
    facts = entries(world, document)[-1]["facts"]
    assert (facts["allowed_by"], facts["authority_basis"]) == ("Lê Văn Bình", "Chủ tịch")
    world.ok("an", "handover", document, "--copy", "s2", "--to", "Sở B")
    assert holders(world, document)["s2"] == "Sở B"


def test_the_numbers_of_later_copies_go_on(world: World, document: str) -> None:
    words = (*asked(document, "--allowed-by", "binh"), *second(world, "binh"))

    world.ok("an", *words)
    done = world.ok("an", *words)

    assert [one["copy"] for one in done["copies"]] == ["s3", "s4"]
    assert done["notation"] == "02/SY-UBND"


@pytest.mark.parametrize("who", ["dung", "phuc", "chi", "an"])
def test_who_has_no_authority_allows_nothing(world: World, document: str, who: str) -> None:
    refused = world.run("an", *asked(document, "--allowed-by", who), *second(world, who))

    assert refused.code == 12
    assert entries(world, document)[-1]["act"] != "copies.made"


def test_a_consent_of_another_than_who_is_said_to_allow_is_refused(world: World, document: str) -> None:
    refused = world.run("an", *asked(document, "--allowed-by", "dung"), *second(world, "binh"))

    assert refused.code == 12


def test_a_chair_may_not_allow_copies_of_the_highest_level_without_naming_the_position(world: World) -> None:
    document = inked(world, "tuyet-mat")
    words = asked(document, "--allowed-by", "binh")

    unknown = world.run("an", *words, *second(world, "binh"))
    commune = world.run("an", *words, *second(world, "binh"), "--position", "chu-tich-ubnd-xa")
    province = world.run("an", *words, *second(world, "binh"), "--position", "chu-tich-ubnd-tinh")

    assert (unknown.code, commune.code, province.code) == (12, 12, 0)
    assert "chu-tich-ubnd-tinh" in unknown.error["hint"]


def test_a_document_that_forbids_copying_is_not_copied(world: World) -> None:
    document = inked(world, "mat", "--no-copying")

    refused = world.run("an", *asked(document, "--allowed-by", "binh"), *second(world, "binh"))

    assert refused.code == 32
    assert "not to be copied" in refused.error["message"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--count", "3", "--for", "B", "--kind", "sao-y"), 32),
        (("--count", "1", "--kind", "chup"), 12),
        (("--count", "1", "--kind", "fax"), 12),
    ],
)
def test_numbers_that_do_not_fit_are_refused(
    world: World, document: str, more: tuple[str, ...], code: int
) -> None:
    words = ("copy", "make", document, "--for", "A", "--allowed-by", "binh", *more)

    assert world.run("an", *words, *second(world, "binh")).code == code


def test_the_ledger_and_the_audit_hold_after_all_of_it(world: World, document: str) -> None:
    lend(world, document)
    world.ok("an", "handover", document, "--copy", "1", "--to", "Sở Mẫu")
    world.ok("an", "return", document, "--copy", "2")
    world.ok(
        "an",
        *("copy", "make", document, "--count", "1", "--kind", "trich-sao", "--for", "A"),
        *("--allowed-by", "binh"),
        *second(world, "binh"),
    )
    world.ok("an", "recall", document, "--until", day(3))

    assert world.ok("phuc", "ledger", "verify")["holds"] is True
    rights = [
        one
        for one in world.run("phuc", "audit", "run", "--without", "host").json["findings"]
        if one["check"].startswith("rights.")
    ]
    assert {one["state"] for one in rights} == {"pass"}


def test_what_one_person_has_is_listed_for_the_day_they_leave(world: World, document: str) -> None:
    incoming = received(world)
    lend(world, document)
    lend(world, incoming, "1")
    world.ok("an", "handover", document, "--copy", "1", "--to", "Sở Mẫu")

    everything = world.ok("phuc", "holdings")
    theirs = world.ok("phuc", "holdings", "nguyen van")["holdings"]
    before = world.ok("phuc", "holdings", "--at", day(-1))

    assert (everything["total"], before["total"]) == (3, 0)
    assert [(one["id"], one["copy"], one["kind"]) for one in theirs] == [
        (document, "2", "loan"),
        (incoming, "1", "loan"),
    ]
    assert world.run("em", "holdings").code == 12


def test_the_audit_names_what_is_out_too_long_who_was_not_told_and_which_book_is_open(
    world: World, document: str
) -> None:
    def found(days: float) -> dict[str, list[str]]:
        left_out = ("host", "backup", "objects", "signatures", "ledger", "keys", "policy", "editing")
        argv = ("audit", "run", *(word for area in left_out for word in ("--without", area)))
        checks: dict[str, list[str]] = {}
        for one in at(world, days, "phuc", *argv).json["findings"]:
            checks.setdefault(one["check"], []).append(one["state"])
        return checks

    assert found(0)["custody.overdue"] == ["pass"]
    lend(world, document, until=day(2))
    world.ok("an", "handover", document, "--copy", "1", "--to", "Sở Mẫu")
    world.ok("an", "recall", document, "--until", day(3))
    words = ("level", "change", document, "--to", "toi-mat", "--basis", "MẪU")
    world.ok("an", *words, *second(world, "binh"))

    late = found(400)

    assert late["custody.overdue"] == ["fail", "fail"]
    assert set(late["custody.notice"]) == {"fail"}
    assert set(late["books.closed"]) == {"fail"}
