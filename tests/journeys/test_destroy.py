"""Documents are destroyed by two people, before witnesses, and say so afterwards."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.destroying import (
    COUNCIL,
    REASON,
    WITNESSES,
    carry_out,
    decided,
    destroyed,
    propose,
    proposed,
    second,
)
from tests.support.office import World, found_world

pytestmark = pytest.mark.usefixtures("no_trim")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A training office with two issued documents."""
    root = tmp_path_factory.mktemp("destroy")
    root.chmod(0o700)
    world = found_world(root)
    world.issued()
    world.issued()
    return world


@pytest.fixture
def world(original: World, root: Path) -> World:
    shutil.copytree(original.root, root, dirs_exist_ok=True)
    return World(root)


FIRST, OTHER = "D-2026-000001", "D-2026-000002"


def later(world: World, days: int) -> str:
    last = world.ok("phuc", "ledger", "entries")["entries"][-1]["at"]
    return (datetime.fromisoformat(last) + timedelta(days=days)).isoformat()


def findings(world: World, area: str) -> dict[str, str]:
    found = world.run("phuc", "audit", "run").json["findings"]
    return {one["check"]: one["state"] for one in found if one["check"].startswith(area)}


def test_a_destroyed_document_says_so_wherever_it_is_asked_for(world: World) -> None:
    request = destroyed(world, FIRST)

    shown = world.ok("an", "show", FIRST)
    ways = [
        world.run("an", "open", FIRST),
        world.run("an", "verify", FIRST),
        world.run("an", "export", FIRST, "--out", world.root / "out", *second(world, "binh")),
        world.run("an", "print", FIRST, "--copies", "1", "--printer", "none"),
    ]
    hits = {hit["id"]: hit["destruction"] for hit in world.ok("an", "search", "ket qua")["hits"]}

    assert (shown["state"], shown["destruction"]["request"]) == ("destroyed", request)
    assert shown["history"][-1]["act"] == "document.destroyed"
    assert shown["subject"] == "Kết quả công tác quý IV (MẪU)", "the history stays"
    assert [way.code for way in ways[:3]] == [31, 31, 31]
    assert ways[3].code != 0
    assert all(f"destroyed under dossier {request}" in way.error["message"] for way in ways[:3])
    assert hits == {FIRST: request, OTHER: None}
    assert not (world.root / "out").exists()


def test_a_copy_that_was_taken_out_before_is_told_for_what_it_is(world: World) -> None:
    world.run("an", "export", FIRST, "--out", world.root / "out", *second(world, "binh")).expect()
    request = destroyed(world, FIRST)

    ended = world.run("an", "verify", world.root / "out" / f"{FIRST}.pdf").expect()

    assert (ended.json["id"], ended.json["destroyed"]) == (FIRST, request)
    assert "should not exist" in ended.err


def test_everything_else_goes_on_and_the_ledger_and_the_audit_hold(world: World) -> None:
    destroyed(world, FIRST)

    assert world.ok("phuc", "ledger", "verify")["holds"] is True
    assert world.ok("an", "verify", OTHER)["verdict"] == "trusted"
    assert set(findings(world, "destruction").values()) == {"pass"}
    assert findings(world, "objects")["objects.fixity"] == "pass"
    assert findings(world, "rights") == {"rights.entries": "pass"}
    assert world.issued() == "D-2026-000003"


def test_its_sealed_files_are_gone_and_the_other_documents_are_not(world: World) -> None:
    mine = [one["digest"][7:] for one in world.ok("an", "show", FIRST)["objects"]]
    others = [one["digest"][7:] for one in world.ok("an", "show", OTHER)["objects"]]

    request = decided(world, FIRST)
    done = carry_out(world, request).expect().json

    there = {path.name for path in (world.vault / "objects").rglob("*") if path.is_file()}
    assert (done["objects"], done["residue"]) == (len(mine), [])
    assert not there & set(mine)
    assert set(others) <= there


def test_intent_result_and_evidence_are_three_transactions_with_two_people(world: World) -> None:
    request = destroyed(world, FIRST, OTHER)

    entries = [
        one
        for one in world.ok("phuc", "ledger", "entries")["entries"]
        if one["facts"].get("request") == request
    ]

    acts = [(one["act"], one["who"], one["second"]) for one in entries]
    assert acts == [
        ("destruction.proposed", "an", None),
        ("destruction.decided", "binh", "chi"),
        ("destruction.begun", "an", "chi"),
        ("document.destroyed", "an", None),
        ("document.destroyed", "an", None),
        ("destruction.ended", "an", None),
    ]
    assert entries[-1]["facts"]["keys"]["found"] == 0
    assert entries[-1]["facts"]["keys"]["looked_for"] == 8, "two pieces of two sealed keys of two documents"


