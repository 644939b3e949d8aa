"""A stick over the years: what policy keeps no more goes, by itself or by hand, and the audit agrees."""

from pathlib import Path

import pytest

from tests.support.backup import BackupWorld, make_world
from tests.support.cli import run
from tests.support.office import World, found_world

QUARTERS = tuple(f"{year}-{month:02d}-15T09:00:00+07:00" for year in (2027, 2028) for month in (1, 4, 7, 10))
LATE = tuple(f"{year}-02-15T09:00:00+07:00" for year in (2029, 2030, 2031))


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Path]:
    """Two years of quarterly backups on one stick, the drafts of the first two of them in two bags."""
    world = found_world(tmp_path_factory.mktemp("years"))
    usb = world.root / "usb"
    usb.mkdir()
    at = QUARTERS[0]
    world.ok("em", "--now", at, "media", "register", usb, "--label", "USB 1", "--keeper", "Đỗ Thị Em")
    for at in QUARTERS:
        backup(world, at, usb)
    return world, usb


def backup(world: World, at: str, usb: Path, *more: str) -> dict[str, object]:
    return world.ok("em", "--now", at, "backup", "run", "--to", usb, "--parity", "0", *more)


@pytest.mark.slow
def test_over_the_years_old_snapshots_go_as_policy_says(years: tuple[World, Path]) -> None:
    world, usb = years

    # The ninth: eight stay, and none is older than two years yet but the first.
    ninth = backup(world, LATE[0], usb)
    would = world.ok("em", "--now", LATE[1], "backup", "prune", usb, "--dry-run")
    kept = backup(world, LATE[1], usb, "--keep-all")
    by_hand = world.ok("em", "--now", LATE[1], "backup", "prune", usb)
    again = world.ok("em", "--now", LATE[1], "backup", "prune", usb)

    assert ninth["pruned"]["snapshots"] == [1]  # type: ignore[index]
    assert would["snapshots"] == []  # there are eight
    assert kept["pruned"]["snapshots"] == []  # type: ignore[index]
    assert by_hand["snapshots"] == [2]
    assert by_hand["left"] == [3, 4, 5, 6, 7, 8, 9, 10]
    assert again["snapshots"] == again["bags"] == []
    verified = world.ok("em", "--now", LATE[1], "backup", "verify", usb)
    assert [one["snapshot"] for one in verified["snapshots"]] == by_hand["left"]
    listed = world.ok("em", "--now", LATE[1], "backup", "list")["snapshots"]
    assert {one["snapshot"]: one["on_medium"] for one in listed}[2] is False
    assert {one["snapshot"]: one["on_medium"] for one in listed}[3] is True
    audited = world.run("phuc", "--now", LATE[2], "audit", "run", "--media", usb).json
    found = {one["check"]: one["state"] for one in audited["findings"]}
    assert (found["backup.pruning"], found["backup.medium"]) == ("pass", "pass")


def test_in_a_person_s_words(tmp_path: Path) -> None:
    office: BackupWorld = make_world(tmp_path)
    usb = office.stick()
    office.backup(usb)
    words = office.world.words("em", "backup", "prune", usb, "--dry-run")

    spoken = run("--lang", "vi", *(word for word in words if word != "--json")).expect()

    assert "không có gì phải gỡ bỏ" in spoken.out
