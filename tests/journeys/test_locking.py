"""Sessions that end although nobody closed the program: limits, a lock, a screen that is locked."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from securedoc.system import process, workspace
from tests.support.office import World, found_world
from tests.support.screen import Screen, screen
from tests.support.sessions import (
    ONE,
    TWO,
    editor,
    entries,
    latest,
    limited,
    records,
    spawned,
    wait_for_save,
    wait_until_ready,
)
from tests.support.system import needs_bwrap, tool

SAVES_WHEN_TOLD = """
def told(*_):
    by_rename(two)
    sys.exit(0)
signal.signal(signal.SIGTERM, told)
by_rename(one)
Path(draft.parent, 'ready').touch()
while True:
    time.sleep(0.1)
"""
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nby_rename(one)\ntime.sleep(60)\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found_world(tmp_path_factory.mktemp("office"))


@pytest.fixture
def draft(world: World) -> str:
    return world.draft()


@pytest.fixture(scope="module")
def shown() -> Iterator[Screen]:
    with screen() as one:
        yield one


def test_a_lock_needs_no_passphrase_and_the_editor_may_save_first(
    world: World, draft: str, tmp_path: Path
) -> None:
    program = editor(tmp_path, SAVES_WHEN_TOLD)
    running = spawned(world, "dung", "draft", "edit", draft, "--editor", program)
    session = wait_until_ready(world)
    began = time.monotonic()

    done = world.run("nobody-at-all", "lock").expect().json
    out, err = running.communicate(timeout=20)

    assert [(one["session"], one["officer"]) for one in done["closed"]] == [(session, "dung")]
    assert done["open"] == []
    assert time.monotonic() - began < 5
    assert running.returncode == 0, out
    assert b"the screen or the vault is locked" in err
    assert latest(world, draft) == TWO
    assert entries(world, draft)[-1].facts["ended"] == "locked"
    assert workspace.find(session) is None
    assert list((world.vault / "journal").glob("*.close")) == []


def test_an_editor_that_hears_nothing_is_ended_and_what_it_saved_is_kept(
    world: World, draft: str, tmp_path: Path
) -> None:
    running = spawned(world, "dung", "draft", "edit", draft, "--editor", editor(tmp_path, DEAF))
    wait_for_save(world, draft, 1)

    done = world.ok("an", "lock", "--wait", "30")
    running.communicate(timeout=20)

    assert [one["document"] for one in done["closed"]] == [draft]
    assert latest(world, draft) == ONE
    assert records(world) == []


def test_a_session_that_does_not_close_in_time_is_told(world: World, draft: str, tmp_path: Path) -> None:
    running = spawned(world, "dung", "draft", "edit", draft, "--editor", editor(tmp_path, DEAF))
    wait_for_save(world, draft, 1)

    done = world.run("an", "lock", "--wait", "1")
    running.communicate(timeout=30)

    assert done.code == 67
    assert [one["document"] for one in done.json["open"]] == [draft]
    assert entries(world, draft)[-1].facts["ended"] == "locked"


def test_without_an_open_session_there_is_nothing_to_lock(world: World, tmp_path: Path) -> None:
    none = world.ok("an", "lock")
    nowhere = world.run("an", "--vault", tmp_path / "none", "lock")

    assert (none["closed"], none["open"], none["keys"]) == ([], [], 0)
    assert nowhere.code == 51


@pytest.mark.parametrize(
    "case",
    [((1.5, 60), "idle", b"nothing was done for long"), ((60, 2.5), "total", b"time is nearly up")],
    ids=["idle", "total"],
)
def test_at_a_limit_the_officer_is_warned_and_the_editor_saves_and_closes(
    case: tuple[tuple[float, float], str, bytes], world: World, draft: str, tmp_path: Path
) -> None:
    limits, ended, said = case
    program = editor(tmp_path, SAVES_WHEN_TOLD)
    running = spawned(
        world,
        "dung",
        "draft",
        "edit",
        draft,
        "--editor",
        program,
        program=limited(*limits),
        env={"DISPLAY": ""},
    )
    _, err = running.communicate(timeout=30)

    assert running.returncode == 0
    assert said in err
    assert entries(world, draft)[-1].facts["ended"] == ended
    assert latest(world, draft) == TWO
    assert records(world) == []


def test_whoever_goes_on_saving_is_not_idle(world: World, draft: str, tmp_path: Path) -> None:
    script = "for n in range(6):\n    by_rename((one, two)[n % 2])\n    time.sleep(0.8)\n"
    running = spawned(
        world, "dung", "draft", "edit", draft, "--editor", editor(tmp_path, script), program=limited(1.6, 60)
    )
    running.communicate(timeout=30)

    assert entries(world, draft)[-1].facts["ended"] == "editor"


@needs_bwrap
def test_whoever_touches_keys_on_the_screen_is_not_idle(
    world: World, draft: str, tmp_path: Path, shown: Screen
) -> None:
    script = "by_rename(one)\ntime.sleep(60)\n"
    running = spawned(
        world,
        *("dung", "draft", "edit", draft, "--editor", editor(tmp_path, script)),
        program=limited(3, 60),
        env=shown.environment,
    )
    wait_for_save(world, draft, 1)
    for _ in range(12):
        shown.press("Shift_L")
        time.sleep(0.5)
    busy = running.poll()
    running.communicate(timeout=30)

    assert busy is None
    assert entries(world, draft)[-1].facts["ended"] == "idle"


@needs_bwrap
def test_when_the_login_manager_says_locked_the_session_closes(
    world: World, draft: str, tmp_path: Path
) -> None:
    answer = tmp_path / "answer"
    answer.write_text("no\n")
    fake = tmp_path / "loginctl"
    fake.write_text(f'#!/bin/sh\n[ "$2" = c7 ] && cat {answer}\n')
    fake.chmod(0o755)
    program = [
        "-c",
        f"""
