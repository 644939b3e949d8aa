"""A stick from its registration to its retirement, as the operator types it; a directory stands for it."""

from pathlib import Path

import pytest

from tests.support.backup import BackupWorld, copy_of, make_world


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    return make_world(tmp_path_factory.mktemp("media"))


@pytest.fixture
def world(made: BackupWorld, tmp_path: Path) -> BackupWorld:
    return copy_of(made, tmp_path / "office")


def test_a_retired_stick_is_written_to_no_more_and_shown_as_what_it_is(world: BackupWorld) -> None:
    office, stick = world.world, world.stick()
    office.ok("em", "backup", "run", "--to", stick)
    before = office.ok("em", "media", "show", "USB 1")

    retired = office.ok("em", "media", "retire", "USB 1", "--why", "Hỏng đầu cắm (MẪU)")

    refused = office.run("em", "backup", "run", "--to", stick)
    shown = office.ok("em", "media", "show", retired["medium"])
    [listed] = office.ok("em", "media", "list")["media"]
    assert (before["state"], shown["state"], listed["state"]) == ("in use", "retired", "retired")
    assert (shown["why"], shown["snapshots"]) == ("Hỏng đầu cắm (MẪU)", 1)
    assert refused.code == 72
    assert "out of use" in refused.error["message"]
    assert office.run("an", "ledger", "verify").code == 0


def test_a_retired_stick_can_still_be_verified(world: BackupWorld) -> None:
    stick = world.stick()
    world.world.ok("em", "backup", "run", "--to", stick)
    world.world.ok("em", "media", "retire", "USB 1", "--why", "Cũ (MẪU)")

    assert world.world.run("em", "backup", "verify", stick).code == 0


@pytest.mark.parametrize(
    ("medium", "why", "code"), [("USB 9", "x", 71), ("USB 1", " ", 72), ("USB 1", "a\nb", 72)]
)
def test_a_medium_or_a_reason_that_does_not_do_is_refused(
    medium: str, why: str, code: int, world: BackupWorld
) -> None:
    world.stick()

    assert world.world.run("em", "media", "retire", medium, "--why", why).code == code


def test_who_may_not_retire_is_refused(world: BackupWorld) -> None:
    world.stick()

    assert world.world.run("dung", "media", "retire", "USB 1", "--why", "x").code == 12


def test_the_audit_does_not_ask_for_a_retired_stick_and_does_not_count_it(world: BackupWorld) -> None:
    stick = world.stick()
    world.world.ok("em", "backup", "run", "--to", stick)
    world.world.ok("em", "media", "retire", "USB 1", "--why", "Cũ (MẪU)")

    findings = world.world.run("phuc", "--verbose", "audit", "run", "--without", "host").json["findings"]

    about = {one["check"]: one["detail"] for one in findings if one["check"].startswith("backup.")}
    assert "retired" in about["backup.medium"]
    assert "0 media are registered" in about["backup.media"]


def test_a_directory_is_never_sanitised(world: BackupWorld) -> None:
    stick = world.stick()
    world.world.ok("em", "media", "retire", "USB 1", "--why", "Cũ (MẪU)")
    before = sorted(path.name for path in stick.rglob("*"))

    done = world.world.run(
        "em", "media", "sanitise", stick, "--out", stick.parent / "a.pdf", "--second", "chi"
    )

    assert done.code in {70, 72}
    assert sorted(path.name for path in stick.rglob("*")) == before
