"""What happens to a stick where two parts of backing up meet, and somebody stands between them."""

from pathlib import Path

import pytest

from securedoc.backup import layout, media, media_set, pruning, run, trusting
from securedoc.backup.examine import Depth, Look
from securedoc.backup.verify import Report, verify
from securedoc.core.entries import Act
from securedoc.errors import BackupRefused, BackupUntrusted
from securedoc.system import volumes
from tests.faults.crash import PowerCut
from tests.support.backup import BackupWorld, copy_of, make_world


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    """A vault with two drafts, and one stick that was never written to."""
    office = make_world(tmp_path_factory.mktemp("meetings"))
    office.stick()
    return office


@pytest.fixture
def office(made: BackupWorld, root: Path, monkeypatch: pytest.MonkeyPatch) -> BackupWorld:
    facts = media.volume_facts(usb(made), volumes.volume(usb(made)))
    monkeypatch.setattr(media, "volume_facts", lambda _path, _volume: facts)
    return copy_of(made, root)


def usb(office: BackupWorld) -> Path:
    return office.world.root / "usb"


def look_at(office: BackupWorld) -> Report:
    with office.opened() as opened:
        directory = media_set.find(usb(office))
        known = trusting.known(opened, str(media_set.stated_medium(directory)))
        return verify(directory, Look(trusting.trust(opened), opened.now(), Depth.FULL), known=known)


@pytest.mark.parametrize("first", [True, False], ids=["first", "second"])
@pytest.mark.parametrize("name", ["objects-9999", "parity-9999"])
def test_a_directory_of_the_highest_number_spoils_no_backup(
    office: BackupWorld,
    name: str,
    first: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    if not first:
        office.backup(usb(office))
        office.draft()
    (media_set.find(usb(office)) / name).mkdir()

    done = office.backup(usb(office))

    found = look_at(office)
    assert (found.defects, found.snapshots[-1].number) == ((), done.made.snapshot)
    assert found.snapshots[-1].objects == done.made.objects
    assert found.protection.protected == found.protection.bags
    assert not (media_set.find(usb(office)) / name).exists()


@pytest.mark.parametrize("first", [True, False], ids=["first", "second"])
def test_a_directory_that_passes_for_a_list_of_removals_is_refused_before_anything_is_written(
    office: BackupWorld,
    first: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    if not first:
        office.backup(usb(office))
    (media_set.find(usb(office)) / "pruning-9999").mkdir()
    before = sorted(usb(office).rglob("*"))

    with pytest.raises(BackupUntrusted, match="pruning-9999"):
        office.backup(usb(office))

    assert sorted(usb(office).rglob("*")) == before


def test_when_every_number_is_used_up_that_is_said_and_nothing_is_spoiled(
    office: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "MAX_NUMBER", 1)
    with office.opened() as opened:
        run.run(opened, usb(office), parity_percent=0)
    office.draft()

    with pytest.raises(BackupRefused, match="every number of objects bags is used up"):
        office.backup(usb(office))

    found = look_at(office)
    assert (found.defects, found.leftovers, found.snapshots[-1].number) == ((), (), 1)


def test_a_removal_that_was_announced_and_cut_off_is_finished_also_where_policy_keeps_more(
    office: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object, **__: object) -> None:
        raise PowerCut

    for _ in range(2):
        office.backup(usb(office))
    with office.opened() as opened, monkeypatch.context() as patch:
        medium = media.choose(opened, usb(office))
        patch.setattr(pruning, "_publish_list", cut)
        with pytest.raises(PowerCut):
            pruning.prune(opened, medium, frozenset({2}))

    done = [office.backup(usb(office)) for _ in range(2)]

    assert [one.pruned.snapshots if one.pruned else None for one in done] == [(1,), None]
    with office.opened() as opened:
        said = [
            entry.facts["snapshots"] for entry in opened.ledger.entries() if entry.act is Act.BACKUP_PRUNED
        ]
    assert [list(one) for one in said if isinstance(one, list | tuple)] == [[1]]
    assert look_at(office).defects == ()
