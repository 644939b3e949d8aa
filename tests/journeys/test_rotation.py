"""Several sticks in turn: which one is next, from whom, and whether what it holds was ever read again."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from securedoc.backup import checked, confirming, media, reminding
from securedoc.backup.examine import Depth
from securedoc.core.entries import Act
from securedoc.system import plugging, volumes
from securedoc.system.plugging import Plugging
from tests.faults.crash import PowerCut
from tests.support.backup import BackupWorld, copy_of, make_world
from tests.support.cli import run
from tests.support.replug import Stick, stick
from tests.support.system import needs_root


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    return make_world(tmp_path_factory.mktemp("made"))


@pytest.fixture
def world(made: BackupWorld, tmp_path: Path) -> BackupWorld:
    (tmp_path / "root").mkdir(mode=0o700)
    return copy_of(made, tmp_path / "root")


@pytest.fixture
def usb(tmp_path: Path) -> Iterator[Stick]:
    with stick(tmp_path / "one") as one:
        yield one


def at(days: float) -> tuple[str, str]:
    return ("--now", (datetime.now(UTC) + timedelta(days=days)).isoformat())


def asked(world: BackupWorld, days: float, *words: str) -> dict[str, Any]:
    """Return what a command says so many days from now."""
    return run(*at(days), *world.world.words("em", *words)).expect().json


def two(world: BackupWorld) -> tuple[Path, Path]:
    return world.stick("usb1", "USB 1"), world.stick("usb2", "USB 2")


def test_the_stick_that_was_not_written_to_for_longest_is_next(world: BackupWorld) -> None:
    one, other = two(world)

    first = world.world.ok("em", "backup", "run", "--to", one)
    second = world.world.ok("em", "backup", "run", "--to", other)

    assert (first["in_turn"], first["next"]["label"], first["next"]["keeper"]) == (True, "USB 2", "Đỗ Thị Em")
    assert (second["in_turn"], second["next"]["label"]) == (True, "USB 1")
    listed = world.world.ok("em", "media", "list")
    assert [(row["label"], row["turn"], row["next"]) for row in listed["media"]] == [
        ("USB 1", 1, True),
        ("USB 2", 2, False),
    ]
    assert [row["age_days"] for row in listed["media"]] == [0, 0]
    assert listed["next"]["label"] == "USB 1"


def test_a_backup_to_another_stick_than_the_next_one_is_made_and_said(world: BackupWorld) -> None:
    one, _ = two(world)
    world.backup(one)

    ran = world.world.run("em", "backup", "run", "--to", one).expect()

    assert ran.json["in_turn"] is False
    assert ran.json["next"]["label"] == "USB 2"
    assert "USB 1 was not the next one: USB 2, kept by Đỗ Thị Em, is further behind" in ran.err


def test_without_a_stick_it_is_said_which_one_to_bring_from_whom(world: BackupWorld) -> None:
    one, _ = two(world)
    world.backup(one)

    refused = world.world.run("em", "backup", "run").expect(71)

    assert json.loads(refused.err)["hint"].startswith("bring USB 2 from Đỗ Thị Em and plug it in")


def test_a_stick_that_nobody_has_seen_for_long_is_overdue_by_its_name(world: BackupWorld) -> None:
    one, other = two(world)
    world.backup(one)
    run(*at(200), *world.world.words("em", "backup", "run", "--to", other)).expect()

    said = asked(world, 275, "status")["backup"]["media"]
    plain = (
        run(*at(275), *(word for word in world.world.words("em", "status") if word != "--json")).expect().out
    )

    [first] = [row for row in world.world.ok("em", "media", "list")["media"] if row["label"] == "USB 1"]
    assert said["unseen"] == [first["medium"]]
    assert asked(world, 100, "backup", "due")["media"]["unseen"] == []
    assert "USB 1, kept by Đỗ Thị Em, was not seen since" in plain


def test_one_stick_is_fewer_than_the_policy_asks_for_and_said(world: BackupWorld) -> None:
    world.backup(world.stick())

    words = [word for word in world.world.words("em", "status") if word != "--json"]

    assert "1 media are in use, and the policy asks for 2" in run(*words).expect().out


def test_a_retired_stick_has_no_turn(world: BackupWorld) -> None:
    two(world)
    world.world.ok("em", "media", "retire", "USB 1", "--why", "Hỏng (MẪU)")

    listed = world.world.ok("em", "media", "list")

    assert [(row["label"], row["turn"]) for row in listed["media"]] == [("USB 1", None), ("USB 2", 1)]
    assert listed["next"]["label"] == "USB 2"


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminding, "_bus", lambda _: None)


def reminded(world: BackupWorld, days: float) -> list[str]:
    ran = run("--vault", world.world.vault, "--lang", "en", "--json", *at(days), "backup", "due", "--remind")
    return [str(line) for line in ran.expect().json["said"]]


@pytest.mark.usefixtures("silent")
def test_the_reminder_says_without_a_key_which_stick_to_bring_from_whom(world: BackupWorld) -> None:
    one, _ = two(world)
    world.backup(one)

    late = reminded(world, 91)

    assert "the next stick is USB 2: bring it from Đỗ Thị Em" in late
    assert not [line for line in reminded(world, 1) if "next stick" in line]
    assert [line for line in reminded(world, 271) if "USB 2, kept by Đỗ Thị Em, was not seen since" in line]


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize(
    "change",
    [
        {"label": "USB\n1"},
        {"keeper": "\x1b[2J"},
        {"label": "x" * 65},
        {"label": None},
        {"seen": None},
        {"unconfirmed": "1"},
    ],
)
def test_what_somebody_wrote_into_the_note_reaches_no_terminal_unless_it_is_one_plain_line(
    world: BackupWorld, change: dict[str, str | None]
) -> None:
    world.backup(world.stick())
    path = world.place.due_note
    note = json.loads(path.read_text())
    note["media"][0] |= change
    path.write_text(json.dumps(note, sort_keys=True, separators=(",", ":"), ensure_ascii=False))

    assert reminded(world, 91)[0].startswith("when the last backup was made is not known")


def verified(world: BackupWorld, *words: str | Path) -> dict[str, Any]:
    return world.world.ok("phuc", "backup", "verify", *words)


@pytest.mark.loop_device
@needs_root
def test_a_snapshot_is_confirmed_when_its_stick_was_plugged_in_again_and_read_as_a_whole(
    world: BackupWorld, usb: Stick
) -> None:
    with world.opened() as office:
        media.register(office, usb.plug(), label="USB 1", keeper="Đỗ Thị Em")
    world.backup(usb.mount)

    still = verified(world, usb.mount)
    usb.unmount()
    usb.remount()  # the stick never lost its power
    remounted = verified(world, usb.mount)
    before = world.world.ok("em", "media", "list")["media"][0]["confirmed"]
    usb.pull()
    usb.plug()
    quick = verified(world, usb.mount, "--quick")
    again = verified(world, usb.mount)
    twice = verified(world, usb.mount)

    assert [one["confirmed"] for one in (still, remounted, quick, again, twice)] == [[], [], [], [1], []]
    assert (still["replugged"], remounted["replugged"], again["replugged"]) == (False, False, True)
    assert (before, world.world.ok("em", "media", "list")["media"][0]["confirmed"]) == (False, True)
    assert asked(world, 30, "status")["backup"]["media"]["unconfirmed"] == []


@pytest.mark.loop_device
@needs_root
def test_a_damaged_stick_and_a_copy_of_one_confirm_nothing(
    world: BackupWorld, usb: Stick, tmp_path: Path
) -> None:
    with world.opened() as office:
        media.register(office, usb.plug(), label="USB 1", keeper="Đỗ Thị Em")
    world.backup(usb.mount)
    [held] = usb.mount.glob("securedoc-*")
    shutil.copytree(held, tmp_path / "copy" / held.name)
    usb.pull()
    usb.plug()
    [pack] = held.glob("objects-*/data/*.tar")
    whole = pack.read_bytes()
    pack.write_bytes(whole[:-1] + b"\x01")

    world.world.run("phuc", "backup", "verify", usb.mount).expect(74)
    pack.write_bytes(whole)
    copied = world.world.run("phuc", "backup", "verify", tmp_path / "copy").expect()

    assert copied.json["confirmed"] == []
    with world.opened() as office:
        assert office.ledger.last(Act.BACKUP_CONFIRMED) is None


def test_a_restart_of_the_machine_counts_as_plugging_in_again(
    world: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    usb = world.stick()
    world.backup(usb)
    monkeypatch.setattr(plugging, "of", lambda path, root=Path("/"): Plugging("another start", None))  # noqa: ARG005

    assert verified(world, usb)["confirmed"] == [1]


def test_where_it_cannot_be_told_nothing_is_confirmed_and_that_is_said(
    world: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugging, "of", lambda path, root=Path("/"): Plugging("one start", None))  # noqa: ARG005
    usb = world.stick()
    world.backup(usb)

    said = verified(world, usb)
    words = [word for word in world.world.words("phuc", "backup", "verify", usb) if word != "--json"]

    assert (said["confirmed"], said["replugged"]) == ([], None)
    assert "cannot be told here" in run(*words).expect().out


@pytest.mark.usefixtures("silent")
def test_a_backup_that_nobody_confirms_is_spoken_of_after_the_days_of_the_policy(world: BackupWorld) -> None:
    world.backup(world.stick())

    assert asked(world, 1, "status")["backup"]["media"]["unconfirmed"][0]["overdue"] is False
    assert asked(world, 8, "status")["backup"]["media"]["unconfirmed"][0]["overdue"] is True
    assert [line for line in reminded(world, 8) if "is written and not confirmed" in line]
    assert not [line for line in reminded(world, 1) if "is written and not confirmed" in line]


def test_a_stick_that_was_handed_on_is_asked_for_from_its_new_keeper(world: BackupWorld) -> None:
    world.stick()

    handed = world.world.ok("em", "media", "hand", "USB 1", "--to", "Ngô Thị Hoa (MẪU)")

    assert handed["keeper"] == "Ngô Thị Hoa (MẪU)"
    hint = json.loads(world.world.run("em", "backup", "run").expect(71).err)["hint"]
    assert hint.startswith("bring USB 1 from Ngô Thị Hoa (MẪU)")
    assert json.loads(world.place.due_note.read_text())["media"][0]["keeper"] == "Ngô Thị Hoa (MẪU)"
    assert [entry["act"] for entry in world.world.ok("em", "ledger", "entries")["entries"]][
        -1
    ] == "medium.handed"


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\nb", "Đỗ Thị Em"])
def test_a_name_that_does_not_do_and_the_same_keeper_are_refused(world: BackupWorld, name: str) -> None:
    world.stick()

    world.world.run("em", "media", "hand", "USB 1", "--to", name).expect(72)
    world.world.run("em", "media", "hand", "USB 9", "--to", "Hoa").expect(71)
    world.world.run("dung", "media", "hand", "USB 1", "--to", "Hoa").expect(12)


def test_a_stick_that_is_plugged_in_and_not_mounted_is_said_to_be(
    world: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.stick()
    monkeypatch.setattr(volumes, "is_there", lambda identifier, root=Path("/"): bool(identifier))  # noqa: ARG005

    said = json.loads(world.world.run("em", "backup", "run").expect(71).err)

    assert said["message"] == "USB 1 is plugged in and not mounted"
    assert "udisksctl mount -b /dev/disk/by-uuid/" in said["hint"]


def test_power_that_fails_between_the_verification_and_its_confirmation_loses_neither(
    world: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    usb = world.stick()
    world.backup(usb)
    monkeypatch.setattr(plugging, "of", lambda path, root=Path("/"): Plugging("another start", None))  # noqa: ARG005

    def cut(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patch, world.opened("phuc") as office:
        patch.setattr(confirming, "_enter", cut)
        with pytest.raises(PowerCut):
            checked.verify_and_confirm(office, usb, Depth.FULL)

    with world.opened("phuc") as office:
        before = (office.ledger.verified(office.ledger.media()[0].medium) or 0) > 0
        _, _, confirmed = checked.verify_and_confirm(office, usb, Depth.FULL)
    assert before
    assert confirmed.snapshots == (1,)
