import os
import stat
from pathlib import Path

import pytest

from securedoc.errors import ScratchBusy, ScratchRefused
from securedoc.system import kernel, workspace
from securedoc.system.volumes import volume
from tests.support.system import needs_root

MIB = 1024 * 1024
SHARED = Path("/dev/shm")  # noqa: S108 - the machine's RAM disk


@pytest.fixture
def session() -> str:
    return f"test-{os.getpid()}-{os.urandom(4).hex()}"


@needs_root
def test_a_workspace_is_a_private_ram_disk_of_its_own(session: str) -> None:
    made = workspace.create(session, budget_bytes=8 * MIB)
    try:
        below = volume(made.path)

        assert below.mount_point == made.path
        assert below.memory
        assert stat.S_IMODE(made.path.stat().st_mode) == 0o700
        assert {"nosuid", "nodev", "noexec"} <= set(below.options)
        assert "noswap" in below.options or made.missing == workspace._swap_warning()
        assert below.total_bytes == 8 * MIB
        (made.path / "draft.docx").write_bytes(b"secret")
    finally:
        report = workspace.dissolve(made.path)

    report.check()
    assert [file.path.name for file in report.files] == ["draft.docx"]
    assert not made.path.exists()


def test_without_the_right_to_mount_a_shared_ram_disk_serves_and_it_is_said(session: str) -> None:
    made = workspace.create(session, budget_bytes=MIB, places=[SHARED])
    try:
        assert not made.mounted
        assert "shared" in str(made.missing[-1])
        with pytest.raises(ScratchBusy):
            workspace.create(session, budget_bytes=MIB, places=[SHARED])
    finally:
        workspace.dissolve(made.path).check()

    assert not made.path.exists()
    assert workspace.dissolve(made.path).files == ()


@needs_root
def test_a_container_that_forbids_mounting_gets_the_shared_ram_disk(
    session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(kernel, "mount_tmpfs", refuse)
    made = workspace.create(session, budget_bytes=MIB)
    workspace.dissolve(made.path).check()

    assert not made.mounted


def test_plaintext_is_never_put_on_disk(session: str, tmp_path: Path) -> None:
    with pytest.raises(ScratchRefused, match="no RAM disk") as caught:
        workspace.create(session, budget_bytes=MIB, places=[tmp_path, tmp_path / "none"])

    assert list(tmp_path.iterdir()) == []
    assert caught.value.exit_code == 62


def test_too_little_memory_is_said_with_the_number_needed(session: str) -> None:
    with pytest.raises(ScratchRefused, match="9223372036 MiB of memory are needed"):
        workspace.create(session, budget_bytes=9223372036 * MIB)


def test_a_directory_that_somebody_else_prepared_is_refused(
    session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = SHARED / f"securedoc-{os.geteuid()}-trap"
    ours.mkdir(mode=0o755)
    monkeypatch.setattr(os, "geteuid", lambda: f"{os.getuid()}-trap")

    with pytest.raises(ScratchRefused, match="not private"):
        workspace.create(session, budget_bytes=MIB, places=[SHARED])

    ours.rmdir()


def test_a_workspace_is_found_again_by_its_session_alone(session: str) -> None:
    name = session.replace("-", "")
    made = workspace.create(name, budget_bytes=MIB, places=[SHARED])
    try:
        assert workspace.find(name) == made.path
    finally:
        workspace.dissolve(made.path).check()

    assert workspace.find(name) is None
    with pytest.raises(ValueError, match="not a session"):
        workspace.find("../../etc")
