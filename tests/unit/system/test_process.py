import errno
import time
from pathlib import Path

import pytest

from securedoc.system import process

SHELL = "/bin/sh"


def alive(pid: int) -> bool:
    """Tell whether a process lives on; a killed one is given a moment to die."""
    for _ in range(100):
        if process.started(pid) is None:
            return False
        time.sleep(0.02)
    return True


def test_a_program_gets_its_input_and_only_a_clean_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_PRELOAD_LIKE", "leak")

    done = process.run(
        [SHELL, "-c", "cat; env; pwd; echo oops >&2; exit 3"],
        cwd=tmp_path,
        timeout_s=10,
        stdin=b"x" * 300_000,
        env={"MINE": "1"},
    )

    assert done.code == 3
    assert done.output.startswith(b"x" * 300_000)
    assert b"MINE=1" in done.output
    assert b"leak" not in done.output
    assert done.output.endswith(str(tmp_path).encode() + b"\n")
    assert done.errors == b"oops\n"


def test_input_that_nobody_reads_is_no_failure(tmp_path: Path) -> None:
    done = process.run([SHELL, "-c", "exit 0"], cwd=tmp_path, timeout_s=10, stdin=b"x" * 1_000_000)

    assert done.code == 0


def test_a_program_is_named_by_its_absolute_path(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="absolute"):
        process.run(["sh"], cwd=tmp_path, timeout_s=1)
    with pytest.raises(FileNotFoundError):
        process.run([str(tmp_path / "none")], cwd=tmp_path, timeout_s=1)


def test_a_program_out_of_time_dies_with_its_children(tmp_path: Path) -> None:
    script = "sleep 60 & echo $! > child; sleep 60"

    with pytest.raises(TimeoutError):
        process.run([SHELL, "-c", script], cwd=tmp_path, timeout_s=0.5)

    assert not alive(int((tmp_path / "child").read_text()))


def test_what_a_program_leaves_running_ends_with_it(tmp_path: Path) -> None:
    script = "sleep 60 & echo $! > child; echo done"
    started = time.monotonic()

    done = process.run([SHELL, "-c", script], cwd=tmp_path, timeout_s=20)

    assert (done.code, done.output) == (0, b"done\n")
    assert time.monotonic() - started < 10
    assert not alive(int((tmp_path / "child").read_text()))


def test_a_program_that_never_stops_talking_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_OUTPUT_BYTES", 100_000)

    with pytest.raises(OSError, match="wrote more") as caught:
        process.run([SHELL, "-c", "yes"], cwd=tmp_path, timeout_s=20)

    assert caught.value.errno == errno.EFBIG


def test_a_started_program_is_waited_for_and_ended(tmp_path: Path) -> None:
    running = process.start([SHELL, "-c", "sleep 60 & echo $! > child; exec sleep 60"], cwd=tmp_path)
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
        time.sleep(0.01)

    still = running.poll()
    with pytest.raises(TimeoutError):
        running.wait(0.05)
    running.kill()

    assert still is None
    assert running.poll() is not None
    assert not alive(int((tmp_path / "child").read_text()))


def test_programs_are_found_in_the_systems_directories_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / "sh-trap"
    trap.write_text("#!/bin/sh\n")
    trap.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert process.find("sh") is not None
    assert process.find("sh-trap") is None


def test_descriptors_do_not_leak(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))

    for _ in range(5):
        process.run([SHELL, "-c", "echo x"], cwd=tmp_path, timeout_s=5)

    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_stray_program_is_ended_only_when_it_is_the_same_and_ours(tmp_path: Path) -> None:
    running = process.start(["/bin/sleep", "60"], cwd=tmp_path, env={"HOME": "/run/x/0123456789abcdef"})
    start = process.started(running.pid)
    assert start is not None

    foreign = [
        process.end_stray(running.pid, start + 1, "0123456789abcdef"),
        process.end_stray(running.pid, start, "fedcba9876543210"),
        process.end_stray(running.pid, start, ""),
    ]
    still = running.poll()
    same = process.end_stray(running.pid, start, "0123456789abcdef")

    assert (foreign, still, same) == ([False, False, False], None, True)
    assert running.wait(5) < 0
    assert process.started(running.pid) is None
    assert not process.end_stray(running.pid, start, "0123456789abcdef")


def test_a_process_that_leads_no_group_of_its_own_is_not_ended(tmp_path: Path) -> None:
    script = "sleep 60 & echo $! > child; wait"
    running = process.start([SHELL, "-c", script], cwd=tmp_path, env={"HOME": "/run/x/0123456789abcdef"})
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
        time.sleep(0.02)
    child = int((tmp_path / "child").read_text())

    ended = process.end_stray(child, process.started(child) or 0, "0123456789abcdef")
    still = process.started(child)

    running.kill()
    assert not ended
    assert still is not None


def test_only_the_variables_that_are_named_are_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "vi_VN.UTF-8")
    monkeypatch.delenv("DISPLAY", raising=False)

    assert process.inherited(("LANG", "DISPLAY")) == {"LANG": "vi_VN.UTF-8"}
