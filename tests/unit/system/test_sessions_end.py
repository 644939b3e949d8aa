"""What a session asks of the machine at its end and while it lasts: clipboard, activity, locks, family."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from securedoc.system import activity, clipboard, family, process, remains, screenlock
from securedoc.system.activity import Activity
from securedoc.system.clipboard import Cleared
from securedoc.system.screenlock import ScreenLock
from tests.support.screen import Screen, screen
from tests.support.system import fake_tree


@pytest.fixture(scope="module")
def shown() -> Iterator[Screen]:
    with screen() as one:
        yield one


def program(directory: Path, script: str) -> Path:
    path = directory / "program"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_without_a_screen_there_is_no_clipboard() -> None:
    assert clipboard.clear({}) is Cleared.NO_SCREEN


def test_a_screen_that_is_not_there_is_no_success() -> None:
    assert clipboard.clear({"DISPLAY": ":987"}) is Cleared.FAILED


def test_a_screen_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "_X11_S", 1.0)
    name = f":{900 + os.getpid() % 90}"
    Path("/tmp/.X11-unix").mkdir(exist_ok=True)  # noqa: S108 - where X servers listen
    place = f"/tmp/.X11-unix/X{name[1:]}"  # noqa: S108 - as above
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(place)
        deaf.listen(1)
        began = time.monotonic()
        cleared = clipboard.clear({"DISPLAY": name})
    Path(place).unlink()

    assert cleared is Cleared.FAILED
    assert time.monotonic() - began < 5


def test_wayland_without_its_tool_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "find", lambda _: None)

    assert clipboard.clear({"WAYLAND_DISPLAY": "/run/user/1/wayland-0"}) is Cleared.FAILED


def test_wayland_is_cleared_by_its_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = tmp_path / "said"
    tool = program(tmp_path, f'echo "$WAYLAND_DISPLAY $@" >> {said}')
    monkeypatch.setattr(process, "find", lambda name: tool if name == "wl-copy" else None)

    assert clipboard.clear({"WAYLAND_DISPLAY": "/run/w"}) is Cleared.CLEARED
    assert said.read_text() == "/run/w --clear\n/run/w --primary --clear\n"


def test_every_selection_and_cut_buffer_is_emptied(shown: Screen) -> None:
    for selection in ("clipboard", "primary", "secondary"):
        shown.call("xclip", "-i", "-selection", selection, "-loops", "0", stdin=b"secret")
    shown.call("xclip", "-i", "-selection", "buffer-cut", stdin=b"secret")
    assert shown.call("xclip", "-o", "-selection", "buffer-cut") == b"secret"

    cleared = clipboard.clear(shown.environment)

    assert cleared is Cleared.CLEARED
    assert b"secret" not in shown.call("xclip", "-o", "-selection", "buffer-cut")
    for selection in ("clipboard", "primary", "secondary"):
        argv = ["/usr/bin/xclip", "-o", "-selection", selection]
        left = process.run(argv, cwd=Path("/"), timeout_s=10, env=shown.environment)
        assert b"secret" not in left.output


def test_the_screen_tells_how_long_nobody_touched_a_key(shown: Screen) -> None:
    asked = Activity(shown.environment, None, os.getpid())
    shown.press("Shift_L")
    at_once = asked.idle_s()
    time.sleep(1.2)

    assert at_once < 1
    assert 1 <= asked.idle_s() < 10


def test_without_a_screen_a_program_that_computes_is_worked_in(tmp_path: Path) -> None:
    busy = process.start(["/bin/sh", "-c", "while :; do :; done"], cwd=tmp_path)
    idle = process.start(["/bin/sleep", "60"], cwd=tmp_path)
    try:
        worked, left_alone = Activity({}, None, busy.pid), Activity({}, None, idle.pid)
        time.sleep(2)

        assert worked.idle_s() < 1
        assert left_alone.idle_s() >= 1.9
    finally:
        busy.kill()
        idle.kill()


def test_a_terminal_tells_when_it_was_last_typed_into(tmp_path: Path) -> None:
    terminal = tmp_path / "tty"
    terminal.touch()
    os.utime(terminal, (time.time() - 100, time.time()))

    assert 99 < Activity({}, terminal, os.getpid()).idle_s() < 110
    assert Activity({}, tmp_path / "gone", os.getpid()).idle_s() < 5
    assert activity.terminal_path() is None or activity.terminal_path().is_char_device()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("script", "session", "locked"),
    [
        ("echo yes", "c1", True),
        ("echo no", "7", False),
        ("echo maybe", "c1", None),
        ("echo yes; exit 1", "c1", None),
        ("exit 1", None, None),
        ("echo yes", "c1; x", None),
        ("sleep 30; echo no", "c1", None),
    ],
)
def test_a_screen_is_locked_only_when_the_login_manager_says_so(
    script: str,
    session: str | None,
    locked: bool | None,  # noqa: FBT001 - what the manager is taken to say
    tmp_path: Path,
) -> None:
    lock = ScreenLock(session, program(tmp_path, script))

    assert lock.locked() is locked
    assert lock.seen is (locked is not None)
    assert bool(screenlock.missing(lock)) is (locked is None)


def test_without_a_login_of_our_own_the_one_with_the_screen_is_asked(tmp_path: Path) -> None:
    manager = program(
        tmp_path,
        f'[ "$1 $2 $4" = "show-user {os.geteuid()} Display" ] && echo c3\n'
        '[ "$1 $2 $4" = "show-session c3 LockedHint" ] && echo yes\nexit 0',
    )

    assert ScreenLock(None, manager).locked() is True
    assert ScreenLock("c4", manager).locked() is None


def test_a_family_is_told_to_end_and_the_sandbox_around_it_is_not(tmp_path: Path) -> None:
    # A shell that is called as the sandbox is, with a child that says what it hears.
    wrapper = tmp_path / "bwrap"
    wrapper.symlink_to("/bin/sh")
    heard = tmp_path / "heard"
    child = program(
        tmp_path,
        f"trap 'echo heard > {heard}; exit' TERM\necho > {heard}.up\nwhile :; do sleep 0.05; done",
    )
    script = f"{child} & wait; echo done >> {heard}"
    running = process.start([str(wrapper), "-c", script], cwd=tmp_path)
    while not Path(f"{heard}.up").exists():
        time.sleep(0.01)

    told = family.tell_to_end(running.pid)

    assert told >= 1
    assert running.wait(10) == 0
    assert heard.read_text() == "heard\ndone\n"


def test_a_family_counts_what_its_members_compute(tmp_path: Path) -> None:
    running = process.start(["/bin/sh", "-c", "/bin/sh -c 'while :; do :; done' & wait"], cwd=tmp_path)
    try:
        deadline, members = time.monotonic() + 20, family.members(running.pid)
        while sum(one.cpu_s for one in members) < 0.1 and time.monotonic() < deadline:
            time.sleep(0.05)
            members = family.members(running.pid)

        assert len(members) == 2
        assert sum(one.cpu_s for one in members) >= 0.1
        assert family.members(2**22 + 1) == ()
    finally:
        running.kill()
    assert family.tell_to_end(running.pid) == 0


@pytest.mark.parametrize(
    ("tree", "swap", "hibernates"),
    [
        ({"proc/swaps": "Filename Type\n", "sys/power/state": "freeze mem\n"}, False, False),
        ({"proc/swaps": "Filename Type\n/dev/sda2 partition\n", "sys/power/state": "mem disk\n"}, True, True),
        ({}, True, False),
    ],
)
def test_memory_reaches_a_disk_by_swap_and_by_hibernation(
    tree: dict[str, str], *, swap: bool, hibernates: bool, tmp_path: Path
) -> None:
    fake_tree(tmp_path, tree)

    assert remains.swap_is_on(tmp_path) is swap
    assert remains.can_hibernate(tmp_path) is hibernates
