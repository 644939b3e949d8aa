"""What every test stands on: a clock it controls, a private directory, no network."""

import errno
import functools
import os
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from securedoc.crypto.passphrase import KdfCost
from securedoc.system import ioctls
from tests.support.cli import CHEAP
from tests.support.clock import SteppingClock
from tests.support.tally import PREFIX, Tally


def _refuse_sockets(event: str, args: tuple[object, ...]) -> None:
    if event == "socket.__new__" and args[1] != socket.AF_UNIX:
        raise AssertionError("a test opened a socket that is not local")


# An audit hook cannot be taken out again, and it also sees what libraries do in C.
sys.addaudithook(_refuse_sockets)


@pytest.fixture
def clock() -> SteppingClock:
    """A clock that moves one second each time it is read."""
    return SteppingClock()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory that only this test's user may enter."""
    private = tmp_path / "root"
    private.mkdir(mode=0o700)
    return private


@pytest.fixture
def cheap_kdf() -> KdfCost:
    """A passphrase cost that tests can afford hundreds of times."""
    return CHEAP


def pytest_configure(config: pytest.Config) -> None:
    """Let an unmounted stick leave the sandboxes of other tests, as it does where systemd booted."""
    if os.geteuid() != 0 or hasattr(config, "workerinput"):
        return
    place = _propagation(tempfile.gettempdir())
    if place is not None and place[1] == "private":
        subprocess.run(["mount", "--make-shared", place[0]], check=False, capture_output=True)
        config.add_cleanup(functools.partial(_make_private, place[0]))


def _make_private(place: str) -> None:
    subprocess.run(["mount", "--make-private", place], check=False, capture_output=True)


def _propagation(directory: str) -> tuple[str, str] | None:
    words = ["findmnt", "-n", "-o", "TARGET,PROPAGATION", "-T", directory]
    found = subprocess.run(words, check=False, capture_output=True, text=True).stdout.split()
    return (found[0], found[1]) if len(found) == 2 else None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `scripts/faults --cases N` take more of what the fast suite takes a few of."""
    parser.addoption("--cases", type=int, default=0, help="how many cases of each proof of bad luck")


@pytest.fixture
def tally(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Iterator[Tally]:
    """Count what a proof tries; the sums are shown at the end of the run."""
    tried = Tally(request.config.getoption("--cases"))
    yield tried
    for what, count in tried.counts.items():
        record_property(PREFIX + what, count)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show how often each thing was tried; what a failed test tried is not counted."""
    tried: Counter[str] = Counter()
    passed = {report.nodeid for report in terminalreporter.stats.get("passed", ())}
    # A fixture's properties are in the report of its end.
    for report in terminalreporter.stats.get("", ()):
        if report.when != "teardown" or report.nodeid not in passed:
            continue
        for name, count in report.user_properties:
            if name.startswith(PREFIX):
                tried[name.removeprefix(PREFIX)] += count
    if tried:
        terminalreporter.section("tried")
        for what, count in sorted(tried.items()):
            terminalreporter.write_line(f"{count:7,}  {what}")


@pytest.fixture
def no_trim(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that forgets nothing: telling a large one takes seconds, and is proven where shredding is."""

    def cannot(_descriptor: int) -> int:
        raise OSError(errno.EOPNOTSUPP, "no discard here")

    monkeypatch.setattr(ioctls, "trim", cannot)
