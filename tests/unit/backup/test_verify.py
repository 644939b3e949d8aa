import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from securedoc.backup import layout
from securedoc.backup.defects import DefectKind
from securedoc.backup.examine import Depth
from securedoc.backup.survey import Known
from securedoc.backup.verify import verify
from securedoc.core.digests import Digest
from securedoc.errors import (
    BackupFailed,
    BackupIncomplete,
    BackupMissing,
    BackupRefused,
    BackupStale,
    BackupUntrusted,
)
from securedoc.system import files
from tests.support import media
from tests.support.media import Stick, body, files_of, kinds, sealed, two_snapshots


@pytest.fixture
def stick(root: Path) -> Stick:
    return two_snapshots(root)


def test_a_whole_medium_has_no_defects_and_says_how_much_was_checked(stick: Stick) -> None:
    found = media.report(stick.root)

    on_medium = list(files_of(stick.directory))
    assert found.defects == ()
    found.require()
    assert found.signature == "trusted"
    assert (found.medium, found.vault, found.label) == (media.MEDIUM, media.VAULT, "USB 1")
    assert found.counts.files == found.counts.checked_files == len(on_medium)
    assert found.counts.octets == found.counts.checked_octets == sum(p.stat().st_size for p in on_medium)
    assert [(one.number, one.objects, one.ledger_size) for one in found.snapshots] == [(1, 3, 10), (2, 4, 20)]
    assert {one.signer for one in found.snapshots} == {"Lê Văn Bảo"}


@pytest.mark.parametrize("depth", [Depth.NAMES, Depth.QUICK])
def test_a_shallower_look_finds_a_whole_medium_whole_and_does_not_claim_to_have_read_it(
    stick: Stick, depth: Depth
) -> None:
    found = media.report(stick.root, depth)

    assert found.defects == ()
    assert found.signature == "trusted"
    assert found.counts.checked_files < found.counts.files
    assert found.counts.checked_octets < found.counts.octets


def test_one_snapshot_alone_can_be_asked_for(stick: Stick) -> None:
    found = media.report(stick.root, snapshot=1)

    assert found.defects == ()
    assert [one.number for one in found.snapshots] == [1]


def test_every_missing_file_is_named(stick: Stick) -> None:
    for path in files_of(stick.directory):
        good = path.read_bytes()
        path.unlink()

        found = media.report(stick.root)

        name = path.relative_to(stick.directory).as_posix()
        assert ("missing", name) in kinds(found.defects), (name, found.defects)
        with pytest.raises(BackupUntrusted):
            found.require()
        path.write_bytes(good)


@pytest.mark.parametrize(
    "name",
    ["autorun.inf", "snapshot-0002/extra.txt", "snapshot-0002/data/keyring/x", "objects-0001/fetch.txt"],
)
def test_a_file_that_nobody_signed_is_named(stick: Stick, name: str) -> None:
    (stick.directory / name).write_bytes(b"x")

    found = media.report(stick.root, Depth.NAMES)

    assert kinds(found.defects) == {("unexpected", name)}


def test_a_link_that_leads_out_of_the_medium_is_not_followed(stick: Stick, root: Path) -> None:
    pack = stick.directory / "objects-0001/data/pack-0001.tar"
    pack.rename(root / "elsewhere.tar")
    pack.symlink_to(root / "elsewhere.tar")

    found = media.report(stick.root)

    assert ("unexpected", "objects-0001/data/pack-0001.tar") in kinds(found.defects)


def test_all_defects_are_found_in_one_pass(stick: Stick) -> None:
    (stick.directory / "VERIFY.txt").write_bytes(b"trust me")
    (stick.directory / "objects-0001/data/pack-0001.tar").write_bytes(b"")
    (stick.directory / "objects-0002/data/pack-0001.tar").unlink()
    (stick.directory / "snapshot-0001/data/more").write_bytes(b"")

    found = media.report(stick.root)

    assert kinds(found.defects) >= {
        ("mismatch", "VERIFY.txt"),
        ("mismatch", "objects-0001/data/pack-0001.tar"),
        ("missing", "objects-0002/data/pack-0001.tar"),
        ("unexpected", "snapshot-0001/data/more"),
    }


def test_a_truncated_pack_is_found_without_reading_it(stick: Stick) -> None:
    pack = stick.directory / "objects-0001/data/pack-0001.tar"
    os.truncate(pack, pack.stat().st_size - 512)

    found = media.report(stick.root, Depth.QUICK)

    assert ("mismatch", "objects-0001/data/pack-0001.tar") in kinds(found.defects)


def test_a_medium_signed_under_another_authority_is_not_trusted(stick: Stick) -> None:
    stranger = media.look(authority_name="Người lạ")

    found = verify(stick.root, stranger)

    assert found.signature == "untrusted"
    assert all(one.signer is None for one in found.snapshots)
    assert {defect.kind for defect in found.defects} == {DefectKind.SIGNATURE}
    with pytest.raises(BackupUntrusted, match="signature"):
        found.require()


def test_a_bag_rebuilt_by_somebody_without_a_certificate_is_not_trusted(stick: Stick) -> None:
    forger = Stick(stick.root, signer=media.operator("Kẻ giả mạo", "Người lạ"), previous=stick.previous)
    forger.placed, forger.outside = stick.placed, stick.outside
    forger.snapshot(3)

    found = media.report(stick.root)

    assert kinds(found.defects) == {("signature", "snapshot-0003/manifest-sha256.txt.p7s")}


