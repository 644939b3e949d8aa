"""The file system of most sticks: no links, no rights, no nameless files; and what we write on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from securedoc.system import copying, files, volumes
from securedoc.system.shred import shred
from tests.support.system import loop_device, needs_root

pytestmark = [pytest.mark.loop_device, needs_root]
SECRET = b"securedoc exfat remnant " * 4000


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[Path]:
    with loop_device(tmp_path, "exfat", size_bytes=32 << 20) as mount:
        yield mount


def test_files_are_written_replaced_moved_and_removed(stick: Path) -> None:
    files.make_dirs(stick / "a" / "b")
    files.write_new(stick / "a" / "b" / "new", b"one")
    files.replace(stick / "a" / "b" / "new", b"two")
    digest, size = copying.copy_stream(stick / "a" / "b" / "new", stick / "copy")
    files.rename_durable(stick / "a", stick / "moved")
    volumes.sync_filesystem(stick)
    files.remove(stick / "copy")

    assert (stick / "moved" / "b" / "new").read_bytes() == b"two"
    assert (str(digest)[:7], size) == ("sha256:", 3)
    assert not (stick / "copy").exists()
    assert files.leftovers(stick) == ()


def test_nothing_is_replaced_that_was_not_to_be(stick: Path) -> None:
    files.write_new(stick / "file", b"first")

    with pytest.raises(FileExistsError):
        files.write_new(stick / "file", b"second")
    with files.staged(stick) as file:
        file.write(b"abandoned")

    assert [path.name for path in stick.iterdir()] == ["file"]


def test_a_lock_holds_on_a_stick(stick: Path) -> None:
    with files.locked(stick / "lock"), pytest.raises(BlockingIOError), files.locked(stick / "lock"):
        pass


def test_reading_back_comes_from_the_medium(stick: Path) -> None:
    files.write_new(stick / "file", SECRET)

    assert b"".join(files.read_back(stick / "file")) == SECRET


def test_a_shredded_file_is_gone_from_the_medium_and_nothing_is_promised_of_its_kind(tmp_path: Path) -> None:
    with loop_device(tmp_path, "exfat", size_bytes=32 << 20) as mount:
        (mount / "draft.docx").write_bytes(SECRET)
        volumes.sync_filesystem(mount)
        kind = volumes.volume(mount).filesystem

        report = shred([mount / "draft.docx"])

    report.check()
    said = " ".join(str(limit) for limit in report.files[0].not_promised)
    assert f"nothing is known of how {kind}" in said
    assert b"securedoc exfat remnant" not in (tmp_path / "medium.img").read_bytes()
