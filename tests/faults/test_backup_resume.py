"""An interrupted backup goes on where it was: what is whole on the medium is not written again."""

import errno
import functools
import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from securedoc.backup import media_set, packing, run, trusting
from securedoc.backup.examine import Depth, Look
from securedoc.backup.layout import BagKind
from securedoc.backup.run import Done
from securedoc.backup.verify import Report, verify
from securedoc.errors import BackupFailed, DocumentUntrusted
from securedoc.system import files
from tests.faults.crash import cut_before
from tests.support.backup import BackupWorld, copy_of, make_world

DRAFTS = 4
OBJECTS = 2 * DRAFTS


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    """A vault nobody changes: eight objects."""
    world = make_world(tmp_path_factory.mktemp("resume"))
    world.draft(DRAFTS - 2)
    return world


@pytest.fixture(autouse=True)
def _two_objects_a_bag(monkeypatch: pytest.MonkeyPatch) -> None:
    divide = packing.into_packs
    monkeypatch.setattr(packing, "into_packs", functools.partial(divide, objects=2))


@pytest.fixture
def office(made: BackupWorld, root: Path) -> BackupWorld:
    return copy_of(made, root)


def whole_packs(stick: Path) -> dict[Path, int]:
    """Return the packs of bags that exist, and which file each is."""
    found = media_set.find(stick).glob("objects-*/data/pack-*.tar")
    return {path: path.stat().st_ino for path in found}


def written(office: BackupWorld, stick: Path) -> Done:
    """Back up without recovery data."""
    with office.opened() as opened:
        return run.run(opened, stick, parity_percent=0)


def look_at(office: BackupWorld, stick: Path) -> Report:
    with office.opened() as opened:
        directory = media_set.find(stick)
        stated = media_set.stated_medium(directory)
        assert stated is not None
        look = Look(trusting.trust(opened), opened.now(), Depth.FULL)
        return verify(stick, look, known=trusting.known(opened, stated))


def test_objects_lie_in_several_bags_and_all_hold(office: BackupWorld) -> None:
    stick = office.stick()

    done = written(office, stick)

    bags = [bag for bag in media_set.listing(media_set.find(stick)).bags if bag.kind is BagKind.OBJECTS]
    assert [bag.number for bag in bags] == [1, 2, 3, 4]
    assert (done.made.objects, done.made.new_objects) == (OBJECTS, OBJECTS)
    assert look_at(office, stick).defects == ()


@pytest.mark.parametrize("every", [11, pytest.param(1, marks=pytest.mark.slow)])
def test_a_run_after_a_cut_before_any_step_writes_the_rest_only(
    made: BackupWorld, root: Path, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    seen = set()
    for cut in itertools.count(every // 2, every):
        office = copy_of(made, root / str(cut))
        stick = office.stick()

        was_cut = cut_before(cut, monkeypatch, functools.partial(written, office, stick))

        before = whole_packs(stick)
        done = written(office, stick)
        after = whole_packs(stick)
        assert before.items() <= after.items(), cut
        if done.adopted:  # the snapshot was there, only its entry was not
            assert done.made.new_objects == 0, cut
        elif was_cut:
            assert done.made.new_objects == OBJECTS - 2 * len(before), cut
        found = look_at(office, stick)
        assert (found.defects, found.leftovers) == ((), ()), cut
        assert found.snapshots[-1].objects == OBJECTS
        seen.add(len(before))
        shutil.rmtree(root / str(cut))
        if not was_cut:
            break
    assert seen >= {0, 4}


def test_a_stick_that_fails_after_some_bags_keeps_them(
    office: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = office.stick()
    real = files.rename_durable

    def failing(source: Path, target: Path) -> None:
        if target.name == "objects-0003":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(files, "rename_durable", failing)
        with pytest.raises(BackupFailed):
            written(office, stick)
    left = whole_packs(stick)
    done = written(office, stick)

    assert {path.parts[-3] for path in left} == {"objects-0001", "objects-0002"}
    assert done.made.new_objects == OBJECTS - 4
    assert left.items() <= whole_packs(stick).items()
    assert look_at(office, stick).defects == ()


def test_a_bag_that_was_damaged_since_the_cut_is_written_again_and_the_others_are_not(
    office: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = office.stick()

    def no_snapshot(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr("securedoc.backup.compose.write_snapshot", no_snapshot)
        with pytest.raises(BackupFailed):
            written(office, stick)
    damaged = media_set.find(stick) / "objects-0002/data/pack-0001.tar"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    done = written(office, stick)

    assert done.made.new_objects == 2
    assert look_at(office, stick).defects == ()


def test_an_object_damaged_in_the_vault_stops_the_backup_and_keeps_the_bags_before_it(
    office: BackupWorld,
) -> None:
    stick = office.stick()
    last = max(office.place.objects.glob("??/*"), key=lambda path: path.name)
    body = last.read_bytes()
    last.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))

    with pytest.raises(DocumentUntrusted, match=last.name):
        written(office, stick)
    before = whole_packs(stick)
    last.write_bytes(body)
    done = written(office, stick)

    assert len(before) == 3
    assert done.made.new_objects == 2


_INTERRUPTED = """
import functools, sys
from pathlib import Path
from securedoc.backup import packing, run
from securedoc.core.protocols import NoProgress
from tests.support.backup import BackupWorld
from tests.support.office import World
import dataclasses, time

packing.into_packs = functools.partial(packing.into_packs, objects=2)
class Slow(NoProgress):
    def advance(self, by):
        time.sleep(0.2)
world = BackupWorld(World(Path(sys.argv[1])))
with world.opened() as office:
    run.run(dataclasses.replace(office, progress=Slow()), Path(sys.argv[2]), parity_percent=0)
"""


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_ctrl_c_and_a_kill_keep_what_was_finished(office: BackupWorld, stop: signal.Signals) -> None:
    stick = office.stick()
    argv = [sys.executable, "-c", _INTERRUPTED, str(office.world.root), str(stick)]
    child = subprocess.Popen(argv, stderr=subprocess.PIPE, cwd=Path(__file__).resolve().parents[2])
    deadline = time.monotonic() + 60
    while not whole_packs(stick) and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    child.send_signal(stop)
    child.communicate(timeout=60)

    before = whole_packs(stick)
    done = written(office, stick)

    assert child.returncode != 0
    assert 0 < len(before) < DRAFTS
    assert before.items() <= whole_packs(stick).items()
    assert done.made.new_objects == OBJECTS - 2 * len(before)
    assert look_at(office, stick).defects == ()
