"""In which condition a medium is, as the kernel shows it: faked where no kernel here has the driver."""

import os
from pathlib import Path

import pytest

from securedoc.system import condition
from securedoc.system.condition import Condition, Nature
from tests.support.system import fake_tree


def shown(tmp_path: Path, filesystem: str, options: str = "rw", **more: str) -> Condition:
    """Look at a directory that is shown as a mounted stick with that file system."""
    status = tmp_path.stat()
    number = f"{os.major(status.st_dev)}:{os.minor(status.st_dev)}"
    source = more.pop("source", "/dev/sdb1")
    disk = "sys/devices/usb1/host6/block/sdb"
    tree = {
        "proc/self/mountinfo": f"90 1 {number} / {tmp_path} {options} shared:1 - {filesystem} {source} rw\n",
        "dev/sdb1": "",
        f"{disk}/sdb1/partition": "1\n",
        f"{disk}/ro": "0\n",
        **({f"sys/dev/block/{number}": f"->{tmp_path}/{disk}/sdb1"} if source == "/dev/sdb1" else {}),
        **more,
    }
    return condition.look(tmp_path, root=fake_tree(tmp_path, tree))


def test_a_file_on_vfat_ends_one_byte_below_four_gibibytes(tmp_path: Path) -> None:
    assert shown(tmp_path, "vfat").largest_file_bytes == 4 * 1024**3 - 1


@pytest.mark.parametrize("filesystem", ["exfat", "ext4", "ntfs3", "xfs", "btrfs"])
def test_elsewhere_nothing_of_ours_is_too_large(tmp_path: Path, filesystem: str) -> None:
    assert shown(tmp_path, filesystem).largest_file_bytes is None


@pytest.mark.parametrize(
    ("driver", "kind", "folds"),
    [("vfat", "vfat", True), ("msdos", "vfat", True), ("exfat", "exfat", True), ("ntfs3", "ntfs", False)],
)
def test_a_file_system_is_one_whichever_driver_mounts_it(
    tmp_path: Path, driver: str, kind: str, *, folds: bool
) -> None:
    seen = shown(tmp_path, driver)

    assert (seen.filesystem, seen.folds_case) == (kind, folds)


def test_behind_fuse_it_is_what_udev_wrote_down(tmp_path: Path) -> None:
    record = "run/udev/data/b0:0"  # the number of a file that is no device

    seen = shown(tmp_path, "fuseblk", **{record: "E:ID_FS_USAGE=filesystem\nE:ID_FS_TYPE=exfat\n"})

    assert seen.filesystem == "exfat"


@pytest.mark.parametrize("driver", ["fuse", "fuseblk", "fuse.exfat", "fuseblk.ntfs-3g"])
def test_every_spelling_of_fuse_is_fuse(tmp_path: Path, driver: str) -> None:
    record = "run/udev/data/b0:0"

    assert shown(tmp_path, driver, **{record: "E:ID_FS_TYPE=ntfs\n"}).filesystem == "ntfs"


def test_behind_fuse_and_unknown_it_is_called_what_it_is_mounted_as(tmp_path: Path) -> None:
    seen = shown(tmp_path, "fuseblk")

    assert (seen.filesystem, seen.unclean) == ("fuseblk", None)


@pytest.mark.parametrize(
    ("filesystem", "source", "nature"),
    [
        ("exfat", "/dev/sdb1", Nature.DEVICE),
        ("nfs4", "server:/export", Nature.NETWORK),
        ("cifs", "//server/share", Nature.NETWORK),
        ("fuse.sshfs", "bao@server:", Nature.NETWORK),
        ("fuse", "something", Nature.NETWORK),
        ("overlay", "overlay", Nature.STACKED),
        ("zfs", "pool/data", Nature.STACKED),
        ("tmpfs", "tmpfs", Nature.MEMORY),
    ],
)
def test_what_is_no_device_of_its_own_is_called_what_it_is(
    tmp_path: Path, filesystem: str, source: str, nature: Nature
) -> None:
    assert shown(tmp_path, filesystem, source=source).nature is nature


def test_a_stick_whose_switch_is_set_is_write_protected(tmp_path: Path) -> None:
    seen = shown(tmp_path, "vfat", **{"sys/devices/usb1/host6/block/sdb/ro": "1\n"})

    assert seen.write_protected


@pytest.mark.parametrize(
    ("filesystem", "options", "unclean"),
    [
        ("ext4", "ro,noload", True),
        ("xfs", "ro,norecovery", True),
        ("ntfs3", "rw,force", True),
        ("ext4", "rw", False),
        ("vfat", "rw", None),
    ],
)
def test_a_journal_that_was_not_replayed_and_a_dirty_ntfs_that_was_forced_are_unclean(
    tmp_path: Path, filesystem: str, options: str, *, unclean: bool | None
) -> None:
    assert shown(tmp_path, filesystem, options).unclean is unclean


@pytest.mark.parametrize(("count", "damaged"), [("0", False), ("3", True)])
def test_errors_that_ext4_counted_are_damage(tmp_path: Path, count: str, *, damaged: bool) -> None:
    seen = shown(tmp_path, "ext4", **{"sys/fs/ext4/sdb1/errors_count": f"{count}\n"})

    assert seen.damaged is damaged


def test_what_nobody_may_write_to_is_not_permitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK | os.X_OK)  # noqa: ARG005

    assert not shown(tmp_path, "vfat").permitted


def test_two_directories_of_one_disk_are_lost_together(tmp_path: Path) -> None:
    assert condition.same_disk(tmp_path, tmp_path.parent)
    assert not condition.same_disk(tmp_path, Path("/dev/shm"))  # noqa: S108 - read only
