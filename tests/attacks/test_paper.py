"""Somebody with a key prints a copy more than was approved, or makes paper disappear from the tables."""

from pathlib import Path
from typing import Any

import pytest

from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.errors import LedgerRefused
from tests.support.backup import BackupWorld
from tests.support.office import World, found_world


@pytest.fixture
def world(root: Path) -> World:
    return found_world(root)


def begun(name: str, *copies: int) -> JsonObject:
    return {
        "print": name,
        "printer": "mau",
        "duplex": False,
        "pages": 1,
        "sheets": 1,
        "copies": [{"copy": copy} for copy in copies],
        "service": {"socket": "/nonexistent/socket", "configuration": "/nonexistent"},
    }


def printed(name: str, copy: int) -> JsonObject:
    return {"print": name, "copy": copy, "job": 1, "impressions": 1, "incident": None}


def ended(name: str) -> JsonObject:
    return {"print": name, "unprinted": [], "how": "done"}


def write(world: World, document: str, *entries: tuple[Act, JsonObject], who: str = "an") -> None:
    with BackupWorld(world).opened(who) as office, office.write() as writing:
        for act, facts in entries:
            writing.append(act, DocumentId(document), facts)


def check(world: World, name: str) -> dict[str, Any]:
    found = world.run("phuc", "audit", "run").json["findings"]
    return next(one for one in found if one["check"] == name)


def _whole(name: str, copy: int) -> list[tuple[Act, JsonObject]]:
    return [
        (Act.PRINT_BEGUN, begun(name, copy)),
        (Act.COPY_SENT, {"print": name, "copy": copy, "job": 1}),
        (Act.COPY_PRINTED, printed(name, copy)),
        (Act.PRINT_ENDED, ended(name)),
    ]


def test_a_copy_printed_by_another_program_under_a_used_number_is_found(world: World) -> None:
    document = world.issued()
    write(world, document, *_whole("P-2026-000001", 1), *_whole("P-2026-000002", 1))

    found = check(world, "paper.copies")

    assert (found["state"], found["about"]) == ("fail", document)


def test_a_copy_beyond_the_number_approved_is_found(world: World) -> None:
    document = world.issued()
    write(world, document, *_whole("P-2026-000001", 7))

    assert check(world, "paper.copies")["state"] == "fail"


def test_a_print_that_nobody_ended_is_found(world: World) -> None:
    document = world.issued()
    write(world, document, (Act.PRINT_BEGUN, begun("P-2026-000001", 1)))

    assert check(world, "paper.cut-off")["state"] == "fail"
    assert world.ok("an", "status")["prints_cut_off"] == ["P-2026-000001"]


def test_a_print_entered_by_somebody_who_may_not_print_is_found(world: World) -> None:
    document = world.issued()
    write(world, document, *_whole("P-2026-000001", 1), who="dung")

    found = world.run("phuc", "audit", "run").json["findings"]

    assert any(one["check"] == "rights.entry" and one["state"] == "fail" for one in found)


def test_sheets_destroyed_by_one_alone_are_found(world: World) -> None:
    document = world.issued()
    name = "P-2026-000001"
    spoiled: JsonObject = {**printed(name, 1), "spoiled": 1}
    write(world, document, (Act.PRINT_BEGUN, begun(name, 1)), (Act.COPY_SPOILED, spoiled))
    with BackupWorld(world).opened("an") as office, office.write() as writing:
        row = office.ledger.paper()[0]
        item: JsonObject = {"entry": row.entry, "item": row.item}
        writing.append(Act.PAPER_DESTROYED, None, {"items": [item], "sheets": 1})

    found = world.run("phuc", "audit", "run").json["findings"]

    assert any(one["check"] == "rights.entry" and "paper" in one["detail"] for one in found)


