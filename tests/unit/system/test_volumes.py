import os
from dataclasses import replace
from pathlib import Path

import pytest

from securedoc.system import volumes
from tests.support.system import call, fake_tree, loop_device, needs_root

STICK = "sys/devices/pci0000:00/usb1/1-2"
DISK = f"{STICK}/1-2:1.0/host6/target6:0:0/6:0:0:0/block/sdb"


@pytest.fixture
def plugged(tmp_path: Path) -> Path:
    """Make a tree that shows a USB stick with one partition, mounted at this test's own directory."""
    status = tmp_path.stat()
    number = f"{os.major(status.st_dev)}:{os.minor(status.st_dev)}"
    mount = str(tmp_path).replace(" ", "\\040")
    return fake_tree(
        tmp_path,
        {
            "proc/self/mountinfo": (
                "22 1 0:20 / /proc rw,nosuid - proc proc rw\n"
                f"90 1 {number} / {mount} rw,nosuid,nodev,noexec shared:1 - exfat /dev/sdb1 rw,utf8\n"
            ),
            f"sys/dev/block/{number}": f"->{tmp_path}/{DISK}/sdb1",
            f"{DISK}/sdb1/partition": "1\n",
            f"{DISK}/removable": "1\n",
            f"{DISK}/queue/rotational": "1\n",
            f"{STICK}/idVendor": "0951\n",
            f"{STICK}/serial": "60A44C3FAD\n",
            f"{STICK}/product": "DataTraveler 3.0\n",
            "dev/sdb1": "",
            "dev/disk/by-uuid/6E2B-99F1": "->../../sdb1",
            "dev/disk/by-label/SAO\\x20LUU": "->../../sdb1",
        },
    )


def test_a_stick_is_known_by_all_that_the_kernel_tells(plugged: Path) -> None:
    stick = volumes.volume(plugged, root=plugged)

    assert (stick.filesystem, stick.source, stick.uuid) == ("exfat", "/dev/sdb1", "6E2B-99F1")
    assert (stick.serial, stick.model, stick.label) == ("60A44C3FAD", "DataTraveler 3.0", "SAO LUU")
    assert (stick.usb, stick.removable, stick.encrypted, stick.read_only) == (True, True, False, False)
    assert stick.flash  # whatever it says of turning
    assert {"nosuid", "nodev", "noexec"} <= set(stick.options)
    assert 0 < stick.free_bytes <= stick.total_bytes
    # What is free changes from one look to the next.
    assert [replace(one, free_bytes=0) for one in volumes.mounted(root=plugged)] == [
        replace(stick, free_bytes=0)
    ]


def test_an_encrypted_volume_is_seen_through_its_mapping(plugged: Path) -> None:
    status = plugged.stat()
    number = f"{os.major(status.st_dev)}:{os.minor(status.st_dev)}"
    (plugged / f"sys/dev/block/{number}").unlink()
    fake_tree(
        plugged,
        {
            f"sys/dev/block/{number}": f"->{plugged}/sys/devices/virtual/block/dm-0",
            "sys/devices/virtual/block/dm-0/dm/uuid": "CRYPT-LUKS2-0123-luks",
            "sys/devices/virtual/block/dm-0/slaves/sdb1": f"->{plugged}/{DISK}/sdb1",
        },
    )

    stick = volumes.volume(plugged, root=plugged)

    assert stick.encrypted is True
    assert (stick.usb, stick.serial) == (True, "60A44C3FAD")


def test_what_the_kernel_does_not_tell_is_not_guessed(plugged: Path) -> None:
    status = plugged.stat()
    (plugged / f"sys/dev/block/{os.major(status.st_dev)}:{os.minor(status.st_dev)}").unlink()

    stick = volumes.volume(plugged, root=plugged)

    assert (stick.usb, stick.serial, stick.rotational, stick.encrypted) == (None, None, None, None)
    assert stick.flash


def test_memory_is_no_medium() -> None:
    shared = volumes.volume(Path("/dev/shm"))  # noqa: S108 - read only

    assert shared.memory
    assert not shared.flash
    assert shared.uuid is None


def test_a_missing_path_has_no_volume(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        volumes.volume(tmp_path / "none")


@pytest.mark.loop_device
@needs_root
@pytest.mark.parametrize("filesystem", ["ext4", "xfs", "btrfs"])
def test_a_real_volume_is_told_from_the_one_below_it(filesystem: str, tmp_path: Path) -> None:
    with loop_device(tmp_path, filesystem, size_bytes=320 * 1024 * 1024) as mount:
        stick, below = volumes.volume(mount / "."), volumes.volume(tmp_path)

        assert (stick.filesystem, stick.mount_point) == (filesystem, mount)
        assert volumes.same_volume(stick, mount)
        assert not volumes.same_volume(stick, tmp_path)
        assert not volumes.same_volume(below, mount)
        assert stick.uuid == call("blkid", "-p", "-s", "UUID", "-o", "value", stick.source).decode().strip()
    assert not volumes.same_volume(stick, mount)
