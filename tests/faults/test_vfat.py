"""The calls of a real backup, made again on the kernel's own vfat on a USB stick in a small machine.

The office itself does not run there: the calls that it made on a stick with exFAT, which takes the same
paths through our code, are repeated in their order with their bytes. What the device was given, and where
it was told to flush, is recorded; so is what is left when the stick is pulled out.
"""

import contextlib
import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from securedoc.backup import layout, trusting
from securedoc.backup.examine import Depth, Look
from securedoc.backup.verify import verify
from securedoc.errors import BackupMissing
from tests.support.backup import make_world
from tests.support.forking import forge
from tests.support.guest import Replay, kernel, running
from tests.support.injecting import Fault, supervised
from tests.support.pulling import pulled_stick
from tests.support.recording import Disks, read_log
from tests.support.system import call, tool
from tests.support.tally import Tally

SEED = 20261124
STICK_BYTES = 64 << 20
MOST_EPOCHS = 40
"""Between flushes, of several hundred: each disk is copied out and verified in full, twice."""
pytestmark = [pytest.mark.loop_device, pytest.mark.slow, supervised]


@dataclass
class Taped:
    """A second backup, as calls; and a stick with vfat that holds the first."""

    replay: Replay
    stick: Path
    look: Look
    published: int
    """Calls after which the second snapshot is there, and synced."""
    directory: str


@pytest.fixture(scope="module")
def taped(tmp_path_factory: pytest.TempPathFactory) -> Taped:
    kernel()
    for name in ("mcopy", "mkfs.vfat", "busybox", "qemu-system-x86_64"):
        tool(name)
    root = tmp_path_factory.mktemp("vfat") / "root"
    root.mkdir(mode=0o700)
    office = make_world(root)
    with pulled_stick("exfat", root) as stick:
        office.stick("mount")
        office.backup(stick.mount)
        with office.opened() as opened:
            look = Look(trusting.trust(opened), opened.now(), Depth.FULL)
            directory = layout.set_name(opened.vault_id)
        image = root / "vfat.img"
        image.touch()
        with image.open("r+b") as file:
            file.truncate(STICK_BYTES)
        call("mkfs.vfat", "-F", "32", str(image))
        call("mcopy", "-s", "-i", str(image), str(stick.mount / directory), "::")
        office.draft()
        with forge(root / "forge", root) as warm:
            tape = Fault(0, "EIO", within=f"{stick.mount}/", record=str(root / "tape"))
            done = warm.run(office.world.words("em", "backup", "run", "--to", stick.mount), tape)
        assert done.code == 0, done
    replay, published = script(root / "tape", f"{root / 'mount'}/", root / "sources")
    return Taped(replay, image, look, published, directory)


def script(tape: Path, mount: str, sources: Path) -> tuple[Replay, int]:
    """Turn calls into lines of a shell; each says its number once it is done."""
    sources.mkdir()
    lines, published, renamed = [], 0, False
    for number, line in enumerate(tape.read_text("utf-8").splitlines(), start=1):
        one = json.loads(line)
        path, to = one["path"].removeprefix(mount), one["to"].removeprefix(mount)
        match one["name"]:
            case "write":
                (sources / str(number)).write_bytes(bytes.fromhex(one["data"]))
                done = f"$b cat /src/{number} >> '{path}'"
            case "openat":
                # A nameless file is asked for in a directory first; no FAT has any.
                done = f"{{ [ -d '{path}' ] || $b touch '{path}'; }}"
            case "rename":
                done = f"$b mv -f '{path}' '{to}'"
                renamed = renamed or Path(to).name == "snapshot-0002"
            case "mkdir":
                # Asked for before its parent is there, and again after.
                done = f"{{ $b mkdir '{path}' || true; }}"
            case "rmdir":
                done = f"$b rmdir '{path}'"
            case "unlink":
                done = f"$b rm -f '{path}'"
            case "fsync" | "fdatasync":
                done = f"$b sync '{path}'"
                published = published or (number if renamed else 0)
            case "syncfs":
                done = "$b sync -f /m"
            case _:
                raise AssertionError("nobody taught the replay this call", one["name"])
        lines.append(f'{done} || echo "GUEST broken {number}" > /dev/console')
        lines.append(f'echo "GUEST {number}" > /dev/console')
    assert published
    return Replay(lines, sources), published


