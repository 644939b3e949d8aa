"""Whatever happens to machine or stick, the last snapshot stays whole and the next run finishes."""

import contextlib
import errno
import functools
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from securedoc.backup import media, media_set, plan, run, trusting
from securedoc.backup.examine import Depth, Look
from securedoc.backup.verify import Report, verify
from securedoc.errors import (
    BackupBusy,
    BackupFailed,
    BackupIncomplete,
    BackupMissing,
    BackupRefused,
    BackupUntrusted,
)
from securedoc.system import files
from tests.faults.crash import cut_before, power_cuts
from tests.support.backup import BackupWorld, copy_of, make_world
from tests.support.pulling import At, pulled_stick
from tests.support.system import call, loop_device, needs_root, needs_strace

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    """A vault nobody changes."""
    return make_world(tmp_path_factory.mktemp("faults"))


@pytest.fixture
def office(made: BackupWorld, root: Path) -> BackupWorld:
    return copy_of(made, root)


def look_at(office: BackupWorld, stick: Path) -> Report:
    """Verify a stick as its vault knows it."""
    with office.opened() as opened:
        directory = media_set.find(stick)
        stated = media_set.stated_medium(directory)
        assert stated is not None
        look = Look(trusting.trust(opened), opened.now(), Depth.FULL)
        return verify(stick, look, known=trusting.known(opened, stated))


def numbers(report: Report) -> list[int]:
    return [one.number for one in report.snapshots]


def names(stick: Path) -> set[str]:
    return {path.name for path in media_set.find(stick).iterdir()}


