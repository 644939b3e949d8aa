"""kill -9 in every phase of a print: no copy comes out twice, no number is lost, nothing waits."""

import signal
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.support.cups import Cups, cups, needs_cups
from tests.support.office import World, found_world
from tests.support.printing import begin, fates, final, print_copies, until
from tests.support.system import needs_strace

pytestmark = needs_cups

Fates = list[tuple[int, str, str | None]]

NOTHING: Fates = [(1, "unprinted", None), (2, "unprinted", None)]
DOUBT: Fates = [(1, "unknown", "unknown"), (2, "unprinted", None)]
FIRST_DONE: Fates = [(1, "printed", None), (2, "unprinted", None)]
SECOND_IN_DOUBT: Fates = [(1, "printed", None), (2, "unknown", "unknown")]
STARTS = "vfork"
SYNCS = "fsync,fdatasync"
LOOKS = "openat"
Point = tuple[str, int]


@pytest.fixture(scope="module")
def service() -> Iterator[Cups]:
    with cups() as made:
        (made.out / "slow").write_text("3")
        yield made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("killed")
    root.chmod(0o700)
    return found_world(root)


@pytest.fixture(scope="module")
def send(world: World, service: Cups) -> int:
    """Which child of a print sends the first job; the next releases it, and the one after looks at it."""
    trace = world.root / "trace"
    wrapper = ("strace", "-qq", "-o", str(trace), "-e", f"trace={STARTS},{SYNCS}", "-e", "signal=none")
    out, err = begin(world, service, final(world, copies=2), "good", 2, wrapper=wrapper).communicate()
    calls = [line.partition("(")[0] for line in trace.read_text().splitlines()]
    syncs = [at for at, call in enumerate(calls) if call in SYNCS.split(",")]
    # Three of the intent, one of each entry that is not the print's first or last.
    assert len(syncs) >= 8, (calls, out, err)
    return sum(call in STARTS.split(",") for call in calls[: syncs[3]])


def _kill_at(world: World, service: Cups, document: str, at: Point, send: int) -> None:
    calls, when = at
    # Its looks into the spool stand for what is between a word to the service and its entry: one before
    # the first entry of a copy, two before the second.
    where = ("-P", str(service.spool)) if calls == LOOKS else ()
    when += send if calls == STARTS else 0
    inject = ("-e", f"inject={calls}:signal=SIGKILL:when={when}")
    killed = begin(
        world, service, document, "good", 2, wrapper=("strace", "-qq", "-o", "/dev/null", *where, *inject)
    )
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL


def _require_nothing_lost_or_twice(world: World, service: Cups, document: str, expected: Fates) -> None:
    """Run the next command, print all that may be printed, and hold the paper against the record."""
    cut_off = world.ok("an", "status")["prints_cut_off"]
    before = _papers(world, service, document)
    draft = world.draft()
    told = world.run("dung", "draft", "discard", draft, "--why", "thử").expect()

    assert bool(cut_off) is bool(expected)
    assert world.ok("an", "status")["prints_cut_off"] == []
    assert service.jobs() == []
    assert service.left() == []
    assert fates(world, document) == expected
    incidents = [one for one in world.ok("an", "status")["incidents"] if one["id"] == document]
    assert [one["copy"] for one in incidents] == [copy for copy, _, incident in expected if incident]
    assert set(before) <= {copy for copy, state, _ in expected if state != "unprinted"}
    assert all(count == 1 for count in before.values()), told.err
    free = world.ok("an", "copies", document)["free"]
    assert free == sorted({1, 2} - {copy for copy, state, _ in expected if state != "unprinted"})
    if free:
        print_copies(world, service, document, "good", "--copies", str(len(free))).expect()
    after = _papers(world, service, document)
    assert all(count == 1 for count in after.values())
    assert set(after) == set(before) | set(free)
    print_copies(world, service, document, "good").expect(32)
    assert world.ok("phuc", "ledger", "verify")["holds"] is True


def _papers(world: World, service: Cups, document: str) -> Counter[int]:
    """Return how often each copy of a document came out, in whichever print."""
    prints = {row["print"] for row in world.ok("an", "copies", document)["copies"]}
    found = [path for name in prints for path in service.papers(f"*-{name}-*.pdf")]
    return Counter(int(path.name.split("-")[4]) for path in found)


@needs_strace
@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param((SYNCS, 1), [], id="before the intent is entered"),
        pytest.param((STARTS, 0), NOTHING, id="after the intent, nothing sent"),
        pytest.param((LOOKS, 1), NOTHING, id="sent held, not recorded"),
        pytest.param((SYNCS, 4), NOTHING, id="recorded, not synced", marks=pytest.mark.slow),
        pytest.param((STARTS, 1), NOTHING, id="recorded, not released"),
        pytest.param((STARTS, 2), DOUBT, id="released"),
        pytest.param((LOOKS, 2), DOUBT, id="ended and purged, not entered"),
        pytest.param((SYNCS, 5), FIRST_DONE, id="entered, not synced", marks=pytest.mark.slow),
        pytest.param((LOOKS, 4), FIRST_DONE, id="the second sent held", marks=pytest.mark.slow),
        pytest.param((LOOKS, 5), SECOND_IN_DOUBT, id="the second purged", marks=pytest.mark.slow),
    ],
)
def test_killed_at_a_step(world: World, service: Cups, send: int, at: Point, expected: Fates) -> None:
    document = final(world, copies=2)

    _kill_at(world, service, document, at, send)

    time.sleep(0.5)  # a released job goes on without us
    _require_nothing_lost_or_twice(world, service, document, expected)


def test_killed_while_it_prints(world: World, service: Cups) -> None:
    document = final(world, copies=2)
    begun = set(service.papers("slow-*.begun"))
    running = begin(world, service, document, "slow", 2)
    until(lambda: set(service.papers("slow-*.begun")) - begun)

    running.kill()
    running.communicate()

    _require_nothing_lost_or_twice(world, service, document, DOUBT)


def test_killed_when_it_ended_and_nobody_had_seen_it(world: World, service: Cups) -> None:
    document = final(world, copies=2)
    begun = set(service.papers("slow-*.begun"))
    running = begin(world, service, document, "slow", 2)
    until(lambda: set(service.papers("slow-*.begun")) - begun)
    running.send_signal(signal.SIGSTOP)
    until(lambda: not service.jobs())

    running.kill()
    running.communicate()

    _require_nothing_lost_or_twice(world, service, document, DOUBT)


@pytest.mark.slow
def test_killed_between_two_copies(world: World, service: Cups) -> None:
    document = final(world, copies=2)
    running = begin(world, service, document, "slow", 2)
    until(lambda: (1, "printed", None) in fates(world, document))

    running.kill()
    running.communicate()

    state = fates(world, document)[1][1]
    assert state in {"planned", "sent"}
    _require_nothing_lost_or_twice(
        world, service, document, FIRST_DONE if state == "planned" else SECOND_IN_DOUBT
    )
