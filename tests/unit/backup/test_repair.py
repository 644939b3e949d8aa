"""What recovery data can bring back is brought back; what it cannot is left exactly as it was."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from securedoc.backup import layout, parity, proving
from securedoc.backup.mending import How
from securedoc.backup.repair import Outcome, repair
from securedoc.core.digests import Digest
from securedoc.errors import BackupIncomplete, BackupMissing, BackupRefused, BackupUntrusted
from securedoc.formats import bagit
from tests.support import media
from tests.support.media import Stick, body, files_of, sealed

PACK = "objects-0001/data/pack-0001.tar"
LEDGER = "snapshot-0002/data/ledger.db"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A protected medium nobody changes."""
    root = tmp_path_factory.mktemp("repair")
    vault = root / "vault"
    vault.mkdir()
    stick = Stick(root / "stick").register()
    stick.objects(1, sealed(body(1, 100_000), body(2, 70_000), b"", into=vault)).snapshot(1)
    stick.objects(2, sealed(body(3, 512), into=vault)).snapshot(2)
    stick.protect()
    return stick.root


@pytest.fixture
def stick(made: Path, root: Path) -> Stick:
    shutil.copytree(made, root / "stick")
    return Stick(root / "stick")


def state(stick: Stick) -> dict[str, Digest]:
    """Return every file of the medium, and its digest."""
    return {
        path.relative_to(stick.directory).as_posix(): Digest.of(path.read_bytes())
        for path in files_of(stick.directory)
    }


def fix(stick: Stick, **options: object) -> Outcome:
    return repair(stick.root, media.look(), **options)  # type: ignore[arg-type]


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_a_whole_medium_is_left_alone(stick: Stick) -> None:
    before = state(stick)

    done = fix(stick)

    done.require()
    assert (done.repaired, done.beyond, done.left) == ((), (), ())
    assert state(stick) == before


@pytest.mark.slow
def test_every_single_file_may_be_deleted_and_comes_back(stick: Stick) -> None:
    before = state(stick)
    large = {PACK, LEDGER, "snapshot-0001/data/ledger.db", "objects-0002/data/pack-0001.tar"}
    for name in sorted(before):
        if name in large:
            continue  # more than its recovery data
        (stick.directory / name).unlink()

        done = fix(stick)

        assert name in {one.path for one in done.repaired}, name
        done.require()
        assert state(stick) == before, name


@pytest.mark.parametrize("name", [PACK, LEDGER, "snapshot-0001/data/ledger.db"])
def test_damage_in_a_large_file_is_repaired(stick: Stick, name: str) -> None:
    before = state(stick)
    flip(stick.directory / name, 1000)

    done = fix(stick)

    done.require()
    assert [(one.path, one.how, one.blocks) for one in done.repaired] == [(name, How.PARITY, 1)]
    assert state(stick) == before


@pytest.mark.parametrize("name", sorted(layout.FIXED_FILES))
def test_a_fixed_file_that_is_gone_or_zeroed_comes_back(stick: Stick, name: str) -> None:
    before = state(stick)
    path = stick.directory / name
    path.write_bytes(bytes(path.stat().st_size))

    fix(stick).require()

    assert state(stick) == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: os.truncate(path, path.stat().st_size - 700),
        lambda path: path.write_bytes(path.read_bytes() + b"more"),
        lambda path: path.write_bytes(b"x" + path.read_bytes()),
        lambda path: path.write_bytes(path.read_bytes()[:5000] + bytes(3000) + path.read_bytes()[8000:]),
        lambda path: os.truncate(path, 1 << 40),
    ],
    ids=["truncated", "appended", "shifted", "zeroed", "blown up"],
)
def test_other_damage_to_a_pack_is_repaired(stick: Stick, damage: Callable[[Path], object]) -> None:
    before = state(stick)
    damage(stick.directory / PACK)

    fix(stick).require()

    assert state(stick) == before