@pytest.mark.parametrize("every", [97, pytest.param(1, marks=pytest.mark.slow)])
def test_power_may_fail_before_any_step_and_the_last_snapshot_is_whole(
    made: BackupWorld, root: Path, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    for cut in itertools.count(every // 2, every):
        office = copy_of(made, root / str(cut))
        stick = office.stick()
        office.backup(stick)
        office.draft()

        was_cut = cut_before(cut, monkeypatch, functools.partial(office.backup, stick))

        after = look_at(office, stick)
        assert after.defects == (), cut
        assert numbers(after) in ([1], [1, 2]), cut
        done = office.backup(stick)
        finished = look_at(office, stick)
        assert (finished.defects, finished.leftovers) == ((), ()), cut
        assert finished.snapshots[-1].number == done.made.snapshot == len(after.snapshots) + 1
        assert finished.snapshots[-1].objects == 6
        assert recorded(office) == set(numbers(finished))
        if not was_cut:
            break
        shutil.rmtree(root / str(cut))


def recorded(office: BackupWorld) -> set[int]:
    """Return the snapshots that the ledger has entries of."""
    with office.opened() as opened:
        return {row.snapshot for row in opened.ledger.snapshots()}


@pytest.fixture
def interrupted(office: BackupWorld, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a stick that was pulled out between the objects and the snapshot."""
    stick = office.stick()
    real = files.rename_durable

    def pulled_after_the_objects(source: Path, target: Path) -> None:
        if target.name.startswith("snapshot-"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(files, "rename_durable", pulled_after_the_objects)
        with pytest.raises(BackupFailed):
            office.backup(stick)
    return stick


def test_an_objects_bag_that_was_finished_before_the_cut_is_used_and_not_written_again(
    office: BackupWorld, interrupted: Path
) -> None:
    pack = media_set.find(interrupted) / "objects-0001/data/pack-0001.tar"
    written = pack.stat()

    done = office.backup(interrupted)

    assert (done.made.objects, done.made.new_objects) == (4, 0)
    assert pack.stat().st_ino == written.st_ino
    assert look_at(office, interrupted).defects == ()


def test_an_unfinished_objects_bag_with_a_damaged_pack_is_not_used(
    office: BackupWorld, interrupted: Path
) -> None:
    pack = media_set.find(interrupted) / "objects-0001/data/pack-0001.tar"
    pack.write_bytes(pack.read_bytes()[:-1] + b"x")

    done = office.backup(interrupted)

    assert done.made.new_objects == 4
    assert look_at(office, interrupted).defects == ()


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("write", errno.EIO),
        ("write", errno.ENOSPC),
        ("fsync", errno.EIO),
        ("rename", errno.EROFS),
        ("rename", errno.ENODEV),
        ("mkdir", errno.ENOSPC),
    ],
)
def test_an_error_of_the_medium_is_named_and_leaves_no_half_snapshot(
    office: BackupWorld, monkeypatch: pytest.MonkeyPatch, at: str, code: int
) -> None:
    stick = office.stick()
    office.backup(stick)
    office.draft()
    real: Callable[..., object] = getattr(os, at)
    on_stick = f"{stick}/"

    def failing(target: object, *args: object, **options: object) -> object:
        opened = Path(f"/proc/self/fd/{target}")
        where = str(opened.readlink() if isinstance(target, int) else target)
        if where.startswith(on_stick):
            raise OSError(code, os.strerror(code))
        return real(target, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, at, failing)
        with pytest.raises(BackupFailed) as failed:
            office.backup(stick)

    assert re.search("USB 1|medium", str(failed.value))
    found = look_at(office, stick)
    assert (found.defects, numbers(found)) == ((), [1])
    office.backup(stick)
    assert look_at(office, stick).leftovers == ()


def test_a_medium_that_gives_back_other_bytes_is_refused(
    office: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = office.stick()
    real = os.preadv

    def lying(descriptor: int, buffers: list[memoryview], at: int) -> int:
        got = real(descriptor, buffers, at)
        buffers[0][got // 2] ^= 1
        return got

    with monkeypatch.context() as patch:
        patch.setattr(os, "preadv", lying)
        with pytest.raises(BackupUntrusted, match="did not give"):
            office.backup(stick)

    assert not any(name.startswith(("snapshot", "objects", ".partial")) for name in names(stick))


def test_a_second_backup_at_the_same_time_is_told_who_is_busy(office: BackupWorld) -> None:
    stick = office.stick()

    with (
        files.locked(office.place.backup_lock, holder="somebody"),
        pytest.raises(BackupBusy, match="somebody"),
    ):
        office.backup(stick)


def test_a_stick_that_is_too_small_is_refused_before_anything_is_written(
    office: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = office.stick()
    before = names(stick)
    monkeypatch.setattr(plan, "SPARE_BYTES", 1 << 60)

    with pytest.raises(BackupRefused, match="too full"):
        office.backup(stick)

    assert names(stick) == before


def fill(path: Path, *, leaving: int) -> None:
    """Fill the file system, reserved blocks and all, but for so many bytes."""
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))
    os.truncate(path, path.stat().st_size - leaving)


@needs_root
@pytest.mark.loop_device
def test_a_stick_that_fills_up_while_writing_keeps_its_last_snapshot(
    office: BackupWorld, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with loop_device(root, "ext4", size_bytes=16 << 20) as mount:
        stick = office.stick("mount")
        office.backup(stick)
        office.draft()
        fill(mount / "holiday.jpg", leaving=150_000)
        with monkeypatch.context() as patch:
            # Somebody else fills the stick between the check and the writing.
            patch.setattr(plan, "require_room", lambda *_: None)
            with pytest.raises(BackupFailed, match="is full"):
                office.backup(stick)
        with pytest.raises(BackupRefused, match="too full"):
            office.backup(stick)

        found = look_at(office, stick)
        assert (found.defects, numbers(found)) == ((), [1])
        (mount / "holiday.jpg").unlink()
        assert office.backup(stick).made.snapshot == 2


@needs_root
@pytest.mark.loop_device
def test_a_read_only_stick_is_refused_and_can_still_be_verified(office: BackupWorld, root: Path) -> None:
    with loop_device(root, "ext4", size_bytes=16 << 20) as mount:
        stick = office.stick("mount")
        office.backup(stick)
        call("mount", "-o", "remount,ro", str(mount))

        with pytest.raises(BackupRefused, match="cannot be written"):
            office.backup(stick)
        assert look_at(office, stick).defects == ()


@needs_root
@pytest.mark.loop_device
@pytest.mark.parametrize("after", [30_000, 300_000])
def test_a_stick_pulled_out_while_writing_keeps_its_last_snapshot(
    office: BackupWorld, root: Path, after: int
) -> None:
    with pulled_stick("ext4", root) as pulled:
        stick = office.stick("mount")
        office.backup(stick)
        office.draft()
        with office.opened() as opened, pytest.raises(BackupFailed):
            run.run(replace(opened, progress=At(after, pulled.pull)), stick)
        pulled.take_away()
        pulled.plug_in()

        found = look_at(office, stick)
        assert (found.defects, numbers(found)) == ((), [1])
        assert office.backup(stick).made.snapshot == 2
        assert look_at(office, stick).defects == ()


@needs_root
@pytest.mark.loop_device
def test_a_stick_formatted_as_exfat_carries_a_backup_that_restores(office: BackupWorld, root: Path) -> None:
    if shutil.which("mkfs.exfat") is None or shutil.which("mount.exfat-fuse") is None:
        pytest.skip("mkfs.exfat or exfat-fuse is not installed")
    image, mount = root / "exfat.img", root / "usb"
    image.touch()
    os.truncate(image, 32 << 20)
    mount.mkdir()
    subprocess.run(["mkfs.exfat", image], check=True, capture_output=True)
    device = subprocess.run(["losetup", "-f", "--show", image], check=False, capture_output=True)
    if device.returncode != 0:
        pytest.skip("no loop device is free here")
    loop = device.stdout.decode().strip()
    try:
        subprocess.run(["mount.exfat-fuse", loop, mount], check=True, capture_output=True)
        try:
            stick = office.stick("usb")
            office.backup(stick)
            office.draft()
            office.backup(stick)
            found = look_at(office, stick)
            assert (found.defects, numbers(found)) == ((), [1, 2])
        finally:
            call("umount", str(mount))
    finally:
        call("losetup", "-d", loop)


def backup_process(office: BackupWorld, stick: Path, *injections: str) -> subprocess.CompletedProcess[bytes]:
    """Back up in a process of its own whose system calls fail as told."""
    words = office.world.words("em", "backup", "run", "--to", stick)
    return subprocess.run(
        [
            *("strace", "-f", "-qq", "-o", "/dev/null", *injections),
            *(sys.executable, "-m", "securedoc", *map(str, words)),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
        timeout=120,
    )


# A start under strace for each: what is swept wholly is in test_every_call.py, from a warm process.
SAMPLE = [("fsync", "signal=SIGKILL", 40), ("rename", "signal=SIGKILL", 2), ("fsync", "error=EIO", 20)]


@needs_strace
@pytest.mark.strace
def test_a_killed_or_failing_process_leaves_the_last_snapshot_whole(office: BackupWorld) -> None:
    stick = office.stick()
    office.backup(stick)
    least = 1
    for step, effect, when in SAMPLE:
        office.draft()
        ended = backup_process(office, stick, "-e", f"inject={step}:{effect}:when={when}")

        found = look_at(office, stick)
        assert found.defects == (), (step, effect, when)
        assert len(found.snapshots) >= least
        if ended.returncode == 0:
            assert len(found.snapshots) > least, (step, effect, when)
        elif "SIGKILL" in effect:
            assert ended.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), ended.stderr
        else:
            # An error has a name: never a traceback, never "this is a bug".
            assert ended.returncode >= 10, (step, effect, when, ended.stderr)
        least = len(found.snapshots)
    assert office.backup(stick).made.snapshot == least + 1


def test_a_medium_where_no_backup_was_ever_finished_says_so(office: BackupWorld) -> None:
    stick = office.stick()
    (media_set.find(stick) / ".partial-objects-0001").mkdir()

    with pytest.raises(BackupIncomplete):
        look_at(office, stick)
    (media_set.find(stick) / ".partial-objects-0001").rmdir()
    with pytest.raises(BackupMissing):
        look_at(office, stick)


def test_an_interrupted_registration_is_begun_anew(
    office: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    (office.world.root / "usb").mkdir()
    for _ in power_cuts(monkeypatch, office.stick):
        pass

    stick = office.world.root / "usb"
    assert office.backup(stick).made.snapshot == 1
    assert look_at(office, stick).defects == ()


@needs_root
@pytest.mark.loop_device
def test_the_one_stick_plugged_in_is_found_and_two_are_never_guessed_between(
    office: BackupWorld, root: Path
) -> None:
    with contextlib.ExitStack() as stack:
        for name in ("one", "two"):
            (root / name).mkdir()
        one = stack.enter_context(loop_device(root / "one", "ext4", size_bytes=16 << 20))
        with office.opened() as opened:
            media.register(opened, one, label="USB 1", keeper="Đỗ Thị Em")
            found = run.run(opened, None)
            assert found.label == "USB 1"

            two = stack.enter_context(loop_device(root / "two", "ext4", size_bytes=16 << 20))
            media.register(opened, two, label="USB 2", keeper="Đỗ Thị Em")
            with pytest.raises(BackupRefused, match="2 media"):
                run.run(opened, None)
            assert run.run(opened, two).label == "USB 2"

            # The identity of one, copied onto the other: refused by the name of the one.
            shutil.rmtree(media_set.find(two))
            shutil.copytree(media_set.find(one), two / media_set.find(one).name)
            with pytest.raises(BackupRefused, match="not USB 1"):
                run.run(opened, two)
            assert {row.filesystem for row in opened.ledger.media()} == {"ext4"}
