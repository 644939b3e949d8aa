import os
from collections.abc import Callable
from pathlib import Path

import pytest

from securedoc.errors import HostFailed, HostRefused
from securedoc.system import files, planted
from securedoc.system.planted import Planted, State
from tests.faults.crash import power_cuts
from tests.support.system import needs_root

OWNER, OTHER = "a" * 32, "b" * 32


def two(root: Path, body: str = "[Unit]\n") -> tuple[Planted, Planted]:
    return Planted(root / "one.service", OWNER, body), Planted(root / "two.timer", OWNER, body)


def test_what_was_put_is_there_readable_and_put_once(root: Path) -> None:
    one, other = two(root)

    assert planted.put((one, other)) == (one.path, other.path)
    assert planted.put((one, other)) == ()
    assert one.path.read_bytes() == one.data
    assert one.path.stat().st_mode & 0o777 == 0o644
    assert one.state() is State.CURRENT


def test_what_we_wrote_earlier_is_brought_up_to_date(root: Path) -> None:
    planted.put(two(root))
    new = two(root, "[Unit]\nDescription=x\n")

    assert new[0].state() is State.OUTDATED
    assert len(planted.put(new)) == 2
    assert new[0].path.read_bytes() == new[0].data


@pytest.mark.parametrize(
    "data",
    [
        b"[Service]\nExecStart=/bin/evil\n",
        b"",
        planted.marked(OTHER, "[Unit]\n"),
        b"\n" + planted.marked(OWNER, "[Unit]\n"),
        b"# securedoc schedule/1 " + OWNER.encode() + b"\n",
        b"x" * (planted.MAX_BYTES + 1),
    ],
    ids=["another program's", "empty", "another vault's", "not on top", "without a digest", "too large"],
)
def test_a_foreign_file_is_neither_replaced_nor_removed(root: Path, data: bytes) -> None:
    one, other = two(root)
    other.path.write_bytes(data)

    with pytest.raises(HostRefused, match=r"two\.timer was not written by securedoc"):
        planted.put((one, other))
    with pytest.raises(HostRefused, match=r"two\.timer"):
        planted.take_away((one, other))

    assert other.path.read_bytes() == data
    assert not one.path.exists()  # nothing was written before all was known


def test_a_file_that_was_edited_is_neither_replaced_nor_removed(root: Path) -> None:
    one, other = two(root)
    planted.put((one, other))
    edited = one.data + b"Environment=MINE=1\n"
    one.path.write_bytes(edited)

    assert one.state() is State.CHANGED
    for act in (planted.put, planted.take_away):
        with pytest.raises(HostRefused, match="was edited"):
            act((one, other))

    assert one.path.read_bytes() == edited
    assert other.path.exists()


def test_a_planted_link_is_not_followed(root: Path) -> None:
    one, other = two(root)
    victim = root / "victim"
    victim.write_bytes(one.data)
    one.path.symlink_to(victim)

    for act in (planted.put, planted.take_away):
        with pytest.raises(HostRefused, match=r"one\.service"):
            act((one, other))

    assert victim.read_bytes() == one.data


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["directory", "fifo"])
def test_what_is_no_file_is_foreign(root: Path, make: Callable[[Path], None]) -> None:
    one, _ = two(root)
    make(one.path)

    assert one.state() is State.FOREIGN


@needs_root
def test_a_file_of_another_user_is_foreign_whatever_it_says(root: Path) -> None:
    one, _ = two(root)
    planted.put((one,))
    os.chown(one.path, 12345, -1)

    assert one.state() is State.FOREIGN


def test_a_file_that_others_may_write_is_foreign_whatever_it_says(root: Path) -> None:
    one, _ = two(root)
    planted.put((one,))
    one.path.chmod(0o666)

    assert one.state() is State.FOREIGN


def test_a_power_cut_leaves_whole_files_and_the_next_run_finishes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = two(root), two(root, "[Unit]\nDescription=after\n")
    planted.put(before)
    cuts = 0
    for _ in power_cuts(monkeypatch, lambda: planted.put(after)):
        cuts += 1
        for old, new in zip(before, after, strict=True):
            assert new.path.read_bytes() in {old.data, new.data}
        planted.put(after)
        assert all(one.state() is State.CURRENT for one in after)
        for one in before:
            files.replace(one.path, one.data, mode=planted.MODE)
    assert cuts > 3


def test_a_power_cut_while_removing_is_finished_by_the_next_removal(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuts = 0
    planted.put(two(root))
    for _ in power_cuts(monkeypatch, lambda: planted.take_away(two(root))):
        cuts += 1
        assert all(one.state() in {State.CURRENT, State.ABSENT} for one in two(root))
        planted.take_away(two(root))
        assert not any(root.iterdir())
        planted.put(two(root))
    assert cuts > 1


def test_a_disk_that_refuses_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_new", full)

    with pytest.raises(HostFailed, match=r"one\.service cannot be read or written: No space left"):
        planted.put(two(root))
