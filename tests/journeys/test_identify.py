"""From a printed copy to its name: the whole way, through the command line."""

from pathlib import Path

import pytest

from securedoc.core.entries import Act
from securedoc.documents.copymarks import marked
from securedoc.printing import copycode
from tests.support.cli import run
from tests.support.marks import PRINT, opened, page, saved, scanned
from tests.support.office import World, found_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A training office."""
    root = tmp_path_factory.mktemp("identify")
    root.chmod(0o700)
    return found_world(root)


@pytest.fixture(scope="module")
def copy(world: World) -> tuple[str, bytes, tuple[str, ...]]:
    """The second copy of an issued document: its id, the PDF for the printer, its codes."""
    document = world.issued()
    out = world.root / "out"
    world.ok(
        "an",
        *("export", document, "--out", out),
        *("--second", "binh", "--second-passphrase-file", world.passphrase_file("binh")),
    )
    pdf = (out / f"{document}.pdf").read_bytes()
    with opened(world) as office:
        row = office.ledger.document(office.ledger.find(document))
        marks = copycode.page_marks(office, row.id, 2, copies=row.copies, pages=1, print_id=PRINT)
        done = marked(pdf, marks, code=office.policy.printing.copy_code)
    return document, done, tuple(mark.code or "" for mark in marks)


def _png(world: World, pdf: bytes) -> Path:
    return world.write("scan.png", saved(scanned(pdf)[0]))


@pytest.mark.parametrize("officer", ["an", "binh", "chi", "phuc"])
def test_who_may_names_the_copy_and_leaves_an_entry(
    world: World, copy: tuple[str, bytes, tuple[str, ...]], officer: str
) -> None:
    document, pdf, _ = copy
    scan = _png(world, pdf)

    found = world.ok(officer, "copy", "identify", scan)

    (one,) = found["copies"]
    assert one == {
        "document": document,
        "copy": 2,
        "copies": 2,
        "page": 1,
        "print": "P2026000017",
        "valid": True,
        "scan_page": 1,
    }
    assert found["unread_pages"] == []
    with opened(world, "phuc") as office:
        entry = office.ledger.proven_entry(found["entries"][0])
    assert (entry.act, entry.about, entry.who) == (Act.COPY_IDENTIFIED, document, officer)
    assert entry.facts == {"copy": 2, "print": "P2026000017", "pages": [1], "scan": found["scan"]}


@pytest.mark.parametrize("officer", ["dung", "em"])
def test_who_may_not_is_refused(world: World, copy: tuple[str, bytes, tuple[str, ...]], officer: str) -> None:
    world.run(officer, "copy", "identify", _png(world, copy[1])).expect(12)


def test_a_pdf_is_read_like_a_picture(world: World, copy: tuple[str, bytes, tuple[str, ...]]) -> None:
    assert world.ok("phuc", "copy", "identify", world.write("scan.pdf", copy[1]))["copies"][0]["valid"]


def test_where_the_code_is_destroyed_its_letters_are_typed(
    world: World, copy: tuple[str, bytes, tuple[str, ...]]
) -> None:
    (code,) = copy[2]
    groups = " ".join(code[at : at + 4] for at in range(0, len(code), 4)).lower()

    found = world.ok("phuc", "copy", "identify", "--code", groups)

    assert (found["copies"][0]["copy"], found["copies"][0]["valid"], found["scan"]) == (2, True, None)
    world.run("phuc", "copy", "identify", "--code", groups[:-1] + "z").expect(34)
    world.run("phuc", "copy", "identify", "--code", "SD1").expect(31)


def test_a_page_without_a_code_is_said_to_have_none(world: World) -> None:
    blank = scanned(page())[0]

    ran = world.run("phuc", "copy", "identify", world.write("blank.png", saved(blank))).expect(31)

    assert "--code" in ran.error["hint"]


def test_either_a_scan_or_a_code_is_given(world: World) -> None:
    world.run("phuc", "copy", "identify").expect(2)
    world.run("phuc", "copy", "identify", "x.png", "--code", "SD1").expect(2)
    world.run("phuc", "copy", "identify", world.root / "none.png").expect(31)


def test_people_read_it_in_vietnamese(world: World, copy: tuple[str, bytes, tuple[str, ...]]) -> None:
    words = [
        word for word in world.words("phuc", "copy", "identify", _png(world, copy[1])) if word != "--json"
    ]

    ran = run("--lang", "vi", *(word for word in words if word != "--json")).expect(0)

    assert copy[0] in ran.out
    assert "2/2" in ran.out
    assert "của kho này" in ran.out