def test_an_older_snapshot_renamed_as_the_newest_is_stale(stick: Stick) -> None:
    shutil.copytree(stick.directory / "snapshot-0001", stick.directory / "snapshot-0003")

    found = media.report(stick.root)

    assert ("stale", "snapshot-0003") in kinds(found.defects)
    with pytest.raises(BackupStale):
        found.require()


def test_a_snapshot_removed_from_the_middle_or_the_beginning_is_noticed(stick: Stick) -> None:
    stick.snapshot(3)

    shutil.move(stick.directory / "snapshot-0002", stick.root.parent / "taken")
    middle = media.report(stick.root)
    shutil.rmtree(stick.directory / "snapshot-0001")
    beginning = media.report(stick.root)

    assert kinds(middle.defects) == {("stale", "snapshot-0003")}
    assert kinds(beginning.defects) == {("stale", "snapshot-0003")}


def test_an_older_state_of_the_whole_medium_is_noticed_by_who_knows_the_newest(stick: Stick) -> None:
    known = Known(
        stick.outside["medium.json"],
        {1: stick.manifests[0], 2: stick.manifests[1], 3: Digest.of(b"newer")},
        frozenset({Digest.of(media.operator().certificate)}),
    )

    found = verify(stick.root, media.look(), known=known)

    assert kinds(found.defects) == {("stale", "snapshot-0003")}


def test_a_snapshot_signed_by_an_officer_who_may_not_back_up_is_found_by_the_vault(stick: Stick) -> None:
    known = Known(stick.outside["medium.json"], {}, frozenset({Digest.of(b"somebody else")}))

    found = verify(stick.root, media.look(), known=known)

    assert {defect.kind for defect in found.defects} == {DefectKind.SIGNATURE}
    assert len(found.defects) == 4


def test_bags_of_two_media_of_one_vault_cannot_be_mixed(stick: Stick, root: Path) -> None:
    other = Stick(root / "other", medium="M-000000000002").register()
    other.objects(1, sealed(body(7), into=root / "vault")).snapshot(1)
    shutil.rmtree(stick.directory / "snapshot-0001")
    shutil.copytree(other.directory / "snapshot-0001", stick.directory / "snapshot-0001")

    found = media.report(stick.root)

    assert ("mismatch", "snapshot-0001/data/bag.json") in kinds(found.defects)
    assert ("stale", "snapshot-0002") in kinds(found.defects)


def test_an_objects_bag_of_another_time_under_the_same_number_is_found(stick: Stick, root: Path) -> None:
    shutil.rmtree(stick.directory / "objects-0002")
    Stick(stick.root).objects(2, sealed(body(9, 512), into=root / "vault"))

    found = media.report(stick.root)

    assert ("mismatch", "objects-0002/manifest-sha256.txt") in kinds(found.defects)


def test_a_snapshot_that_names_an_object_no_pack_holds_is_found(stick: Stick) -> None:
    placed = stick.placed[0]
    stick.placed.append(type(placed)(Digest.of(b"nowhere"), 5, placed.bag, placed.pack))
    stick.snapshot(3)

    found = media.report(stick.root)

    assert [defect.kind for defect in found.defects] == [DefectKind.MISSING]
    assert Digest.of(b"nowhere").hex in found.defects[0].path


def test_a_ledger_that_shrank_between_snapshots_is_stale(stick: Stick) -> None:
    stick.snapshot(3, size=5)

    assert kinds(media.report(stick.root).defects) == {("stale", "snapshot-0003")}


def test_what_an_interrupted_backup_left_is_listed_and_is_no_defect(stick: Stick, root: Path) -> None:
    (stick.directory / ".partial-snapshot-0003/data").mkdir(parents=True)
    stick.objects(3, sealed(body(11), into=root / "vault"))

    found = media.report(stick.root)

    assert found.defects == ()
    assert found.leftovers == (".partial-snapshot-0003", "objects-0003")


def test_what_could_not_be_read_is_told_apart_from_what_is_wrong(
    stick: Stick, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., object] = files.read_back

    def failing(path: Path, *args: int) -> object:
        if path.name == "ledger.db":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(path, *args)

    monkeypatch.setattr(files, "read_back", failing)
    found = media.report(stick.root)

    assert {defect.kind for defect in found.defects} == {DefectKind.UNREADABLE}
    assert found.counts.checked_files == found.counts.files - 2
    with pytest.raises(BackupFailed, match="could not be read"):
        found.require()


def test_no_medium_an_empty_one_and_several_vaults_are_told_apart(stick: Stick, root: Path) -> None:
    with pytest.raises(BackupMissing, match="no medium"):
        media.report(root / "nowhere")
    (root / "blank").mkdir()
    with pytest.raises(BackupMissing, match="no backup on"):
        media.report(root / "blank")
    with pytest.raises(BackupMissing, match="snapshot 9"):
        media.report(stick.root, snapshot=9)
    Stick(stick.root, vault_id="f" * 32).register()
    with pytest.raises(BackupRefused, match="2 vaults"):
        media.report(stick.root)
    with pytest.raises(BackupMissing, match="no snapshot"):
        media.report(stick.root / layout.set_name("f" * 32))
    (stick.root / layout.set_name("f" * 32) / ".partial-objects-0001").mkdir()
    with pytest.raises(BackupIncomplete, match="ever finished"):
        media.report(stick.root / layout.set_name("f" * 32))
