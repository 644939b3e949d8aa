"""Whatever happens during a repair, nothing on the medium is worse than before, and the next run finishes."""

import contextlib
import errno
import functools
import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from securedoc.backup import layout, media_set
from securedoc.backup.repair import Outcome, repair
from securedoc.core.digests import Digest
from securedoc.errors import BackupFailed, BackupIncomplete, BackupRefused
from securedoc.system import files, par2
from tests.faults.crash import cut_before
from tests.support import media
from tests.support.backup import BackupWorld, make_world
from tests.support.media import Stick, body, files_of, sealed
from tests.support.system import call, loop_device, needs_root, needs_strace

REPOSITORY = Path(__file__).resolve().parents[2]
PACK = "objects-0001/data/pack-0001.tar"
LEDGER = "snapshot-0001/data/ledger.db"
pytestmark = pytest.mark.skipif(par2.program() is None, reason="par2 is not installed")

State = dict[str, Digest]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A protected medium nobody changes."""
    root = tmp_path_factory.mktemp("repair-faults")
    (root / "vault").mkdir()
    stick = Stick(root / "stick").register()
    stick.objects(1, sealed(body(1, 100_000), into=root / "vault")).snapshot(1).protect()
    return stick.root


def state(directory: Path) -> State:
    return {
        path.relative_to(directory).as_posix(): Digest.of(path.read_bytes()) for path in files_of(directory)
    }


def damaged(made: Path, root: Path) -> tuple[Stick, State, State]:
    """Return a damaged copy, what it was, and what it is."""
    shutil.copytree(made, root / "stick")
    stick = Stick(root / "stick")
    good = state(stick.directory)
    for name in (PACK, LEDGER, "snapshot-0001/manifest-sha256.txt", "parity-0002/data/0001.par2"):
        data = bytearray((stick.directory / name).read_bytes())
        data[len(data) // 3] ^= 4
        (stick.directory / name).write_bytes(data)
    (stick.directory / layout.AUTHORITY).unlink()
    (stick.directory / "snapshot-0001/data/vault.json").unlink()
    return stick, good, state(stick.directory)


def fix(stick: Stick) -> Outcome:
    return repair(stick.root, media.look())


def expect_no_worse(stick: Stick, good: State, bad: State, when: object) -> None:
    """Expect that each file is as it was signed, or as it was before the repair."""
    now = state(stick.directory)
    for name, digest in now.items():
        leftover = Path(name).name.startswith(".~") and name not in good
        assert leftover or digest in {good[name], bad.get(name)}, (when, name)
    assert now.keys() >= bad.keys(), when


@pytest.mark.parametrize("every", [23, pytest.param(1, marks=pytest.mark.slow)])
def test_power_may_fail_before_any_step_of_a_repair(
    made: Path, root: Path, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    for cut in itertools.count(1, every):
        stick, good, bad = damaged(made, root / str(cut))

        was_cut = cut_before(cut, monkeypatch, functools.partial(fix, stick))

        expect_no_worse(stick, good, bad, cut)
        fix(stick).require()
        assert state(stick.directory) == good, cut
        if not was_cut:
            break
        shutil.rmtree(root / str(cut))


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("write", errno.EIO),
        ("write", errno.ENOSPC),
        ("fsync", errno.EIO),
        ("replace", errno.EROFS),
        ("link", errno.ENODEV),
        ("mkdir", errno.ENOSPC),
    ],
)
def test_an_error_while_repaired_files_are_put_in_place_is_named(
    made: Path, root: Path, monkeypatch: pytest.MonkeyPatch, at: str, code: int
) -> None:
    stick, good, bad = damaged(made, root)
    if at == "mkdir":
        shutil.rmtree(stick.directory / "snapshot-0001/data/keyring")
        bad = state(stick.directory)
    real: Callable[..., object] = getattr(os, at)

    def failing(target: object, *args: object, **options: object) -> object:
        where = str(Path(f"/proc/self/fd/{target}").readlink() if isinstance(target, int) else target)
        on_stick = where.startswith(f"{stick.root}/") or any(
            str(one).startswith(f"{stick.root}/") for one in args
        )
        writable = not isinstance(target, int) or os.get_blocking(target) is not None
        if on_stick and writable and not (at == "fsync" and not where.endswith("(deleted)")):
            raise OSError(code, os.strerror(code))
        return real(target, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, at, failing)
        with pytest.raises(BackupFailed, match="nothing is worse than before"):
            fix(stick)

    expect_no_worse(stick, good, bad, at)
    fix(stick).require()
    assert state(stick.directory) == good


def test_unreadable_places_are_read_around_and_repaired(
    made: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(made, root / "stick")
    stick = Stick(root / "stick")
    good = state(stick.directory)
    bad_sectors = {(PACK, 8192), (PACK, 70000), ("objects-0001/bagit.txt", 0)}
    real = os.pread

    def failing(descriptor: int, size: int, at: int) -> bytes:
        where = Path(f"/proc/self/fd/{descriptor}").readlink()
        for name, sector in bad_sectors:
            if where == stick.directory / name and at < sector + 512 and sector < at + size:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(descriptor, size, at)

    for name, sector in bad_sectors:
        # What the medium gives there is an error; if anybody looked past it, it would be other bytes.
        data = bytearray((stick.directory / name).read_bytes())
        data[sector : sector + 512] = bytes(min(512, len(data) - sector))
        (stick.directory / name).write_bytes(data)
    monkeypatch.setattr(os, "pread", failing)
    real_replace = files.Staged.publish

    def remapped(staged: files.Staged, path: Path, *, over: bool = False) -> None:
        # A sector that is written again is a good one again.
        bad_sectors.difference_update({one for one in bad_sectors if stick.directory / one[0] == path})
        real_replace(staged, path, over=over)

    monkeypatch.setattr(files.Staged, "publish", remapped)
    done = fix(stick)

    done.require()
    assert {one.path for one in done.repaired} == {PACK, "objects-0001/bagit.txt"}
    assert state(stick.directory) == good


def command(stick: Stick, root: Path, *injections: str) -> subprocess.CompletedProcess[bytes]:
    """Repair in a process of its own whose system calls fail as told."""
    trust = root / "authority.der"
    trust.write_bytes(media.authority().certificate)
    return subprocess.run(
        [
            *("strace", "-f", "-qq", "-o", "/dev/null", *injections),
            *(sys.executable, "-m", "securedoc", "backup", "repair", str(stick.root), "--trust", str(trust)),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
        timeout=300,
    )


# A start under strace for each: what is swept wholly is in test_every_call.py, from a warm process.
SAMPLE = [
    ("fsync", "signal=SIGKILL", 30),
    ("rename", "signal=SIGKILL", 2),
    ("rename", "error=EROFS", 1),
    ("pread64", "error=EIO", 5),
]


@needs_strace
@pytest.mark.strace
def test_a_repair_that_is_killed_or_fails_leaves_nothing_worse_and_is_finished_by_the_next(
    made: Path, root: Path
) -> None:
    for number, (step, effect, when) in enumerate(SAMPLE):
        stick, good, bad = damaged(made, root / str(number))

        ended = command(stick, root, "-e", f"inject={step}:{effect}:when={when}")

        said = (step, effect, when, ended.stderr)
        expect_no_worse(stick, good, bad, said)
        if "SIGKILL" in effect and ended.returncode in {0, -signal.SIGKILL, 128 + signal.SIGKILL}:
            pass
        elif "SIGKILL" in effect:
            # It was par2 that was killed: that is no answer, and has a name.
            assert ended.returncode == BackupFailed.exit_code, said
        elif b", in echo" not in ended.stderr:  # the terminal's own writes are answered with the error, too
            assert ended.returncode == 0 or ended.returncode >= 10, said
        fix(stick).require()
        assert state(stick.directory) == good, said
        shutil.rmtree(root / str(number))


@pytest.fixture
def mounted(made: Path, root: Path) -> Iterator[tuple[Stick, State]]:
    """A damaged medium on a file system of its own, of 4 MiB."""
    with loop_device(root, "ext4", size_bytes=4 << 20) as mount:
        directory = layout.set_name(media.VAULT)
        shutil.copytree(made / directory, mount / directory)
        stick = Stick(mount)
        good = state(stick.directory)
        data = bytearray((stick.directory / PACK).read_bytes())
        data[5000] ^= 1
        (stick.directory / PACK).write_bytes(data)
        yield stick, good


@needs_root
@pytest.mark.loop_device
def test_a_medium_that_cannot_be_written_is_refused_by_name_and_repaired_elsewhere(
    mounted: tuple[Stick, State], root: Path
) -> None:
    stick, good = mounted
    call("mount", "-o", "remount,ro", str(stick.root))

    with pytest.raises(BackupRefused, match="cannot be written"):
        fix(stick)
    repair(stick.root, media.look(), into=root / "repaired").require()

    assert state(root / "repaired" / layout.set_name(media.VAULT)) == good


@needs_root
@pytest.mark.loop_device
def test_a_stick_of_exfat_is_repaired(made: Path, root: Path) -> None:
    with loop_device(root, "exfat", size_bytes=32 << 20) as mount:
        shutil.copytree(
            made / layout.set_name(media.VAULT),
            mount / layout.set_name(media.VAULT),
            copy_function=shutil.copyfile,
        )
        stick = Stick(mount)
        good = state(stick.directory)
        for name in (PACK, "snapshot-0001/bag-info.txt"):
            data = bytearray((stick.directory / name).read_bytes())
            data[5] ^= 1
            (stick.directory / name).write_bytes(data)
        (stick.directory / layout.IDENTITY).unlink()

        done = fix(stick)

        done.require()
        assert len(done.repaired) == 3
        assert state(stick.directory) == good


def fill(path: Path) -> None:
    """Write until the file system is full."""
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


@needs_root
@pytest.mark.loop_device
def test_a_full_medium_is_refused_by_name_and_left_as_it_is(mounted: tuple[Stick, State]) -> None:
    stick, good = mounted
    fill(stick.root / "full")
    before = state(stick.root)

    with pytest.raises(BackupRefused, match="too full"):
        fix(stick)

    assert state(stick.root) == before
    (stick.root / "full").unlink()
    fix(stick).require()
    assert state(stick.directory) == good


@pytest.fixture
def office(root: Path) -> BackupWorld:
    return make_world(root)


def test_recovery_data_that_was_cut_off_is_made_by_the_next_backup_and_the_snapshot_counts(
    office: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = office.stick()
    real = files.rename_durable

    def pulled(source: Path, target: Path) -> None:
        if target.name == "parity-0002":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(files, "rename_durable", pulled)
        with pytest.raises(BackupIncomplete, match="snapshot 1 is on USB 1 and recorded"):
            office.backup(stick)
    directory = media_set.find(stick)
    first = (directory / "parity-0001").stat()
    with office.opened() as opened:
        assert [row.snapshot for row in opened.ledger.snapshots()] == [1]

    done = office.backup(stick)

    # Two snapshots and no new objects: the first one's, which was missing, and its own.
    assert (done.made.snapshot, done.made.new_objects, done.protected.bags) == (2, 0, 2)
    assert (directory / "parity-0001").stat().st_ino == first.st_ino
    assert {path.name for path in directory.glob("parity-*")} == {"parity-0001", "parity-0002", "parity-0003"}


def test_recovery_data_is_made_once_and_not_again(office: BackupWorld) -> None:
    stick = office.stick()
    assert office.backup(stick).protected.bags == 2
    office.draft()

    assert office.backup(stick).protected.bags == 2
