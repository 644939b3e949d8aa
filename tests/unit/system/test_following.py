import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from securedoc.system import files, following
from securedoc.system.following import BLOCK_BYTES, Follower
from tests.support.system import loop_device, needs_root

BODY = os.urandom(5 * BLOCK_BYTES + 777)


@contextmanager
def followed(directory: Path, got: bytearray) -> Iterator[tuple[files.Staged, Follower]]:
    """Begin a file and read it back into `got`."""
    with files.staged(directory) as staged:
        follower = Follower(staged.fileno(), got.extend)
        try:
            yield staged, follower
        finally:
            follower.cancel()


def write(staged: files.Staged, follower: Follower, body: bytes) -> None:
    for at in range(0, len(body), BLOCK_BYTES):
        follower.wrote(staged.write(body[at : at + BLOCK_BYTES]))
    follower.end()


def test_everything_that_is_written_is_read_back_once_and_in_order(root: Path) -> None:
    got = bytearray()

    with followed(root, got) as (staged, follower):
        write(staged, follower, BODY)
        follower.join()

    assert bytes(got) == BODY


def test_nothing_is_read_back_as_nothing(root: Path) -> None:
    got = bytearray()

    with followed(root, got) as (staged, follower):
        write(staged, follower, b"")
        follower.join()

    assert got == b""


@needs_root
@pytest.mark.loop_device
def test_damage_below_the_page_cache_is_seen(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image, got = root / "medium.img", bytearray()
    real = files.drop_cache
    damaged = BODY[2 * BLOCK_BYTES : 2 * BLOCK_BYTES + 4096]

    def dropped_then_damaged(descriptor: int) -> None:
        real(descriptor)
        if (at := image.read_bytes().find(damaged)) >= 0:
            with image.open("r+b") as file:
                file.seek(at)
                file.write(bytes([damaged[0] ^ 1]))

    monkeypatch.setattr(files, "drop_cache", dropped_then_damaged)
    with loop_device(root, "ext4", size_bytes=64 << 20) as mount, followed(mount, got) as (staged, follower):
        write(staged, follower, BODY)
        follower.join()

    # Read out of memory, it would have been as it was written.
    assert len(got) == len(BODY)
    assert [at for at in range(len(BODY)) if got[at] != BODY[at]] == [2 * BLOCK_BYTES]


def test_a_writer_waits_until_what_it_wrote_is_durable(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    may, real = threading.Event(), files.drop_cache

    def held_up(descriptor: int) -> None:
        may.wait(60)
        real(descriptor)

    monkeypatch.setattr(files, "drop_cache", held_up)
    monkeypatch.setattr(following, "BATCH_BYTES", BLOCK_BYTES)
    monkeypatch.setattr(following, "AHEAD_BYTES", 2 * BLOCK_BYTES)
    got = bytearray()
    with followed(root, got) as (staged, follower):
        writer = threading.Thread(target=write, args=(staged, follower, BODY))
        writer.start()
        writer.join(0.3)
        held = writer.is_alive(), staged.size
        may.set()
        writer.join()
        follower.join()

    assert held == (True, 3 * BLOCK_BYTES)
    assert bytes(got) == BODY


@pytest.mark.parametrize("after", [0, 3])
def test_what_ends_the_reading_ends_the_writing(
    root: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(following, "BATCH_BYTES", BLOCK_BYTES)
    left = after

    def refuse(_data: memoryview) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.EIO, "read back")

    with files.staged(root) as staged:
        follower = Follower(staged.fileno(), refuse)
        with pytest.raises(OSError, match="read back"):  # noqa: PT012 - wherever the writer happens to be
            write(staged, follower, BODY)
            follower.join()


def test_a_writer_that_gives_up_leaves_no_thread(root: Path) -> None:
    got, before = bytearray(), set(threading.enumerate())
    with followed(root, got) as (staged, follower):
        follower.wrote(staged.write(BODY[:BLOCK_BYTES]))

    assert not [one for one in threading.enumerate() if one.name == "read-back" and one not in before]
