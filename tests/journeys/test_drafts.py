"""Drafts before they have a number: looked at, drawn, given up."""

import zipfile
from pathlib import Path

import pytest

from tests.support.cli import run
from tests.support.office import BODY, World, found_world


@pytest.fixture
def world(root: Path) -> World:
    return found_world(root)


def test_a_draft_is_drawn_without_taking_a_number(world: World) -> None:
    document = world.draft()
    page = world.root / "page.png"

    drawn = world.ok("dung", "draft", "preview", document, "--out", page)
    again = world.run("dung", "draft", "preview", document, "--out", page)
    beyond = world.run("dung", "draft", "preview", document, "--out", world.root / "2.png", "--page", "2")

    assert drawn["file"] == str(page)
    assert page.read_bytes().startswith(b"\x89PNG")
    assert page.stat().st_mode & 0o077 == 0
    assert (again.code, beyond.code) == (32, 31)
    assert world.ok("an", "finalize", document, "--signer", "binh")["number"] == "01/BC-UBND"


def test_a_draft_that_was_given_up_takes_no_number(world: World) -> None:
    document = world.draft()

    world.ok("dung", "draft", "discard", document, "--why", "soạn nhầm (MẪU)")

    assert world.run("an", "finalize", document, "--signer", "binh").code == 32
    assert world.run("an", "draft", "discard", document, "--why", "lần nữa").code == 32
    assert world.ok("dung", "draft", "list")["drafts"] == []
    assert world.ok("an", "show", document)["state"] == "discarded"


def test_only_who_holds_a_key_to_it_sees_a_draft(world: World) -> None:
    document = world.draft(who="an")

    ended = [
        world.run(who, "draft", "preview", document, "--out", world.root / "p.png") for who in ("dung", "em")
    ]

    assert [ran.code for ran in ended] == [22, 22]
    assert not (world.root / "p.png").exists()


def test_what_a_file_hides_is_named_without_a_vault(root: Path) -> None:
    clean, hiding = root / "clean.docx", root / "hiding.docx"
    clean.write_bytes(BODY)
    hiding.write_bytes(BODY)
    with zipfile.ZipFile(hiding, "a") as archive:
        archive.writestr("word/vbaProject.bin", b"macro")

    seen = [run("--json", "inspect", path).expect().json for path in (clean, hiding)]

    assert [one["refused"] for one in seen] == [False, True]
    assert "docx.macros" in [finding["check"] for finding in seen[1]["findings"]]


@pytest.mark.parametrize("name", ["missing.docx", "text.docx"])
def test_what_cannot_be_looked_into_says_so(root: Path, name: str) -> None:
    (root / "text.docx").write_text("not a document", "utf-8")

    ended = run("--json", "inspect", root / name)

    assert ended.code == {"missing.docx": 31, "text.docx": 33}[name]


@pytest.mark.parametrize("words", [("new", "--body"), ("import",)])
def test_a_draft_with_macros_never_enters_the_vault(world: World, words: tuple[str, ...]) -> None:
    hiding = world.write("hiding.docx", BODY)
    with zipfile.ZipFile(hiding, "a") as archive:
        archive.writestr("word/vbaProject.bin", b"macro")

    ended = world.run(
        "an", "draft", *words, hiding, "--type", "bao-cao", "--level", "mat", "--subject", "Thử (MẪU)"
    )

    assert ended.code == 32
    assert world.ok("an", "draft", "list")["total"] == 0


def test_a_body_of_another_kind_is_refused(world: World) -> None:
    odt = world.write("body.odt", b"PK")

    ended = world.run(
        *(
            "an",
            "draft",
            "new",
            "--type",
            "bao-cao",
            "--level",
            "mat",
            "--subject",
            "Thử (MẪU)",
            "--body",
            odt,
        )
    )

    assert ended.code == 32
    assert ".docx" in ended.error["hint"]
