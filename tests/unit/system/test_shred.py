import errno
import fcntl
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from securedoc.errors import ScratchIncomplete, ScratchRefused
from securedoc.system import ioctls, kernel
from securedoc.system.ioctls import INLINE, JOURNALLED
from securedoc.system.promises import not_promised
from securedoc.system.shred import Shredding, ShredReport, Step, shred
from securedoc.system.volumes import MediumKind, volume
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
    (tmp_path / "other name").hardlink_to(path)  # what is left under it is what was written over
    monkeypatch.setattr(kernel, "punch_hole", _cannot)
    monkeypatch.setattr(os, "ftruncate", lambda *_: None)

    report = shred([path])

    report.check()
    left = (tmp_path / "other name").read_bytes()
    assert not path.exists()
    assert len(left) == 4096  # the whole block: its end may hold what a longer version left there
    assert b"MAT" not in left
    assert left.count(0) < 64
    assert (report.files[0].bytes, report.files[0].overwritten_bytes) == (len(SECRET), 4096)
    assert Step.RELEASED not in report.files[0].done


def _cannot(*_: object) -> None:
    raise OSError(errno.EOPNOTSUPP, "no holes here")


def test_every_step_is_named_in_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ioctls, "trim", _cannot)

    report = shred([secret_file(tmp_path / "a")])

    done = list(report.files[0].done)
    assert done[:2] == [Step.OVERWRITTEN, Step.VERIFIED]
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
    for name in "bc":
        (tmp_path / name).hardlink_to(path)

    report = shred([path, tmp_path / "b"])

    assert (tmp_path / "c").read_bytes() == b""
    assert sentences(report).count("1 other names of this file remain, now empty") == 2


def test_a_file_all_of_whose_names_were_shredded_has_no_other_names(tmp_path: Path) -> None:
    path = secret_file(tmp_path / "tree" / "a")
    (tmp_path / "tree" / "b").hardlink_to(path)

    report = shred([tmp_path / "tree"], recursive=True)

    assert "other names" not in sentences(report)