def test_two_large_files_that_were_swapped_are_put_back_without_recovery_data(stick: Stick) -> None:
    before = state(stick)
    one, other = stick.directory / PACK, stick.directory / "objects-0002/data/pack-0001.tar"
    one.rename(stick.root / "away")
    other.rename(one)
    (stick.root / "away").rename(other)

    done = fix(stick)

    done.require()
    assert {one.how for one in done.repaired} == {How.TWIN}
    assert state(stick) == before


def blocks(stick: Stick) -> parity.Group:
    """Return how the first pack is divided."""
    said = parity.parse((stick.directory / "parity-0001" / layout.PARITY).read_bytes())
    return next(group for group in said.groups if group.name == "0001")


def burst(stick: Stick, count: int) -> None:
    """Zero so many blocks of the first pack, from the second on."""
    group = blocks(stick)
    path = stick.directory / PACK
    data = bytearray(path.read_bytes())
    data[group.block_bytes : (count + 1) * group.block_bytes] = bytes(count * group.block_bytes)
    path.write_bytes(data)


def test_a_burst_as_long_as_the_recovery_data_is_repaired_and_one_block_more_is_refused(
    stick: Stick,
) -> None:
    before, limit = state(stick), blocks(stick).recovery
    burst(stick, limit)
    fix(stick).require()
    assert state(stick) == before

    burst(stick, limit + 1)
    flip(stick.directory / LEDGER, 77)
    damaged = state(stick)
    done = fix(stick)

    assert [(one.needed, one.available, one.paths) for one in done.beyond] == [(limit + 1, limit, (PACK,))]
    assert done.repaired == ()
    with pytest.raises(BackupUntrusted, match=f"{limit + 1} blocks are lost, recovery data has {limit}"):
        done.require()
    # Nothing is made worse: not even what could have been repaired was touched.
    assert state(stick) == damaged


def test_one_snapshot_can_be_repaired_while_another_is_beyond_it(stick: Stick) -> None:
    (stick.directory / "snapshot-0001/data/ledger.db").write_bytes(b"")
    flip(stick.directory / LEDGER, 77)
    with pytest.raises(BackupUntrusted):
        fix(stick).require()

    done = fix(stick, snapshot=2)

    done.require()
    assert [one.path for one in done.repaired] == [LEDGER]


def test_damaged_recovery_data_is_made_anew_byte_for_byte(stick: Stick) -> None:
    before = state(stick)
    for path in sorted((stick.directory / "parity-0002/data").glob("*.par2")):
        path.write_bytes(b"")
    (stick.directory / "parity-0002/data/parity.json").unlink()

    done = fix(stick)

    done.require()
    assert state(stick) == before


