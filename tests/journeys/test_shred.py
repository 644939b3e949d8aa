import os
from pathlib import Path

from tests.support.cli import run


def test_a_file_is_shredded_and_the_report_says_what_it_cannot_promise(tmp_path: Path) -> None:
    path = tmp_path / "draft.docx"
    path.write_bytes(b"secret" * 100)

    done = run("--json", "shred", path).expect(0)

    [file] = done.json["files"]
    assert (file["path"], file["bytes"]) == (str(path), 600)
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
