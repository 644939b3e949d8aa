"""Other programs: started by absolute path with a clean environment, ended with all they started."""

import errno
import os
import select
import selectors
import signal
import subprocess  # the one door to it
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from securedoc.system.relay import Relay

MIB: Final = 1024 * 1024
_DIRECTORIES: Final = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin")
CLEAN_ENVIRONMENT: Final[Mapping[str, str]] = {"PATH": ":".join(_DIRECTORIES), "LANG": "C.UTF-8"}
_PIPE_BYTES: Final = 64 * 1024
_OUTPUT_BYTES: Final = 16 * MIB  # no program that we run says more than that
_STANDARD_ERROR: Final = 2
_LOOK_S: Final = 0.2  # how often a waiting parent looks whether its editor was stopped by the terminal


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that ended by itself."""

    code: int
    """Exit code; negative: the signal that ended it."""
    output: bytes
    errors: bytes


def find(name: str) -> Path | None:
    """Return where the program is installed: in the system's directories, whatever $PATH says."""
    for directory in _DIRECTORIES:
        path = Path(directory, name)
        if os.access(path, os.X_OK) and path.is_file():
            return path
    return None


def inherited(names: Iterable[str]) -> dict[str, str]:
    """Return those of our own environment's variables that another program must be told: screen, language."""
    return {name: os.environ[name] for name in names if name in os.environ}


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    timeout_s: float,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
) -> Finished:
    """Run a program to its end and return what it wrote; nothing it started in its group outlives it.

    Raises:
        FileNotFoundError: there is no such program.
        TimeoutError: it did not end in time; it was killed.
        OSError: it wrote more than 16 MiB (EFBIG) and was killed, or could not be started.
    """
    child = _popen(argv, cwd, env, (subprocess.PIPE, subprocess.PIPE, subprocess.PIPE))
    running = Running(child)
    try:
        output, errors = _converse(running, child, stdin, time.monotonic() + timeout_s)
        return Finished(running.wait(timeout_s), output, errors)
    finally:
        running.kill()
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()


def start(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, terminal: bool = False
) -> "Running":
    """Start a program that a person works in; `terminal` hands it the terminal until it ends.

    Raises:
        FileNotFoundError: there is no such program.
        OSError: it could not be started.
    """
    if not terminal:
        # Our standard output carries results; what an editor says goes where messages go, made harmless.
        relay = Relay(_STANDARD_ERROR)
        try:
            child = _popen(argv, cwd, env, (subprocess.DEVNULL, relay.pipe, relay.pipe))
        except BaseException:
            relay.abandon()
            raise
        relay.begin()
        return Running(child, relay=relay)
    descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        child = _popen(argv, cwd, env, (descriptor, descriptor, descriptor))
        _give_terminal(descriptor, child.pid)
        # It may have been stopped for touching the terminal before it was in the foreground.
        os.killpg(child.pid, signal.SIGCONT)
        return Running(child, descriptor)
    except BaseException:
        os.close(descriptor)
        raise


class Running:
    """A program in its own process group."""

    def __init__(
        self, child: "subprocess.Popen[bytes]", terminal: int | None = None, relay: Relay | None = None
    ) -> None:
        self._child = child
        self._terminal = terminal
        self._relay = relay
        self._exit = os.pidfd_open(child.pid)

    @property
    def pid(self) -> int:
        """Process id; also the id of its process group."""
        return self._child.pid

    @property
    def shortened(self) -> bool:
        """Whether it said more than was shown of it."""
        return self._relay is not None and self._relay.shortened

    def fileno(self) -> int:
        """Return a descriptor that becomes readable when the program ends."""
        return self._exit

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        try:
            return self.wait(0)
        except TimeoutError:
            return None

    def wait(self, timeout_s: float) -> int:
        """Wait for the end, end what it left running in its group, and return the exit code.

        Raises:
            TimeoutError: it still runs.
        """
        if self._child.returncode is None:
            self._await_exit(timeout_s)
            self._finish()
        return self._child.returncode

    def kill(self) -> None:
        """End the whole group now."""
        if self._child.returncode is None:
            self._finish()

    def _await_exit(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while True:
            left = max(0.0, deadline - time.monotonic())
            if select.select([self._exit], [], [], min(left, _LOOK_S))[0]:
                return
            if left == 0.0:
                raise TimeoutError(errno.ETIMEDOUT, "the program still runs")
            if self._terminal is not None:
                self._resume_if_stopped()

    def _resume_if_stopped(self) -> None:
        # There is no job control between us and the editor: Ctrl-Z would leave nobody at the terminal.
        if os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WNOHANG) is not None:
            os.killpg(self.pid, signal.SIGCONT)

    def kill_group(self) -> None:
        """End every process of the group; the leader, when it is not reaped yet, keeps its exit code."""
        # Until the leader is reaped nobody else can be given the id of its group.
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def _finish(self) -> None:
        self.kill_group()
        self._child.wait()
        os.close(self._exit)
        if self._relay is not None:
            self._relay.end()
        if self._terminal is not None:
            _give_terminal(self._terminal, os.getpgrp())
            os.close(self._terminal)


