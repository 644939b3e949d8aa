import os
import re
import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.backup import timetable
from securedoc.backup.timetable import Wanted
from securedoc.errors import HostRefused
from securedoc.system import process
from securedoc.system.planted import Planted
from tests.support.system import call, loop_device, needs_root, tool

VAULT = "0123456789abcdef0123456789abcdef"
UUIDS = ("12345678-1234-1234-1234-123456789abc", "ABCD-1234")
NASTY = "/srv/a b\"c'd%n%%h$HOME${X}\\x`id`;#&|<>*?[é]"
PRINTABLE = st.text(min_size=1).filter(lambda text: text.isprintable() and "\0" not in text)


def wanted(place: str = "/srv/vault", volumes: tuple[str, ...] = UUIDS, days: int = 90) -> Wanted:
    return Wanted(VAULT, Path(place), ("/bin/true", "-P", "-m"), "vi", days, 1000, volumes)


def write(planted: tuple[Planted, ...]) -> list[str]:
    """Put the files where they are to be checked, without asking whose they are."""
    for one in planted:
        one.path.parent.mkdir(parents=True, exist_ok=True)
        one.path.write_bytes(one.data)
    return [str(one.path) for one in planted]


def read_as_systemd_does(line: str) -> list[str]:
    """Split a command line as systemd.service(5) says, specifiers and variables resolved."""
    words = [line[: line.index(' "')]]
    for found in re.findall(r'"((?:[^"\\]|\\.)*)"', line[len(words[0]) :]):
        text = re.sub(r"\\(.)", r"\1", found)
        assert not re.search(r"(?<!%)(%%)*%(?!%)", text)
        assert not re.search(r"(?<!\$)(\$\$)*\$(?!\$)", text)
        words.append(text.replace("%%", "%").replace("$$", "$"))
    return words


def verify(paths: list[str], *mode: str, runtime: Path) -> str:
    done = process.run(
        [tool("systemd-analyze"), *mode, "verify", "--man=no", *paths],
        cwd=Path("/"),
        timeout_s=60,
        env={"XDG_RUNTIME_DIR": str(runtime)},
    )
    assert done.code == 0, done.errors
    return done.errors.decode()


@pytest.mark.parametrize("place", ["/srv/vault", NASTY], ids=["plain", "nasty"])
def test_systemd_finds_nothing_wrong_with_the_units(root: Path, place: str) -> None:
    units = [
        path
        for path in write(timetable.system_files(wanted(place), root))
        if path.endswith((".service", ".timer"))
    ]

    assert verify(units, runtime=root) == ""
    assert len(units) == 3


@pytest.mark.parametrize("place", ["/srv/vault", NASTY], ids=["plain", "nasty"])
def test_systemd_finds_nothing_wrong_with_the_units_of_a_person(root: Path, place: str) -> None:
    units = write(timetable.user_files(wanted(place), root))

    assert verify(units, "--user", runtime=root) == ""
    assert len(units) == 4


def test_what_a_person_installs_notices_sticks_without_being_root(root: Path) -> None:
    texts = {one.path.name: one.data.decode() for one in timetable.user_files(wanted(), root)}

    [path] = [text for name, text in texts.items() if name.endswith(".path")]
    [stick] = [text for name, text in texts.items() if name.endswith("-stick.service")]
    assert "PathChanged=/dev/disk/by-uuid" in path
    assert "--if-plugged-in" in stick
    # It must not empty what the timer's reminder said.
    assert ".due" not in stick


def test_the_system_unit_is_exposed_as_little_as_systemd_can_tell(root: Path) -> None:
    tool("systemd-analyze")
    service = next(path for path in write(timetable.system_files(wanted(), root)) if "remind.service" in path)

    told = call("systemd-analyze", "security", "--offline=true", "--threshold=20", service)

    assert b"PrivateNetwork=" in told


@pytest.mark.parametrize(
    ("days", "often"), [(90, "*-*-* 08:30:00"), (2, "*-*-* 08:30:00"), (1, "*-*-* 08..17:00:00")]
)
def test_the_calendar_follows_the_policy_and_systemd_reads_it(days: int, often: str) -> None:
    assert timetable.calendar(days) == often
    assert b"Next elapse" in call("systemd-analyze", "calendar", timetable.calendar(days))


def test_the_timer_catches_up_after_the_machine_was_off() -> None:
    timer = timetable.user_files(wanted(), Path("/x"))[-1]

    assert timer.path.name.endswith("-remind.timer")
    assert "\nPersistent=true\n" in timer.body


@given(PRINTABLE)
def test_a_path_stays_one_word_for_systemd(name: str) -> None:
    place = f"/srv/{name}"
    service = timetable.user_files(wanted(place), Path("/x"))[0].body
    (line,) = [line for line in service.splitlines() if line.startswith("ExecStart=")]

    words = read_as_systemd_does(line.removeprefix("ExecStart="))

    assert words == list(wanted(place).command())


