"""What file systems say of themselves, on images that their own programs made."""

import os
import struct
from pathlib import Path

import pytest

from securedoc.system import superblocks
from securedoc.system.superblocks import Superblock
from tests.support.system import call

MAKE = {
    "ext4": ("mkfs.ext4", "-qF"),
    "exfat": ("mkfs.exfat",),
    "ntfs": ("mkntfs", "-qQF"),
    "fat32": ("mkfs.vfat", "-F", "32"),
    "fat16": ("mkfs.vfat", "-F", "16"),
    "fat12": ("mkfs.vfat", "-F", "12"),
}
SIZE = {"fat16": 16 << 20, "fat12": 4 << 20}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("images")


def image(images: Path, name: str) -> Path:
    """Return a fresh image with that file system, made once."""
    made = images / f"{name}.img"
    if not made.exists():
        made.touch()
        os.truncate(made, SIZE.get(name, 40 << 20))
        call(*MAKE[name], str(made))
    copy = images / "copy.img"
    call("cp", "--sparse=always", str(made), str(copy))
    return copy


def poke(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as stream:
        stream.seek(offset)
        stream.write(data)


def number(path: Path, offset: int, form: str) -> int:
    with path.open("rb") as stream:
        stream.seek(offset)
        return int(struct.unpack(form, stream.read(struct.calcsize(form)))[0])


def read(path: Path) -> Superblock:
    found = superblocks.read(path)
    assert found is not None
    return found


@pytest.mark.parametrize("name", MAKE)
def test_kind_and_identifier_are_those_that_the_systems_own_program_finds(images: Path, name: str) -> None:
    path = image(images, name)

    found = read(path)

    said = call("blkid", "-o", "value", "-s", "UUID", "-s", "TYPE", str(path)).decode().split()
    assert [found.identifier, found.kind] == said
    assert not found.dirty
    assert not found.failed


def test_a_dirty_and_a_failed_fat_are_told_from_a_clean_one(images: Path) -> None:
    for name, form, width in (("fat32", "<I", 4), ("fat16", "<H", 2)):
        path = image(images, name)
        at = number(path, 0x0E, "<H") * number(path, 0x0B, "<H") + width
        clean, good = (0x08000000, 0x04000000) if width == 4 else (0x8000, 0x4000)

        poke(path, at, struct.pack(form, number(path, at, form) & ~clean))
        dirty = read(path)
        poke(path, at, struct.pack(form, (number(path, at, form) | clean) & ~good))
        failed = read(path)

        assert (dirty.dirty, dirty.failed) == (True, False)
        assert (failed.dirty, failed.failed) == (False, True)


def test_a_dirty_and_a_failed_exfat_are_told_from_a_clean_one(images: Path) -> None:
    path = image(images, "exfat")

    poke(path, 0x6A, b"\x02")
    dirty = read(path)
    poke(path, 0x6A, b"\x04")
    failed = read(path)

    assert (dirty.dirty, dirty.failed, failed.dirty, failed.failed) == (True, False, False, True)


def test_an_ntfs_that_windows_did_not_let_go_of_is_dirty(images: Path) -> None:
    path = image(images, "ntfs")
    cluster = number(path, 0x0B, "<H") * number(path, 0x0D, "B")
    record = number(path, 0x30, "<Q") * cluster + 3 * 1024
    with path.open("rb") as stream:
        stream.seek(record)
        data = stream.read(1024)
    at = data.index(struct.pack("<I", 0x70), 0x30)  # $VOLUME_INFORMATION

    poke(path, record + at + 0x18 + 0x0A, b"\x01")

    assert read(path).dirty is True


def test_an_ext4_with_errors_says_so(images: Path) -> None:
    path = image(images, "ext4")

    call("debugfs", "-w", "-R", "ssv state 2", str(path))

    assert read(path).failed is True


def test_an_older_mark_beside_the_file_system_that_is_mounted_is_passed_over(images: Path) -> None:
    path = image(images, "ext4")
    poke(path, 0x52, b"FAT32   ")

    found = superblocks.read(path, kind="ext4")

    assert found is not None
    assert found.kind == "ext4"
    assert superblocks.read(path, kind="ntfs") is None


@pytest.mark.parametrize("name", MAKE)
def test_a_head_that_is_cut_off_or_lies_ends_in_an_answer(images: Path, name: str) -> None:
    path = image(images, name)
    head = path.read_bytes()[:0x10100]
    for length in (0, 3, 11, 0x40, 0x5A, 0x70, 512, 0x440):
        path.write_bytes(head[:length])
        superblocks.read(path)
    # Every field that leads somewhere leads to the end of the world.
    path.write_bytes(head[:0x0B] + b"\xff" * 0x2B + head[0x36:0x3A] + b"\xff" * 16 + head[0x4A:])

    superblocks.read(path)


def test_what_is_no_file_system_is_none(tmp_path: Path) -> None:
    path = tmp_path / "noise"
    path.write_bytes(os.urandom(70_000))

    assert superblocks.read(path) is None


def test_a_device_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        superblocks.read(tmp_path / "none")
