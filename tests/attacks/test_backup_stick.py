"""What somebody does to a stick who has it in hand, and no certificate, or only a colleague's."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from securedoc.backup import layout, trusting
from securedoc.backup.card import parse as parse_card
from securedoc.backup.checked import verify_known
from securedoc.backup.defects import DefectKind
from securedoc.backup.examine import Depth
from securedoc.core.digests import Digest
from securedoc.core.people import OfficerId
from securedoc.crypto import certificates
from securedoc.crypto.certificates import Subject, Validity
from securedoc.errors import BackupRefused, BackupUntrusted
from securedoc.formats import bagit, canonical
from securedoc.formats.bagit import ManifestLine, Oxum
from tests.support import media
from tests.support.backup import make_world
from tests.support.cli import run
from tests.support.media import Stick, kinds, two_snapshots


@pytest.fixture
def stick(root: Path) -> Stick:
    return two_snapshots(root)


def repaired(bag: Path) -> None:
    """Make the tag manifest name what lies there now: nobody signs it, so anybody can."""
    tags = [path for path in bag.iterdir() if path.is_file() and path.name != bagit.TAG_MANIFEST]
    lines = [ManifestLine(path.name, Digest.of(path.read_bytes())) for path in tags]
    (bag / bagit.TAG_MANIFEST).write_bytes(bagit.format_manifest(lines))


@pytest.mark.parametrize("name", ["fetch.txt", "README.txt", "manifest-md5.txt"])
def test_a_tag_file_that_only_the_tag_manifest_names_is_found(stick: Stick, name: str) -> None:
    bag = stick.directory / "objects-0001"
    (bag / name).write_bytes(b"https://example.org/pack 512 data/pack-0002.tar\n")
    repaired(bag)

    found = media.report(stick.root, Depth.NAMES)

    assert ("unexpected", f"objects-0001/{name}") in kinds(found.defects)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Source-Organization: ", b"Source-Organization: x"),
        (b"Bagging-Date: 2026", b"Bagging-Date: 2027"),
        (b"/snapshot-0002", b"/snapshot-0001"),
        (b"Payload-Oxum: ", b"Contact-Name: x\nPayload-Oxum: "),
    ],
)
def test_what_bag_info_says_cannot_be_altered_with_its_line_in_the_tag_manifest(
    stick: Stick, old: bytes, new: bytes
) -> None:
    info = stick.directory / "snapshot-0002" / bagit.INFO_FILE
    data = info.read_bytes()
    assert old in data
    info.write_bytes(data.replace(old, new))
    repaired(info.parent)

    found = media.report(stick.root, Depth.NAMES)

    assert kinds(found.defects) == {("mismatch", "snapshot-0002/bag-info.txt")}


def test_another_spelling_of_the_tag_manifest_is_found(stick: Stick) -> None:
    tags = stick.directory / "snapshot-0002" / bagit.TAG_MANIFEST
    tags.write_bytes(b"".join(reversed(tags.read_bytes().splitlines(keepends=True))))

    found = media.report(stick.root, Depth.NAMES)

    assert kinds(found.defects) == {("mismatch", "snapshot-0002/tagmanifest-sha256.txt")}


def test_a_bag_that_a_colleague_signed_in_the_operators_name_is_found_without_a_vault(stick: Stick) -> None:
    stick.signer = certificates.issue(
        media.authority(),
        Subject("Trần Thị Soạn", media.OFFICE, identifier=OfficerId("soan")),
        Validity.years(media.NOW, 5),
    )
    stick.snapshot(3)

    found = media.report(stick.root, Depth.NAMES)

    assert kinds(found.defects) == {("signature", "snapshot-0003/manifest-sha256.txt.p7s")}
    assert found.signature == "untrusted"
    assert found.snapshots[-1].signer is None


def test_a_snapshot_that_does_not_name_a_bag_it_needs_is_found(stick: Stick) -> None:
    stick.outside = {path: digest for path, digest in stick.outside.items() if "objects-0002" not in path}
    stick.snapshot(3)

    found = media.report(stick.root, Depth.NAMES, snapshot=3)

    assert ("missing", "snapshot-0003/data/bags.sha256") in kinds(found.defects)


def test_signatures_are_not_called_trusted_while_that_of_an_objects_bag_was_not_looked_at(
    stick: Stick,
) -> None:
    (stick.directory / "objects-0001" / bagit.MANIFEST).unlink()

    assert media.report(stick.root, Depth.NAMES).signature != "trusted"


def test_a_stick_stuffed_with_names_is_judged_in_a_moment(stick: Stick) -> None:
    for number in range(4000):
        (stick.directory / "objects-0001" / f"{number}").symlink_to("/dev/zero")
    begun = time.monotonic()

    found = media.report(stick.root, Depth.NAMES)

    assert time.monotonic() - begun < 3
    assert DefectKind.UNEXPECTED in {defect.kind for defect in found.defects}
    assert len(found.defects) <= 1100


def test_directories_nested_without_end_are_a_defect_and_no_crash(stick: Stick) -> None:
    deep = stick.directory / "snapshot-0002"
    here = os.open(deep, os.O_RDONLY)
    try:
        for _ in range(1500):
            os.mkdir("d", dir_fd=here)
            there = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = there
    finally:
        os.close(here)

    try:
        found = media.report(stick.root, Depth.NAMES)
    finally:
        # Deeper than Python's own rmtree goes: pytest could never clean this up.
        subprocess.run(["rm", "-rf", deep / "d"], check=True)

    assert {kind for kind, path in kinds(found.defects) if path.startswith("snapshot-0002/d")} == {
        "unexpected"
    }


@pytest.mark.parametrize("name", ["snapshot-0001", "objects-0001"])
def test_a_bag_that_is_a_link_is_no_bag_of_this_medium(stick: Stick, root: Path, name: str) -> None:
    (stick.directory / name).rename(root / "elsewhere")
    (stick.directory / name).symlink_to(root / "elsewhere")

    found = media.report(stick.root)

    assert ("unexpected", name) in kinds(found.defects)
    assert found.signature != "trusted"


def test_a_set_that_is_a_link_is_refused(stick: Stick, root: Path) -> None:
    directory = stick.directory.rename(root / "elsewhere")
    (stick.root / layout.set_name(media.VAULT)).symlink_to(directory)

    with pytest.raises(BackupRefused):
        media.report(stick.root)


@pytest.mark.parametrize("name", ["medium.json", "snapshot-0001/bagit.txt", "objects-0001"])
def test_what_is_there_but_no_file_is_wrong_and_not_unreadable(stick: Stick, name: str) -> None:
    path = stick.directory / name
    path.rename(stick.root / "away")
    os.mkfifo(path)

    found = media.report(stick.root)

    assert ("unexpected", name) in kinds(found.defects)
    with pytest.raises(BackupUntrusted):
        found.require()


def test_a_file_that_is_too_large_is_wrong_and_not_unreadable(stick: Stick) -> None:
    os.truncate(stick.directory / layout.IDENTITY, 1 << 30)

    with pytest.raises(BackupUntrusted):
        media.report(stick.root).require()


def test_a_damaged_index_is_one_defect_and_not_as_many_missing_objects(stick: Stick) -> None:
    index = stick.directory / "objects-0001" / layout.PACK_INDEX
    index.write_bytes(index.read_bytes().replace(b"pack-0001", b"pack-0002"))

    found = media.report(stick.root)

    assert kinds(found.defects) == {("mismatch", f"objects-0001/{layout.PACK_INDEX}")}


def test_a_pack_blown_up_to_a_terabyte_is_found_without_reading_it(stick: Stick) -> None:
    pack = stick.directory / "objects-0001/data/pack-0001.tar"
    os.truncate(pack, 1 << 40)

    found = media.report(stick.root)

    assert ("mismatch", "objects-0001/data/pack-0001.tar") in kinds(found.defects)
    assert found.counts.checked_files < found.counts.files


def test_a_snapshot_signed_by_a_drafter_in_a_drafters_name_is_refused_also_when_asked_for_alone(
    root: Path,
) -> None:
    made = make_world(root)
    usb = made.stick()
    made.backup(usb)
    bag = next(usb.glob("securedoc-*")) / "snapshot-0001"
    card = json.loads((bag / layout.CARD).read_bytes())
    (bag / layout.CARD).write_bytes(canonical.encode({**card, "by": "dung"}))
    with made.opened("dung") as office:
        payload = [path for path in sorted((bag / "data").rglob("*")) if path.is_file()]
        lines = [ManifestLine(str(path.relative_to(bag)), Digest.of(path.read_bytes())) for path in payload]
        (bag / bagit.MANIFEST).write_bytes(bagit.format_manifest(lines))
        (bag / layout.SIGNATURE).write_bytes(trusting.sign(office, (bag / bagit.MANIFEST).read_bytes()))
        oxum = Oxum(sum(path.stat().st_size for path in payload), len(payload))
        info = parse_card((bag / layout.CARD).read_bytes()).info(office.card.office, oxum)
        (bag / bagit.INFO_FILE).write_bytes(bagit.format_info(info))
    repaired(bag)

    with made.opened("phuc") as office:
        whole, _ = verify_known(office, usb, Depth.NAMES)
        alone, _ = verify_known(office, usb, Depth.NAMES, snapshot=1)
    shares = [word for one in (1, 3) for word in ("--share", made.world.shares / f"share-{one}.txt")]
    restored = run("--json", "backup", "restore", usb, "--into", root / "again", *shares)

    for found in (whole, alone):
        assert ("signature", "snapshot-0001/manifest-sha256.txt.p7s") in kinds(found.defects)
        assert ("mismatch", "snapshot-0001") in kinds(found.defects)
    restored.expect(74)
    assert not (root / "again").exists()
