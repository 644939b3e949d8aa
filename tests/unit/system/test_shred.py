import errno
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from securedoc.errors import ScratchIncomplete, ScratchRefused
from securedoc.system import kernel
from securedoc.system.promises import not_promised
from securedoc.system.shred import ShredReport, Step, shred
from securedoc.system.volumes import volume
from tests.faults.crash import power_cuts
from tests.support.system import call, loop_device, needs_root

SECRET = b"TUYET MAT / correct horse " * 40


def secret_file(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(SECRET)
    return path


def sentences(report: ShredReport) -> str:
    promises = [str(limit) for file in report.files for limit in file.not_promised]
    return "; ".join([*promises, *(str(residue.why) for residue in report.residue)])


def test_a_shredded_file_is_overwritten_before_it_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = secret_file(tmp_path / "draft.docx")
    keeper = path.open("rb")
    monkeypatch.setattr(kernel, "punch_hole", _cannot)
    monkeypatch.setattr(os, "ftruncate", lambda *_: None)

    report = shred([path])

    report.check()
    left = keeper.read()
    keeper.close()
    assert not path.exists()
    assert len(left) == len(SECRET)
    assert b"MAT" not in left
    assert report.files[0].bytes == len(SECRET)
    assert Step.RELEASED not in report.files[0].done


def _cannot(*_: object) -> None:
    raise OSError(errno.EOPNOTSUPP, "no holes here")


def test_every_step_is_named_in_the_report(tmp_path: Path) -> None:
    report = shred([secret_file(tmp_path / "a")])

    done = list(report.files[0].done)
    assert done[0] == Step.OVERWRITTEN
    assert done[-3:] == [Step.RENAMED, Step.TRUNCATED, Step.REMOVED]
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_refused_and_its_target_untouched(tmp_path: Path) -> None:
    target = secret_file(tmp_path / "target")
    link = tmp_path / "link"
    link.symlink_to(target)

    report = shred([link])

    assert target.read_bytes() == SECRET
    assert link.is_symlink()
    with pytest.raises(ScratchRefused, match="link was left alone"):
        report.check()


def test_links_inside_a_tree_are_removed_not_followed(tmp_path: Path) -> None:
    outside = secret_file(tmp_path / "outside" / "file")
    tree = tmp_path / "tree"
    secret_file(tree / "deep" / "file")
    (tree / "to-file").symlink_to(outside)
    (tree / "to-dir").symlink_to(outside.parent)
    os.mkfifo(tree / "fifo")

    report = shred([tree], recursive=True)

    report.check()
    assert not tree.exists()
    assert outside.read_bytes() == SECRET
    assert [file.path.name for file in report.files] == ["file"]


def test_a_directory_is_refused_without_recursive(tmp_path: Path) -> None:
    secret_file(tmp_path / "tree" / "file")

    report = shred([tmp_path / "tree"])

    assert (tmp_path / "tree" / "file").exists()
    with pytest.raises(ScratchRefused):
        report.check()


def test_a_fifo_named_itself_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")

    report = shred([tmp_path / "fifo"])

    assert report.residue[0].refused


def test_what_is_not_there_is_no_failure(tmp_path: Path) -> None:
    assert shred([tmp_path / "none", tmp_path / "none" / "deeper"]) == ShredReport()


def test_other_names_of_a_file_are_reported_and_hold_nothing(tmp_path: Path) -> None:
    path = secret_file(tmp_path / "a")
    (tmp_path / "b").hardlink_to(path)

    report = shred([path])

    assert (tmp_path / "b").read_bytes() == b""
    assert "1 other names" in sentences(report)


def test_a_process_that_has_the_file_open_is_reported(tmp_path: Path) -> None:
    path = secret_file(tmp_path / "a")
    with path.open("rb") as stream, subprocess.Popen(["/bin/sleep", "30"], stdin=stream) as reader:
        report = shred([path])
        reader.kill()

    assert f"process {reader.pid} had it open" in sentences(report)


def test_a_read_only_file_is_shredded(tmp_path: Path) -> None:
    path = secret_file(tmp_path / "a")
    path.chmod(0o400)

    shred([path]).check()

    assert not path.exists()


def test_one_failure_does_not_keep_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [secret_file(tmp_path / name) for name in "abc"]
    real = os.pwrite
    calls = iter([False, True, False])

    def fail_once(descriptor: int, data: bytes, offset: int) -> int:
        if next(calls):
            raise OSError(errno.EIO, "Input/output error")
        return real(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", fail_once)
    report = shred(paths)

    assert [path.exists() for path in paths] == [False, True, False]
    assert "Input/output error" in sentences(report)
    with pytest.raises(ScratchIncomplete, match="1 files") as caught:
        report.check()
    assert caught.value.exit_code == 66


def test_a_neighbour_is_never_replaced_by_the_neutral_name(tmp_path: Path) -> None:
    neighbours = [tmp_path / letter for letter in "0123456789abcdef"]
    for path in neighbours:
        path.write_bytes(b"keep")

    shred([secret_file(tmp_path / "x")])

    assert all(path.read_bytes() == b"keep" for path in neighbours)


def test_after_a_power_cut_shredding_again_finishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = tmp_path / "tree"

    for _ in power_cuts(monkeypatch, lambda: shred([tree], recursive=True).check()):
        remains = [path for path in tmp_path.rglob("*") if path.is_file()]
        for path in remains:
            assert path.read_bytes() in {SECRET, b""} or b"MAT" not in path.read_bytes()
        shred(list(tmp_path.iterdir()), recursive=True).check()
        assert list(tmp_path.iterdir()) == []
        secret_file(tree / "file")
        (tree / "empty").touch()


def test_an_overlong_nesting_is_residue(tmp_path: Path) -> None:
    deepest = tmp_path / "tree"
    deepest.mkdir()
    for _ in range(210):
        deepest /= "d"
        deepest.mkdir()

    report = shred([tmp_path / "tree"], recursive=True)

    assert "nested too deep" in sentences(report)


def test_a_unix_socket_in_a_tree_is_removed(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "tree" / "s"))

        shred([tmp_path / "tree"], recursive=True).check()

    assert not (tmp_path / "tree").exists()


@pytest.mark.loop_device
@needs_root
def test_another_file_system_below_a_tree_is_left_alone(tmp_path: Path) -> None:
    mount = tmp_path / "tree" / "mount"
    mount.mkdir(parents=True)
    kernel.mount_tmpfs(mount, size_bytes=1 << 20, noswap=False)
    try:
        kept = secret_file(mount / "file")

        report = shred([tmp_path / "tree"], recursive=True)

        assert kept.read_bytes() == SECRET
        assert "another file system" in sentences(report)
    finally:
        kernel.unmount(mount)


BLOCKS = 64
MARK = b"securedoc remnant test block %06d "


def blocks_left(image: Path) -> int:
    return len(set(re.findall(rb"securedoc remnant test block \d{6}", image.read_bytes())))


def write_blocks(path: Path) -> Path:
    path.write_bytes(b"".join((MARK % number).ljust(4096, b".") for number in range(BLOCKS)))
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
    return path


@pytest.mark.loop_device
@needs_root
@pytest.mark.parametrize(
    ("options", "unlinked", "shredded"),
    [("data=ordered", BLOCKS, 0), ("data=journal", BLOCKS, BLOCKS)],
)
def test_the_raw_ext4_image_holds_what_the_report_said_it_may(
    options: str, unlinked: int, shredded: int, tmp_path: Path
) -> None:
    left = {}
    promised = ""
    for way in ("unlink", "shred"):
        place = tmp_path / way
        place.mkdir()
        with loop_device(place, "ext4", size_bytes=48 << 20, options=options) as mount:
            path = write_blocks(mount / "draft")
            call("sync")
            if way == "shred":
                report = shred([path])
                report.check()
                promised = sentences(report)
            else:
                path.unlink()
            call("sync")
        left[way] = blocks_left(place / "medium.img")

    assert left == {"unlink": unlinked, "shred": shredded}
    assert ("journal of this file system keeps copies of the content" in promised) == bool(shredded)


@pytest.mark.loop_device
@needs_root
@pytest.mark.parametrize("filesystem", ["xfs", "btrfs"])
def test_copy_on_write_is_said_to_keep_content_and_xfs_is_not(filesystem: str, tmp_path: Path) -> None:
    with loop_device(tmp_path, filesystem, size_bytes=320 << 20) as mount:
        path = write_blocks(mount / "draft")
        call("sync")

        said = " ".join(str(limit) for limit in shred([path]).files[0].not_promised)
    left = blocks_left(tmp_path / "medium.img")

    assert ("writes new data elsewhere" in said) == (filesystem == "btrfs")
    if filesystem == "xfs":
        assert left == 0


def test_memory_promises_more_than_a_disk() -> None:
    memory = not_promised(volume(Path("/dev/shm")))  # noqa: S108 - read only
    disk = not_promised(volume(Path("/usr")))

    assert len(memory) < len(disk)
