"""Cuts and errors while old snapshots are removed: what is kept stays whole, and the next run finishes."""

import functools
import itertools
import shutil
from pathlib import Path

import pytest

from securedoc.backup import media, media_set, pruning, trusting
from securedoc.backup.examine import Depth, Look
from securedoc.backup.pruneplan import Removal
from securedoc.backup.verify import Report, verify
from securedoc.system import volumes
from tests.faults.crash import cut_before
from tests.support.backup import BackupWorld, copy_of, make_world


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    """A stick with three snapshots, the second with recovery data of its own; nobody changes it."""
    office = make_world(tmp_path_factory.mktemp("pruning-faults"))
    stick = office.stick()
    for _ in range(3):
        office.draft()
        office.backup(stick)
    return office


def usb(office: BackupWorld) -> Path:
    return office.world.root / "usb"


def prune(office: BackupWorld) -> Removal | None:
    with office.opened() as opened:
        return pruning.prune(opened, media.choose(opened, usb(office)), frozenset({3}))


def look_at(office: BackupWorld, *, ledger: bool) -> Report:
    with office.opened() as opened:
        directory = media_set.find(usb(office))
        look = Look(trusting.trust(opened), opened.now(), Depth.FULL)
        known = trusting.known(opened, str(media_set.stated_medium(directory)))
        return verify(directory, look, known=known if ledger else None)


@pytest.mark.parametrize("every", [29, pytest.param(1, marks=pytest.mark.slow)])
def test_power_may_fail_before_any_step_of_a_pruning(
    made: BackupWorld, root: Path, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    facts = media.volume_facts(usb(made), volumes.volume(usb(made)))
    monkeypatch.setattr(media, "volume_facts", lambda _path, _volume: facts)
    cuts = 0
    for cut in itertools.count(1 + every // 2, every):
        office = copy_of(made, root / str(cut))

        was_cut = cut_before(cut, monkeypatch, functools.partial(prune, office))

        for ledger in (True, False):
            after = look_at(office, ledger=ledger)
            assert after.defects == (), cut
            assert after.snapshots[-1].number == 3, cut
        office.draft()
        office.backup(usb(office))
        with office.opened() as opened:
            medium = media.choose(opened, usb(office))
            pruning.prune(opened, medium, frozenset({4}))
            rows = {row.snapshot: row.pruned is not None for row in opened.ledger.snapshots()}
            assert opened.ledger.check(opened.session.genesis_pin).defects == (), cut
        finished = look_at(office, ledger=True)
        assert (finished.defects, finished.leftovers) == ((), ()), cut
        assert rows == {1: True, 2: True, 3: True, 4: False}, cut
        assert finished.protection.protected == finished.protection.bags
        if not was_cut:
            break
        cuts += 1
        shutil.rmtree(root / str(cut))
    assert cuts >= 3
