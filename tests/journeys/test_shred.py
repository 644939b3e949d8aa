import os
from pathlib import Path

import pytest

from tests.support.cli import run, spawn


def test_a_file_is_shredded_and_the_report_says_what_it_cannot_promise(tmp_path: Path) -> None:
    path = tmp_path / "draft.docx"
    path.write_bytes(b"secret" * 100)

    done = run("--json", "shred", path).expect(0)

    [file] = done.json["files"]
    assert (file["path"], file["bytes"], file["overwritten_bytes"]) == (str(path), 600, 4096)
    assert (file["passes"], file["medium"] != "", file["filesystem"] != "") == (1, True, True)
    assert file["verified"] == ("verified" in file["done"]) or file["medium"] == "memory"
    assert file["done"][0] == "overwritten"
    assert [step for step in file["done"] if step != "discarded"][-1] == "removed"
    assert done.json["residue"] == []
    assert not path.exists()


def test_people_read_what_nobody_can_promise(tmp_path: Path) -> None:
    path = tmp_path / "draft.docx"
    path.touch()

    done = run("shred", path).expect(0)

    assert "1 files shredded" in done.out
    assert "earlier versions" in done.out or "swap" in done.out


def test_a_directory_needs_recursive(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "file").write_bytes(b"secret")

    refused = run("--json", "shred", tmp_path / "tree")
    done = run("--json", "shred", "--recursive", "--passes", "2", tmp_path / "tree")

    assert refused.code == 62
    assert refused.json["residue"][0]["path"] == str(tmp_path / "tree")
    assert refused.error["what"] == "refused"
    assert done.code == 0
    assert not (tmp_path / "tree").exists()


def test_what_is_not_there_is_missing(tmp_path: Path) -> None:
    assert run("shred", tmp_path / "none").code == 61


def test_residue_is_an_exit_code(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for _ in range(210):
        tree /= "d"
        tree.mkdir(parents=True)
    (tree / "secret").write_bytes(b"secret")

    done = run("--json", "shred", "--recursive", tmp_path / "tree")

    assert done.code == 66
    assert done.error["code"] == 66
    assert done.error["hint"]


def test_a_link_is_never_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"keep")
    os.symlink(target, tmp_path / "link")  # noqa: PTH211 - reads in the order of the command

    assert run("shred", tmp_path / "link").code == 62
    assert target.read_bytes() == b"keep"


def test_of_many_files_people_read_a_summary(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"draft-{number}").write_bytes(b"secret")

    done = run("shred", *tmp_path.iterdir()).expect(0)

    assert "40 files shredded" in done.out
    assert "draft-7" not in done.out
    assert len(done.out.splitlines()) < 12


def test_what_was_interrupted_is_said_before_the_program_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.write_bytes(b"secret")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "unlink", interrupted)
    done = run("--json", "shred", *paths)
    told = run("shred", *(path for path in tmp_path.iterdir() if path.exists()))

    half, *rest = done.json["residue"]
    assert done.code == told.code == 130
    assert done.json["files"] == []
    assert (half["path"], half["done"][0]) == (str(paths[0]), "overwritten")
    assert Path(half["now"]).exists()
    assert [left["path"] for left in rest] == [str(path) for path in paths[1:]]
    assert "overwritten and renamed to" in told.out


def test_a_name_that_is_not_text_ends_in_json_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"odd\xff\nname")
    path.write_bytes(b"secret")

    done = spawn("--json", "shred", path).expect(0)

    assert len(done.json["files"]) == 1
    assert not path.exists()


def test_nothing_suggests_that_more_passes_are_safer(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"secret")
    (tmp_path / "b").write_bytes(b"secret")

    once, often = (
        run("--json", "shred", *words).json["files"][0]
        for words in ((tmp_path / "a",), ("--passes", "3", tmp_path / "b"))
    )

    assert (once["passes"], often["passes"]) == (1, 3)
    assert once["not_promised"] == often["not_promised"]
    assert once["done"] == often["done"]
