import os
from pathlib import Path

import pytest

from securedoc.system.traces import removing
from securedoc.system.traces.reaching import Identity

LIMIT = 1024 * 1024


def identity(path: Path) -> Identity:
    return Identity.of(path.lstat())


def upper(data: bytes) -> bytes:
    return data.upper()


def test_a_file_is_shredded_and_reported_under_its_own_path(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    path.parent.mkdir()
    path.write_bytes(b"secret")

    report = removing.remove(path, tmp_path, identity(path))

    assert not path.exists()
    assert [one.path for one in report.files] == [path]


def test_a_file_that_changed_since_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"secret")
    before = identity(path)
    path.write_bytes(b"the person's own words now")

    report = removing.remove(path, tmp_path, before)

    assert path.read_bytes() == b"the person's own words now"
    assert [one.refused for one in report.residue] == [True]


def test_a_directory_exchanged_for_a_link_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "home" / "dir").mkdir(parents=True)
    path = tmp_path / "home" / "dir" / "a"
    path.write_bytes(b"secret")
    before = identity(path)
    (tmp_path / "home" / "dir").rename(tmp_path / "theirs")
    (tmp_path / "home" / "dir").symlink_to(tmp_path / "theirs")

    report = removing.remove(path, tmp_path / "home", before)

    assert (tmp_path / "theirs" / "a").read_bytes() == b"secret"
    assert report.residue


def test_what_is_gone_already_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    before = identity(path)
    path.unlink()

    report = removing.remove(path, tmp_path, before)

    assert (report.files, report.residue) == ((), ())


def test_a_list_is_exchanged_whole_with_its_rights_and_the_old_one_shredded(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(b"entry\n")
    path.chmod(0o640)
    with path.open("rb") as old:
        report = removing.rewrite(path, tmp_path, LIMIT, upper)

        assert old.read() == b""  # overwritten and cut off, not merely let go

    assert path.read_bytes() == b"ENTRY\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.path for one in report.files] == [path]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["list"]


def test_a_list_with_a_second_name_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(b"entry\n")
    os.link(path, tmp_path / "other")

    report = removing.rewrite(path, tmp_path, LIMIT, upper)

    assert (tmp_path / "other").read_bytes() == path.read_bytes() == b"entry\n"
    assert [one.refused for one in report.residue] == [True]


def test_a_list_that_is_a_link_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_bytes(b"entry\n")
    (tmp_path / "list").symlink_to("theirs")

    report = removing.rewrite(tmp_path / "list", tmp_path, LIMIT, upper)

    assert (tmp_path / "theirs").read_bytes() == b"entry\n"
    assert (tmp_path / "list").is_symlink()
    assert report.residue


def test_a_list_beyond_the_bound_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(b"x" * 100)

    report = removing.rewrite(path, tmp_path, 99, upper)

    assert path.read_bytes() == b"x" * 100
    assert report.residue


def test_a_list_that_a_program_rewrote_meanwhile_is_left_to_it(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(b"entry\n")

    def meddle(data: bytes) -> bytes:
        (tmp_path / "new").write_bytes(b"theirs, newer\n")
        (tmp_path / "new").replace(path)
        return data.upper()

    report = removing.rewrite(path, tmp_path, LIMIT, meddle)

    assert path.read_bytes() == b"theirs, newer\n"
    assert report.residue
    assert sorted(one.name for one in tmp_path.iterdir()) == ["list"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device")])
def test_a_full_disk_leaves_the_old_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    path = tmp_path / "list"
    path.write_bytes(b"entry\n")

    def write(_descriptor: int, _data: object) -> int:
        raise error

    monkeypatch.setattr(os, "write", write)

    report = removing.rewrite(path, tmp_path, LIMIT, upper)

    assert path.read_bytes() == b"entry\n"
    assert [one.refused for one in report.residue] == [False]
