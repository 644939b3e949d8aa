"""A stick pulled out, full or failing in the middle of a backup keeps what was acknowledged."""

import contextlib
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from securedoc.backup import media_set, run, trusting
from securedoc.backup.examine import Depth, Look
from securedoc.backup.verify import Report, verify
from securedoc.errors import BackupFailed, BackupIncomplete, BackupRefused
from tests.support.backup import BackupWorld, copy_of, make_world
from tests.support.pulling import At, PulledStick, failing_stick, pulled_stick
from tests.support.system import call, needs_root
from tests.support.tally import Tally

SEED = 20261124
pytestmark = [needs_root, pytest.mark.loop_device]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    return make_world(tmp_path_factory.mktemp("pulled"))


@pytest.fixture
def office(made: BackupWorld, root: Path) -> BackupWorld:
    return copy_of(made, root)


def look_at(office: BackupWorld, stick: Path) -> Report:
    with office.opened() as opened:
        stated = media_set.stated_medium(media_set.find(stick))
        assert stated is not None
        look = Look(trusting.trust(opened), opened.now(), Depth.FULL)
        return verify(stick, look, known=trusting.known(opened, stated))


def recorded(office: BackupWorld) -> set[int]:
    with office.opened() as opened:
        return {row.snapshot for row in opened.ledger.snapshots()}


def write(office: BackupWorld, stick: Path, act: At) -> bool | None:
    """Back up with something happening in the middle; None: it failed, False: but for recovery data."""
    with office.opened() as opened:
        try:
            run.run(replace(opened, progress=act), stick)
        except BackupIncomplete:
            return False
        except (BackupFailed, BackupRefused):
            return None
    return True


def points(count: int | None) -> Iterator[float]:
    """Yield where in a backup something happens: from its first byte to its last."""
    chance = random.Random(SEED)  # noqa: S311 - places, not secrets
    return iter([chance.random() for _ in range(count or 0)])


def trial(
    office: BackupWorld, stick: PulledStick, part: float, act: Callable[[], None], heal: Callable[[], None]
) -> None:
    """Back up with `act` in the middle; put the stick in again; nothing acknowledged is missing."""
    mount = stick.mount
    before = [one.number for one in look_at(office, mount).snapshots]
    known = recorded(office)
    office.draft()
    ended = write(office, mount, At(int(part * TOTAL), act))
    stick.take_away()
    stick.plug_in()

    found = look_at(office, mount)

    assert found.defects == (), part
    numbers = [one.number for one in found.snapshots]
    assert numbers in (before, [*before, before[-1] + 1]), part
    if ended is not None:  # acknowledged
        assert (numbers[-1], recorded(office)) == (before[-1] + 1, {*known, before[-1] + 1})
    heal()
    done = office.backup(mount)
    after = look_at(office, mount)
    assert (after.defects, after.leftovers) == ((), ())
    assert after.snapshots[-1].number == done.made.snapshot
    assert recorded(office) == {one.number for one in after.snapshots}


def checked(stick: PulledStick) -> None:
    """Do what the program asks for where errors were noted on a file system."""
    stick.take_away()
    stick.check()
    stick.plug_in()


def _nothing() -> None:
    """Nothing has to be mended."""


TOTAL = 2_000_000
"""Bytes that progress tells of in one of these backups, about."""
COUNTS = pytest.mark.parametrize(
    "count", [1, pytest.param(25, marks=pytest.mark.slow)], ids=["once", "often"]
)


@COUNTS
@pytest.mark.parametrize("filesystem", ["ext4", "xfs", "exfat", "ntfs"])
def test_a_stick_pulled_out_anywhere_in_a_backup_keeps_what_was_acknowledged(
    office: BackupWorld, root: Path, filesystem: str, count: int, tally: Tally
) -> None:
    with pulled_stick(filesystem, root) as stick:
        office.stick("mount")
        office.backup(stick.mount)
        for part in points(tally.take(count)):
            trial(office, stick, part, stick.pull, _nothing)
            tally(f"stick with {filesystem} pulled out while a backup is written")


RATES = {
    "every write": "error-pwrite-rate=1 error-zero-rate=1 error-trim-rate=1",
    "every third write": "error-pwrite-rate=0.3",
    "every read and write": "error-pwrite-rate=1 error-pread-rate=1",
}


@COUNTS
@pytest.mark.parametrize("what", RATES)
def test_a_device_that_fails_in_the_middle_loses_nothing_that_was_acknowledged(
    office: BackupWorld, root: Path, what: str, count: int, tally: Tally
) -> None:
    with failing_stick(root, RATES[what]) as stick:
        office.stick("mount")
        office.backup(stick.mount)
        for part in points(tally.take(count)):
            trial(office, stick, part, stick.fail, _nothing)
            tally(f"device that fails at {what} from the middle of a backup on")


@COUNTS
def test_a_stick_that_goes_read_only_in_the_middle_keeps_its_snapshots(
    office: BackupWorld, root: Path, count: int, tally: Tally
) -> None:
    with pulled_stick("ext4", root) as stick:
        trigger = Path("/sys/fs/ext4") / Path(stick.device).name / "trigger_fs_error"
        if not trigger.exists():
            pytest.skip("this kernel does not let ext4 be told of an error")

        def go_read_only() -> None:
            call("mount", "-o", "remount,errors=remount-ro", str(stick.mount))
            trigger.write_text("MAU\n")

        office.stick("mount")
        office.backup(stick.mount)
        go_read_only()
        # What can still be read is verified, not called unreadable.
        assert look_at(office, stick.mount).defects == ()
        checked(stick)
        for part in points(tally.take(count)):
            trial(office, stick, part, go_read_only, lambda: checked(stick))
            tally("stick gone read-only while a backup is written")


@COUNTS
@pytest.mark.parametrize("filesystem", ["ext4", "exfat"])
def test_a_stick_that_somebody_fills_in_the_middle_keeps_its_snapshots(
    office: BackupWorld, root: Path, filesystem: str, count: int, tally: Tally
) -> None:
    with pulled_stick(filesystem, root) as stick:
        filler = stick.mount / "holiday.jpg"

        def fill() -> None:
            with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
                while file.write(bytes(1 << 16)):
                    pass

        office.stick("mount")
        office.backup(stick.mount)
        for part in points(tally.take(count)):
            trial(office, stick, part, fill, lambda: filler.unlink(missing_ok=True))
            tally(f"stick with {filesystem} filled by somebody else while a backup is written")
