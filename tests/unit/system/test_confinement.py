import os
import resource
import sys
from pathlib import Path

import pytest

from securedoc.system import confinement, process

PROBE = """
import sys, time
sys.path.insert(0, sys.argv[1])
from securedoc.system import confinement
started = time.perf_counter()
held = confinement.apply()
took = time.perf_counter() - started
import socket, _socket
assert held == confinement.current(), (held, confinement.current())
assert held.private_files and held.no_core and held.not_dumpable and held.sockets_refused, held
socket.socketpair()
for attempt in (
    lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
    lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    lambda: _socket.socket(2, 1, 0),
    lambda: socket.getaddrinfo("localhost", 80),
    lambda: socket.create_connection(("127.0.0.1", 80)),
):
    try:
        attempt()
    except PermissionError:
        continue
    sys.exit("a network socket was opened")
print(held.own_network, took < 0.05, held.memory_locked)
"""
CHECKOUT = str(Path(confinement.__file__).parents[2])


def test_a_confined_process_opens_no_network_socket(tmp_path: Path) -> None:
    done = process.run([sys.executable, "-c", PROBE, CHECKOUT], cwd=tmp_path, timeout_s=30)

    assert done.errors == b""
    assert done.output.split()[1] == b"True"
    if os.geteuid() == 0:
        assert done.output.split()[2] == b"True"


def test_code_injected_through_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD", "")
    monkeypatch.setenv("LD_AUDIT", "/tmp/evil.so")  # noqa: S108 - the attack's path
    monkeypatch.setenv("PYTHONHOME", "/elsewhere")

    found = confinement.environment_findings()

    assert "LD_AUDIT" in found
    assert "PYTHONHOME" in found
    assert "LD_PRELOAD" not in found


CRASH = """
import os, signal, subprocess, sys
sys.path.insert(0, sys.argv[1])
from securedoc.system import confinement
confinement.apply()
done = subprocess.run([sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"])
print(done.returncode, confinement.core_dumps_forbidden(), confinement.current().no_core)
"""


def test_a_program_that_we_start_leaves_no_memory_behind_when_it_crashes(tmp_path: Path) -> None:
    program = [sys.executable, "-c", CRASH, CHECKOUT]
    control = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"]
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)

    done = process.run(program, cwd=tmp_path, timeout_s=30)

    assert done.output.decode().split() == ["-11", "True", "True"]
    assert list(tmp_path.iterdir()) == []
    if Path("/proc/sys/kernel/core_pattern").read_text() == "core\n":
        process.run(control, cwd=tmp_path, timeout_s=30)  # the test does see one where there is one
        assert [path.name for path in tmp_path.iterdir()] == ["core"]


@pytest.mark.parametrize(
    ("limit", "pattern", "forbidden"),
    [(1, "|/usr/lib/systemd/systemd-coredump", True), (0, "core", True), (0, "|/usr/share/apport", False)],
)
def test_a_limit_of_0_does_not_keep_dumps_from_a_handler(
    limit: int, pattern: str, *, forbidden: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    monkeypatch.setattr(confinement, "_read", lambda _: pattern)

    assert confinement.core_dumps_forbidden() is forbidden
