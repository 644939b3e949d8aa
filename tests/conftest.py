"""What every test stands on: a clock it controls, a private directory, no network."""

import errno
import socket
import sys
from pathlib import Path

import pytest

from securedoc.crypto.passphrase import KdfCost
from securedoc.system import ioctls
from tests.support.cli import CHEAP
from tests.support.clock import SteppingClock


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


@pytest.fixture
def no_trim(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that forgets nothing: telling a large one takes seconds, and is proven where shredding is."""

    def cannot(_descriptor: int) -> int:
        raise OSError(errno.EOPNOTSUPP, "no discard here")

    monkeypatch.setattr(ioctls, "trim", cannot)