@given(PRINTABLE)
def test_a_path_stays_one_word_for_cron_and_its_shell(name: str) -> None:
    place = f"/srv/{name}"
    line = timetable.cron_line(wanted(place), "bao")

    assert line.count("\n") == 1
    assert not re.search(r"(?<!\\)%", line)
    fields, rest = line.split(" ", 6)[:6], line.split(" ", 6)[6]
    assert fields == ["30", "8", "*", "*", "*", "bao"]
    assert tuple(shlex.split(rest.replace(r"\%", "%"))) == wanted(place).command()


@pytest.mark.parametrize(
    "separator", ["\n", "\r", "\0", "\x1b", "\x85", "\u2028", "\u2029", "\x7f", "\udcff", "\u202e"]
)
def test_a_path_that_could_be_another_line_is_refused(separator: str) -> None:
    nasty = wanted(f"/srv/a{separator}ExecStartPre=/bin/sh")

    for make in (
        lambda: timetable.system_files(nasty),
        lambda: timetable.user_files(nasty, Path("/x")),
        lambda: timetable.cron_files(nasty, "bao"),
        lambda: timetable.cron_line(nasty),
    ):
        with pytest.raises(HostRefused, match="control characters"):
            make()


@pytest.mark.parametrize(
    "program", ["", "python", "/opt/a b/python", "/opt/$X/python", "-/bin/sh", "/opt/%n"]
)
def test_a_program_in_a_strange_place_is_refused(program: str) -> None:
    strange = Wanted(VAULT, Path("/srv/vault"), (program,), "vi", 90, 1000)

    with pytest.raises(HostRefused, match="own path"):
        timetable.system_files(strange)


@pytest.mark.parametrize("login", ["", "a b", "root\n* * * * * root sh", "a%b", "Ä"])
def test_a_login_that_is_none_is_refused(login: str) -> None:
    with pytest.raises(HostRefused, match="cron"):
        timetable.cron_files(wanted(), login)


@pytest.mark.parametrize(
    "volume",
    [
        "",
        "ab",
        'x", RUN+="/bin/sh',
        "abcd*",
        "ab?d",
        "[abc]",
        "ab|cd",
        "abcd\n",
        "8:01:99",
        "a" * 65,
        "%n%n",
        "$env",
    ],
)
def test_an_identifier_that_means_something_to_udev_never_stands_in_a_rule(volume: str) -> None:
    usable, other = timetable.usable_volumes([volume, UUIDS[0]])

    assert usable == (UUIDS[0],)
    assert other == (volume,)
    with pytest.raises(ValueError, match="not of its form"):
        timetable.system_files(wanted(volumes=(volume,)))


@needs_root
def test_plugging_in_a_registered_stick_wants_the_unit_and_another_one_does_not(root: Path) -> None:
    tool("udevadm")
    rules = Path("/run/udev/rules.d/90-securedoc-01234567.rules")
    rules.parent.mkdir(parents=True, exist_ok=True)
    seen: dict[str, bytes] = {}
    uuid = ""
    for name in ("ours", "other"):
        (root / name).mkdir()
        with loop_device(root / name, "ext4", size_bytes=8 << 20) as mount:
            device = next(
                line.split()[0]
                for line in Path("/proc/mounts").read_text().splitlines()
                if line.split()[1] == str(mount)
            )
            if not uuid:
                uuid = call("blkid", "-p", "-s", "UUID", "-o", "value", device).decode().strip()
            made = timetable.system_files(wanted(volumes=(uuid,)))
            (rule,) = [one for one in made if one.path.suffix == ".rules"]
            node = f"/sys/class/block/{Path(device).name}"
            rules.write_bytes(rule.data)
            try:
                seen[name] = call("udevadm", "test", "--action=add", node)
            finally:
                rules.unlink()
                call("udevadm", "test", "--action=remove", node)

    assert b"\nSYSTEMD_WANTS=securedoc-01234567-stick.service\n" in seen["ours"]
    assert b"TAGS=:systemd:" in seen["ours"]
    assert f"ID_FS_UUID={uuid}".encode() in seen["ours"]
    assert b"ID_FS_UUID=" in seen["other"]
    assert b"SYSTEMD_WANTS" not in seen["other"]


def test_every_file_begins_with_the_vaults_name_and_nothing_else_of_it() -> None:
    everything = (
        *timetable.system_files(wanted()),
        *timetable.user_files(wanted(), Path("/x")),
        *timetable.cron_files(wanted(), "bao"),
    )

    assert {one.path for one in everything} == {
        one.path
        for configuration in (None, Path("/x"))
        for one in timetable.names(VAULT, Path("/"), configuration)
    }
    assert all("securedoc-01234567" in one.path.name for one in everything)
    assert os.sep not in wanted().name