def test_the_book_of_destructions_has_a_row_for_each(world: World) -> None:
    destroyed(world, FIRST, OTHER)

    rows = world.ok("an", "book", "show", "tieu-huy")["rows"]

    assert [row["Số thứ tự"] for row in rows] == ["01", "02"]
    assert rows[0]["Số, ký hiệu, ngày tháng"].startswith("01/BC-UBND, ")
    assert rows[0]["Lý do, quyết định"] == f"{REASON}, 12/QĐ-UBND"
    assert "Lê Văn Bình; Hồ Văn Phúc" in rows[0]["Người thực hiện và chứng kiến"]
    assert "công tác" not in str(rows)


@pytest.mark.parametrize(
    ("who", "words", "code"),
    [
        ("dung", ("propose", FIRST, "--reason", REASON, *COUNCIL), 12),
        ("binh", ("propose", FIRST, "--reason", REASON, *COUNCIL), 12),
        ("an", ("propose", FIRST, "--reason", REASON, *COUNCIL[:2]), 12),
        ("an", ("propose", FIRST, "--reason", REASON, *COUNCIL[:2], *COUNCIL[:2], *COUNCIL[:2]), 12),
        ("an", ("propose", FIRST, "--reason", " ", *COUNCIL), 12),
        ("an", ("propose", FIRST, FIRST, "--reason", REASON, *COUNCIL), 32),
        ("an", ("propose", "D-2026-000009", "--reason", REASON, *COUNCIL), 31),
        ("an", ("propose", FIRST, "--reason", REASON, *COUNCIL, "--here", f"{FIRST}:9"), 32),
        ("an", ("propose", FIRST, "--reason", REASON, *COUNCIL, "--here", f"{OTHER}:1"), 32),
        ("an", ("propose", FIRST, "--reason", REASON, *COUNCIL, "--here", "first"), 33),
        ("an", ("decide", "R-2026-000009"), 51),
        ("an", ("carry-out", "R-2026-000009", *WITNESSES), 51),
    ],
)
def test_what_may_not_be_proposed_is_refused_by_name(
    world: World, who: str, words: tuple[str, ...], code: int
) -> None:
    before = world.ok("phuc", "ledger", "verify")["entries"]

    assert world.run(who, "destroy", *words).code == code
    assert world.ok("phuc", "ledger", "verify")["entries"] == before


def test_what_is_still_worked_on_is_not_destroyed(world: World) -> None:
    draft, signed = world.draft(), world.signed()

    assert propose(world, draft).code == 32
    assert propose(world, signed).code == 32
    world.ok("dung", "draft", "discard", draft, "--why", "thừa")
    assert destroyed(world, draft), "a draft that was given up may go, key and all"
    assert world.run("dung", "draft", "preview", draft, "--out", world.root / "p.png").code in {31, 32}


def test_two_destructions_never_speak_of_one_document(world: World) -> None:
    first = proposed(world, FIRST)

    assert propose(world, FIRST, OTHER).code == 32
    world.ok("an", "request", "refuse", first, "--why", "nhầm")
    assert destroyed(world, FIRST)
    assert propose(world, FIRST).code == 31


@pytest.mark.parametrize(
    ("who", "confirms", "code"),
    [("an", "chi", 12), ("chi", "an", 12), ("binh", "binh", 12), ("binh", "phuc", 12), ("binh", None, 12)],
)
def test_nobody_decides_alone_or_without_the_right(
    world: World, who: str, confirms: str | None, code: int
) -> None:
    request = proposed(world, FIRST)
    words = () if confirms is None else second(world, confirms)

    assert world.run(who, "destroy", "decide", request, *words).code == code
    assert carry_out(world, request).code == 15
    assert world.ok("an", "show", FIRST)["state"] == "registered"


def test_a_position_that_the_law_does_not_name_decides_nothing(world: World) -> None:
    request = proposed(world, FIRST)
    words = ("destroy", "decide", request, *second(world, "chi"), "--position")

    assert world.run("binh", *words, "truong-thon").code == 12
    assert world.run("binh", *words, "chu-tich-ubnd-xa").code == 0


def test_a_proposal_that_was_refused_or_expired_is_not_decided(world: World) -> None:
    refused, expired = proposed(world, FIRST), proposed(world, OTHER)
    world.ok("binh", "request", "refuse", refused, "--why", "còn cần")
    after = ("--now", later(world, 15))

    assert world.run("binh", "destroy", "decide", refused, *second(world, "chi")).code == 15
    assert world.run("binh", *after, "destroy", "decide", expired, *second(world, "chi")).code == 15
    assert world.ok("an", *after, "request", "list")["requests"] == []
    states = {
        one["request"]: one["state"] for one in world.ok("an", *after, "request", "list", "--all")["requests"]
    }
    assert states == {refused: "refused", expired: "expired"}