def snapshots(taped: Taped, image: Path, place: Path) -> tuple[int, ...]:
    """Verify what is on a stick with vfat; nothing on it may be wrong."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    read = [tool("mcopy"), "-s", "-n", "-i", str(image), f"::/{taped.directory}", str(place)]
    if not _ended_well(read):
        # As whoever puts it in again is told to: check the file system first.
        _ended_well([tool("fsck.vfat"), "-a", str(image)])
        shutil.rmtree(place)
        place.mkdir()
        _ended_well(read)
    found = verify(place, taped.look)
    assert found.defects == ()
    return tuple(one.number for one in found.snapshots)


def _ended_well(argv: list[str]) -> bool:
    """Run a tool that may fail on a broken file system, or never come to an end."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, check=False, capture_output=True, timeout=20)
        return done.returncode == 0
    return False


def copied(taped: Taped, directory: Path) -> Path:
    image = directory / "stick.img"
    call("cp", "--sparse=always", str(taped.stick), str(image))
    return image


def test_whatever_of_the_unflushed_writes_reached_a_stick_with_vfat_nothing_acknowledged_is_lost(
    taped: Taped, tmp_path: Path, tally: Tally
) -> None:
    image, log = copied(taped, tmp_path), tmp_path / "log"
    with running(tmp_path, taped.replay, image, log) as guest:
        guest.wait(lambda said: "done" in said)
        said = guest.said()
    assert not [one for one in said if "broken" in one]
    recording = read_log(taped.stick, log)
    chance = random.Random(SEED)  # noqa: S311 - what a power cut leaves, not secrets
    disks = Disks(recording, tmp_path)
    after = tmp_path / "after.img"
    seen = []
    epochs = recording.epochs()
    chosen = sorted({*chance.sample(epochs, min(MOST_EPOCHS, len(epochs))), epochs[0], epochs[-1]})
    for epoch in chosen:
        for kept in (None, chance):
            disks.after(epoch, kept, after)
            seen.append(snapshots(taped, after, tmp_path / "read"))
            tally("power cut with reordered writes under vfat: last snapshot whole")
    assert set(seen) == {(1,), (1, 2)}
    # Everything was flushed by the time at which the backup was reported done.
    assert seen[-2:] == [(1, 2), (1, 2)]


@pytest.fixture
def chance() -> random.Random:
    return random.Random(SEED)  # noqa: S311 - when it is pulled out, not secrets


def moments(taped: Taped, chance: random.Random) -> Iterator[int]:
    """Yield after which call the stick is pulled out: thrice before the snapshot is there, once after."""
    yield from sorted(chance.sample(range(1, taped.published), 3))
    yield taped.published


def test_a_usb_stick_with_vfat_pulled_out_of_a_running_machine_keeps_what_was_acknowledged(
    taped: Taped, tmp_path: Path, chance: random.Random, tally: Tally
) -> None:
    for moment in moments(taped, chance):
        directory = tmp_path / str(moment)
        directory.mkdir()
        image = copied(taped, directory)
        with running(directory, taped.replay, image, directory / "log") as guest:
            guest.wait(lambda said, moment=moment: str(moment) in said)  # type: ignore[misc]
            guest.pull()
            numbers = [int(one) for one in guest.said() if one.isdigit()]
        try:
            found = snapshots(taped, image, directory / "read")
        except BackupMissing:
            found = ()
        assert found == (1, 2) if max(numbers) >= taped.published else found in {(1,), (1, 2)}
        tally("USB stick with vfat pulled out of a running machine")
