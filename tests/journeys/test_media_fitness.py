"""Which media will do, on real loop devices: each file system, and what is wrong with some of them."""

import json
import os
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from securedoc.backup import fitness, layout, media, media_set
from securedoc.core.people import OfficerId
from securedoc.errors import BackupRefused
from securedoc.policy.vocabulary import MediumRule
from securedoc.system import condition, pace
from securedoc.system.condition import Nature
from securedoc.system.pace import Pace
from tests.support.backup import BackupWorld, copy_of, make_world
from tests.support.cli import run
from tests.support.media import files_of
from tests.support.replug import Stick, stick
from tests.support.system import call, needs_root, tool

pytestmark = [pytest.mark.loop_device, needs_root]
MIB = 1 << 20


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    return make_world(tmp_path_factory.mktemp("made"))


@pytest.fixture
def world(made: BackupWorld, tmp_path: Path) -> BackupWorld:
    (tmp_path / "root").mkdir(mode=0o700)
    return copy_of(made, tmp_path / "root")


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Any]:
    """Make sticks, and pull them all out afterwards."""
    with ExitStack() as stack:

        def make(filesystem: str = "ext4", **more: Any) -> Stick:
            return stack.enter_context(stick(tmp_path / filesystem, filesystem, **more))

        yield make


def register(world: BackupWorld, path: Path, label: str = "USB 1") -> dict[str, Any]:
    words = ("media", "register", path, "--label", label, "--keeper", "Đỗ Thị Em")
    return world.world.ok("em", *words)


def refused(world: BackupWorld, *words: str | Path, code: int = 72) -> dict[str, Any]:
    error: dict[str, Any] = json.loads(world.world.run("em", *words).expect(code).err.splitlines()[-1])
    return error


@pytest.mark.parametrize("filesystem", ["vfat", "exfat", "ntfs", "ext4", "xfs"])
def test_a_backup_to_each_file_system_is_written_verified_and_found_again(
    world: BackupWorld, plug: Any, filesystem: str
) -> None:
    usb = plug(filesystem, size_bytes=320 * MIB if filesystem == "xfs" else 48 * MIB)
    said = register(world, usb.plug())
    before = world.world.ok("em", "backup", "run", "--to", usb.mount)
    usb.pull()
    usb.plug()
    after = world.world.ok("em", "backup", "run")
    verified = world.world.ok("phuc", "backup", "verify", usb.mount)

    condition_said = said["condition"]
    assert (said["filesystem"], condition_said["filesystem"]) == (filesystem, filesystem)
    assert condition_said["fit"] is True
    assert condition_said["pace"]["write_bytes_per_s"] > 0
    assert (before["snapshot"], after["snapshot"]) == (1, 2)
    assert (verified["defects"], verified["signature"]) == ([], "trusted")
    assert verified["confirmed"] == [1]
    # The sample of the measurement is gone.
    assert list(usb.mount.rglob(".~*")) == []


def test_a_stick_registered_behind_fuse_is_the_same_one_under_a_driver_of_the_kernel(
    world: BackupWorld, plug: Any
) -> None:
    tool("fuse2fs")
    usb = plug("ext4")
    usb.plug()
    usb.unmount()
    usb.remount("fakeroot", program="fuse2fs")
    behind = register(world, usb.mount)["condition"]
    usb.unmount()
    usb.remount()

    done = world.world.ok("em", "backup", "run")

    assert (behind["driver"], behind["filesystem"]) == ("fuse.ext4", "ext4")
    assert done["label"] == "USB 1"


@pytest.mark.parametrize("filesystem", ["exfat", "ntfs", "ext4"])
def test_a_stick_that_is_mounted_read_only_is_refused(world: BackupWorld, plug: Any, filesystem: str) -> None:
    usb = plug(filesystem)
    register(world, usb.plug())
    usb.unmount()
    usb.remount("ro")

    error = refused(world, "backup", "run", "--to", usb.mount)

    assert "cannot be written" in error["message"]
    assert ("Windows" in error["hint"]) == (filesystem == "ntfs")


def test_a_stick_whose_switch_is_set_is_refused_by_what_is_wrong(world: BackupWorld, plug: Any) -> None:
    usb = plug()
    usb.plug()
    usb.unmount()
    usb.protect()
    usb.remount("ro")

    error = refused(world, "media", "register", usb.mount, "--label", "A", "--keeper", "B")

    assert "write-protected" in error["message"]
    assert "move the switch" in error["hint"]


def test_an_ext4_on_which_errors_were_noted_is_refused_before_anything_is_written(
    world: BackupWorld, plug: Any
) -> None:
    usb = plug()
    call("debugfs", "-w", "-R", "ssv state 2", str(usb.image))
    usb.plug()

    error = refused(world, "media", "register", usb.mount, "--label", "A", "--keeper", "B")

    assert "errors were noted" in error["message"]
    assert "e2fsck" in error["hint"]
    assert sorted(path.name for path in usb.mount.iterdir()) == ["lost+found"]


