"""What a program says reaches the terminal without anything that moves its cursor, and not without end."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from securedoc.system import process
from securedoc.system.relay import MOST_CHARACTERS, Relay
from tests.support.office import World, found_world
from tests.support.sessions import editor, spawned

SHELL = "/bin/sh"


class Heard:
    """Stands for our standard error."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)

    def text(self) -> str:
        """Return what was written so far."""
        return self.path.read_text("utf-8")


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    one = Heard(tmp_path / "heard")
    monkeypatch.setattr(process, "_STANDARD_ERROR", one.descriptor)
    yield one
    os.close(one.descriptor)


def start(script: str, tmp_path: Path) -> process.Running:
    return process.start([SHELL, "-c", script], cwd=tmp_path)


def test_what_could_deceive_a_reader_is_replaced_and_the_rest_is_shown(heard: Heard, tmp_path: Path) -> None:
    running = start(
        r"printf '\033]0;title\007\033[2Jtốt\r\342\200\256\377\none\ttwo\n' >&2; echo out", tmp_path
    )

    assert running.wait(10) == 0

    first, second, third = heard.text().splitlines()
    assert first == "\ufffd]0;title\ufffd\ufffd[2Jtốt\ufffd\ufffd\ufffd"
    assert (second, third) == ("one two", "out")
    assert not running.shortened


def test_a_program_that_never_stops_talking_is_cut_short_and_not_held_up(
    heard: Heard, tmp_path: Path
) -> None:
    running = start("head -c 5000000 /dev/zero | tr '\\0' x >&2; touch done", tmp_path)

    assert running.wait(30) == 0

    assert (tmp_path / "done").exists()
    assert running.shortened
    assert len(heard.text()) == MOST_CHARACTERS


def test_what_outlives_the_program_with_its_pipe_does_not_hold_us_up(heard: Heard, tmp_path: Path) -> None:
    running = start("setsid sleep 20 & echo $! > child; echo last words >&2", tmp_path)
    begun = time.monotonic()

    running.wait(10)

    assert time.monotonic() - begun < 5
    assert heard.text() == "last words\n"
    os.kill(int((tmp_path / "child").read_text()), 9)


@pytest.mark.usefixtures("heard")
def test_nothing_stays_open_and_nobody_listening_is_no_failure(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        start("echo x >&2", tmp_path).wait(10)
    with pytest.raises(FileNotFoundError):
        process.start([str(tmp_path / "none")], cwd=tmp_path)
    read_end, write_end = os.pipe()
    os.close(read_end)
    deaf = Relay(write_end)
    os.write(deaf.pipe, b"x")
    deaf.begin()
    deaf.end()
    os.close(write_end)

    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found_world(tmp_path_factory.mktemp("office"))


def test_an_editor_cannot_write_escape_sequences_to_the_terminal_of_its_session(
    world: World, tmp_path: Path
) -> None:
    program = editor(tmp_path, "import sys\nsys.stderr.write('\\x1b[2Jforged: all is well\\n')\n")

    running = spawned(world, "dung", "draft", "edit", world.draft(), "--editor", program)
    _, errors = running.communicate(timeout=30)

    assert "\ufffd[2Jforged: all is well".encode() in errors
    assert b"\x1b[2J" not in errors
