"""Recovery data is what par2 writes files from: whoever has the stick in hand can write it too."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from securedoc.backup import asking, layout, parity
from securedoc.backup.repair import repair
from securedoc.core.digests import Digest
from securedoc.core.people import OfficerId
from securedoc.crypto import certificates
from securedoc.crypto.certificates import Subject, Validity
from securedoc.errors import BackupRefused, BackupUntrusted
from securedoc.formats import canonical
from securedoc.system import par2
from tests.support import media, par2forge
from tests.support.media import Stick, files_of, kinds, two_snapshots
from tests.support.system import needs_bwrap

PACK = "objects-0001/data/pack-0001.tar"
needs_par2 = pytest.mark.skipif(par2.program() is None, reason="par2 is not installed")
pytestmark = needs_par2


@pytest.fixture
def stick(root: Path) -> Stick:
    """A protected medium with one bit of its first pack flipped."""
    stick = two_snapshots(root).protect()
    flip(stick)
    return stick


def flip(stick: Stick) -> None:
    """Damage a good pack, or undo that."""
    path = stick.directory / PACK
    data = bytearray(path.read_bytes())
    data[700] ^= 1
    path.write_bytes(data)


def state(directory: Path) -> dict[Path, Digest]:
    return {path: Digest.of(path.read_bytes()) for path in files_of(directory)}


def forge(stick: Stick, change: par2forge.Change) -> None:
    for path in sorted((stick.directory / "parity-0001/data").glob("0001.*par2")):
        path.write_bytes(par2forge.forged(path.read_bytes(), change))


def refused(stick: Stick, root: Path, why: str) -> None:
    """Expect that a repair refuses, and that nothing anywhere was written."""
    before = state(root)

    done = repair(stick.root, media.look())

    with pytest.raises(BackupUntrusted, match=why):
        done.require()
    assert state(root) == before


@pytest.mark.parametrize(
    "name",
    [
        "../../../outside",
        "/etc/securedoc-outside",
        "objects-0002/data/pack-0001.tar",
        "medium.json",
        "x" * 5000,
    ],
)
def test_recovery_data_that_names_another_file_is_never_given_to_par2(
    stick: Stick, root: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge(stick, par2forge.renaming(PACK, name))
    monkeypatch.setattr(par2, "repair", lambda *_: pytest.fail("par2 was run"))
    monkeypatch.setattr(par2, "verify", lambda *_: pytest.fail("par2 was run"))

    refused(stick, root, "made by somebody else")


@pytest.mark.parametrize("block_bytes", [4, 1 << 20, 1 << 62])
def test_recovery_data_in_blocks_of_another_size_is_never_given_to_par2(
    stick: Stick, root: Path, block_bytes: int
) -> None:
    forge(stick, par2forge.dividing(block_bytes))

    refused(stick, root, "made by somebody else")


@needs_bwrap
def test_par2_itself_could_not_write_outside_the_group_it_works_on(stick: Stick, root: Path) -> None:
    forge(stick, par2forge.renaming(PACK, f"{root}/outside"))
    place = root / "place"
    (place / asking.SETS).mkdir(parents=True)
    for path in (stick.directory / "parity-0001/data").glob("0001.*par2"):
        shutil.copyfile(path, place / asking.SETS / path.name)
    before = {path for path in root.rglob("*") if not path.is_relative_to(place)}

    said = parity.parse((stick.directory / "parity-0001" / layout.PARITY).read_bytes())
    group = next(group for group in said.groups if group.name == "0001")

    assert asking.repair(place, group) is False
    assert {path for path in root.rglob("*") if not path.is_relative_to(place)} == before


def test_recovery_data_that_a_stranger_signed_is_none(stick: Stick, root: Path) -> None:
    shutil.rmtree(stick.directory / "parity-0001")
    flip(stick)
    stick.signer = media.operator("Kẻ giả mạo", "Người lạ")
    stick.protect()
    flip(stick)

    refused(stick, root, "there is no recovery data for it")


def test_recovery_data_that_a_colleague_signed_in_the_operators_name_is_none(
    stick: Stick, root: Path
) -> None:
    shutil.rmtree(stick.directory / "parity-0001")
    stick.signer = certificates.issue(
        media.authority(),
        Subject("Trần Thị Soạn", media.OFFICE, identifier=OfficerId("soan")),
        Validity.years(media.NOW, 5),
    )
    flip(stick)
    stick.protect()
    flip(stick)

    refused(stick, root, "there is no recovery data for it")


def test_recovery_data_of_another_time_does_not_bring_that_time_back(root: Path) -> None:
    old = two_snapshots(root).protect()
    (root / "new").mkdir()
    new = two_snapshots(root / "new")
    shutil.rmtree(new.directory / "objects-0001")
    new.objects(1, media.sealed(media.body(77, 30000), into=root / "new/vault"))
    shutil.copytree(old.directory / "parity-0001", new.directory / "parity-0001")
    (new.directory / PACK).write_bytes(b"x" + (new.directory / PACK).read_bytes()[1:])
    before = state(new.root)

    done = repair(new.root, media.look())

    assert done.repaired == ()
    assert ("stale", "parity-0001/data/parity.json") in kinds(media.report(new.root).defects)
    assert state(new.root) == before


def test_repaired_bytes_are_not_written_through_a_link_that_leads_off_the_medium(
    stick: Stick, root: Path
) -> None:
    data = stick.directory / "objects-0001/data"
    shutil.move(data, root / "elsewhere")
    data.symlink_to(root / "elsewhere")
    before = state(root / "elsewhere")

    with pytest.raises(BackupRefused, match="is a link"):
        repair(stick.root, media.look())

    assert state(root / "elsewhere") == before


BAD: dict[str, Callable[[dict[str, object]], object]] = {
    "another format": lambda value: value.update(format=2),
    "recovery data for recovery data": lambda value: value.update(bag="parity-0002"),
    "no groups": lambda value: value.update(groups=[]),
    "a path out of the medium": lambda value: named(value, "objects-0001/../../x"),
    "an absolute path": lambda value: named(value, "/etc/passwd"),
    "a file of another bag": lambda value: named(value, "objects-0002/data/pack-0001.tar"),
    "a file in two groups": lambda value: named(value, "objects-0001/data/pack-0001.tar"),
    "no number": lambda value: first(value).update(recovery="9"),
    "blocks of nothing": lambda value: first(value).update(block_bytes=0),
    "blocks without end": lambda value: first(value).update(block_bytes=4, files=[big()]),
    "a group of another name": lambda value: first(value).update(name="../x"),
}


def first(value: dict[str, object]) -> dict[str, object]:
    groups = value["groups"]
    assert isinstance(groups, list)
    group = groups[0]
    assert isinstance(group, dict)
    return group


def named(value: dict[str, object], path: str) -> None:
    first(value).update(files=[{"path": path, "size": 5}])


def big() -> dict[str, object]:
    return {"path": "objects-0001/bagit.txt", "size": 1 << 40}


@pytest.mark.parametrize("what", sorted(BAD))
def test_a_list_of_protected_files_that_ours_could_not_be_is_refused(stick: Stick, what: str) -> None:
    value = json.loads((stick.directory / "parity-0001" / layout.PARITY).read_bytes())
    assert parity.parse(canonical.encode(value)).bag.number == 1

    BAD[what](value)

    with pytest.raises(ValueError, match=r"\w"):
        parity.parse(canonical.encode(value))
