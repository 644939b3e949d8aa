import errno
import fcntl
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from securedoc.core.digests import Digest
from securedoc.errors import DocumentBusy
from securedoc.system import copying, files, volumes
from tests.faults.crash import power_cuts


def test_a_new_file_is_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "entry"

    files.write_new(path, b"content")

    assert path.read_bytes() == b"content"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert files.leftovers(tmp_path) == ()


def test_a_new_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    path = tmp_path / "entry"
    path.write_bytes(b"first")

    with pytest.raises(FileExistsError):
        files.write_new(path, b"second")

    assert path.read_bytes() == b"first"


def test_a_dangling_link_counts_as_something_there(tmp_path: Path) -> None:
    path = tmp_path / "entry"
    path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FileExistsError):
        files.write_new(path, b"second")

    assert not (tmp_path / "elsewhere").exists()


def test_replacing_leaves_no_other_name(tmp_path: Path) -> None:
    path = tmp_path / "head"
    path.write_bytes(b"old")

    files.replace(path, b"new")

    assert path.read_bytes() == b"new"
    assert [child.name for child in tmp_path.iterdir()] == ["head"]


@pytest.fixture
def fat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take nameless files and hard links away, as FAT does."""
    real = os.open

    def refuse(path: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "no nameless files here")
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(os, "link", no_links)


def no_links(*_: object, **__: object) -> None:
    raise OSError(errno.EPERM, "no hard links here")


@pytest.mark.usefixtures("fat")
def test_files_are_written_and_replaced_where_there_are_no_links(tmp_path: Path) -> None:
    path = tmp_path / "entry"

    files.write_new(path, b"first")
    files.replace(path, b"second")

    assert path.read_bytes() == b"second"
    assert files.leftovers(tmp_path) == ()
    with pytest.raises(FileExistsError):
        files.write_new(path, b"third")


@pytest.mark.usefixtures("fat")
def test_an_abandoned_file_leaves_nothing_where_it_needed_a_name(tmp_path: Path) -> None:
    with files.staged(tmp_path) as file:
        file.write(b"half")

    assert list(tmp_path.iterdir()) == []


def test_an_abandoned_file_leaves_nothing(tmp_path: Path) -> None:
    with files.staged(tmp_path) as file:
        file.write(b"half")

    assert list(tmp_path.iterdir()) == []


def test_a_large_staged_file_is_whole(tmp_path: Path) -> None:
    block = bytes(range(256)) * 4096

    with files.staged(tmp_path) as file:
        for _ in range(20):
            file.write(block)
        file.publish(tmp_path / "large")

    assert (tmp_path / "large").read_bytes() == block * 20
    assert file.size == 20 * len(block)


WRITERS: dict[str, Callable[[Path], None]] = {
    "replace": lambda path: files.replace(path, b"new"),
    "write_new": lambda path: files.write_new(path.with_name("other"), b"new"),
}


@pytest.mark.parametrize("links", ["posix", "fat"])
@pytest.mark.parametrize("name", WRITERS)
def test_after_a_power_cut_a_file_is_old_or_new(
    name: str, links: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if links == "fat":
        request.getfixturevalue("fat")
    cuts = 0

    def write() -> None:
        WRITERS[name](tmp_path / f"run{cuts}" / "head")

    world = tmp_path / "run0"
    world.mkdir()
    (world / "head").write_bytes(b"old")
    for cut in power_cuts(monkeypatch, write):
        contents = {path.name: path.read_bytes() for path in world.iterdir()}
        left = {path.name for path in files.leftovers(world)}
        assert contents.pop("head") in {b"old", b"new"}
        assert all(data == b"new" for key, data in contents.items() if key not in left)
        cuts = cut
        world = tmp_path / f"run{cut}"
        world.mkdir()
        (world / "head").write_bytes(b"old")

    assert cuts >= 3
    assert files.leftovers(world) == ()


def test_a_rename_never_lands_on_something(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    with pytest.raises(FileExistsError):
        files.rename_durable(tmp_path / "a", tmp_path / "b")
    files.rename_durable(tmp_path / "a", tmp_path / "b" / "c")

    assert (tmp_path / "b" / "c").is_dir()
    assert not (tmp_path / "a").exists()


def test_a_rename_is_done_or_not_done_after_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "staging", tmp_path / "snapshot"
    source.mkdir()
    (source / "file").write_bytes(b"kept")

    def rename() -> None:
        if source.exists():
            files.rename_durable(source, target)

    for _ in power_cuts(monkeypatch, rename):
        assert source.exists() != target.exists()

    assert (target / "file").read_bytes() == b"kept"


def test_reading_refuses_links_fifos_directories_and_excess(tmp_path: Path) -> None:
    plain, link, fifo = tmp_path / "plain", tmp_path / "link", tmp_path / "fifo"
    plain.write_bytes(b"12345")
    link.symlink_to(plain)
    os.mkfifo(fifo)

    codes = []
    for path, limit in ((link, 9), (fifo, 9), (tmp_path, 9), (plain, 4)):
        with pytest.raises(OSError, match=path.name) as caught:
            files.read_bounded(path, limit)
        codes.append(caught.value.errno)

    assert codes == [errno.ELOOP, errno.EINVAL, errno.EINVAL, errno.EFBIG]
    assert files.read_bounded(plain, 5) == b"12345"


def test_a_copy_tells_the_digest_of_what_it_read(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"x" * 3_000_000)

    digest, size = copying.copy_stream(source, target)

    assert target.read_bytes() == source.read_bytes()
    assert (digest, size) == (Digest.of(b"x" * 3_000_000), 3_000_000)
    with pytest.raises(FileExistsError):
        copying.copy_stream(source, target)


def test_reading_back_gives_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc" * 1000)

    assert b"".join(files.read_back(path, 512)) == b"abc" * 1000


def test_directories_are_made_private_with_their_parents(tmp_path: Path) -> None:
    files.make_dirs(tmp_path / "a" / "b")
    files.make_dirs(tmp_path / "a" / "b")
    (tmp_path / "file").touch()

    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700
    with pytest.raises(FileExistsError):
        files.make_dirs(tmp_path / "file")


def test_removing_a_tree_follows_no_link(tmp_path: Path) -> None:
    keep = tmp_path / "keep"
    keep.mkdir()
    (keep / "file").touch()
    tree = tmp_path / "tree" / "deep"
    files.make_dirs(tree)
    (tree / "file").touch()
    (tree / "link").symlink_to(keep)

    files.remove_tree(tmp_path / "tree")
    files.remove_tree(tmp_path / "tree")
    files.remove(tmp_path / "never there")

    assert (keep / "file").exists()
    assert not (tmp_path / "tree").exists()


def test_a_tree_deeper_than_a_program_may_call_itself_is_removed(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    deepest = os.open(tree, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=deepest)
        above, deepest = deepest, os.open("d", os.O_RDONLY, dir_fd=deepest)
        os.close(above)
    os.close(deepest)

    files.remove_tree(tmp_path / "tree")

    assert list(tmp_path.iterdir()) == []


def test_a_link_in_place_of_a_tree_is_removed_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_bytes(b"x")
    (tmp_path / "tree").symlink_to(tmp_path / "precious")

    files.remove_tree(tmp_path / "tree")

    assert (tmp_path / "precious" / "file").read_bytes() == b"x"
    assert not (tmp_path / "tree").is_symlink()


def test_a_held_lock_is_refused_and_tells_who_holds_it(tmp_path: Path) -> None:
    def busy(holder: str) -> DocumentBusy:
        return DocumentBusy("{holder} is editing", holder=holder)

    with files.locked(tmp_path / "lock", holder="records-1"):
        with pytest.raises(BlockingIOError), files.locked(tmp_path / "lock"):
            pass
        with (
            pytest.raises(DocumentBusy, match="records-1 is editing"),
            files.locked(tmp_path / "lock", wait_s=0.06, busy=busy),
        ):
            pass

    with files.locked(tmp_path / "lock"):
        pass


def test_a_tree_can_be_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.make_dirs(tmp_path / "a" / "b")
    (tmp_path / "a" / "b" / "file").touch()
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    files.sync_tree(tmp_path / "a")

    assert synced == ["file", "b", "a"]


def test_a_whole_file_system_can_be_synced(tmp_path: Path) -> None:
    volumes.sync_filesystem(tmp_path)

    with pytest.raises(FileNotFoundError):
        volumes.sync_filesystem(tmp_path / "none")


def test_a_lock_whose_file_was_removed_meanwhile_is_not_held_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fcntl.flock
    removed: list[bool] = []

    def removed_between(descriptor: int, how: int) -> None:
        if not removed:  # the holder before us ends between our opening and our lock
            removed.append(True)
            (tmp_path / "lock").unlink()
        real(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", removed_between)

    with files.locked(tmp_path / "lock"), pytest.raises(BlockingIOError), files.locked(tmp_path / "lock"):
        pass

    assert (tmp_path / "lock").exists()


def test_a_file_system_that_went_read_only_after_an_error_can_still_be_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    answer = errno.EROFS

    def failing(_descriptor: int) -> None:
        raise OSError(answer, os.strerror(answer))

    monkeypatch.setattr(os, "fsync", failing)

    assert b"".join(files.read_back(path)) == b"x"
    answer = errno.EIO
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        b"".join(files.read_back(path))
