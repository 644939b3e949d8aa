"""What goes wrong around the ledger: a second process, a full disk, a killed program."""

import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from securedoc.core.entries import Act
from securedoc.core.secret import Secret
from securedoc.errors import LedgerBusy, LedgerError, LedgerFailed, LedgerIncomplete
from securedoc.ledger import store
from securedoc.ledger.ledger import Ledger
from tests.support import ledger as support
from tests.support.ledger import KEY, ORIGIN, PIN, World

ROOT = Path(__file__).parents[2]

WRITER = """
import sys
from pathlib import Path
from tests.support import ledger as support
from securedoc.core.entries import Act

root = Path(sys.argv[1])
world = support.World(root / "ledger.db", support.opened(root / "ledger.db", root / "anchors/head.txt"), root)
world.clock.at = support.START.replace(year=2027)
world.clock.now = lambda: world.clock.at
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    with world.writing() as writing:
        document = writing.next_document(2026)
        writing.append(Act.DRAFT_CREATED, document, support.draft_facts())
        number = writing.next_number("di", 2026)
        facts = {"book": "di", "year": 2026, "number": number, "text": f"{number}/BC", "date": "2026-11-22"}
        writing.append(Act.NUMBER_RESERVED, document, facts)
        if number % 3 == 0:
            writing.append(Act.NUMBER_VOIDED, document, facts | {"why": "MẪU"})
    print(number, flush=True)
"""


@pytest.fixture
def world(root: Path) -> World:
    return support.found(root)


@contextmanager
def writer(root: Path, count: int) -> Iterator[subprocess.Popen[str]]:
    """Run another process that writes `count` transactions once it is told to go."""
    command = [sys.executable, "-c", WRITER, str(root), str(count)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def go(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_two_processes_at_once_never_give_a_number_twice(world: World, root: Path) -> None:
    with writer(root, 25) as first, writer(root, 25) as second:
        go(first)
        go(second)
        given = [int(line) for process in (first, second) for line in process.communicate()[0].split()]

    assert sorted(given) == list(range(1, 51))
    numbers = list(world.ledger.numbers("di", 2026))
    assert [each.number for each in numbers] == list(range(1, 51))
    assert {each.state for each in numbers if each.number % 3 == 0} == {"voided"}
    assert world.ledger.verify(PIN).transactions == 51


def test_a_second_writer_waits_and_then_gets_a_clear_error(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "WAIT_MS", 50)
    other = support.opened(world.path, world.head)

    with world.writing() as writing, other:
        writing.append(Act.DRAFT_CREATED, writing.next_document(2026), support.draft_facts())
        with (
            pytest.raises(LedgerBusy) as caught,
            other.writing(support.Signer(support.SIGNER), support.SIGNER, world.clock),
        ):
            pass
        assert other.size == 1
        assert other.check(PIN).unchecked == ("search index",)
        with pytest.raises(LedgerIncomplete):
            other.verify(PIN)

    assert caught.value.exit_code == 57
    assert world.ledger.size == 2


def test_readers_see_the_last_commit_while_another_writes(world: World) -> None:
    support.draft(world)
    with support.opened(world.path, world.head) as reader, world.writing() as writing:
        writing.append(Act.DRAFT_CREATED, writing.next_document(2026), support.draft_facts())

        assert reader.size == 2
        assert len(reader.documents()) == 1


def test_a_full_disk_is_named_and_nothing_is_lost(world: World) -> None:
    support.draft(world)
    before = world.ledger.head()
    pages = world.ledger._store.value("PRAGMA page_count")
    world.ledger._store.row(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(LedgerFailed, match="disk is full") as caught:
        support.draft(world, subject="đê " * 20_000)

    assert caught.value.exit_code == 50
    assert world.ledger.head() == before
    world.reopen()
    support.draft(world)
    world.ledger.verify(PIN)


def test_a_write_that_fails_is_named_and_nothing_is_lost(world: World) -> None:
    support.draft(world)
    before = world.ledger.head()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    wal = world.path.with_name("ledger.db-wal").stat().st_size

    resource.setrlimit(resource.RLIMIT_FSIZE, (wal + 5000, limits[1]))
    try:
        with pytest.raises(LedgerFailed) as caught:
            support.draft(world)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)

    assert caught.value.exit_code == 50
    assert world.ledger.head() == before
    support.draft(world)
    world.ledger.verify(PIN)


@pytest.mark.parametrize("commits", [1, 4, 9])
def test_what_was_committed_survives_a_kill(world: World, root: Path, commits: int) -> None:
    with writer(root, 1000) as process:
        go(process)
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(commits)]
        process.kill()
        process.wait()

    world.reopen()
    report = world.ledger.verify(PIN)
    assert report.transactions >= 1 + commits
    assert {each.number for each in world.ledger.numbers("di", 2026)} >= set(told)
    world.clock.at = support.START.replace(year=2028)
    support.draft(world)


def test_a_head_that_cannot_be_written_fails_no_commit(world: World) -> None:
    world.head.unlink()
    world.head.mkdir()

    support.draft(world)

    assert world.ledger.size == 2


def test_a_copy_to_where_nothing_can_be_written_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(LedgerFailed):
        world.ledger.snapshot(tmp_path / "none" / "copy.db")


def test_a_copy_that_fails_leaves_nothing_half_made(world: World, tmp_path: Path) -> None:
    support.draft(world)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(LedgerFailed):
            world.ledger.snapshot(tmp_path / "copy.db")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)

    assert not list(tmp_path.glob("copy.db*"))
    world.ledger.snapshot(tmp_path / "copy.db")


def test_no_error_of_the_ledger_speaks_of_its_key(world: World, tmp_path: Path) -> None:
    world.ledger.close()
    (tmp_path / "garbage").write_bytes(b"x" * 9000)

    for path, key in ((world.path, bytes(32)), (tmp_path / "garbage", KEY)):
        with pytest.raises(LedgerError) as caught:
            Ledger.open(path, Secret(key), ORIGIN)
        told = f"{caught.value} {caught.value.__cause__!r} {caught.value.hint()}"
        assert key.hex() not in told
        assert str(tmp_path) not in told
