"""What other systems leave on a stick stops no backup; what they are not known to leave does."""

import pytest

from securedoc.backup import layout, media_set
from tests.support.backup import BackupWorld, make_world

HARMLESS = (".DS_Store", "Thumbs.db", "desktop.ini", "._medium.json", ".directory")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    """One vault for all: every test puts its own stick in."""
    return make_world(tmp_path_factory.mktemp("stray"))


def test_what_macos_and_windows_leave_is_reported_and_left(office: BackupWorld) -> None:
    usb = office.stick("mac", "USB mac")
    office.backup(usb)
    directory = media_set.find(usb)
    for name in HARMLESS:
        (directory / name).write_bytes(b"\0left by another system")
    (directory / "System Volume Information").mkdir()
    (directory / "System Volume Information/IndexerVolumeGuid").write_bytes(b"x")

    done = office.world.ok("em", "backup", "run", "--to", usb)
    verified = office.world.ok("em", "backup", "verify", usb)

    assert (
        sorted(done["stray"]) == sorted(verified["stray"]) == sorted([*HARMLESS, "System Volume Information"])
    )
    assert done["removed"] == []
    assert verified["defects"] == []
    assert all((directory / name).exists() for name in verified["stray"])


@pytest.mark.parametrize("name", ["report.docx", ".hidden", "DS_Store", "Thumbs.db.exe", "snapshot-00001"])
def test_any_other_file_beside_the_bags_is_a_finding_and_nothing_of_ours_is_removed(
    office: BackupWorld, name: str
) -> None:
    usb = office.stick(f"usb-{name}", f"USB {name}")
    office.backup(usb)
    directory = media_set.find(usb)
    (directory / name).write_bytes(b"x")
    before = {path.name for path in directory.iterdir()}

    refused = office.world.run("em", "backup", "run", "--to", usb).expect(74)
    verified = office.world.run("em", "backup", "verify", usb).expect(74)

    assert name in refused.error["message"]
    assert [(one["kind"], one["path"]) for one in verified.json["defects"]] == [("unexpected", name)]
    assert {path.name for path in directory.iterdir()} == before


def test_a_harmless_name_inside_a_bag_is_still_a_finding(office: BackupWorld) -> None:
    usb = office.stick("inside", "USB inside")
    office.backup(usb)
    (media_set.find(usb) / "snapshot-0001/data/.DS_Store").write_bytes(b"x")

    verified = office.world.run("em", "backup", "verify", usb).expect(74)

    assert [one["path"] for one in verified.json["defects"]] == ["snapshot-0001/data/.DS_Store"]


def test_no_name_of_ours_is_taken_for_a_stray_one() -> None:
    ours = (*layout.FIXED_FILES, "snapshot-0001", "objects-0001", layout.PARTIAL + "snapshot-0001")

    assert not any(layout.is_stray(name) for name in ours)