def started(pid: int) -> int | None:
    """Return when a process was started, in ticks since the machine was; None when there is none.

    A process id is given again; id and start together name one process until the machine restarts.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    # The name stands in brackets and may hold anything; field 22 of proc(5) is the 20th after it.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[19])


def end_stray(pid: int, start: int, marker: str) -> bool:
    """End the group of a process that outlived whoever started it; tell whether that was done.

    Number and start come from a record that another could have written, or that is from before a restart:
    only a process that we gave `marker` to, in its words or its environment, is ours to end.
    """
    if pid <= 1 or not marker or started(pid) != start or not _carries(pid, marker):
        return False
    try:
        # Ours lead their own group: the number of any other process names a group that is not ours.
        if os.getpgid(pid) != pid:
            return False
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _carries(pid: int, marker: str) -> bool:
    for name in ("environ", "cmdline"):
        with suppress(OSError):  # ended meanwhile, or another user's
            if marker.encode() in Path(f"/proc/{pid}/{name}").read_bytes():
                return True
    return False


def _popen(
    argv: Sequence[str],
    cwd: Path,
    env: Mapping[str, str] | None,
    standard: tuple[int, int, int],
) -> "subprocess.Popen[bytes]":
    if not Path(argv[0]).is_absolute():
        raise ValueError("a program is started by its absolute path")
    return subprocess.Popen(  # noqa: S603 - absolute path, list, no shell
        list(argv),
        cwd=cwd,
        env={**CLEAN_ENVIRONMENT, **(env or {})},
        stdin=standard[0],
        stdout=standard[1],
        stderr=standard[2],
        bufsize=0,
        process_group=0,
    )


def _converse(
    running: Running, child: "subprocess.Popen[bytes]", stdin: bytes, deadline: float
) -> tuple[bytes, bytes]:
    with selectors.DefaultSelector() as selector:
        texts = {pipe: bytearray() for pipe in (child.stdout, child.stderr) if pipe is not None}
        for pipe in texts:
            selector.register(pipe, selectors.EVENT_READ)
        selector.register(running, selectors.EVENT_READ)
        if child.stdin is not None:
            os.set_blocking(child.stdin.fileno(), False)
            selector.register(child.stdin, selectors.EVENT_WRITE)
        unsent = memoryview(stdin)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(errno.ETIMEDOUT, "the program did not end in time")
            for ready in [key.fileobj for key, _ in selector.select(left)]:
                if ready is running:  # what it started may hold its pipes open for ever
                    running.kill_group()
                    selector.unregister(running)
                elif ready is child.stdin and child.stdin is not None:
                    unsent = _send(child.stdin, unsent, selector)
                else:
                    _receive(next(pipe for pipe in texts if pipe is ready), texts, selector)
    output, errors = texts.values()
    return bytes(output), bytes(errors)


def _send(pipe: IO[bytes], unsent: memoryview, selector: selectors.BaseSelector) -> memoryview:
    try:
        unsent = unsent[os.write(pipe.fileno(), unsent[:_PIPE_BYTES]) :] if unsent else unsent
    except BrokenPipeError:  # it does not want the rest
        unsent = unsent[:0]
    if not unsent:
        selector.unregister(pipe)
        pipe.close()
    return unsent


def _receive(pipe: IO[bytes], texts: Mapping[IO[bytes], bytearray], selector: selectors.BaseSelector) -> None:
    data = os.read(pipe.fileno(), _PIPE_BYTES)
    texts[pipe].extend(data)
    if len(texts[pipe]) > _OUTPUT_BYTES:
        raise OSError(errno.EFBIG, "the program wrote more than was expected of it")
    if not data:
        selector.unregister(pipe)


def _give_terminal(descriptor: int, group: int) -> None:
    with _undisturbed():
        os.tcsetpgrp(descriptor, group)


@contextmanager
def _undisturbed() -> Iterator[None]:
    # A process in the background that touches its terminal is stopped by SIGTTOU.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
