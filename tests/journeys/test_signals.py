"""A run that is told to stop says so, ends with the signal's code, and leaves nothing begun."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.cli import REPOSITORY
from tests.support.office import World, found_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found_world(tmp_path_factory.mktemp("signals"))


def _waiting(world: World) -> subprocess.Popen[bytes]:
    """Start a command that waits for a passphrase on its standard input."""
    words = ["--lang", "en", "--vault", str(world.vault), "--as", "an", "--passphrase-fd", "0", "status"]
    return subprocess.Popen(
        [sys.executable, "-m", "securedoc", *words],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _reads_its_input(process: subprocess.Popen[bytes]) -> bool:
    # The kernel says which call a sleeping process is in: 0 is read, and its first argument the descriptor.
    try:
        return Path(f"/proc/{process.pid}/syscall").read_text("ascii").startswith("0 0x0 ")
    except OSError:
        return False


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)], ids=str
)
def test_a_signal_ends_the_run_with_its_code(world: World, number: signal.Signals, code: int) -> None:
    before = sorted(world.vault.iterdir())
    process = _waiting(world)
    deadline = time.monotonic() + 20
    while not _reads_its_input(process) and time.monotonic() < deadline:
        time.sleep(0.05)

    process.send_signal(number)
    out, err = process.communicate(timeout=20)

    assert process.returncode == code, err
    assert out == b""
    assert b"nothing was left half done" in err
    assert b"Traceback" not in err
    assert sorted(world.vault.iterdir()) == before
