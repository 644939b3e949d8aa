"""Every file system call of a journey is killed or fails in turn, and nothing acknowledged is lost.

The fast suite takes a sample with a seed that is written here; the slow one takes every call.
"""

import contextlib
import os
import random
import shutil
import signal
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from securedoc.backup import layout, media_set, run, trusting
from securedoc.backup.examine import Depth, Look
from securedoc.backup.verify import Report, verify
from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.office.place import Place
from tests.support.backup import BackupWorld, make_world
from tests.support.forking import Ended, Forge, forge
from tests.support.injecting import Fault, supervised
from tests.support.tally import Tally

SEED = 20261124
KILLED = "kill"
ERRORS = ("EIO", "ENOSPC", "EROFS", "short")
SAID = {KILLED: "killed at a call", "short": "a write done by half", "lie": "a write swallowed by the stick"}
MOST_SHOWN = 20
pytestmark = supervised

Tree = dict[str, Digest]
Judge = Callable[["Bench", Ended], None]


def tree(root: Path) -> Tree:
    return {
        path.relative_to(root).as_posix(): Digest.of(path.read_bytes())
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@dataclass
class Bench:
    """A world that is put back before each case; a directory keeps its inode, which is its identity."""

    office: BackupWorld
    saved: Path
    forge: Forge
    stick: Path
    before: dict[str, Tree] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """Where the world is."""
        return self.office.world.root

    def save(self) -> None:
        """Take what is there now as what each case begins with."""
        shutil.rmtree(self.saved, ignore_errors=True)
        shutil.copytree(self.root, self.saved)
        self.before = {"stick": tree(self.stick), "vault": tree(self.office.world.vault)}

    def reset(self) -> None:
        """Put everything back."""
        _put_back(self.saved, self.root)

    def run(self, words: Sequence[str | Path], fault: Fault | None = None) -> Ended:
        """Run a command line."""
        return self.forge.run(words, fault)

    def look(self, depth: Depth = Depth.FULL) -> Report:
        """Verify the stick as the vault knows it."""
        with self.office.opened() as opened:
            stated = media_set.stated_medium(media_set.find(self.stick))
            assert stated is not None
            look = Look(trusting.trust(opened), opened.now(), depth)
            return verify(self.stick, look, known=trusting.known(opened, stated))

    def recorded(self) -> set[int]:
        """Return the snapshots that the ledger knows; that also proves that it opens."""
        with self.office.opened() as opened:
            return {row.snapshot for row in opened.ledger.snapshots()}


def _put_back(saved: Path, root: Path) -> None:
    for path in root.iterdir():
        if not (saved / path.name).exists():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for path in saved.iterdir():
        target = root / path.name
        if path.is_dir():
            target.mkdir(exist_ok=True)
            if path.name in {"usb", "vault"}:
                shutil.rmtree(target) if path.name == "vault" else _emptied(target)
                shutil.copytree(path, target, dirs_exist_ok=True)
            else:
                _put_back(path, target)


def _emptied(directory: Path) -> None:
    for path in directory.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@dataclass(frozen=True)
class Journey:
    """A command, what must hold after it was struck, and what after it was run again."""

    name: str
    words: Callable[[Bench], Sequence[str | Path]]
    struck: Judge
    again: Judge
    prepare: Callable[[Bench], None] = lambda _bench: None


def changing(calls: int) -> Iterator[Fault]:
    """Yield two faults for each call that changes something: killed at it, and one of the errors in turn."""
    for number in range(1, calls + 1):
        yield Fault(number, KILLED)
        yield Fault(number, ERRORS[number % len(ERRORS)])


def reading(calls: int) -> Iterator[Fault]:
    """Yield an error for each call, also of those that only read."""
    return (Fault(number, "EIO", changing_only=False) for number in range(1, calls + 1))


def sampled(faults: Iterator[Fault], sample: int | None) -> list[Fault]:
    """Return all, or so many of them."""
    every = list(faults)
    chance = random.Random(SEED)  # noqa: S311 - which calls fail, not secrets
    if sample is None:
        return every
    return [every[place] for place in sorted(chance.sample(range(len(every)), min(sample, len(every))))]


def strike(
    bench: Bench,
    journey: Journey,
    tally: Tally,
    sample: int | None,
    faults: Callable[[int], Iterator[Fault]] = changing,
) -> None:
    """Run a journey with every fault, judge it, run it again, judge that; say all that went wrong."""
    bench.save()
    words = journey.words(bench)
    journey.prepare(bench)
    clean = bench.run(words, next(faults(1)).unused())
    assert clean.code == 0, clean
    journey.again(bench, clean)
    failed: list[str] = []
    for fault in sampled(faults(clean.calls), sample):
        bench.reset()
        journey.prepare(bench)
        ended = bench.run(words, fault)
        try:
            _well_ended(ended, fault.effect)
            journey.struck(bench, ended)
            journey.again(bench, bench.run(words))
        except Exception:  # noqa: BLE001 - every case is tried before the test fails
            failed.append(f"{fault}: {ended}\n{traceback.format_exc(limit=-3)}")
        how = SAID.get(fault.effect, f"a call answered {fault.effect}")
        tally(f"{journey.name}: {how}{'' if fault.changing_only else ', reading or changing'}")
    assert not failed, f"{len(failed)} failed:\n" + "\n".join(failed[:MOST_SHOWN])


def _well_ended(ended: Ended, effect: str) -> None:
    if effect == KILLED and ended.struck:
        assert ended.code == -signal.SIGKILL
        return
    # An error has a name: never a traceback, never "this is a bug".
    assert ended.code == 0 or ended.code in range(10, 90)
    assert "Traceback" not in ended.err


def _unchanged(bench: Bench) -> None:
    assert tree(bench.stick) == bench.before["stick"]


# ---- backup run


def _run_words(*options: str) -> Callable[[Bench], Sequence[str | Path]]:
    return lambda bench: bench.office.world.words("em", "backup", "run", "--to", bench.stick, *options)


def _run_struck(bench: Bench, ended: Ended) -> None:
    found = bench.look()
    assert found.defects == ()
    numbers = [one.number for one in found.snapshots]
    assert numbers in ([1], [1, 2])
    if ended.code in {0, 76}:  # acknowledged; 76: but for its recovery data
        assert (numbers, bench.recorded()) == ([1, 2], {1, 2})


def _run_again(bench: Bench, ended: Ended) -> None:
    assert ended.code == 0, ended
    found = bench.look()
    assert (found.defects, found.leftovers) == ((), ())
    assert found.snapshots[-1].objects == OBJECTS
    assert bench.recorded() == {one.number for one in found.snapshots}
    assert not (bench.office.place.backup_scratch).exists()


OBJECTS = 4

# ---- restore


def _restored(bench: Bench) -> Path:
    return bench.root / "again"


def _restore_words(bench: Bench) -> Sequence[str | Path]:
    shares = [word for n in (1, 3) for word in ("--share", bench.office.world.shares / f"share-{n}.txt")]
    return ("--json", "backup", "restore", bench.stick, "--into", _restored(bench), *shares)


def _is_whole(bench: Bench) -> bool:
    """Tell whether the vault was restored; if it is there, it must be whole."""
    if not _restored(bench).exists():
        return False
    with Restored(bench.office.world).opened("an") as office:
        office.ledger.verify(office.session.genesis_pin)
        for sealed in office.ledger.objects():
            office.unseal(sealed)
        assert list(office.ledger.newest(Act.VAULT_RESTORED))
    return True


class Restored(BackupWorld):
    """The vault that was restored beside the first."""

    @property
    def place(self) -> Place:
        """The restored vault."""
        return Place(self.world.root / "again")


def _restore_struck(bench: Bench, ended: Ended) -> None:
    _unchanged(bench)
    whole = _is_whole(bench)
    assert whole or ended.code != 0
    if ended.code > 0:
        assert not whole
        assert not list(bench.root.glob(".again*")), "something was left behind"


def _restore_again(bench: Bench, ended: Ended) -> None:
    # Whoever was killed after the last rename finds the vault restored: it is not restored over.
    assert ended.code in {0, 72}, ended
    assert _is_whole(bench)
    assert not list(bench.root.glob(".again*"))
    _unchanged(bench)


# ---- media register, media retire


def _labels(bench: Bench) -> dict[str, bool]:
    with bench.office.opened() as opened:
        return {row.label: row.in_use for row in opened.ledger.media()}


def _register_words(bench: Bench) -> Sequence[str | Path]:
    words = ("media", "register", bench.root / "second", "--label", "USB 2", "--keeper", "Đỗ Thị Em")
    return bench.office.world.words("em", *words)


def _register_struck(bench: Bench, ended: Ended) -> None:
    _unchanged(bench)
    assert "USB 2" in _labels(bench) or ended.code != 0


def _register_again(bench: Bench, ended: Ended) -> None:
    assert ended.code in {0, 72}, ended
    assert _labels(bench)["USB 2"]
    (directory,) = (bench.root / "second").iterdir()
    assert not directory.name.startswith(".")
    second = Bench(bench.office, bench.saved, bench.forge, bench.root / "second")
    with bench.office.opened() as opened:
        run.run(opened, second.stick, read_back=False, parity_percent=0)
    assert second.look(Depth.QUICK).defects == ()


def _retire_words(bench: Bench) -> Sequence[str | Path]:
    return bench.office.world.words("em", "media", "retire", "USB 1", "--why", "Đã cũ (MẪU)")


def _retire_struck(bench: Bench, ended: Ended) -> None:
    _unchanged(bench)
    assert _labels(bench)["USB 1"] is False or ended.code != 0


def _retire_again(bench: Bench, ended: Ended) -> None:
    assert ended.code in {0, 72}, ended
    assert _labels(bench) == {"USB 1": False}


# ---- backup drill, backup verify


def _drill_words(bench: Bench) -> Sequence[str | Path]:
    return bench.office.world.words("an", "backup", "drill", bench.stick)


def _drills(bench: Bench) -> int:
    with bench.office.opened() as opened:
        return len(list(opened.ledger.newest(Act.BACKUP_DRILLED)))


def _drill_struck(bench: Bench, ended: Ended) -> None:
    _unchanged(bench)
    assert _drills(bench) == 1 or ended.code != 0


def _drill_again(bench: Bench, ended: Ended) -> None:
    assert ended.code == 0, ended
    assert _drills(bench) >= 1
    _unchanged(bench)


# ---- backup repair


def _repair_words(bench: Bench) -> Sequence[str | Path]:
    trust = bench.root / "authority.pem"
    return ("--json", "backup", "repair", bench.stick, "--trust", trust)


def _damage(bench: Bench) -> None:
    """Flip bits in a large file, a small one and recovery data, and lose two files."""
    directory = media_set.find(bench.stick)
    shutil.copyfile(directory / layout.AUTHORITY, bench.root / "authority.pem")
    for name in (
        "objects-0001/data/pack-0001.tar",
        "snapshot-0001/manifest-sha256.txt",
        next(iter(sorted(directory.glob("parity-0002/data/*.par2")))).relative_to(directory).as_posix(),
    ):
        data = bytearray((directory / name).read_bytes())
        data[len(data) // 3] ^= 4
        (directory / name).write_bytes(data)
    (directory / layout.AUTHORITY).unlink()
    (directory / "snapshot-0001/data/vault.json").unlink()
    bench.before["damaged"] = tree(bench.stick)


def _repair_struck(bench: Bench, ended: Ended) -> None:
    good, bad, now = bench.before["stick"], bench.before["damaged"], tree(bench.stick)
    for name, digest in now.items():
        leftover = Path(name).name.startswith(".~") and name not in good
        assert leftover or digest in {good[name], bad.get(name)}, f"{name} is worse than before"
    assert now.keys() >= bad.keys()
    assert now == good or ended.code != 0


def _repair_again(bench: Bench, ended: Ended) -> None:
    assert ended.code == 0, ended
    _unchanged(bench)


JOURNEYS = {
    "backup run": Journey("backup run", _run_words("--parity", "0"), _run_struck, _run_again),
    "media register": Journey("media register", _register_words, _register_struck, _register_again),
    "media retire": Journey("media retire", _retire_words, _retire_struck, _retire_again),
    "backup restore": Journey("backup restore", _restore_words, _restore_struck, _restore_again),
    "backup repair": Journey("backup repair", _repair_words, _repair_struck, _repair_again, _damage),
    "backup drill": Journey("backup drill", _drill_words, _drill_struck, _drill_again),
}


MEMORY = Path("/dev/shm")  # noqa: S108 - what is synced thousands of times is synced in memory


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A vault and a stick with one snapshot, and a document that is not on it yet."""
    with contextlib.ExitStack() as stack:
        if os.access(MEMORY, os.W_OK):
            root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="MAU-", dir=MEMORY)))
        else:
            root = tmp_path_factory.mktemp("every-call")
        yield stack.enter_context(_made(root))


@contextlib.contextmanager
def _made(root: Path) -> Iterator[Bench]:
    (root / "world").mkdir(mode=0o700)
    office = make_world(root / "world", drafts=1)
    stick = office.stick()
    office.backup(stick)
    office.draft()
    (root / "world/second").mkdir()
    with forge(root / "forge", root / "world") as warm:
        yield Bench(office, root / "saved", warm, stick)


@pytest.fixture
def ready(bench: Bench) -> Iterator[Bench]:
    """The same for every test."""
    bench.save()
    yield bench
    bench.reset()


@pytest.mark.parametrize("sample", [2, pytest.param(None, marks=pytest.mark.slow)], ids=["sample", "every"])
@pytest.mark.parametrize("name", JOURNEYS)
def test_a_call_that_changes_something_is_killed_or_fails_and_nothing_acknowledged_is_lost(
    ready: Bench, name: str, sample: int | None, tally: Tally
) -> None:
    strike(ready, JOURNEYS[name], tally, tally.take(sample))


@pytest.mark.parametrize("sample", [1, pytest.param(200, marks=pytest.mark.slow)], ids=["sample", "many"])
@pytest.mark.parametrize("name", JOURNEYS)
def test_a_call_that_reads_fails_and_the_journey_says_so_or_does_without(
    ready: Bench, name: str, sample: int | None, tally: Tally
) -> None:
    strike(ready, JOURNEYS[name], tally, tally.take(sample), reading)


@pytest.mark.parametrize("sample", [2, pytest.param(None, marks=pytest.mark.slow)], ids=["sample", "every"])
def test_a_stick_that_swallows_a_write_is_found_out_before_anything_is_acknowledged(
    ready: Bench, sample: int | None, tally: Tally
) -> None:
    within = f"{ready.stick}/"

    def swallowed(calls: int) -> Iterator[Fault]:
        return (Fault(number, "lie", only="write", within=within) for number in range(1, calls + 1))

    strike(ready, JOURNEYS["backup run"], tally, tally.take(sample), swallowed)