from pathlib import Path
from securedoc.system import process
find = process.find
process.find = lambda name: Path({str(fake)!r}) if name == "loginctl" else find(name)
from securedoc.__main__ import main
main()
""",
    ]
    running = spawned(
        world,
        *("dung", "draft", "edit", draft, "--editor", editor(tmp_path, SAVES_WHEN_TOLD)),
        program=program,
        env={"XDG_SESSION_ID": "c7"},
    )
    wait_for_save(world, draft, 1)
    still = running.poll()
    answer.write_text("yes\n")
    _, err = running.communicate(timeout=30)

    assert still is None
    assert b"a locked screen cannot be seen here" not in err
    assert entries(world, draft)[-1].facts["ended"] == "locked"
    assert latest(world, draft) == TWO


def test_the_clipboard_is_emptied_at_the_end(world: World, draft: str, tmp_path: Path, shown: Screen) -> None:
    xclip = tool("xclip")
    holders = [
        process.start(
            [xclip, "-i", "-quiet", "-selection", one, __file__], cwd=Path("/"), env=shown.environment
        )
        for one in ("clipboard", "primary", "secondary")
    ]
    time.sleep(0.5)
    before = shown.call("xclip", "-o", "-selection", "clipboard")

    running = spawned(
        world, "dung", "draft", "edit", draft, "--editor", editor(tmp_path, ""), env=shown.environment
    )
    running.communicate(timeout=30)
    after = [
        process.run([xclip, "-o", "-selection", one], cwd=Path("/"), timeout_s=10, env=shown.environment)
        for one in ("clipboard", "primary", "secondary")
    ]
    for holder in holders:
        holder.kill()

    assert b"emptied" in before
    assert all(one.code != 0 and one.output == b"" for one in after)
    assert entries(world, draft)[-1].facts["report"]["clipboard"] == "removed"  # type: ignore[index, call-overload]
