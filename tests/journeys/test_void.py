"""A number that was given and is not used stays used: voided, with a reason, and for ever."""

from pathlib import Path

import pytest

from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from tests.support.backup import BackupWorld
from tests.support.destroying import destroyed, second
from tests.support.office import World, found_world
from tests.support.printing import final

WHY = ("--why", "Không ban hành (MẪU)")


@pytest.fixture
def world(root: Path) -> World:
    return found_world(root)


def states(world: World, area: str) -> set[str]:
    found = world.run("phuc", "audit", "run", "--without", "host").json["findings"]
    return {one["state"] for one in found if one["check"].startswith(area)}


def test_a_voided_number_stays_used_and_the_next_document_takes_the_next(world: World) -> None:
    document = final(world)

    done = world.ok("an", "void", document, *WHY)
    other = world.issued()

    assert (done["number"], done["state"]) == ("01/BC-UBND", "voided")
    assert world.ok("an", "show", document)["state"] == "voided"
    assert world.ok("an", "show", other)["number"] == "02/BC-UBND"
    assert states(world, "numbers") == {"pass"}
    assert states(world, "rights") == {"pass"}
    assert world.ok("phuc", "ledger", "verify")["holds"] is True
    world.run("an", "issue", document, "--wet-signed", "--signed-by", "binh").expect(32)


def test_a_book_is_closed_once_its_waiting_number_is_voided(world: World) -> None:
    document = final(world)
    words = ("book", "close", "di", "--year", "2026", *second(world, "binh"))

    waits = world.run("an", *words).expect(52)
    world.ok("an", "void", document, *WHY)

    assert "securedoc void" in waits.error["hint"]
    world.ok("an", *words)


@pytest.mark.usefixtures("no_trim")
def test_what_was_voided_can_be_destroyed(world: World) -> None:
    document = final(world)
    world.ok("an", "void", document, *WHY)

    destroyed(world, document)

    assert world.ok("an", "show", document)["state"] == "destroyed"


def test_only_a_number_that_waits_is_voided_by_who_may_with_a_reason(world: World) -> None:
    drafted = world.ok(
        *("dung", "draft", "new", "--type", "bao-cao", "--level", "mat", "--subject", "Nháp (MẪU)"),
        *("--to", "UBND tỉnh Mẫu", "--body", world.write("b.txt", b"MAU\n")),
    )["id"]
    issued, waiting = world.issued(), final(world)

    codes = [world.run("an", "void", one, *WHY).code for one in (drafted, issued)]
    world.ok("an", "void", waiting, *WHY)

    assert codes == [32, 32]
    assert world.run("an", "void", waiting, *WHY).code == 32
    assert world.run("dung", "void", waiting, *WHY).code == 12
    assert world.run("an", "void", waiting, "--why", " ").code == 12


def test_a_document_with_a_copy_on_paper_is_not_voided(world: World) -> None:
    document = final(world)
    begun: JsonObject = {
        "print": "P-2026-000001",
        "printer": "in",
        "duplex": False,
        "pages": 1,
        "sheets": 1,
        "copies": [{"copy": 1}],
        "service": {"socket": "/run/cups/cups.sock", "configuration": "/etc/cups"},
    }
    said: JsonObject = {"print": "P-2026-000001", "copy": 1, "job": 1, "impressions": 1}
    with BackupWorld(world).opened("an") as office, office.write() as writing:
        writing.append(Act.PRINT_BEGUN, DocumentId(document), begun)
        writing.append(Act.COPY_SENT, DocumentId(document), said)
    printing = world.run("an", "void", document, *WHY).code
    with BackupWorld(world).opened("an") as office, office.write() as writing:
        writing.append(Act.COPY_PRINTED, DocumentId(document), {**said, "incident": None})
        ended: JsonObject = {"print": "P-2026-000001", "unprinted": [], "how": "done"}
        writing.append(Act.PRINT_ENDED, DocumentId(document), ended)
    printed = world.run("an", "void", document, *WHY).code
    world.ok("an", "copy", "spoil", document, "--copy", "1")
    spoiled = world.run("an", "void", document, *WHY).code
    world.ok("an", "paper", "destroyed", *second(world, "chi"))

    world.ok("an", "void", document, *WHY)

    assert printing != 0
    assert (printed, spoiled) == (36, 36)
