"""What policy keeps stays whole; the rest goes, announced, listed and entered."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from securedoc.audit import prunings
from securedoc.backup import media, media_set, plan, pruneplan, pruning, run, trusting
from securedoc.backup.defects import DefectKind
from securedoc.backup.examine import Depth, Look
from securedoc.backup.index import Placed
from securedoc.backup.layout import BagKind, BagName
from securedoc.backup.plan import Plan
from securedoc.backup.pruned import Pruned, parse
from securedoc.backup.pruneplan import Removal
from securedoc.backup.verify import Report, verify
from securedoc.core.digests import Digest
from securedoc.core.documents import SealedObject
from securedoc.core.entries import Act
from securedoc.errors import BackupIncomplete, BackupRefused
from securedoc.policy import keeping
from securedoc.system import files, volumes
from tests.support.backup import BackupWorld, copy_of, make_world
from tests.support.cli import run as command_line


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    """A stick with four snapshots, each with an objects bag of its own; nobody changes it."""
    office = make_world(tmp_path_factory.mktemp("pruning"))
    stick = office.stick()
    office.backup(stick)
    for _ in range(3):
        office.draft()
        office.backup(stick)
    return office


@pytest.fixture
def office(made: BackupWorld, root: Path, monkeypatch: pytest.MonkeyPatch) -> BackupWorld:
    # A copy of a directory is refused as another medium, rightly; the stick is moved here, not copied.
    facts = media.volume_facts(usb(made), volumes.volume(usb(made)))
    monkeypatch.setattr(media, "volume_facts", lambda _path, _volume: facts)
    return copy_of(made, root)


def usb(office: BackupWorld) -> Path:
    return office.world.root / "usb"


def prune(office: BackupWorld, *keep: int) -> Removal | None:
    with office.opened() as opened:
        return pruning.prune(opened, media.choose(opened, usb(office)), frozenset(keep))


def look_at(office: BackupWorld, *, ledger: bool = True) -> Report:
    """Verify the stick in full: as its vault knows it, or as somebody without a ledger."""
    with office.opened() as opened:
        directory = media_set.find(usb(office))
        stated = media_set.stated_medium(directory)
        assert stated is not None
        look = Look(trusting.trust(opened), opened.now(), Depth.FULL)
        return verify(directory, look, known=trusting.known(opened, stated) if ledger else None)


def numbers(report: Report) -> list[int]:
    return [one.number for one in report.snapshots]


def test_the_list_of_removals_says_the_same_after_reading() -> None:
    said = Pruned({3: Digest.of(b"3"), 1: Digest.of(b"1")}, frozenset({BagName(BagKind.OBJECTS, 2)}))

    assert parse(said.as_bytes()) == said
    assert said.highest_objects == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"format":1', '"format":2'),
        lambda text: text.replace("objects-0002", "snapshot-0002"),
        lambda text: text.replace('"snapshot":1', '"snapshot":0'),
        lambda text: text.replace('"snapshot":1', '"snapshot":true'),
        lambda text: text.replace('"bags":["objects-0002"]', '"bags":["objects-0002","objects-0002"]'),
        lambda text: text.replace('"bags":["objects-0002"]', '"bags":7'),
        lambda text: text[: text.index('"snapshots"')] + '"snapshots":[]}',
    ],
)
def test_a_list_that_is_not_of_its_form_is_refused(change: Callable[[str], str]) -> None:
    said = Pruned({1: Digest.of(b"1")}, frozenset({BagName(BagKind.OBJECTS, 2)}))
    text = said.as_bytes().decode()
    assert change(text) != text

    with pytest.raises(ValueError, match=r"."):
        parse(change(text).encode())


def test_what_only_the_removed_snapshots_needed_goes_and_nothing_else_is_touched(office: BackupWorld) -> None:
    directory = media_set.find(usb(office))
    stays = {path: path.stat().st_ino for path in directory.glob("*/**/*") if path.is_file()}

    removal = prune(office, 3, 4)

    assert removal is not None
    assert (removal.snapshots, removal.left) == ((1, 2), (3, 4))
    after = look_at(office)
    assert (after.defects, after.leftovers, numbers(after)) == ((), (), [3, 4])
    assert after.signature == "trusted"
    assert after.protection.protected == after.protection.bags
    # Every object is still needed by the newest: no objects bag went, and no file was written again.
    assert {path.name for path in directory.glob("objects-*")} == {f"objects-000{n}" for n in (1, 2, 3, 4)}
    assert all(path.stat().st_ino == inode for path, inode in stays.items() if path.exists())
    assert look_at(office, ledger=False).defects == ()


def test_an_objects_bag_that_no_kept_snapshot_needs_goes_with_its_recovery_data(
    office: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = media_set.find(usb(office))
    only_of(office, 4, monkeypatch)

    removal = prune(office, 5)

    assert removal is not None
    gone = {str(bag) for bag in removal.bags}
    assert {"snapshot-0004", "objects-0001", "objects-0002", "objects-0003"} <= gone
    assert sum(bag.kind is BagKind.PARITY for bag in removal.bags) == 4 + 3
    assert {path.name for path in directory.glob("objects-*")} == {"objects-0004"}
    after = look_at(office)
    assert (after.defects, after.leftovers, numbers(after)) == ((), (), [5])


def only_of(office: BackupWorld, bag: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Back up once more, as if only what one objects bag holds were still in the vault."""
    real = plan.plan

    def some(needed: Iterable[SealedObject], present: Sequence[Placed]) -> Plan:
        chosen = real(needed, present)
        return replace(chosen, kept=tuple(one for one in chosen.kept if one.bag == bag))

    with monkeypatch.context() as patch:
        patch.setattr(plan, "plan", some)
        office.backup(usb(office))


