"""Faults injected into single system calls, and a power cut under a real file system."""

import fcntl
import os
import struct
import sys
from pathlib import Path

import pytest

from securedoc.system import files, process
from tests.support.system import call, loop_device, needs_root, needs_strace, tool

REPOSITORY = str(Path(files.__file__).parents[2])
PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from securedoc.system import files, shred
act, path = sys.argv[2], Path(sys.argv[3])
try:
    if act == "replace":
        files.replace(path, b"new" * 1000)
    elif act == "write_new":
        files.write_new(path.with_name("other"), b"new" * 1000)
    elif act == "rename":
        files.rename_durable(path, path.with_name("other"))
    else:
        sys.exit(66 if shred.shred([path]).residue else 0)
except OSError as error:
    sys.exit(7)
"""
OLD, NEW = b"old" * 1000, b"new" * 1000
SHUTDOWN = 0x8004587D  # FS_IOC_SHUTDOWN
WITHOUT_LOG = 2  # FSOP_GOING_FLAGS_NOLOGFLUSH: what was not synced is gone


def injected(act: str, path: Path, fault: str) -> int:
    argv = [tool("strace"), "-f", "-qq", "-o", "/dev/null", "-e", f"inject={fault}"]
    done = process.run(
        [*argv, sys.executable, "-B", "-c", PROGRAM, REPOSITORY, act, str(path)],
        cwd=path.parent,
        timeout_s=60,
    )
    assert b"Traceback" not in done.errors, done.errors
    return done.code


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.mark.strace
@needs_strace
@pytest.mark.parametrize(
    "fault",
    [
        "write:error=ENOSPC:when=1",
        "fsync:error=EIO:when=1",
        "rename:error=EIO:when=1",
        "linkat:error=EIO:when=1",
    ],
)
def test_a_replacement_that_failed_leaves_the_old_file_alone(fault: str, tmp_path: Path) -> None:
    path = tmp_path / "head"
    path.write_bytes(OLD)

    code = injected("replace", path, fault)

    assert code == 7
    assert contents(tmp_path) == {"head": OLD}


@pytest.mark.strace
@needs_strace
@pytest.mark.parametrize(
    "fault", ["write:error=EIO:when=1", "fsync:error=ENOSPC:when=1", "linkat:error=ENOSPC:when=1"]
)
def test_a_new_file_that_failed_is_not_there(fault: str, tmp_path: Path) -> None:
    path = tmp_path / "head"
    path.write_bytes(OLD)

    assert injected("write_new", path, fault) == 7
    assert contents(tmp_path) == {"head": OLD}


@pytest.mark.strace
@needs_strace
def test_a_directory_that_cannot_be_synced_is_a_failure_not_a_success(tmp_path: Path) -> None:
    path = tmp_path / "head"
    path.write_bytes(OLD)

    codes = [
        injected(act, path, f"fsync:error=EIO:when={when}") for act, when in (("replace", 2), ("rename", 1))
    ]

    assert codes == [7, 7]


@pytest.mark.strace
@needs_strace
@pytest.mark.parametrize(
    "step", ["fsync:signal=SIGKILL:when=1", "fsync:signal=SIGKILL:when=2", "rename:signal=SIGKILL"]
)
def test_a_process_killed_while_replacing_leaves_old_or_new(step: str, tmp_path: Path) -> None:
    path = tmp_path / "head"
    path.write_bytes(OLD)

    injected("replace", path, step)

    assert path.read_bytes() in {OLD, NEW}


@pytest.mark.strace
@needs_strace
@pytest.mark.parametrize("fault", ["pwrite64:error=EIO", "pwrite64:error=ENOSPC", "fsync:error=EIO:when=1"])
def test_what_could_not_be_overwritten_keeps_its_name_and_is_residue(fault: str, tmp_path: Path) -> None:
    path = tmp_path / "draft"
    path.write_bytes(OLD)

    assert injected("shred", path, fault) == 66
    assert path.exists()


@pytest.mark.strace
@needs_strace
def test_a_file_system_without_holes_is_no_failure(tmp_path: Path) -> None:
    path = tmp_path / "draft"
    path.write_bytes(OLD)

    assert injected("shred", path, "fallocate:error=EOPNOTSUPP") == 0
    assert contents(tmp_path) == {}


@pytest.mark.loop_device
@needs_root
@pytest.mark.parametrize("filesystem", ["ext4", "xfs"])
def test_what_was_reported_written_survives_a_real_power_cut(filesystem: str, tmp_path: Path) -> None:
    with loop_device(tmp_path, filesystem, size_bytes=320 << 20) as mount:
        files.make_dirs(mount / "a" / "b")
        files.write_new(mount / "a" / "b" / "new", NEW)
        files.write_new(mount / "replaced", OLD)
        files.replace(mount / "replaced", NEW)
        files.write_new(mount / "before", NEW)
        files.rename_durable(mount / "before", mount / "after")
        (mount / "not synced").write_bytes(OLD)

        device = call("findmnt", "-n", "-o", "SOURCE", str(mount)).decode().strip()
        descriptor = os.open(mount, os.O_RDONLY)
        fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", WITHOUT_LOG))
        os.close(descriptor)
        call("umount", str(mount))
        call("mount", device, str(mount))

        assert (mount / "a" / "b" / "new").read_bytes() == NEW
        assert (mount / "replaced").read_bytes() == NEW
        assert (mount / "after").read_bytes() == NEW
        assert not (mount / "before").exists()
        assert not (mount / "not synced").exists() or (mount / "not synced").read_bytes() == b""
