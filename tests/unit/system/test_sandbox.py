from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from securedoc.system import process, sandbox
from tests.support.system import needs_bwrap


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    path = tmp_path / "workspace"
    path.mkdir()
    return path


def confined(
    script: str, workspace: Path, *, hide: Sequence[Path] = (), display: Mapping[str, str] | None = None
) -> process.Finished:
    argv = ["/bin/sh", "-c", script]
    words = sandbox.wrap(argv, workspace=workspace, hide=hide, display=display or {}, own_terminal=True)
    return process.run(words, cwd=workspace, timeout_s=20, env={"HOME": str(workspace)})


@needs_bwrap
def test_only_the_workspace_can_be_written(workspace: Path) -> None:
    script = "touch here && for d in / /etc /usr /var; do touch $d/there 2>/dev/null && echo $d; done; pwd"

    done = confined(script, workspace)

    assert done.output.decode() == f"{workspace}\n"
    assert (workspace / "here").exists()


@needs_bwrap
def test_there_is_no_network_and_no_other_process(workspace: Path) -> None:
    done = confined("tail -n +3 /proc/net/dev | cut -d: -f1; ls -d /proc/[0-9]* | wc -l", workspace)

    interface, processes = done.output.split()
    assert interface == b"lo"
    assert int(processes) < 8


@needs_bwrap
def test_temporary_and_home_directories_are_empty_and_private(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "other secret").touch()

    done = confined(f"ls /home /root; ls {tmp_path}; echo x > /tmp/trace; cat /tmp/trace", workspace)

    assert b"other secret" not in done.output
    assert done.output.endswith(b"x\n")
    assert not Path("/tmp/trace").exists()  # noqa: S108 - the sandbox's own


@needs_bwrap
def test_a_hidden_directory_is_not_seen(workspace: Path, tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    vault.mkdir()
    (vault / "vault.json").touch()

    done = confined(f"ls -A {vault}", workspace, hide=[vault])

    assert (done.code, done.output) == (0, b"")


@needs_bwrap
def test_an_editor_below_a_hidden_directory_still_runs(workspace: Path, tmp_path: Path) -> None:
    editor = tmp_path / "tools" / "editor"
    editor.parent.mkdir()
    editor.write_text("#!/bin/sh\necho edited > $1\n")
    editor.chmod(0o755)
    argv = [str(editor), str(workspace / "file")]
    words = sandbox.wrap(argv, workspace=workspace, hide=(), display={}, own_terminal=True)

    done = process.run(words, cwd=workspace, timeout_s=20)

    assert done.errors == b""
    assert (workspace / "file").read_text() == "edited\n"


def test_a_missing_bubblewrap_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "find", lambda _: None)

    missing = sandbox.probe.__wrapped__()

    assert "not installed" in str(missing)
    with pytest.raises(RuntimeError):
        sandbox.wrap(["/bin/true"], workspace=Path("/usr"), hide=(), display={}, own_terminal=True)


def test_a_broken_bubblewrap_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "find", lambda _: Path("/bin/false"))

    missing = sandbox.probe.__wrapped__()

    assert "does not work here" in str(missing)


def test_windows_reach_their_screen_and_nothing_else(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "find", lambda _: Path("/usr/bin/bwrap"))
    display = {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": "/run/user/1"}

    words = sandbox.wrap(["/bin/true"], workspace=workspace, hide=(), display=display, own_terminal=True)

    shown = [words[place + 1] for place, word in enumerate(words) if word == "--ro-bind-try"]
    assert shown == ["/tmp/.X11-unix", "/run/user/1/wayland-0"]  # noqa: S108 - where X listens


@needs_bwrap
def test_temporary_files_are_the_workspaces_and_nothing_else_can_be_written(
    workspace: Path, tmp_path: Path
) -> None:
    (workspace / "tmp").mkdir()
    (workspace / "work").mkdir()
    (workspace / "work" / "file").touch()
    vault = tmp_path / "vault"
    vault.mkdir()
    script = (
        f"echo x > /tmp/one && echo x > /var/tmp/two; for d in /run /home /root {vault} {workspace}/work;"
        " do touch $d/there 2>/dev/null && echo $d; done; touch here"
    )
    argv = ["/bin/sh", "-c", script]
    words = sandbox.wrap(
        argv,
        workspace=workspace,
        hide=(vault,),
        display={},
        own_terminal=True,
        temporary=workspace / "tmp",
        read_only=(workspace / "work",),
    )

    done = process.run(words, cwd=workspace, timeout_s=20)

    assert done.output == b""
    assert {"one", "two"} <= {path.name for path in (workspace / "tmp").iterdir()}
    assert (workspace / "here").exists()


@needs_bwrap
def test_the_cookie_of_the_screen_is_seen_and_not_the_home_it_lies_in(
    workspace: Path, tmp_path: Path
) -> None:
    cookie = tmp_path / "home" / ".Xauthority"
    cookie.parent.mkdir()
    cookie.write_text("cookie")
    (cookie.parent / "other secret").touch()
    display = {"DISPLAY": ":0", "XAUTHORITY": str(cookie)}

    done = confined(f"cat {cookie}; ls {cookie.parent}", workspace, display=display)

    assert done.output == b"cookie"
