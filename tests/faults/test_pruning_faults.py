"""Cuts and errors while old snapshots are removed: what is kept stays whole, and the next run finishes."""

import errno
import functools
import itertools
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from securedoc.backup import media, media_set, pruning, run, state, trusting
from securedoc.backup.examine import Depth, Look
from securedoc.backup.pruneplan import Removal
from securedoc.backup.repair import repair
from securedoc.backup.verify import Report, verify
from securedoc.errors import BackupFailed, BackupIncomplete, BackupRefused
from securedoc.policy import keeping
from securedoc.system import par2, volumes
from tests.faults.crash import cut_before
from tests.support.backup import BackupWorld, copy_of, make_world
from tests.support.system import loop_device, needs_root


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    """A stick with three snapshots, the second with recovery data of its own; nobody changes it."""
    office = make_world(tmp_path_factory.mktemp("pruning-faults"))
    stick = office.stick()
    for _ in range(3):
        office.draft()
        office.backup(stick)
    return office


@pytest.fixture(autouse=True)
def moved_not_copied(made: BackupWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of a directory is refused as another medium, rightly; here it stands for the same one."""
    facts = media.volume_facts(usb(made), volumes.volume(usb(made)))
    monkeypatch.setattr(media, "volume_facts", lambda _path, _volume: facts)


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


@pytest.mark.parametrize("every", [173, pytest.param(1, marks=pytest.mark.slow)])
def test_power_may_fail_before_any_step_of_a_pruning(
    made: BackupWorld, root: Path, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
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
    assert cuts >= 1


@pytest.mark.parametrize(
    ("at", "number", "code"),
    [
        ("fsync", 12, errno.EIO),
        ("rename", 3, errno.EIO),
        ("unlink", 2, errno.EIO),
        ("unlink", 40, errno.EROFS),
        ("mkdir", 1, errno.ENOSPC),
    ],
)
def test_an_error_of_the_medium_is_named_and_what_stays_is_whole(  # noqa: PLR0913, PLR0917 - which call
    made: BackupWorld, root: Path, monkeypatch: pytest.MonkeyPatch, at: str, number: int, code: int
) -> None:
    office = copy_of(made, root)
    real: Callable[..., object] = getattr(os, at)
    seen = 0

    def failing(target: object, *args: object, **options: object) -> object:
        nonlocal seen
        opened = Path(f"/proc/self/fd/{target}")
        where = str(opened.readlink() if isinstance(target, int) else target)
        if where.startswith(f"{usb(office)}/"):
            seen += 1
            if seen >= number:  # and every one after it: a medium that fails once goes on failing
                raise OSError(code, os.strerror(code))
        return real(target, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, at, failing)
        with pytest.raises((BackupIncomplete, BackupFailed)) as failed:
            prune(office)

    assert re.search("USB 1|could not be read|unreadable", str(failed.value))
    for ledger in (True, False):
        after = look_at(office, ledger=ledger)
        assert (after.defects, after.snapshots[-1].number) == ((), 3)
    with office.opened() as opened:
        state.clean(media.choose(opened, usb(office)))
    done = prune(office)
    assert done is not None
    finished = look_at(office, ledger=True)
    assert (finished.defects, finished.leftovers) == ((), ())
    assert [one.number for one in finished.snapshots] == [3]


@pytest.mark.skipif(par2.program() is None, reason="par2 is not installed")
@pytest.mark.parametrize("how", ["flip", "cut", "gone"])
@pytest.mark.parametrize("each", ["pruned.json", pytest.param("*", marks=pytest.mark.slow)])
def test_whatever_is_damaged_in_the_list_of_removals_is_found_and_repaired(
    made: BackupWorld, root: Path, how: str, each: str
) -> None:
    office = copy_of(made, root)
    prune(office)
    directory = media_set.find(usb(office))
    files = [path for path in directory.glob(f"pruning-*/**/{each}") if path.is_file()]
    assert len(files) == (7 if each == "*" else 1)
    for path in files:
        before = path.read_bytes()
        if how == "gone":
            path.unlink()
        else:
            path.write_bytes(
                before[:-1] if how == "cut" else before[:-2] + bytes([before[-2] ^ 4]) + before[-1:]
            )

        found = look_at(office, ledger=True)
        with office.opened() as opened:
            repair(directory, Look(trusting.trust(opened), opened.now(), Depth.FULL)).require()

        assert {one.path.partition("/")[0] for one in found.defects} == {"pruning-0001"}, path
        assert path.read_bytes() == before
        assert look_at(office, ledger=True).defects == ()


@needs_root
@pytest.mark.loop_device
def test_a_full_exfat_stick_is_pruned_and_takes_the_next_backup(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(keeping, "kept", lambda made, _rule, _now: frozenset({max(made)}))
    office = make_world(root)
    with loop_device(root, "exfat", size_bytes=24 << 20) as mount:
        with office.opened() as opened:
            media.register(opened, mount, label="USB 9", keeper="Đỗ Thị Em")
            for _ in range(3):
                run.run(opened, mount, keep_all=True)
        (mount / "films").write_bytes(bytes(volumes.volume(mount).free_bytes - (1600 << 10)))
        with office.opened() as opened, pytest.raises(BackupRefused) as refused:
            run.run(opened, mount)

        with office.opened() as opened:
            pruned = pruning.by_hand(opened, mount, dry_run=False)
            done = run.run(opened, mount)
            known = trusting.known(opened, done.medium)
            found = verify(mount, Look(trusting.trust(opened), opened.now(), Depth.FULL), known=known)

    assert int(refused.value.facts["freed"]) > 1 << 20
    assert pruned.removal is not None
    assert pruned.removal.snapshots == (1, 2)
    assert done.pruned is not None
    assert done.pruned.left == (4,)
    assert (found.defects, found.leftovers) == ((), ())