@pytest.mark.parametrize(
    ("who", "words", "code"),
    [
        ("an", (*WITNESSES[:2],), 12),
        ("an", (*WITNESSES[:2], *WITNESSES[:2]), 12),
        ("an", WITNESSES, 12),
        ("binh", WITNESSES, 12),
    ],
)
def test_nothing_is_carried_out_with_too_few_who_look_on(
    world: World, who: str, words: tuple[str, ...], code: int
) -> None:
    request = decided(world, FIRST)
    confirm = second(world, "chi") if words is not WITNESSES or who == "binh" else ()

    assert world.run(who, "destroy", "carry-out", request, *words, *confirm).code == code
    assert world.ok("an", "show", FIRST)["state"] == "registered"


def test_a_destruction_is_carried_out_once(world: World) -> None:
    request = destroyed(world, FIRST)

    assert carry_out(world, request).code == 15
    assert world.run("binh", "destroy", "decide", request, *second(world, "chi")).code == 15
    assert world.ok("an", "destroy", "show", request)["stage"] == "ended"


def test_what_would_do_harm_goes_at_once_and_the_report_is_owed(world: World) -> None:
    done = world.ok("an", "destroy", "at-once", FIRST, "--reason", "Nguy cơ lộ bí mật (MẪU)")
    request, after = done["request"], ("--now", later(world, 5))

    owed = world.ok("an", "status")["reports_owed"]
    finding = findings(world, "destruction")
    late = world.run("phuc", *after, "audit", "run").json["findings"]
    world.ok("an", *after, "destroy", "report", request, "--number", "07/BC-UBND")

    assert owed == [request]
    assert finding["destruction.report"] == "fail"
    assert [one["severity"] for one in late if one["check"] == "destruction.report"] == ["high"]
    assert world.run("an", *after, "destroy", "report", request, "--number", "08/BC-UBND").code == 15
    reported = world.run("phuc", *after, "audit", "run").json["findings"]
    areas = {one["check"]: one["state"] for one in reported}
    assert {areas[check] for check in areas if check.startswith(("destruction", "rights"))} == {"pass"}
    assert world.run("dung", *after, "destroy", "at-once", OTHER, "--reason", REASON).code == 12


def test_a_consent_given_at_another_time_holds_for_that_act_once(world: World) -> None:
    out, words = world.root / "out", ("export", FIRST, "--out")
    asked = world.ok("an", *words, out, "--ask")
    request = asked["request"]

    assert not out.exists()
    assert world.run("an", *words, out, "--approved", request).code == 12, "nobody has approved it yet"
    assert world.run("an", "request", "approve", request).code == 12, "not one's own"
    assert world.run("em", "request", "approve", request).code == 12, "not a role that may"
    listed = world.ok("binh", "request", "list")["requests"]
    assert (listed[0]["right"], listed[0]["facts"]["file"]) == ("export", f"{FIRST}.pdf")
    world.ok("binh", "request", "approve", request)
    assert world.run("an", "export", OTHER, "--out", out, "--approved", request).code == 12
    assert world.run("binh", *words, out, "--approved", request).code == 12, "another asked for it"
    done = world.ok("an", *words, out, "--approved", request)
    assert world.run("an", *words, world.root / "again", "--approved", request).code == 15
    entry = world.ok("phuc", "ledger", "entries", "--since", str(done["entry"]))["entries"][0]
    assert (entry["who"], entry["second"]) == ("an", "binh")
    assert world.ok("phuc", "ledger", "verify")["holds"] is True
    assert findings(world, "rights") == {"rights.entries": "pass"}


def test_a_consent_expires_and_can_be_taken_back(world: World) -> None:
    words = ("export", FIRST, "--out", world.root / "out")
    old, dropped = world.ok("an", *words, "--ask")["request"], world.ok("an", *words, "--ask")["request"]
    world.ok("binh", "request", "approve", old)
    world.ok("binh", "request", "approve", dropped)
    world.ok("binh", "request", "refuse", dropped, "--why", "đổi ý")

    assert world.run("an", "--now", later(world, 15), *words, "--approved", old).code == 15
    assert world.run("an", *words, "--approved", dropped).code == 15
    assert not (world.root / "out").exists()


def test_a_decision_can_be_confirmed_at_another_time_and_a_proposal_approved(world: World) -> None:
    request = proposed(world, FIRST)
    asked = world.ok("binh", "destroy", "decide", request, "--number", "12/QĐ-UBND", "--ask")["request"]
    world.ok("chi", "request", "approve", asked)
    world.ok("binh", "destroy", "decide", request, "--number", "12/QĐ-UBND", "--approved", asked)
    other = proposed(world, OTHER)
    world.run("binh", "request", "approve", other, *second(world, "chi")).expect()

    assert carry_out(world, request).expect().json["documents"] == [FIRST]
    assert world.ok("an", "destroy", "show", other)["stage"] == "decided"


def test_one_way_of_consent_at_a_time(world: World) -> None:
    words = ("export", FIRST, "--out", world.root / "out", "--ask", *second(world, "binh"))

    assert world.run("an", *words).code == 12
