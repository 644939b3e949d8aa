"""The whole main job is walked, and nothing ever opens a network socket."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.tree import REPOSITORY

STRACE = shutil.which("strace")
NETWORK = re.compile(r"socket\((?:AF_INET6?|AF_PACKET|AF_BLUETOOTH|AF_VSOCK)\b.*")
LIMIT_S = 600


def _traceable() -> bool:
    if STRACE is None:
        return False
    return (
        subprocess.run(
            [STRACE, "-f", "-e", "trace=socket", "true"], capture_output=True, check=False
        ).returncode
        == 0
    )


def _walk(before: list[str], where: Path) -> None:
    done = subprocess.run(
        [*before, sys.executable, "-m", "scripts.demo", str(where), "--lang", "en"],
        cwd=REPOSITORY,
        env={name: value for name, value in os.environ.items() if not name.startswith("SECUREDOC_")},
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode("utf-8") + done.stderr.decode("utf-8")


@pytest.mark.strace
def test_the_main_job_opens_no_network_socket(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    traced = _traceable()
    # Without strace the audit hook of the confinement still refuses, and the walk would fail.
    before = [str(STRACE), "-f", "-qq", "-e", "trace=socket", "-o", str(trace)] if traced else []

    _walk(before, tmp_path / "demo")

    if not traced:
        pytest.skip("strace is missing or may not trace here: only the audit hook watched")
    opened = NETWORK.findall(trace.read_text("utf-8", "replace"))
    assert not opened, "\n".join(opened)


def test_the_confinement_refuses_a_network_socket() -> None:
    code = (
        "from securedoc.system import confinement\n"
        "confinement.apply()\n"
        "import socket\n"
        "socket.socket(socket.AF_UNIX).close()\n"
        "socket.socket(socket.AF_INET)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode != 0
    assert "AF_UNIX" not in done.stderr
    assert "PermissionError" in done.stderr or "HostRefused" in done.stderr, done.stderr
