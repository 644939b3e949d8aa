"""What a failing medium still gives is kept, and what it does not give is counted."""

import errno
import os
from pathlib import Path

import pytest

from securedoc.system import salvage

SIZE = 200_000


@pytest.fixture
def source(root: Path) -> Path:
    path = root / "source"
    path.write_bytes(b"x" * SIZE)
    return path


def failing(monkeypatch: pytest.MonkeyPatch, begin: int, end: int, code: int = errno.EIO) -> None:
    real = os.pread

    def pread(descriptor: int, size: int, at: int) -> bytes:
        if at < end and begin < at + size:
            raise OSError(code, os.strerror(code))
        return real(descriptor, size, at)

    monkeypatch.setattr(os, "pread", pread)


def test_a_sound_file_is_copied_as_it_is_and_no_further_than_asked(source: Path, root: Path) -> None:
    assert salvage.copy(source, root / "all", SIZE + 5) == 0
    assert salvage.copy(source, root / "part", 70_000) == 0

    assert (root / "all").read_bytes() == source.read_bytes()
    assert (root / "part").stat().st_size == 70_000


def test_only_the_pages_that_cannot_be_read_become_zeros(
    source: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, 70_000, 70_001)

    lost = salvage.copy(source, root / "copy", SIZE)

    begin = 70_000 // 4096 * 4096
    expected = bytearray(b"x" * SIZE)
    expected[begin : begin + 4096] = bytes(4096)
    assert lost == 4096
    assert (root / "copy").read_bytes() == expected


def test_a_medium_that_is_gone_is_no_hole(source: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, 0, SIZE, errno.ENODEV)

    with pytest.raises(OSError, match="No such device"):
        salvage.copy(source, root / "copy", SIZE)


def test_what_is_no_file_is_refused_and_leaves_nothing(root: Path) -> None:
    os.mkfifo(root / "pipe")

    with pytest.raises(OSError, match="not a regular file"):
        salvage.copy(root / "pipe", root / "copy", SIZE)
    with pytest.raises(FileNotFoundError):
        salvage.copy(root / "none", root / "copy", SIZE)
    assert not (root / "copy").exists()