@contextmanager
def sleeper(**options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that only holds what it was given."""
    with subprocess.Popen(["/bin/sleep", "30"], **options) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_file_that_a_process_has_open_is_refused_and_the_process_named(tmp_path: Path) -> None:
    path = secret_file(tmp_path / "a")
    path.chmod(0o440)
    with path.open("rb") as stream, sleeper(stdin=stream) as reader:
        stream.close()
        report = shred([path])

    assert path.read_bytes() == SECRET
    assert path.stat().st_mode & 0o777 == 0o440
    assert f"process {reader.pid} has it open" in sentences(report)
    with pytest.raises(ScratchRefused):
        report.check()


def test_a_file_that_is_only_mapped_into_memory_is_in_use_too(tmp_path: Path) -> None:
    path = secret_file(tmp_path / "a")
    program = (
        "import ctypes, os, sys; f = os.open(sys.argv[1], os.O_RDONLY);"
        "ctypes.CDLL(None).mmap(None, ctypes.c_size_t(4096), 1, 1, f, ctypes.c_long(0));"
        "os.close(f); print(flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as mapper:
        assert mapper.stdout is not None
        mapper.stdout.readline()
        report = shred([path])
        mapper.kill()

    assert path.read_bytes() == SECRET
    assert str(mapper.pid) in sentences(report)


def test_a_file_that_the_system_itself_uses_is_refused(tmp_path: Path) -> None:
    with loop_device(tmp_path, "ext4", size_bytes=8 << 20):
        report = shred([tmp_path / "medium.img"])

    assert (tmp_path / "medium.img").exists()
    assert "or the system itself" in sentences(report)


def test_who_opens_a_file_while_it_is_shredded_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = secret_file(tmp_path / "a")
    tried: list[str] = []
    real = os.fsync

    def look_in(descriptor: int) -> None:
        program = "import os, sys; os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK)"
        if path.exists() and not tried:
            done = subprocess.run(
                [sys.executable, "-c", program, str(path)], capture_output=True, check=False
            )
            tried.append(done.stderr.decode())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", look_in)
    shred([path]).check()

    assert "BlockingIOError" in tried[0]


def test_a_workspace_is_shredded_even_while_a_dying_process_holds_a_file(tmp_path: Path) -> None:
    path = secret_file(tmp_path / "a")
    with path.open("rb") as stream, sleeper(stdin=stream) as reader:
        stream.close()
        report = shred([path], even_open=True)

    report.check()
    assert not path.exists()
    assert f"process {reader.pid} had it open" in sentences(report)


def test_what_cannot_be_known_of_open_files_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system without leases, where we may not look into another user's process."""
    real, looked = fcntl.fcntl, os.scandir

    def without_leases(descriptor: int, what: int, argument: int = 0) -> int:
        if what == fcntl.F_SETLEASE:
            raise OSError(errno.EINVAL, "no leases here")
        return real(descriptor, what, argument)

    def one_is_closed(path: Path) -> Any:
        if path == Path("/proc/1/fd"):
            raise PermissionError(errno.EACCES, "not ours")
        return looked(path)

    monkeypatch.setattr(fcntl, "fcntl", without_leases)
    monkeypatch.setattr(os, "scandir", one_is_closed)
    report = shred([secret_file(tmp_path / "a")])

    assert "could not be found out" in sentences(report)


def test_a_hole_is_not_filled(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)
        for place in (0, 1 << 30, (1 << 40) - 4096):
            stream.seek(place)
            stream.write(SECRET[:1000])

    began = time.monotonic()
    [file] = shred([path]).files

    assert time.monotonic() - began < 60  # filling it would take an hour
    assert (file.bytes, file.overwritten_bytes) == (1 << 40, 3 * 4096)
    assert file.verified


def test_a_file_of_nothing_but_a_hole_has_nothing_to_overwrite(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    path.touch()
    os.truncate(path, 1 << 40)

    [file] = shred([path]).files

    assert (file.overwritten_bytes, file.verified) == (0, None)
    assert Step.OVERWRITTEN not in file.done


def test_in_memory_nothing_is_called_verified() -> None:
    with TemporaryDirectory(dir="/dev/shm") as memory:
        [file] = shred([secret_file(Path(memory) / "a")]).files

    assert (file.medium, file.filesystem, file.verified) == (MediumKind.MEMORY, "tmpfs", None)
    assert Step.VERIFIED not in file.done
    assert "no medium to read back from" in str(file.not_promised[0])


def test_a_medium_that_gives_back_something_else_is_residue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "draft"
    path.write_bytes(SECRET * 4000)
    lost = 3 << 19
    real = os.pwrite

    def forgetful(descriptor: int, data: bytes, offset: int) -> int:
        """Say that all was written, and leave one block as it was."""
        if offset <= lost < offset + len(data):
            real(descriptor, bytes(data[: lost - offset]), offset)
            real(descriptor, bytes(data[lost - offset + 4096 :]), lost + 4096)
            return len(data)
        return real(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", forgetful)
    report = shred([path])

    assert path.exists()
    assert "1 blocks differ" in sentences(report)
    with pytest.raises(ScratchIncomplete):
        report.check()


def test_what_only_the_cache_gave_back_is_not_called_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fcntl.fcntl

    def without_direct(descriptor: int, what: int, argument: int = 0) -> int:
        if what == fcntl.F_SETFL and argument & os.O_DIRECT:
            raise OSError(errno.EINVAL, "no direct reading here")
        return real(descriptor, what, argument)

    monkeypatch.setattr(fcntl, "fcntl", without_direct)
    monkeypatch.setattr(os, "posix_fadvise", lambda *_: None)  # nothing leaves the cache
    cached = shred([secret_file(tmp_path / "a")]).files[0]
    monkeypatch.undo()
    monkeypatch.setattr(fcntl, "fcntl", without_direct)
    dropped = shred([secret_file(tmp_path / "b")]).files[0]

    assert (cached.verified, dropped.verified) == (False, True)
    assert "could not be read back" in str(cached.not_promised[-1])


def test_each_pass_writes_other_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    real = os.pwrite

    def keep(descriptor: int, data: bytes, offset: int) -> int:
        written.append(bytes(data))
        return real(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", keep)
    [file] = shred([secret_file(tmp_path / "a")], passes=3).files

    assert len({*written}) == len(written) == file.passes == 3
    assert file.verified


def test_an_immutable_file_is_named_as_one(tmp_path: Path) -> None:
    path = secret_file(tmp_path / "a")
    done = subprocess.run(["chattr", "+i", str(path)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"chattr +i does not work here: {done.stderr.decode()}")
    try:
        report = shred([path])
    finally:
        call("chattr", "-i", str(path))

    assert path.read_bytes() == SECRET
    assert "immutable" in sentences(report)


def test_names_that_are_not_text_are_shredded(tmp_path: Path) -> None:
    directory = os.fsencode(tmp_path)
    names = [b"\xff\xfe", b"new\nline", b"-rf", b"n" * 255, "Tuyệt mật".encode(), b"\x1b[2J"]
    for name in names:
        Path(os.fsdecode(directory + b"/" + name)).write_bytes(SECRET)

    report = shred([tmp_path / os.fsdecode(name) for name in names])

    report.check()
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_run_says_what_was_done_and_what_was_not_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [secret_file(tmp_path / name) for name in "abcd"]
    real = os.unlink
    calls = iter([False, True])

    def interrupted(name: str, *, dir_fd: int) -> None:
        if next(calls):
            raise KeyboardInterrupt
        real(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", interrupted)
    work = Shredding()
    with pytest.raises(KeyboardInterrupt):
        work.run(paths)
    report = work.report()

    assert [file.path for file in report.files] == paths[:1]
    half, *rest = report.residue
    assert (half.path, half.done[0]) == (paths[1], Step.OVERWRITTEN)
    assert half.now is not None
    assert b"MAT" not in half.now.read_bytes()
    assert [residue.path for residue in rest] == paths[2:]
    assert all("not reached" in str(residue.why) for residue in rest)


def test_a_file_that_cannot_be_removed_is_not_called_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = secret_file(tmp_path / "a")

    def cannot(name: str, *, dir_fd: int) -> None:
        del name, dir_fd
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "unlink", cannot)
    report = shred([path])

    assert report.files == ()
    assert Step.REMOVED not in report.residue[0].done
    assert report.residue[0].now in set(tmp_path.iterdir())


def test_a_swapped_name_is_never_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look and the opening a link is put in the file's place."""
    victim = secret_file(tmp_path / "victim")
    victim.chmod(0o400)
    path = secret_file(tmp_path / "tree" / "file")
    real = os.open

    def swap(name: Any, flags: int, *arguments: Any, **options: Any) -> int:
        if name == "file" and not path.is_symlink():
            path.rename(tmp_path / "away")
            path.symlink_to(victim)
        return real(name, flags, *arguments, **options)

    monkeypatch.setattr(os, "open", swap)
    report = shred([tmp_path / "tree"], recursive=True)
    monkeypatch.undo()

    assert victim.read_bytes() == SECRET
    assert victim.stat().st_mode & 0o777 == 0o400
    assert report.files == ()
    assert report.residue


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


@pytest.mark.loop_device
@needs_root
def test_a_directory_of_the_same_file_system_mounted_into_a_tree_is_left_alone(tmp_path: Path) -> None:
    outside = secret_file(tmp_path / "outside" / "file")
    inside = tmp_path / "tree" / "mount"
    inside.mkdir(parents=True)
    call("mount", "--bind", str(outside.parent), str(inside))
    try:
        report = shred([tmp_path / "tree"], recursive=True)
    finally:
        call("umount", str(inside))

    assert outside.read_bytes() == SECRET
    assert "another file system" in sentences(report)


@pytest.mark.slow
def test_a_directory_of_a_hundred_thousand_files_is_shredded_in_bounds() -> None:
    """In memory: what is bounded is our own work, not how often a disk can sync."""
    with TemporaryDirectory(dir="/dev/shm") as memory:
        tree = Path(memory) / "tree"
        tree.mkdir()
        for number in range(100_000):
            (tree / f"{number:06d}").write_bytes(b"MAU")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        report = shred([tree], recursive=True)

        report.check()
        assert len(report.files) == 100_000
        assert not tree.exists()
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB


def test_memory_has_no_name_on_a_disk_to_warn_of() -> None:
    memory = not_promised(volume(Path("/dev/shm")))  # noqa: S108 - read only
    disk = not_promised(volume(Path("/usr")))

    assert not {*map(str, memory)} & {*map(str, disk)}


def test_what_the_marks_of_a_file_say_of_the_journal_is_said() -> None:
    disk = replace(volume(Path("/usr")), filesystem="ext4", options=())

    said = [" ".join(map(str, not_promised(disk, marks))) for marks in (0, JOURNALLED, INLINE)]

    assert [("journal of this" in words, "tables" in words) for words in said] == [
        (False, False),
        (True, False),
        (False, True),
    ]


def test_what_lies_under_a_file_system_is_said() -> None:
    layered = replace(volume(Path("/usr")), layered=True)

    assert "RAID, LVM, snapshots" in " ".join(map(str, not_promised(layered)))


def test_files_of_a_directory_share_the_syncs_of_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{number:03d}" for number in range(300)]
    for name in names:
        secret_file(tmp_path / "tree" / name)
    synced: list[str] = []
    real = os.fsync

    def counted(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", counted)
    report = shred([tmp_path / "tree"], recursive=True)

    report.check()
    assert [file.path.name for file in report.files] == names
    assert all(file.verified and file.done[-1] in {Step.REMOVED, Step.DISCARDED} for file in report.files)
    assert synced.count(str(tmp_path / "tree")) == 2 * 3  # renames, then removals, of 128, 128 and 44 files
    assert sum(Path(path).parent.name == "tree" for path in synced) == len(names)


def test_what_fails_for_one_file_of_a_group_does_not_keep_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tmp_path / "tree"
    for name in "abc":
        secret_file(tree / name)
    real = os.fsync

    def fail_for_one(descriptor: int) -> None:
        if str(Path(f"/proc/self/fd/{descriptor}").readlink()) == str(tree / "b"):
            raise OSError(errno.EIO, "Input/output error")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fail_for_one)
    report = shred([tree], recursive=True)

    assert [file.path.name for file in report.files] == ["a", "c"]
    assert [(left.path.name, left.done) for left in report.residue] == [("b", ())]
    assert [path.name for path in tree.iterdir()] == ["b"]


@pytest.mark.parametrize(("failing", "last"), [(1, Step.RELEASED), (2, Step.TRUNCATED)])
def test_no_file_of_a_group_is_called_done_when_their_directory_was_not_synced(
    failing: int, last: Step, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tmp_path / "tree"
    for name in "abc":
        secret_file(tree / name)
    real, calls = os.fsync, 0

    def fail_for_names(descriptor: int) -> None:
        nonlocal calls
        if str(Path(f"/proc/self/fd/{descriptor}").readlink()) == str(tree):
            calls += 1
            if calls == failing:
                raise OSError(errno.EIO, "Input/output error")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fail_for_names)
    report = shred([tree], recursive=True)

    assert report.files == ()
    assert [(left.path.name, left.done[-1]) for left in report.residue] == [(name, last) for name in "abc"]
    with pytest.raises(ScratchIncomplete, match="3 files"):
        report.check()


def test_an_interruption_names_every_file_of_the_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [secret_file(tmp_path / "tree" / name) for name in "abc"]
    real, calls = os.rename, iter([False, True])

    def interrupted(old: str, new: str, **where: int) -> None:
        if next(calls):
            raise KeyboardInterrupt
        real(old, new, **where)

    monkeypatch.setattr(os, "rename", interrupted)
    work = Shredding(recursive=True)
    with pytest.raises(KeyboardInterrupt):
        work.run([tmp_path / "tree"])
    report = work.report()

    assert report.files == ()
    assert {left.path for left in report.residue} == {*paths, tmp_path / "tree"}
    for left in report.residue[:-1]:
        assert b"MAT" not in (left.now or left.path).read_bytes()


def test_two_names_of_one_file_among_others_do_not_stand_in_each_others_way(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for name in "aceg":
        secret_file(tree / name)
    (tree / "b").hardlink_to(tree / "c")
    (tree / "f").hardlink_to(tree / "c")

    report = shred([tree], recursive=True)

    report.check()
    assert sorted(file.path.name for file in report.files) == list("abcefg")
    assert not tree.exists()
