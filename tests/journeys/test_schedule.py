"""The machine's own reminder, installed, asked and taken away as a person would."""

import json
import os
import shutil
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from securedoc.backup import installing, reminding, timetable
from securedoc.system import process
from securedoc.system.planted import State
from tests.faults.crash import power_cuts
from tests.support.backup import BackupWorld, copy_of, make_world
from tests.support.cli import Ran, run


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    return make_world(tmp_path_factory.mktemp("schedule"))


@pytest.fixture
def office(made: BackupWorld, root: Path) -> BackupWorld:
    return copy_of(made, root)


@pytest.fixture
def home(root: Path) -> Path:
    (root / "home").mkdir()
    return root / "home"


@pytest.fixture
def tools(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for the programs of the machine, which note what they were told."""
    directory = root / "tools"
    directory.mkdir()

    def find(name: str) -> Path | None:
        path = directory / name
        return path if path.exists() else None

    monkeypatch.setattr(process, "find", find)
    return directory


def stand_in(
    tools: Path, name: str, script: str = 'printf "%s\\n" "$0 $*" >> "$(dirname "$0")/told"'
) -> None:
    path = tools / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def told(tools: Path) -> list[str]:
    path = tools / "told"
    lines = path.read_text().splitlines() if path.exists() else []
    return [line.replace(f"{tools}/", "") for line in lines]


def crontab(tools: Path, before: str | None) -> Path:
    """A crontab program whose table is a file."""
    table = tools / "table"
    if before is not None:
        table.write_text(before)
    stand_in(
        tools,
        "crontab",
        f'if [ "$1" = -l ]; then [ -e {table} ] || {{ echo "no crontab for x" >&2; exit 1; }}; cat {table}; '
        f"else cat > {table}; fi",
    )
    return table


def schedule(office: BackupWorld, home: Path, *words: str | Path, who: str = "em") -> Ran:
    env = {"HOME": str(home), "XDG_CONFIG_HOME": "", "XDG_RUNTIME_DIR": str(home)}
    return run(*office.world.words(who, "backup", "schedule", *words), env=env)


def written(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file())


def test_an_image_is_given_units_and_a_rule_once_and_they_are_taken_away_again(
    office: BackupWorld, home: Path, root: Path
) -> None:
    image = root / "image"
    other = image / "etc/systemd/system/other.service"
    other.parent.mkdir(parents=True)
    other.write_text("[Unit]\n")

    first = schedule(office, home, "install", "--system", "--root", image).expect().json
    again = schedule(office, home, "install", "--system", "--root", image).expect().json
    shown = schedule(office, home, "show", "--system", "--root", image).expect().json
    removed = schedule(office, home, "remove", "--system", "--root", image).expect().json

    assert (first["kind"], first["started"]) == ("systemd-system", False)
    assert len(first["written"]) == 5
    assert again["written"] == []
    assert {one["state"] for one in shown["files"]} == {"current"}
    assert shown["calendar"] == "*-*-* 08:30:00"
    assert sorted(removed["removed"]) == sorted(first["written"])
    assert written(image) == [other]


def test_showing_and_a_dry_run_write_nothing(office: BackupWorld, home: Path, root: Path) -> None:
    for words in (("show",), ("install", "--dry-run"), ("remove", "--dry-run")):
        for kind in ("--user", "--system"):
            schedule(office, home, *words, kind, "--root", root / "image").expect()

    assert not (root / "image").exists()


def test_what_is_shown_is_what_is_written(office: BackupWorld, home: Path, root: Path) -> None:
    shown = schedule(office, home, "show", "--system", "--root", root / "i").expect().json
    schedule(office, home, "install", "--system", "--root", root / "i").expect()

    assert {Path(one["path"]): one["text"] for one in shown["files"]} == {
        path: path.read_text() for path in written(root / "i")
    }


def test_a_label_never_reaches_a_unit_or_a_rule(office: BackupWorld, home: Path, root: Path) -> None:
    label = 'X" RUN+="/bin/sh -c %n", ${IFS}\\x0a'
    path = root / "usb"
    path.mkdir()
    office.world.ok("em", "media", "register", path, "--label", label, "--keeper", "$(reboot) %h")
    for newline in ("a\nRUN+=b", "a\u2028b", "a\x1bb"):
        office.world.run("em", "media", "register", path, "--label", newline, "--keeper", "K").expect(72)

    done = schedule(office, home, "install", "--system", "--root", root / "i").expect().json

    text = "".join(one.read_text() for one in written(root / "i"))
    assert "RUN" not in text
    assert "IFS" not in text
    assert "reboot" not in text
    assert done["not_noticed"] == [label]  # a directory has no identifier that udev knows


def test_a_planted_unit_is_refused_by_name_and_nothing_is_written(
    office: BackupWorld, home: Path, root: Path
) -> None:
    image = root / "image"
    schedule(office, home, "install", "--system", "--root", image).expect()
    timer = next(path for path in written(image) if path.suffix == ".timer")
    schedule(office, home, "remove", "--system", "--root", image).expect()
    timer.write_text("[Timer]\nOnCalendar=hourly\nUnit=evil.service\n")

    refused = schedule(office, home, "install", "--system", "--root", image).expect(82)
    kept = schedule(office, home, "remove", "--system", "--root", image).expect(82)

    assert timer.name in refused.error["message"]
    assert timer.name in kept.error["message"]
    assert written(image) == [timer]


def test_a_drop_in_that_changes_what_runs_is_shown(office: BackupWorld, home: Path, root: Path) -> None:
    image = root / "image"
    schedule(office, home, "install", "--system", "--root", image).expect()
    service = next(path for path in written(image) if path.name.endswith("remind.service"))
    drop_in = service.with_name(service.name + ".d") / "x.conf"
    drop_in.parent.mkdir()
    drop_in.write_text("[Service]\nExecStart=\nExecStart=/bin/evil\n")

    shown = schedule(office, home, "show", "--system", "--root", image).expect().json

    assert [Path(path) for path in shown["drop_ins"]] == [drop_in]


def test_the_managers_are_told_in_order(
    office: BackupWorld, home: Path, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tools, "systemctl")
    monkeypatch.setattr(installing, "has_systemd", lambda _: True)

    done = schedule(office, home, "install").expect().json
    timer = Path(done["written"][-1]).name
    stick = timer.replace("-remind.timer", "-stick.path")
    schedule(office, home, "remove").expect()

    assert (done["kind"], done["started"]) == ("systemd-user", True)
    assert told(tools) == [
        "systemctl --user daemon-reload",
        f"systemctl --user enable --now {timer}",
        f"systemctl --user enable --now {stick}",
        f"systemctl --user disable --now {timer}",
        f"systemctl --user disable --now {stick}",
        "systemctl --user daemon-reload",
    ]
    assert written(home) == []


@pytest.mark.parametrize("script", [None, "exit 1"], ids=["missing", "failing"])
def test_a_manager_that_does_not_listen_is_said_and_the_files_stay(
    office: BackupWorld, home: Path, tools: Path, monkeypatch: pytest.MonkeyPatch, script: str | None
) -> None:
    if script:
        stand_in(tools, "systemctl", script)
    monkeypatch.setattr(installing, "has_systemd", lambda _: True)

    said = schedule(office, home, "install").expect(76).error

    assert "systemctl --user daemon-reload" in said["message"]
    assert len(written(home)) == 4


def test_without_systemd_a_line_stands_in_the_persons_crontab_among_the_others(
    office: BackupWorld, home: Path, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "has_systemd", lambda _: False)
    mine = "MAILTO=x\n# my own\n0 5 * * * true %done\n"
    table = crontab(tools, mine)

    before = schedule(office, home, "show").expect().json
    first = schedule(office, home, "install").expect().json
    after = schedule(office, home, "show").expect().json
    again = schedule(office, home, "install").expect().json
    both = table.read_text()
    removed = schedule(office, home, "remove").expect().json

    assert (first["kind"], first["crontab"], again["crontab"]) == ("cron-user", True, False)
    assert (before["crontab"], after["crontab"]) == ("absent", "current")
    assert both.startswith(mine)
    assert both.splitlines()[-1].startswith("30 8 * * * ")
    assert "backup due --remind" in both
    assert removed["crontab"] is True
    assert table.read_text() == mine


def test_the_first_line_of_an_empty_crontab(
    office: BackupWorld, home: Path, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "has_systemd", lambda _: False)
    table = crontab(tools, None)

    schedule(office, home, "install").expect()
    schedule(office, home, "remove").expect()

    assert table.read_text() == ""


def test_a_line_that_was_edited_is_left_alone(
    office: BackupWorld, home: Path, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "has_systemd", lambda _: False)
    table = crontab(tools, None)
    schedule(office, home, "install").expect()
    table.write_text(table.read_text().replace("30 8", "15 6"))
    before = table.read_text()

    schedule(office, home, "install").expect(72)
    schedule(office, home, "remove").expect(72)

    assert schedule(office, home, "show").expect().json["crontab"] == "changed"
    assert table.read_text() == before


def test_without_systemd_and_cron_it_is_said(
    office: BackupWorld, home: Path, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "has_systemd", lambda _: False)

    assert "neither systemd nor cron" in schedule(office, home, "install").expect(81).error["message"]
    assert schedule(office, home, "show").expect().json["crontab"] is None
    assert list(tools.iterdir()) == []


def test_the_system_belongs_to_root(office: BackupWorld, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    said = schedule(office, home, "install", "--system").expect(82).error

    assert "only root" in said["message"]


def test_an_auditor_may_not_install(office: BackupWorld, home: Path, root: Path) -> None:
    schedule(office, home, "install", "--root", root / "i", who="phuc").expect(12)

    assert not (root / "i").exists()


def test_a_power_cut_during_installation_is_finished_by_the_next(
    office: BackupWorld, home: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = root / "image"
    machine = installing.Machine(None, "root", image, systemd=True)
    wanted = timetable.Wanted("0" * 32, office.place.root, ("/bin/true",), "vi", 90, 0, ("ABCD-1234",))
    cuts = 0
    for _ in power_cuts(monkeypatch, lambda: installing.install(wanted, machine), every=2):
        cuts += 1
        states = [one.state() for one in installing.planned(wanted, machine)]
        assert set(states) <= {State.ABSENT, State.CURRENT}
        assert sum(state is State.CURRENT for state in states) == len(written(image))
        installing.install(wanted, machine)
        assert len(written(image)) == 5
        installing.remove(wanted.vault, machine)
        assert written(image) == []
        shutil.rmtree(image)

    assert cuts > 5
    assert schedule(office, home, "show", "--system", "--root", image).expect().json["files"]


def remind(office: BackupWorld, *words: str, env: dict[str, str] | None = None, lang: str = "en") -> Ran:
    vault = office.world.vault
    return run(
        *("--vault", vault, "--lang", lang),
        *(*words[:2], "backup", "due", "--remind", *words[2:]),
        env={"DBUS_SESSION_BUS_ADDRESS": "", **(env or {})},
    )


def at(days: float) -> tuple[str, str]:
    return ("--now", (datetime.now(UTC) + timedelta(days=days)).isoformat())


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminding, "_bus", lambda _: None)


@pytest.mark.usefixtures("silent")
def test_the_reminder_needs_no_key_and_is_silent_until_something_is_due(office: BackupWorld) -> None:
    usb = office.stick()
    office.backup(usb)

    now, soon, late = (remind(office, *at(days)).expect().out for days in (0, 85, 91))

    assert now.splitlines() == ["securedoc: a restore drill is due: securedoc backup drill PATH"]
    assert "the next backup is due on" in soon
    assert "overdue since" in late
    assert "securedoc backup run" in late


@pytest.mark.usefixtures("silent")
def test_a_stick_that_is_plugged_in_is_spoken_of(office: BackupWorld) -> None:
    office.backup(office.stick())

    said = remind(office, *at(0), "--plugged-in").expect().out

    assert "a registered backup stick is plugged in" in said
    run("--vault", office.world.vault, "backup", "due", "--plugged-in").expect(2)


@pytest.mark.usefixtures("silent")
def test_the_reminder_of_a_real_vault_goes_by_the_machines_clock(office: BackupWorld) -> None:
    path = office.place.vault_file
    path.write_text(path.read_text().replace('"training":true', '"training":false'))

    assert "--now" in remind(office, *at(0)).expect(12).err


@pytest.mark.usefixtures("silent")
def test_the_reminder_speaks_vietnamese(office: BackupWorld) -> None:
    assert "sao lưu" in remind(office, *at(0), lang="vi").expect().out


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize(
    "note",
    [
        None,
        b"",
        b"{",
        b'{"backup":null,"drill":null,"drill_failed":false,"format":2,"vault":"' + b"0" * 32 + b'"}',
        b'{"backup":"soon","drill":null,"drill_failed":false,"format":2,"vault":"VAULT"}',
        b'{"drill":null,"drill_failed":false,"format":2,"vault":"VAULT"}',
        b'{"backup":"2026-01-01T00:00:00","drill":null,"drill_failed":false,"format":2,"vault":"VAULT"}',
        b'{"backup":null,"drill":null,"drill_failed":0,"format":2,"vault":"VAULT"}',
        b'{"backup":null,"drill":null,"drill_failed":false,"format":2,"vault":"VAULT"}',
        b'{"backup":null,"drill":null,"drill_failed":false,"format":3,"vault":"VAULT"}',
        b" " * 5000,
    ],
)
def test_a_note_that_does_not_tell_reminds_instead_of_being_silent(
    office: BackupWorld, note: bytes | None
) -> None:
    office.backup(office.stick())
    path = office.place.due_note
    vault = json.loads(office.place.vault_file.read_text())["vault"].encode()
    path.unlink()
    if note is not None:
        path.write_bytes(note.replace(b"VAULT", vault))

    ran = run("--vault", office.world.vault, "--json", "backup", "due", "--remind").expect().json

    assert ran["known"] is False
    assert "not known" in ran["said"][0]


@pytest.mark.usefixtures("silent")
def test_a_forged_note_silences_the_reminder_but_not_the_ledger(office: BackupWorld) -> None:
    office.stick()
    office.world.ok("em", "backup", "due")
    path = office.place.due_note
    note = json.loads(path.read_text())
    path.write_text(
        json.dumps(note | {"backup": datetime.now(UTC).isoformat()}, sort_keys=True, separators=(",", ":"))
    )

    assert remind(office, *at(0)).expect().out.count("overdue") == 0
    assert office.world.ok("em", "backup", "due")["overdue"] is True
    assert office.world.ok("em", "status")["backup"]["overdue"] is True


def test_a_backup_does_not_fail_where_the_note_cannot_be_written(office: BackupWorld) -> None:
    usb = office.stick()
    office.place.due_note.unlink()
    office.place.due_note.mkdir()

    assert office.backup(usb).made.snapshot == 1


def test_a_desktop_is_told_through_its_own_bus(office: BackupWorld, tools: Path) -> None:
    stand_in(tools, "notify-send", 'printf "%s\\n" "$@" "$DBUS_SESSION_BUS_ADDRESS" > "$(dirname "$0")/told"')

    ran = run(
        *("--vault", office.world.vault, "--json", "--lang", "vi", "backup", "due", "--remind"),
        env={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"},
    ).expect()

    assert ran.json["told"] == ["desktop"]
    words = told(tools)
    assert words[:3] == ["--app-name=securedoc", "--urgency=critical", "--"]
    assert words[3].startswith("securedoc")
    assert "sao lưu" in words[4]
    assert words[-1] == "unix:path=/nowhere"


def test_a_timer_of_the_system_finds_the_bus_of_the_vaults_owner(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    bus = socket.socket(socket.AF_UNIX)
    monkeypatch.chdir(root)
    bus.bind("bus")
    real = Path
    monkeypatch.setattr(reminding, "Path", lambda text: real(text.replace("/run/user/1234", str(root))))

    assert reminding._bus(1234) == {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={root}/bus"}
    assert reminding._bus(4321) is None
    bus.close()


def test_a_desktop_that_cannot_be_told_is_not_said_to_have_been(office: BackupWorld, tools: Path) -> None:
    stand_in(tools, "notify-send", "exit 1")

    ran = run(
        *("--vault", office.world.vault, "--json", "backup", "due", "--remind"),
        env={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"},
    ).expect()

    assert ran.json["told"] == []
