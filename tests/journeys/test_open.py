"""A finished document in a viewer: in memory, read-only, confined, and gone afterwards."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from securedoc.system import family, workspace
from tests.support.office import World, found_world
from tests.support.screen import Screen, screen
from tests.support.sessions import acts, entries, records, spawned
from tests.support.system import needs_bwrap, tool

PRELUDE = """#!/usr/bin/python3
import os, signal, sys, time
from pathlib import Path
file, here = Path(sys.argv[1]), Path(__file__).parent
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found_world(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def document(world: World) -> str:
    return world.issued()


@pytest.fixture(scope="module")
def shown() -> Iterator[Screen]:
    with screen() as one:
        yield one


def viewer(directory: Path, script: str) -> str:
    """Write a viewer that does what `script` says."""
    tools = directory / "tools"
    tools.mkdir(exist_ok=True)
    program = tools / "viewer.py"
    program.write_text(PRELUDE + script)
    program.chmod(0o755)
    return str(program)


def test_a_document_is_shown_and_shredded_and_both_are_entries(
    world: World, document: str, tmp_path: Path
) -> None:
    check = "sys.exit(0 if file.read_bytes()[:5] == b'%PDF-' and file.suffix == '.pdf' else 9)"

    done = world.ok("an", "open", document, "--viewer", viewer(tmp_path, check))

    assert done["ended"] == "editor"
    assert done["shred"]["residue"] == []
    assert workspace.find(done["session"]) is None
    assert records(world) == []
    opened, closed = entries(world, document)[-2:]
    assert (opened.act, closed.act) == ("document.opened", "document.closed")
    assert opened.facts["session"] == closed.facts["session"] == done["session"]
    assert {"kind": "workspace", "state": "removed"}.items() <= done["traces"][5].items()


@needs_bwrap
def test_the_viewer_can_neither_change_print_nor_copy_it_elsewhere(
    world: World, document: str, tmp_path: Path
) -> None:
    script = """
wrong = []
for what in (
    lambda: file.write_bytes(b'x'), lambda: file.chmod(0o600), lambda: file.unlink(),
    lambda: (file.parent / 'copy.pdf').write_bytes(b'x'),
    lambda: Path('/home/copy.pdf').write_bytes(file.read_bytes()),
    lambda: Path('/var/copy.pdf').write_bytes(file.read_bytes()),
    lambda: Path('/run/copy.pdf').write_bytes(file.read_bytes()),
):
    try:
        what()
        wrong.append(what)
    except OSError:
        pass
import socket
for address in ('/run/cups/cups.sock', '/var/run/cups/cups.sock'):
    try:
        socket.socket(socket.AF_UNIX).connect(address)
        wrong.append(address)
    except OSError:
        pass
try:
    socket.create_connection(('127.0.0.1', 631), 2)
    wrong.append('ipp')
except OSError:
    pass
Path('/tmp/copy.pdf').write_bytes(b'the workspace, by another name')
(Path(os.environ['HOME']) / 'wrong').write_text(repr(wrong))
sys.exit(0)
"""
    kept: list[str] = []
    dissolve = workspace.dissolve

    def look(path: Path) -> object:
        kept.append((path / "home" / "wrong").read_text())
        return dissolve(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workspace, "dissolve", look)
        world.ok("an", "open", document, "--viewer", viewer(tmp_path, script))

    assert kept == ["[]"]
    assert not Path("/tmp/copy.pdf").exists()  # noqa: S108 - the sandbox's own


def test_a_draft_is_not_opened_and_who_may_not_is_refused(
    world: World, document: str, tmp_path: Path
) -> None:
    program = viewer(tmp_path, "")

    draft = world.run("an", "open", world.draft(), "--viewer", program)
    stranger = world.run("em", "open", document, "--viewer", program)
    drafter_of_another = world.run("phuc", "open", document, "--viewer", program)

    assert draft.code == 32
    assert stranger.code == drafter_of_another.code == 12
    assert records(world) == []


def test_a_viewer_that_is_not_there_leaves_nothing(world: World, document: str) -> None:
    before = acts(world, document)

    done = world.run("an", "open", document, "--viewer", "/opt/none/viewer")

    assert done.code == 81
    assert records(world) == []
    assert acts(world, document) == before


def test_two_look_at_one_document_at_once_and_a_lock_closes_both(
    world: World, document: str, tmp_path: Path
) -> None:
    program = viewer(tmp_path, "time.sleep(60)")
    running = [spawned(world, who, "open", document, "--viewer", program) for who in ("an", "binh")]
    while len(records(world)) < 2 or not all('"process":0' not in one.read_text() for one in records(world)):
        time.sleep(0.05)

    done = world.ok("em", "lock")
    for one in running:
        one.communicate(timeout=20)

    assert sorted(one["officer"] for one in done["closed"]) == ["an", "binh"]
    assert [one.returncode for one in running] == [0, 0]
    assert [entry.facts["ended"] for entry in entries(world, document)[-2:]] == ["locked", "locked"]
    assert list((world.vault / "journal").glob("*.close")) == []


def test_a_viewer_that_was_killed_ends_the_session_as_any_other(
    world: World, document: str, tmp_path: Path
) -> None:
    done = world.ok("an", "open", document, "--viewer", viewer(tmp_path, "os.kill(os.getpid(), 9)"))

    assert workspace.find(done["session"]) is None
    assert acts(world, document)[-1] == "document.closed"


@pytest.mark.parametrize("confined", [True, False], ids=["sandbox", "no sandbox"])
def test_after_kill_9_the_next_start_shreds_what_was_shown_without_any_key_to_it(
    confined: bool,  # noqa: FBT001 - a parameter of the test
    world: World,
    document: str,
    tmp_path: Path,
) -> None:
    script = "(Path(os.environ['HOME']) / 'ready').touch()\ntime.sleep(60)"
    running = spawned(world, "an", "open", document, "--viewer", viewer(tmp_path, script), confined=confined)
    while not (found := records(world)):
        time.sleep(0.01)
    session = found[0].stem
    while (place := workspace.find(session)) is None or not (place / "home" / "ready").exists():
        time.sleep(0.01)
    strays = family.members(running.pid)[1:]
    running.send_signal(signal.SIGKILL)
    running.wait()
    for pipe in (running.stdout, running.stderr):
        assert pipe is not None
        pipe.close()
    assert workspace.find(session) is not None

    done = world.ok("em", "recover")

    assert [one["session"] for one in done["salvaged"]] == [session]
    assert done["waiting"] == []
    assert workspace.find(session) is None
    assert records(world) == []
    assert list((world.vault / "journal").glob(f"{session}*")) == []
    assert entries(world, document)[-1].facts["ended"] == "crash"
    assert world.ok("em", "recover")["salvaged"] == []
    time.sleep(0.2)
    assert all(not Path(f"/proc/{one.pid}/fd").exists() or not family.members(one.pid) for one in strays)


@needs_bwrap
def test_a_real_viewer_shows_the_page(world: World, document: str, shown: Screen) -> None:
    program = tool("mupdf")
    empty = shown.ink()
    running = spawned(world, "an", "open", document, "--viewer", program, env=shown.environment)
    try:
        shown.wait_for_window(document)
        while_open = shown.ink()
    finally:
        shown.press("q")
        out, _ = running.communicate(timeout=30)

    assert running.returncode == 0, out
    assert empty == 1
    assert while_open > 20  # black letters smoothed on white, a red stamp
    assert acts(world, document)[-1] == "document.closed"


@needs_bwrap
def test_without_a_named_viewer_one_is_found(world: World, document: str, shown: Screen) -> None:
    tool("mupdf")
    running = spawned(world, "an", "open", document, env=shown.environment)
    shown.wait_for_window(document)
    running.terminate()
    running.communicate(timeout=30)

    assert running.returncode == 143
    assert entries(world, document)[-1].facts["ended"] == "interrupted"
