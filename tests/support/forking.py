"""Runs the command line in forks of one warm process, so that a thousand failures cost no thousand starts."""

import contextlib
import importlib
import io
import json
import os
import pkgutil
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

from tests.support.cli import CHEAP, ENGLISH, REPOSITORY
from tests.support.injecting import CHANGING, READING, Fault, Supervisor, install

PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a forked command ended."""

    code: int
    """Exit code; negative: the signal that ended it."""
    out: str
    err: str
    calls: int
    """File system calls below the root that were counted."""
    struck: str
    """The call that was answered otherwise."""


class Forge:
    """The warm process; each command is a fork of it whose file system calls are supervised."""

    def __init__(self, directory: Path, root: Path) -> None:
        self._out, self._err = directory / "out", directory / "err"
        self._root = root
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SECUREDOC_")}
        self._server = subprocess.Popen(
            [sys.executable, "-c", "from tests.support.forking import serve; serve()"],
            cwd=REPOSITORY,
            env={**kept, **ENGLISH},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(self, words: Sequence[str | Path], fault: Fault | None = None) -> Ended:
        """Run a command with one fault, or none, and count its calls."""
        stdin, stdout = _pipe(self._server.stdin), _pipe(self._server.stdout)
        asked = {
            "words": [str(one) for one in words],
            "out": str(self._out),
            "err": str(self._err),
            "root": f"{self._root}/",
            "fault": asdict(fault or Fault(0, "EIO")),
        }
        stdin.write(json.dumps(asked).encode() + b"\n")
        stdin.flush()
        line = stdout.readline()
        assert line, "the warm process died"
        told = json.loads(line)
        return Ended(
            told["code"],
            self._out.read_text("utf-8"),
            self._err.read_text("utf-8", "replace"),
            told["calls"],
            told["struck"],
        )

    def close(self) -> None:
        """End the warm process."""
        _pipe(self._server.stdin).close()
        self._server.wait(PATIENCE_S)
        _pipe(self._server.stdout).close()


@contextlib.contextmanager
def forge(directory: Path, root: Path) -> Iterator[Forge]:
    """Hold a warm process that looks at what happens below `root`."""
    directory.mkdir(exist_ok=True)
    made = Forge(directory, root)
    try:
        yield made
    finally:
        made.close()


def serve() -> None:
    """Fork for each line of standard input, supervise, and say how it ended."""
    import securedoc  # noqa: PLC0415 - in the warm process alone

    for module in pkgutil.walk_packages(securedoc.__path__, "securedoc."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        asked = json.loads(line)
        ours, theirs = socket.socketpair(socket.AF_UNIX)
        pid = os.fork()
        if not pid:
            _become(asked, theirs)
        theirs.close()
        _, listeners, _, _ = socket.recv_fds(ours, 1, 1)
        supervisor = Supervisor(listeners[0], pid, asked["root"], Fault(**asked["fault"]))
        supervisor.watch()
        os.close(listeners[0])
        ours.close()
        _, status = os.waitpid(pid, 0)
        seen = supervisor.seen
        told = {"code": os.waitstatus_to_exitcode(status), "calls": seen.calls, "struck": seen.struck}
        print(json.dumps(told), file=answers, flush=True)


def _become(asked: dict[str, Any], supervisor: socket.socket) -> NoReturn:
    code = 255
    try:
        os.setsid()
        for descriptor, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(asked[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), "utf-8")
        sys.stdout, sys.stderr = (
            io.TextIOWrapper(io.FileIO(one, "w", closefd=False), "utf-8", write_through=True)
            for one in (1, 2)
        )
        from securedoc.cli.main import run  # noqa: PLC0415 - loaded already

        calls = dict(CHANGING)
        calls |= {"openat": READING["openat"]} if asked["fault"]["changing_only"] else READING
        listener = install(sorted(calls.values()))
        socket.send_fds(supervisor, [b"x"], [listener])
        os.close(listener)
        supervisor.close()
        code = run(asked["words"], dict(os.environ), kdf_cost=CHEAP)
    except BaseException:  # noqa: BLE001 - whatever it is, it is told, and the fork ends
        with contextlib.suppress(BaseException):
            traceback.print_exc()
    finally:
        os._exit(code)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream
