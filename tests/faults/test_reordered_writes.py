"""Power fails between two flushes: whichever of the writes since reached the device, nothing is lost.

The device records what the file system really writes to it during a backup. A device may put writes down in
any order until it is told to flush; each disk made here holds everything before a flush, and of what came
after it nothing, or an arbitrary part, some of the requests torn.
"""

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from securedoc.backup import media_set, trusting
from securedoc.backup.examine import Depth, Look
from securedoc.backup.verify import verify
from tests.support.backup import BackupWorld, copy_of, make_world
from tests.support.office import World
from tests.support.pulling import PulledStick, loop
from tests.support.recording import Disks, Recording, read_log, recorded_stick
from tests.support.system import needs_root
from tests.support.tally import Tally

SEED = 20261124
pytestmark = [needs_root, pytest.mark.loop_device]


@dataclass
class Recorded:
    """A second backup as its device saw it."""

    root: Path
    filesystem: str
    recording: Recording
    look: Look
    begun: int
    """Requests before the second backup was begun."""
    acknowledged: int
    """Requests when it was reported done."""
    before: Path
    """The world as it was when the second backup was begun."""

    def epochs(self) -> list[tuple[int, int]]:
        """Return between which requests power may fail during the second backup, or after it."""
        return [one for one in self.recording.epochs() if one[1] > self.begun]


def record(office: BackupWorld, filesystem: str, root: Path) -> Recorded:
    """Back up twice to a device that records."""
    with recorded_stick(filesystem, root) as stick:
        office.stick("mount")
        office.backup(stick.mount)
        office.draft()
        with office.opened() as opened:
            look = Look(trusting.trust(opened), opened.now(), Depth.FULL)
        before = root / "before"
        before.mkdir(mode=0o700)
        shutil.copytree(office.world.vault, before / "vault")
        shutil.copytree(office.world.passphrases, before / "passphrases")
        log = root / "log"
        begun = log.stat().st_size
        office.backup(stick.mount)
        acknowledged = log.stat().st_size
    recording = read_log(root / "base.img", log)
    places = [one.at for one in recording.writes]
    first, last = (sum(at <= end for at in places) for end in (begun, acknowledged))
    return Recorded(root, filesystem, recording, look, first, last, before)


@pytest.fixture(scope="module", params=["ext4", "exfat"])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    root = tmp_path_factory.mktemp("recorded") / "root"
    root.mkdir(mode=0o700)
    return record(make_world(root), request.param, root)


def disks(recorded: Recorded, sample: int | None) -> Iterator[tuple[Path, bool]]:
    """Yield disks that a power cut could have left, and whether the backup had been acknowledged by then."""
    chance = random.Random(SEED)  # noqa: S311 - what a power cut leaves, not secrets
    epochs = recorded.epochs()
    chosen = (
        epochs if sample is None else sorted({*chance.sample(epochs, min(sample, len(epochs))), epochs[-1]})
    )
    made = Disks(recorded.recording, recorded.root)
    for number, epoch in enumerate(chosen):
        for kept in (None, chance):
            # A file of its own each time: a sandbox that was made meanwhile may keep the last one mounted.
            image = recorded.root / f"after-{number}-{kept is None}.img"
            made.after(epoch, kept, image)
            yield image, epoch[0] >= recorded.acknowledged
            image.unlink()


SAMPLES = pytest.mark.parametrize(
    "sample", [5, pytest.param(None, marks=pytest.mark.slow)], ids=["sample", "every"]
)


@SAMPLES
def test_whatever_of_the_unflushed_writes_reached_the_device_no_acknowledged_snapshot_is_lost(
    recorded: Recorded, sample: int | None, tally: Tally, tmp_path: Path
) -> None:
    mount = tmp_path / "mount"
    mount.mkdir()
    seen = set()
    for number, (image, acknowledged) in enumerate(disks(recorded, tally.take(sample))):
        with loop(image) as device:
            stick = PulledStick(recorded.filesystem, device, mount)
            stick.plug_in()
            try:
                found = verify(mount, recorded.look)
                assert found.defects == (), number
                numbers = tuple(one.number for one in found.snapshots)
                allowed = {(1, 2)} if acknowledged else {(1,), (1, 2)}
                assert numbers in allowed, number
            finally:
                stick.take_away()
        seen.add((acknowledged, numbers))
        tally(f"power cut with reordered writes under {recorded.filesystem}: last snapshot whole")
    assert (True, (1, 2)) in seen


@pytest.mark.parametrize("sample", [1, pytest.param(30, marks=pytest.mark.slow)], ids=["once", "often"])
def test_the_next_backup_to_what_a_power_cut_left_succeeds(
    recorded: Recorded, sample: int | None, tally: Tally, root: Path
) -> None:
    for number, (image, acknowledged) in enumerate(disks(recorded, tally.take(sample))):
        if acknowledged:
            continue
        # The machine lost power, too: its ledger has no entry of the second backup.
        office = copy_of(BackupWorld(World(recorded.before)), root / str(number))
        mount = root / str(number) / "mount"
        mount.mkdir()
        with loop(image) as device:
            stick = PulledStick(recorded.filesystem, device, mount)
            stick.plug_in()
            try:
                done = office.backup(mount)
                with office.opened() as opened:
                    stated = media_set.stated_medium(media_set.find(mount))
                    assert stated is not None
                    look = Look(trusting.trust(opened), opened.now(), Depth.FULL)
                    found = verify(mount, look, known=trusting.known(opened, stated))
                assert (found.defects, found.leftovers) == ((), ())
                assert found.snapshots[-1].number == done.made.snapshot
            finally:
                stick.take_away()
        tally(f"power cut with reordered writes under {recorded.filesystem}: next backup succeeds")
