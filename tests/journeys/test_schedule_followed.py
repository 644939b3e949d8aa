"""Whether the schedule is really followed, terminals that say what is due, and sticks that are noticed."""

import pwd
from pathlib import Path
from typing import Any

import pytest

from securedoc.backup import active, installing, reminding, terminals
from securedoc.backup.terminals import Terminal
from securedoc.errors import BackupRefused
from securedoc.system import process
from securedoc.system.planted import State
from tests.faults.crash import power_cuts
from tests.support.backup import BackupWorld, copy_of, make_world
from tests.support.cli import Ran, run
from tests.support.system import fake_tree

VAULT = "0123456789abcdef0123456789abcdef"
NAME = "securedoc-01234567"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    return make_world(tmp_path_factory.mktemp("followed"))


@pytest.fixture
def office(made: BackupWorld, root: Path) -> BackupWorld:
    return copy_of(made, root)


@pytest.fixture
def home(root: Path) -> Path:
    (root / "home").mkdir()
    return root / "home"


@pytest.fixture
def systemctl(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in that answers what a test writes into `answer`."""
    program = root / "systemctl"
    program.write_text('#!/bin/sh\ncase "$*" in *show*) cat "$(dirname "$0")/answer";; esac\n')
    program.chmod(0o755)
    (root / "answer").write_text("ActiveState=active\nUnitFileState=enabled\nNeedDaemonReload=no\n")
    monkeypatch.setattr(process, "find", lambda name: program if name == "systemctl" else None)
    monkeypatch.setattr(installing, "has_systemd", lambda _: True)
    return root / "answer"


def schedule(office: BackupWorld, home: Path, *words: str | Path) -> Ran:
    env = {"HOME": str(home), "XDG_CONFIG_HOME": "", "XDG_RUNTIME_DIR": str(home)}
    return run(*office.world.words("em", "backup", "schedule", *words), env=env)


def shown(office: BackupWorld, home: Path, *words: str) -> dict[str, Any]:
    return schedule(office, home, "show", *words).expect().json


@pytest.mark.parametrize(
    ("answer", "follows"),
    [
        ("ActiveState=active\nUnitFileState=enabled\nNeedDaemonReload=no\n", True),
        ("ActiveState=inactive\nUnitFileState=enabled\nNeedDaemonReload=no\n", False),
        ("ActiveState=active\nUnitFileState=disabled\nNeedDaemonReload=no\n", False),
        ("ActiveState=active\nUnitFileState=enabled\nNeedDaemonReload=yes\n", False),
        ("ActiveState=inactive\nUnitFileState=\nNeedDaemonReload=no\n", False),
        ("", None),
        ("noise", None),
    ],
)
def test_a_schedule_is_called_followed_only_when_its_manager_says_so(
    office: BackupWorld, home: Path, systemctl: Path, answer: str, *, follows: bool | None
) -> None:
    systemctl.write_text(answer)

    said = shown(office, home)["active"]

    assert [one["name"].rpartition("-")[2] for one in said] == ["remind.timer", "stick.path"]
    found = {active.Follower(*one.values()).follows for one in said}
    assert found == {follows}


def test_of_the_system_the_timer_and_udev_are_asked(office: BackupWorld, home: Path, systemctl: Path) -> None:
    systemctl.write_text("ActiveState=active\nUnitFileState=enabled\nNeedDaemonReload=no\n")

    said = shown(office, home, "--system")["active"]

    assert [one["name"].rpartition("-")[2] for one in said] == ["remind.timer", "udevd.service"]


def test_a_manager_that_cannot_be_asked_is_said_not_to_have_been(
    office: BackupWorld, home: Path, systemctl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "find", lambda _: None)
    words = [word for word in office.world.words("em", "backup", "schedule", "show") if word != "--json"]

    plain = run("--lang", "en", *words, env={"HOME": str(home), "XDG_CONFIG_HOME": ""}).expect().out

    assert systemctl.exists()
    assert plain.count("could not be checked") == 2


def test_of_an_image_nothing_is_claimed(office: BackupWorld, home: Path, root: Path) -> None:
    (root / "image").mkdir()

    said = schedule(office, home, "show", "--system", "--root", root / "image").expect().json

    assert [one["active"] for one in said["active"]] == [None]


@pytest.mark.usefixtures("systemctl")
def test_each_new_terminal_says_what_is_due_where_that_was_asked_for(
    office: BackupWorld, home: Path, root: Path
) -> None:
    rc = Terminal(home, pwd.getpwuid(0).pw_shell).path
    rc.write_text("alias ll='ls -l'")
    rc.chmod(0o600)

    schedule(office, home, "install").expect()
    without = rc.read_text()
    schedule(office, home, "install", "--terminal").expect()
    there = rc.read_text()
    schedule(office, home, "install").expect()
    again = rc.read_text()
    [name] = {path.name.partition("-remind")[0] for path in home.rglob("*-remind.timer")}
    (home / f"{name}.due").write_text("securedoc: sao lưu (MẪU)\n")
    said = process.run(
        ["/bin/sh", "-c", rc.read_text()], cwd=root, timeout_s=10, env={"XDG_RUNTIME_DIR": str(home)}
    )
    silent = process.run(["/bin/sh", "-c", rc.read_text()], cwd=root, timeout_s=10)
    state = shown(office, home)["terminal"]
    schedule(office, home, "remove").expect()

    assert without == "alias ll='ls -l'"
    assert there.startswith("alias ll='ls -l'\n# securedoc schedule/1 ")
    assert (again, state) == (there, "current")
    assert said.output.decode() == "securedoc: sao lưu (MẪU)\n"
    assert (silent.code, silent.output) == (0, b"")
    assert rc.read_text() == "alias ll='ls -l'\n"
    assert rc.stat().st_mode & 0o777 == 0o600


def test_a_start_up_file_that_is_a_link_stays_one(home: Path, root: Path) -> None:
    (root / "dotfiles").write_text("# mine\n")
    terminal = Terminal(home, "/bin/bash")
    terminal.path.symlink_to(root / "dotfiles")

    terminals.put(terminal, VAULT, NAME)

    assert terminal.path.is_symlink()
    assert NAME in (root / "dotfiles").read_text()


def test_a_line_that_was_edited_is_left_alone(home: Path) -> None:
    terminal = Terminal(home, "/usr/bin/zsh")
    terminals.put(terminal, VAULT, NAME)
    edited = terminal.path.read_text().replace("cat", "less")
    terminal.path.write_text(edited)

    with pytest.raises(BackupRefused, match="was edited"):
        terminals.take_away(terminal, VAULT)

    assert terminal.path.name == ".zshrc"
    assert terminal.path.read_text() == edited
    assert terminals.state(terminal, VAULT, NAME) is State.CHANGED


def test_a_power_cut_never_leaves_half_a_start_up_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(home, "/bin/dash")
    mine = b"PATH=/mine\n" * 500
    terminal.path.write_bytes(mine)

    def change() -> None:
        terminals.put(terminal, VAULT, NAME)
        terminals.take_away(terminal, VAULT)

    cuts = 0
    for _ in power_cuts(monkeypatch, change):
        cuts += 1
        assert terminal.path.read_bytes().startswith(mine)
        terminals.take_away(terminal, VAULT)
        assert terminal.path.read_bytes() == mine

    assert cuts >= 4


def test_only_a_registered_stick_makes_the_reminder_of_a_person_speak(
    office: BackupWorld, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.stick()
    place = office.place
    volume = office.world.ok("em", "media", "list")["media"][0]["volume_id"]
    other = fake_tree(root / "other", {"dev/disk/by-uuid/1234-ABCD": ""})
    ours = fake_tree(root / "ours", {f"dev/disk/by-uuid/{volume}": "", "dev/disk/by-uuid/1234-ABCD": ""})

    there = [reminding.stick_is_in(place, root=tree) for tree in (other, ours, root / "none")]
    monkeypatch.setattr(reminding, "_bus", lambda _: None)
    words = ("--vault", office.world.vault, "--lang", "en", "backup", "due", "--remind", "--if-plugged-in")
    silent = run(*words).expect().out
    place.due_note.unlink()
    forgotten = reminding.stick_is_in(place, root=ours)
    monkeypatch.setattr(reminding, "stick_is_in", lambda _: True)
    spoken = run(*words).expect().out

    assert there == [False, True, False]
    assert silent == ""
    assert "a registered backup stick is plugged in" in spoken
    assert forgotten is False


@pytest.mark.parametrize(
    ("running", "said"), [(True, "yes"), (False, "NO: cron does not run on this machine")]
)
def test_without_systemd_it_is_cron_that_must_run(
    office: BackupWorld, home: Path, monkeypatch: pytest.MonkeyPatch, said: str, *, running: bool
) -> None:
    monkeypatch.setattr(installing, "has_systemd", lambda _: False)
    monkeypatch.setattr(active, "_PROC", home)
    (home / "77").mkdir()
    (home / "77" / "comm").write_text("cron\n" if running else "bash\n")
    words = office.world.words("em", "backup", "schedule", "show", "--system")

    plain = run("--lang", "en", *(word for word in words if word != "--json")).expect().out

    assert said in plain