def test_data_and_its_recovery_data_may_be_damaged_together(stick: Stick) -> None:
    before = state(stick)
    flip(stick.directory / PACK, 12345)
    for path in sorted((stick.directory / "parity-0001").rglob("*")):
        if path.is_file():
            flip(path, path.stat().st_size // 2)
            # One copy of each small file at a time: both are gone only when two places fail.
            if path.parent.name == "copy":
                flip(path, path.stat().st_size // 2)

    fix(stick).require()

    assert state(stick) == before


def test_a_whole_bag_of_small_files_may_be_lost(stick: Stick) -> None:
    before = state(stick)
    for name in before:
        if name.startswith("snapshot-0002/") and name not in {LEDGER, f"snapshot-0002/{layout.OBJECT_INDEX}"}:
            (stick.directory / name).unlink()
    for name in layout.FIXED_FILES:
        if name != layout.IDENTITY:
            (stick.directory / name).unlink()

    fix(stick).require()

    assert state(stick) == before


def test_what_is_too_much_on_a_medium_is_no_matter_for_recovery_data_and_stays_named(stick: Stick) -> None:
    (stick.directory / "objects-0001/data/extra").write_bytes(b"x")
    flip(stick.directory / PACK, 100)

    done = fix(stick)

    assert [one.path for one in done.repaired] == [PACK]
    assert media.kinds(done.left) == {("unexpected", "objects-0001/data/extra")}
    with pytest.raises(BackupIncomplete, match="1 defects remain"):
        done.require()


def test_a_repaired_copy_elsewhere_leaves_the_medium_as_it_is(stick: Stick, root: Path) -> None:
    before = state(stick)
    flip(stick.directory / PACK, 100)
    (stick.directory / "snapshot-0001" / bagit.MANIFEST).unlink()
    damaged = state(stick)

    done = fix(stick, into=root / "repaired")

    done.require()
    assert state(stick) == damaged
    assert state(Stick(root / "repaired")) == before
    with pytest.raises(BackupRefused, match="not an empty place"):
        fix(stick, into=root / "repaired")


def test_recovery_data_left_from_a_bag_of_the_same_name_stands_in_nobodys_way(
    stick: Stick, root: Path
) -> None:
    shutil.rmtree(stick.directory / "parity-0001")
    other = Stick(root / "other").register()
    (root / "vault").mkdir()
    other.objects(1, sealed(body(55, 3000), into=root / "vault")).snapshot(1).protect()
    shutil.copytree(other.directory / "parity-0001", stick.directory / "parity-0001")
    flip(stick.directory / LEDGER, 5)

    done = fix(stick)

    assert [one.path for one in done.repaired] == [LEDGER]
    assert media.kinds(done.left) == {("stale", "parity-0001/data/parity.json")}


def test_a_file_too_many_in_an_unprotected_bag_stands_in_nobodys_way(stick: Stick) -> None:
    shutil.rmtree(stick.directory / "parity-0001")
    (stick.directory / "objects-0001/data/extra").write_bytes(b"x")
    flip(stick.directory / LEDGER, 5)

    done = fix(stick)

    assert [one.path for one in done.repaired] == [LEDGER]
    assert media.kinds(done.left) == {("unexpected", "objects-0001/data/extra")}


def test_a_medium_without_recovery_data_says_so_and_changes_nothing(root: Path) -> None:
    stick = media.two_snapshots(root)
    flip(stick.directory / PACK, 100)
    damaged = state(stick)

    done = fix(stick)

    with pytest.raises(BackupUntrusted, match="there is no recovery data for it"):
        done.require()
    assert state(stick) == damaged
    with pytest.raises(BackupMissing):
        fix(stick, snapshot=9)


def test_a_verification_says_what_could_be_repaired_and_how_many_bags_are_protected(stick: Stick) -> None:
    flip(stick.directory / LEDGER, 77)
    burst(stick, blocks(stick).recovery + 1)
    flip(stick.directory / "snapshot-0001" / bagit.INFO_FILE, 3)

    found = media.report(stick.root)

    said = {defect.path: defect.repairable for defect in found.defects}
    assert said[LEDGER] is True
    assert said[PACK] is False
    assert said["snapshot-0001/bag-info.txt"] is True
    assert (found.protection.protected, found.protection.bags, found.protection.percent) == (4, 4, 10)


def test_damaged_recovery_data_is_a_defect_of_its_own_and_its_bag_counts_as_unprotected(stick: Stick) -> None:
    volume = next(iter(sorted((stick.directory / "parity-0001/data").glob("0001.vol*"))))
    flip(volume, 200)

    found = media.report(stick.root)

    assert {defect.path for defect in found.defects} == {f"parity-0001/data/{volume.name}"}
    assert (found.protection.protected, found.protection.percent) == (3, None)
    assert found.signature == "trusted"


def test_both_copies_of_a_small_file_of_a_parity_bag_may_have_lost_a_bit_each(stick: Stick) -> None:
    before = state(stick)
    for number, (name, copy) in enumerate(layout.COPIES.items()):
        flip(stick.directory / "parity-0001" / name, 20 + number)
        flip(stick.directory / "parity-0001" / copy, 150 + number)

    fix(stick).require()

    assert state(stick) == before


@pytest.mark.parametrize("copies", [[], [b"x"], [b"xy", b"x"], [b"xy", b"xy"], [b"x" * 40, b"xy" * 20]])
def test_copies_that_cannot_be_mixed_are_tried_as_they_are(copies: list[bytes]) -> None:
    assert proving.blends(copies) == copies


def test_some_mixture_of_two_copies_is_the_file_as_it_was() -> None:
    assert b"abcdef" in proving.blends([b"aXcdef", b"abcdYf"])