def test_an_ntfs_that_was_pulled_out_of_windows_is_refused_also_for_the_next_backup(
    world: BackupWorld, plug: Any
) -> None:
    usb = plug("ntfs")
    register(world, usb.plug())
    usb.pull()
    _mark_dirty(usb.image)
    usb.plug()
    held = {path: path.read_bytes() for path in files_of(usb.mount)}

    error = refused(world, "backup", "run", "--to", usb.mount)

    assert "USB 1 was pulled out without being unmounted" in error["message"]
    assert "chkdsk" in error["hint"]
    assert {path: path.read_bytes() for path in files_of(usb.mount)} == held


def test_an_exfat_whose_driver_noted_a_failure_is_refused(world: BackupWorld, plug: Any) -> None:
    usb = plug("exfat")
    with usb.image.open("r+b") as image:
        image.seek(0x6A)
        image.write(b"\x04")
    usb.plug()

    error = refused(world, "media", "register", usb.mount, "--label", "A", "--keeper", "B")

    assert "errors were noted" in error["message"]


def test_whether_an_exfat_was_unmounted_cannot_be_told_behind_fuse_and_that_is_said(
    world: BackupWorld, plug: Any
) -> None:
    usb = plug("exfat")

    said = world.world.ok("em", "media", "check", usb.plug())

    assert (said["unclean"], said["damaged"], said["driver"]) == (None, False, "fuseblk")


def test_the_policy_decides_of_a_stick_that_was_not_unmounted(world: BackupWorld, plug: Any) -> None:
    usb = plug("ntfs")
    _mark_dirty(usb.image)
    usb.plug()
    with world.opened() as office:
        rules = replace(office.policy.media, unclean=MediumRule.WARN)

        fit = fitness.look(rules, usb.mount, office.place.root, name="usb")

    assert fit.refused == ()
    assert "pulled out without being unmounted" in str(fit.remarks[0])


