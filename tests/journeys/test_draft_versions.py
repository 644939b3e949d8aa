"""The versions of a draft, a draft taken out by two people, and drafts that are open in an editor."""

import stat
import time
from pathlib import Path

import pytest

from tests.support.office import BODY, World, found_world
from tests.support.sessions import ONE, acts, editor, entries, spawned, wait_for_save


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found_world(tmp_path_factory.mktemp("office"))


@pytest.fixture
def draft(world: World) -> str:
    return world.draft()


def second(world: World, officer: str) -> tuple[str | Path, ...]:
    return ("--second", officer, "--second-passphrase-file", world.passphrase_file(officer))


def test_each_save_is_a_version_with_when_and_how(world: World, draft: str, tmp_path: Path) -> None:
    world.ok("an", "draft", "edit", draft, "--editor", editor(tmp_path, "by_rename(one)"))

    listed = world.ok("dung", "draft", "versions", draft)["versions"]

    assert [one["version"] for one in listed] == [1, 2]
    assert [one["source"] for one in listed] == ["new", "edit"]
    assert [one["officer"] for one in listed] == ["dung", "an"]
    made = [
        entry.sequence for entry in entries(world, draft) if entry.act in {"draft.created", "draft.saved"}
    ]
    assert [one["entry"] for one in listed] == made
    assert all(one["bytes"] > len(ONE) / 2 for one in listed)


def test_a_draft_is_taken_out_by_two_people_and_it_is_an_entry(
    world: World, draft: str, tmp_path: Path
) -> None:
    out = tmp_path / "draft.docx"

    done = world.ok("an", "draft", "export", draft, "--out", out, *second(world, "binh"))

    assert out.read_bytes() == BODY
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    entry = entries(world, draft)[-1]
    assert (entry.act, entry.sequence) == ("draft.exported", done["entry"])
    assert entry.facts == {"version": 1, "digest": done["digest"]}
    assert entry.second is not None
    assert entry.second.officer == "binh"


@pytest.mark.parametrize(
    ("officer", "confirming", "code"),
    [("an", None, 12), ("an", "an", 12), ("an", "em", 12), ("dung", "binh", 12), ("em", "binh", 12)],
)
def test_nobody_takes_a_draft_out_alone_or_without_the_right(
    officer: str, confirming: str | None, code: int, world: World, tmp_path: Path
) -> None:
    draft, out = world.draft(), tmp_path / "draft.docx"
    words = second(world, confirming) if confirming else ()

    done = world.run(officer, "draft", "export", draft, "--out", out, *words)

    assert done.code == code
    assert not out.exists()
    assert acts(world, draft) == ["draft.created"]


def test_nothing_is_overwritten_and_a_finished_document_is_no_draft(world: World, tmp_path: Path) -> None:
    draft, out = world.draft(), tmp_path / "draft.docx"
    out.write_bytes(b"here already")
    there = world.run("an", "draft", "export", draft, "--out", out, *second(world, "binh"))
    finished = world.issued()
    not_draft = world.run("an", "draft", "export", finished, "--out", tmp_path / "x", *second(world, "binh"))

    assert there.code == not_draft.code == 32
    assert out.read_bytes() == b"here already"


@pytest.mark.parametrize("act", ["discard", "finalize"])
def test_a_draft_that_is_open_is_neither_given_up_nor_finalised(
    act: str, world: World, draft: str, tmp_path: Path
) -> None:
    words = {
        "discard": ("draft", "discard", draft, "--why", "Soạn nhầm"),
        "finalize": ("finalize", draft, "--signer", "binh"),
    }[act]
    program = editor(tmp_path, "by_rename(one)\ntime.sleep(60)")
    running = spawned(world, "dung", "draft", "edit", draft, "--editor", program)
    wait_for_save(world, draft, 1)

    busy = world.run("an", *words)
    running.terminate()
    running.communicate(timeout=30)
    done = world.run("an", *words)

    assert busy.code == 37
    assert "dung, Vũ Văn Dũng" in busy.error["message"]
    assert time.strftime("%Y") in busy.error["message"]
    assert done.code == 0