def test_the_number_of_an_objects_bag_that_went_is_not_used_again(
    office: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_of(office, 1, monkeypatch)
    prune(office, 5)
    directory = media_set.find(usb(office))
    assert {path.name for path in directory.glob("objects-*")} == {"objects-0001"}

    office.backup(usb(office))

    assert {path.name for path in directory.glob("objects-*")} == {"objects-0001", "objects-0005"}
    assert look_at(office).defects == ()


def test_the_ledger_says_before_what_goes_and_afterwards_what_went(office: BackupWorld) -> None:
    prune(office, 4)

    with office.opened() as opened:
        entries = {entry.act: entry for entry in opened.ledger.entries()}
        rows = {row.snapshot: row for row in opened.ledger.snapshots()}
        intent, result = entries[Act.BACKUP_PRUNING], entries[Act.BACKUP_PRUNED]
        assert opened.ledger.verify(opened.session.genesis_pin).entries == result.sequence + 1
    assert intent.facts["newest"] == 4
    assert [one["snapshot"] for one in intent.facts["snapshots"]] == [1, 2, 3]  # type: ignore[union-attr,index,call-overload]
    assert list(result.facts["snapshots"]) == [1, 2, 3]  # type: ignore[arg-type]
    assert {number: (row.pruning, row.pruned) for number, row in rows.items()} == {
        **dict.fromkeys((1, 2, 3), (intent.sequence, result.sequence)),
        4: (None, None),
    }


def test_the_newest_snapshot_never_goes(office: BackupWorld) -> None:
    with pytest.raises(BackupRefused, match="newest"):
        prune(office, 1, 2, 3)

    assert numbers(look_at(office)) == [1, 2, 3, 4]


def test_nothing_to_remove_writes_nothing(office: BackupWorld) -> None:
    with office.opened() as opened:
        before = opened.ledger.head().checkpoint.size

    assert prune(office, 1, 2, 3, 4) is None

    with office.opened() as opened:
        assert opened.ledger.head().checkpoint.size == before


def test_pruning_twice_leaves_one_list_that_explains_both(office: BackupWorld) -> None:
    prune(office, 2, 3, 4)
    prune(office, 4)

    directory = media_set.find(usb(office))
    after = look_at(office)
    assert [path.name for path in directory.glob("pruning-*")] == ["pruning-0002"]
    assert (after.defects, after.leftovers) == ((), ())
    assert after.protection.protected == after.protection.bags
    assert look_at(office, ledger=False).defects == ()


def test_a_snapshot_in_the_middle_may_go(office: BackupWorld) -> None:
    prune(office, 1, 2, 4)

    assert look_at(office, ledger=False).defects == ()
    assert numbers(look_at(office)) == [1, 2, 4]


def test_a_backup_goes_on_after_pruning(office: BackupWorld) -> None:
    prune(office, 4)
    office.draft()

    done = office.backup(usb(office))

    assert (done.made.snapshot, done.made.new_objects) == (5, 2)
    after = look_at(office)
    assert (after.defects, numbers(after)) == ((), [4, 5])


@pytest.fixture
def keeps_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy that keeps the newest snapshot only: eight backups, years apart, would take a minute."""
    monkeypatch.setattr(keeping, "kept", lambda made, _rule, _now: frozenset({max(made)}))


@pytest.mark.usefixtures("keeps_one")
def test_a_backup_removes_at_its_end_what_policy_keeps_no_more_unless_told_not_to(
    office: BackupWorld,
) -> None:
    with office.opened() as opened:
        left = run.run(opened, usb(office), keep_all=True)
        done = run.run(opened, usb(office))

    assert left.pruned is None
    assert done.pruned is not None
    assert (done.pruned.snapshots, done.pruned.left) == ((1, 2, 3, 4, 5), (6,))
    assert (look_at(office).defects, look_at(office).leftovers) == ((), ())


@pytest.mark.usefixtures("keeps_one")
def test_a_medium_that_is_too_full_says_what_pruning_would_free(
    office: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "SPARE_BYTES", 1 << 60)

    with office.opened() as opened, pytest.raises(BackupRefused) as refused:
        run.run(opened, usb(office))

    freed = refused.value.facts["freed"]
    assert isinstance(freed, int)
    assert freed > 10_000
    assert f"removes {freed} bytes" in str(refused.value.hint(str))
    assert numbers(look_at(office)) == [1, 2, 3, 4]


@pytest.mark.usefixtures("keeps_one")
def test_a_vault_restored_from_the_newest_snapshot_learns_what_that_backup_removed(
    office: BackupWorld, root: Path
) -> None:
    with office.opened() as opened:
        run.run(opened, usb(office))
    restore(usb(office), root / "again", *(office.world.shares / f"share-{n}.txt" for n in (1, 3)))
    shutil.rmtree(office.place.root)
    (root / "again").rename(office.place.root)

    assert look_at(office).defects == ()
    with office.opened() as opened:
        run.run(opened, usb(office), keep_all=True)
        rows = {row.snapshot: row.pruned is not None for row in opened.ledger.snapshots()}

    assert rows == {1: True, 2: True, 3: True, 4: True, 5: False, 6: False}
    assert look_at(office).defects == ()


def restore(path: Path, into: Path, *shares: Path) -> None:
    words = [word for share in shares for word in ("--share", share)]
    command_line("--json", "backup", "restore", path, "--into", into, *words).expect()


# Attacks: what no entry explains stays a finding of its own.


def test_a_snapshot_removed_by_somebody_after_a_pruning_is_found_with_and_without_the_ledger(
    office: BackupWorld,
) -> None:
    prune(office, 2, 3, 4)
    files.remove_tree(media_set.find(usb(office)) / "snapshot-0003")

    for ledger in (True, False):
        kinds = {(one.kind, one.path) for one in look_at(office, ledger=ledger).defects}
        assert (DefectKind.STALE, "snapshot-0004") in kinds
    assert (DefectKind.STALE, "snapshot-0003") in {(d.kind, d.path) for d in look_at(office).defects}


def test_the_list_of_removals_taken_away_leaves_a_gap_that_nothing_explains(office: BackupWorld) -> None:
    prune(office, 3, 4)
    for path in media_set.find(usb(office)).glob("pruning-*"):
        files.remove_tree(path)

    found = look_at(office, ledger=False)

    assert (DefectKind.STALE, "snapshot-0003") in {(one.kind, one.path) for one in found.defects}


def test_the_snapshot_that_was_newest_at_the_last_pruning_cannot_vanish_behind_the_list(
    office: BackupWorld,
) -> None:
    prune(office, 3, 4)
    files.remove_tree(media_set.find(usb(office)) / "snapshot-0004")

    found = look_at(office, ledger=False)

    assert (DefectKind.STALE, "pruning-0001") in {(one.kind, one.path) for one in found.defects}


def test_a_list_that_an_operator_signs_without_an_entry_explains_nothing(
    office: BackupWorld, root: Path
) -> None:
    # The operator lets the program prune a copy of the vault, and puts the old ledger back.
    kept = root / "kept"
    shutil.copytree(office.place.root, kept)
    prune(office, 4)
    shutil.rmtree(office.place.root)
    shutil.copytree(kept, office.place.root)

    found = look_at(office)

    gone = {one.path: one.found for one in found.defects if one.kind is DefectKind.STALE}
    assert gone.keys() == {"snapshot-0001", "snapshot-0002", "snapshot-0003"}
    assert all("no entry" in str(said) for said in gone.values())


@pytest.mark.parametrize("position", [0, 100, -1])
def test_a_damaged_list_is_named_and_blames_nobody_for_taking_snapshots(
    office: BackupWorld, position: int
) -> None:
    prune(office, 4)
    path = next(media_set.find(usb(office)).glob("pruning-*")) / "data/pruned.json"
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)

    found = look_at(office, ledger=False)

    assert {one.path for one in found.defects} == {"pruning-0001/data/pruned.json"}
    assert all(one.repairable for one in found.defects)


def test_the_audit_names_an_operator_who_removed_what_policy_keeps(office: BackupWorld) -> None:
    prune(office, 4)  # all four are of today: policy keeps every one

    with office.opened("phuc") as opened:
        found = [one for one in prunings.prunings(opened) if one.error is not None]

    assert [str(one.error) for one in found] == [
        "snapshots that policy keeps (1, 2, 3) were removed from USB 1 by em"
    ]


# Bad luck.


def test_a_medium_that_fails_while_old_snapshots_go_says_so_and_the_next_run_finishes(
    office: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = files.remove_tree

    def failing(path: Path) -> None:
        if path.name == BagName(BagKind.SNAPSHOT, 2).partial:
            raise OSError(5, "Input/output error")
        real(path)

    with monkeypatch.context() as patch:
        patch.setattr(files, "remove_tree", failing)
        with pytest.raises(BackupIncomplete, match="what stays is whole"):
            prune(office, 4)
    assert look_at(office).defects == ()

    with office.opened() as opened:
        done = pruning.prune(opened, media.choose(opened, usb(office)), frozenset({4}))
        rows = {row.snapshot: row.pruned is not None for row in opened.ledger.snapshots()}

    assert done is not None
    assert rows == {1: True, 2: True, 3: True, 4: False}


def test_a_dry_run_names_what_would_go_and_changes_nothing(office: BackupWorld) -> None:
    before = sorted(media_set.find(usb(office)).rglob("*"))
    with office.opened() as opened:
        size = opened.ledger.head().checkpoint.size
        would = pruneplan.planned(opened, media.choose(opened, usb(office)), frozenset({4}))
        assert opened.ledger.head().checkpoint.size == size

    assert sorted(media_set.find(usb(office)).rglob("*")) == before
    assert (would.snapshots, would.left) == ((1, 2, 3), (4,))
    assert would.octets > 0