def test_sheets_are_not_destroyed_twice_and_a_copy_that_is_none_has_no_fate(world: World) -> None:
    document = world.issued()
    name = "P-2026-000001"
    spoiled: JsonObject = {**printed(name, 1), "spoiled": 1}
    write(world, document, (Act.PRINT_BEGUN, begun(name, 1)), (Act.COPY_SPOILED, spoiled))
    with BackupWorld(world).opened("an") as office:
        row = office.ledger.paper()[0]
    destroyed: JsonObject = {"items": [{"entry": row.entry, "item": row.item}]}
    write(world, document, (Act.PAPER_DESTROYED, destroyed))

    refused: list[tuple[Act, JsonObject]] = [
        (Act.PAPER_DESTROYED, destroyed),
        (Act.COPY_PRINTED, printed(name, 2)),
        (Act.COPY_SENT, {"print": "P-2026-000009", "copy": 1, "job": 1}),
        (Act.PRINT_ENDED, ended("P-2026-000009")),
        (Act.PRINT_BEGUN, begun(name, 2)),
    ]
    for act, facts in refused:
        with pytest.raises(LedgerRefused):
            write(world, document, (act, facts))
    assert world.ok("phuc", "ledger", "verify")["holds"] is True


def test_an_edited_table_of_copies_is_found(world: World) -> None:
    document = world.issued()
    name = "P-2026-000001"
    unknown: JsonObject = {**printed(name, 1), "incident": "unknown"}
    write(world, document, (Act.PRINT_BEGUN, begun(name, 1)), (Act.COPY_UNKNOWN, unknown))
    with BackupWorld(world).opened("an") as office:
        office.ledger._store.run("UPDATE copies SET incident = NULL, state = 'printed'")

    assert world.run("phuc", "ledger", "verify").code == 54


def _counted(name: str, copy: int, state: str, spoiled: int) -> JsonObject:
    one: JsonObject = {
        "copy": copy,
        "state": state,
        "counted": spoiled,
        "spoiled": spoiled,
        "incident": None,
    }
    return {"print": name, "copies": [one], "of_the_pile": 0}


@pytest.mark.parametrize(("state", "spoiled"), [("unprinted", 0), ("spoiled", 0)])
def test_a_count_by_another_program_that_lets_a_printed_copy_vanish_is_found(
    world: World, state: str, spoiled: int
) -> None:
    document, name = world.issued(), "P-2026-000001"
    write(world, document, *_whole(name, 1), (Act.PRINT_RECONCILED, _counted(name, 1, state, spoiled)))

    found = check(world, "paper.vanished")

    assert (found["state"], found["about"]) == ("fail", document)


def test_a_printed_copy_that_the_end_of_its_print_calls_unprinted_is_found(world: World) -> None:
    document, name = world.issued(), "P-2026-000001"
    end: JsonObject = {"print": name, "unprinted": [{"copy": 1}], "how": "done"}
    write(world, document, *_whole(name, 1)[:-1], (Act.PRINT_ENDED, end))

    assert check(world, "paper.vanished")["state"] == "fail"


def test_a_copy_that_nobody_printed_or_that_is_spoiled_whole_is_no_finding(world: World) -> None:
    document = world.issued()
    write(world, document, *_whole("P-2026-000001", 1))
    write(world, document, (Act.PRINT_RECONCILED, _counted("P-2026-000001", 1, "spoiled", 1)))
    end: JsonObject = {"print": "P-2026-000002", "unprinted": [{"copy": 2}], "how": "done"}
    write(world, document, (Act.PRINT_BEGUN, begun("P-2026-000002", 2)), (Act.PRINT_ENDED, end))

    assert check(world, "paper.vanished")["state"] == "pass"


def test_a_reservation_without_its_number_is_a_finding_and_no_crash_of_the_audit(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = world.issued()
    with monkeypatch.context() as patch:
        patch.setattr("securedoc.ledger.writing.project", lambda *_: None)
        write(world, document, (Act.NUMBER_RESERVED, {"book": "den", "year": "nonsense"}))

    assert check(world, "ledger.history")["state"] == "fail"
