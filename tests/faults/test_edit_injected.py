"""Errors of the disk at each call of a session: nothing saved is lost, no plaintext stays silently."""

from pathlib import Path

import pytest

from securedoc.system import workspace
from tests.support.office import BODY, World, found_world
from tests.support.sessions import ONE, editor, latest, records, spawned
from tests.support.system import needs_strace, tool

FAULTS = {
    "sync": ("fsync,fdatasync", "EIO"),
    "write": ("write,pwrite64", "ENOSPC"),
    "rename": ("rename,renameat,renameat2,linkat", "EIO"),
    "unlink": ("unlink,unlinkat,rmdir", "EIO"),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found_world(tmp_path_factory.mktemp("office"))


def session(world: World, document: str, program: str, fault: str | None, log: Path) -> int:
    """Run an editing session in which one call of ours fails; the editor's own calls are left alone."""
    inject = ("-e", f"inject={fault}") if fault else ()
    # Not followed into children: what is tried is what securedoc makes of its own failures.
    wrapper = (tool("strace"), "-qq", "-o", str(log), "-e", f"trace={CALLS}", *inject)
    running = spawned(world, "dung", "draft", "edit", document, "--editor", program, wrapper=wrapper)
    _, errors = running.communicate(timeout=60)
    # A message that could not be said, since saying it is what failed, ends the program as it may.
    assert b"Traceback" not in errors or b"file.write(out)" in errors, errors.decode()
    return running.returncode


CALLS = ",".join(calls for calls, _ in FAULTS.values())


def counted(log: Path, calls: str) -> int:
    """Return how often a session made the call of a kind that it made most often."""
    lines = log.read_text("utf-8", "replace").splitlines()
    return max(sum(line.startswith(f"{name}(") for line in lines) for name in calls.split(","))


@pytest.mark.strace
@needs_strace
@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 5], ids=["each call", "each 5th"])
def test_whatever_call_fails_no_save_is_lost_and_what_is_left_is_said(
    kind: str, every: int, world: World, tmp_path: Path
) -> None:
    calls, error = FAULTS[kind]
    log = tmp_path / "calls"
    program = editor(tmp_path, "by_rename(one)\n")
    assert session(world, world.draft(), program, None, log) == 0
    total = counted(log, calls)
    assert total >= 1

    for number in range(1, total + 1, every):
        document = world.draft()
        code = session(world, document, program, f"{calls}:error={error}:when={number}", log)
        left = [one.stem for one in records(world)]
        in_memory = [
            path / "work" / f"{document}.docx" for one in left if (path := workspace.find(one)) is not None
        ]
        saved = any(path.is_file() and path.read_bytes() == ONE for path in in_memory)
        # Succeeded is what was sealed, with nothing left: never a silent half.
        if code == 0:
            assert latest(world, document) == ONE, (kind, number)
            assert in_memory == [], (kind, number)
        world.run("an", "recover").expect()

        now = latest(world, document)
        assert now in {BODY, ONE}, (kind, number)
        assert now == ONE or not saved, (kind, number)
        assert records(world) == [], (kind, number)
        assert all(workspace.find(one) is None for one in left), (kind, number)