def test_a_file_over_the_limit_of_the_file_system_is_refused_by_its_name_before_writing(
    world: BackupWorld, plug: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    usb = plug("exfat")
    register(world, usb.plug())
    before = sorted(files_of(usb.mount))
    # No kernel here has vfat: its limit is given to the file system that is at hand, smaller.
    monkeypatch.setattr(condition, "_LARGEST", {"exfat": 60_000})

    error = refused(world, "backup", "run", "--to", usb.mount)

    assert error["message"].startswith("ledger.db has ")
    assert "exfat, holds no file over 60000" in error["message"]
    assert sorted(files_of(usb.mount)) == before


def test_an_object_over_the_limit_is_named_by_its_document(plug: Any) -> None:
    usb = plug("exfat")
    usb.plug()
    seen = replace(condition.look(usb.mount), filesystem="vfat")
    largest = condition.FAT_FILE_BYTES

    fitness.require_files(seen, "USB 1", [("ledger.db", largest)])
    with pytest.raises(BackupRefused, match=r"^D-2026-000001 \(draft\) has 4294967296 bytes"):
        fitness.require_files(seen, "USB 1", [("ledger.db", 1), ("D-2026-000001 (draft)", largest + 1)])


def test_a_stick_without_room_for_names_is_refused(world: BackupWorld, plug: Any) -> None:
    usb = plug(make=("-N", "32"))

    error = refused(world, "media", "register", usb.plug(), "--label", "A", "--keeper", "B")

    assert "no room for more files" in error["message"]


def test_a_stick_with_large_clusters_is_full_before_it_is_written_to(world: BackupWorld, plug: Any) -> None:
    usb = plug("exfat", size_bytes=100 * MIB, make=("-c", "1M"))
    register(world, usb.plug())
    with (usb.mount / "other").open("wb") as other:
        other.truncate(16 * MIB)
    before = sorted(files_of(usb.mount))

    error = refused(world, "backup", "run", "--to", usb.mount)

    assert "too full" in error["message"]
    assert sorted(files_of(usb.mount)) == before


def test_a_stick_that_is_too_small_is_refused(world: BackupWorld, plug: Any) -> None:
    usb = plug("ext4", size_bytes=2 * MIB, make=("-N", "1024"))
    said = register(world, usb.plug())

    assert said["condition"]["pace"] is None  # there is no room for the sample, and nothing of it is left
    assert list(usb.mount.rglob(".~*")) == []
    assert "too full" in refused(world, "backup", "run", "--to", usb.mount)["message"]


def test_memory_is_refused_but_for_training(world: BackupWorld, tmp_path: Path) -> None:
    place = tmp_path / "memory"
    place.mkdir()
    call("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place))
    try:
        with world.opened() as office:
            rules, vault = office.policy.media, office.place.root
            real = fitness.look(rules, place, vault, name="usb")
            training = media.judge(office, place)
    finally:
        call("umount", str(place))

    assert [str(error) for error in real.refused] == [
        "usb is in memory: it is gone when the machine is switched off"
    ]
    assert training.refused == ()
    assert "in memory" in str(training.remarks[0])


def test_an_overlay_is_said_to_be_no_device(world: BackupWorld, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    call("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place))  # no overlay lies over another
    try:
        for name in ("lower", "upper", "work", "over"):
            (place / name).mkdir()
        options = f"lowerdir={place}/lower,upperdir={place}/upper,workdir={place}/work"
        call("mount", "-t", "overlay", "-o", options, "overlay", str(place / "over"))
        said = world.world.ok("em", "media", "check", place / "over", "--no-measure")
    finally:
        call("umount", "-R", str(place))

    assert said["nature"] == Nature.STACKED.value
    assert "not one device" in said["remarks"][0]


def test_what_lies_on_the_network_is_refused(
    world: BackupWorld, monkeypatch: pytest.MonkeyPatch, plug: Any
) -> None:
    usb = plug()
    register(world, usb.plug())
    real = condition.look
    monkeypatch.setattr(
        condition, "look", lambda path, **more: replace(real(path, **more), nature=Nature.NETWORK)
    )

    error = refused(world, "backup", "run", "--to", usb.mount)

    assert "USB 1 is not on a device of this machine" in error["message"]


def test_a_directory_beside_the_vault_is_allowed_and_said(world: BackupWorld) -> None:
    usb = world.stick()

    ran = world.world.run("em", "backup", "run", "--to", usb).expect()

    assert "USB 1 is on the same disk as the vault: both are lost together" in ran.err


def test_a_slow_stick_is_said_to_be_slow_with_the_time_it_takes(
    world: BackupWorld, plug: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    usb = plug()
    usb.plug()
    monkeypatch.setattr(pace, "measure", lambda _: Pace(MIB, 1_000, 4_000))
    words = [word for word in world.world.words("em", "media", "check", usb.mount) if word != "--json"]

    said = world.world.ok("em", "media", "check", usb.mount)["pace"]

    plain = run("--lang", "en", *words).expect().out
    assert said == {"sample_bytes": MIB, "write_bytes_per_s": 1_000, "read_bytes_per_s": 4_000}
    assert "THIS MEDIUM IS SLOW" in plain
    assert "takes about" in plain


def test_a_slow_device_is_measured_as_slow(plug: Any) -> None:
    limit = Path("/sys/fs/cgroup/blkio/blkio.throttle.write_bps_device")
    if not limit.exists():
        pytest.skip("this kernel offers no throttle for block devices")
    usb = plug()
    usb.plug()
    number = usb.node.stat().st_rdev if usb.node else 0
    name = f"{os.major(number)}:{os.minor(number)}"
    limit.write_text(f"{name} 2000000")
    try:
        measured = pace.measure(usb.mount)
    finally:
        limit.write_text(f"{name} 0")

    assert 1_000_000 < measured.write_bytes_per_s < 3_000_000
    assert list(usb.mount.glob(".~*")) == []


def test_every_name_of_a_backup_survives_a_real_vfat(world: BackupWorld, tmp_path: Path) -> None:
    tool("mcopy")
    with world.opened("chi") as office:
        for name in ("con", "nul", "lpt1"):  # what an office may call Mr. Côn
            (office.place.keyring / "officers" / f"{OfficerId(name)}.json").write_bytes(b"{}")
    usb = world.stick()
    world.backup(usb)
    held = media_set.find(usb)
    image = tmp_path / "vfat.img"
    image.touch()
    os.truncate(image, 64 * MIB)
    call("mkfs.vfat", "-F", "32", str(image))

    call("mcopy", "-s", "-i", str(image), str(held), "::")
    (tmp_path / "back").mkdir()
    call("mcopy", "-s", "-i", str(image), f"::{held.name}", str(tmp_path / "back"))

    back = tmp_path / "back" / held.name
    names = {str(path.relative_to(held)): path.read_bytes() for path in files_of(held)}
    assert {str(path.relative_to(back)): path.read_bytes() for path in files_of(back)} == names
    assert layout.IDENTITY in names
    assert len({name.casefold() for name in names}) == len(names)


def _mark_dirty(image: Path) -> None:
    """Set the mark that Windows leaves on an NTFS that it had no time to unmount."""
    with image.open("r+b") as stream:
        head = stream.read(512)
        cluster = int.from_bytes(head[0x0B:0x0D], "little") * head[0x0D]
        for table in (0x30, 0x38):  # the file table, and its mirror
            record = int.from_bytes(head[table : table + 8], "little") * cluster + 3 * 1024
            stream.seek(record)
            at = stream.read(1024).index(struct.pack("<I", 0x70), 0x30)  # $VOLUME_INFORMATION
            stream.seek(record + at + 0x18 + 0x0A)
            stream.write(b"\x01")
