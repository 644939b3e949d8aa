"""A vault is restored, and the old machine lives on: the first stick that meets both notices."""

import shutil
from pathlib import Path

import pytest

from securedoc.office.place import Place
from tests.support.backup import BackupWorld, make_world
from tests.support.cli import Ran, run
from tests.support.office import World

RUN = ("backup", "run", "--parity", "0", "--to")
"""Recovery data has nothing to do with it, and takes longer than the rest."""


class Two:
    """Two vaults that went on from one backup, and two sticks that both know."""

    def __init__(self, root: Path) -> None:
        self.old = make_world(root)
        self.sticks = tuple(self.old.stick(f"usb{n}", f"USB {n}") for n in (1, 2))
        for stick in self.sticks:
            self.old_says(*RUN, stick).expect()
        self.place = Place(root / "restored")
        shares = [word for n in (1, 3) for word in ("--share", self.old.world.shares / f"share-{n}.txt")]
        # From the second stick: its snapshot is the newest of all.
        run("backup", "restore", self.sticks[1], "--into", self.place.root, *shares).expect()

    def old_says(self, *words: str | Path) -> Ran:
        """Run a command on the old machine."""
        return self.old.world.run("em", *words)

    def restored_says(self, *words: str | Path, who: str = "em") -> Ran:
        """Run a command on the restored machine."""
        passphrase = self.old.world.passphrase_file(who)
        return run(
            *("--vault", self.place.root, "--as", who, "--passphrase-file", passphrase, "--json"), *words
        )

    def old_works(self, entries: int) -> None:
        """Let the old machine go on."""
        self.old.draft(entries)


@pytest.fixture
def two(root: Path) -> Two:
    return Two(root)


@pytest.mark.parametrize("drafts", [0, 3])
def test_both_back_up_to_the_same_stick_and_the_second_is_refused_whoever_has_more_entries(
    two: Two, drafts: int
) -> None:
    usb = two.sticks[1]
    two.old_works(drafts)
    two.old_says(*RUN, usb).expect()

    refused = two.restored_says(*RUN, usb)
    verified = two.restored_says("backup", "verify", usb)

    assert (refused.code, verified.code) == (54, 54)
    assert "another vault that went on" in refused.error["message"]
    assert "--anchor" in refused.error["hint"]
    assert [(one["kind"], one["path"]) for one in verified.json["defects"]] == [("forked", "snapshot-0002")]
    # Nothing of the other's was touched, and the vault that the stick follows goes on.
    assert two.old_says("backup", "verify", usb).expect().json["defects"] == []
    two.old_says(*RUN, usb).expect()


def test_the_old_machine_notices_that_the_restored_one_has_taken_over(two: Two) -> None:
    usb = two.sticks[1]
    two.restored_says(*RUN, usb).expect()

    refused = two.old_says(*RUN, usb)
    pruned = two.old_says("backup", "prune", usb)

    assert (refused.code, pruned.code) == (54, 54)
    assert two.restored_says("backup", "verify", usb).expect().json["defects"] == []


def test_they_back_up_to_different_sticks_and_it_is_noticed_where_these_meet(two: Two) -> None:
    first, second = two.sticks
    two.old_says(*RUN, first).expect()
    two.restored_says(*RUN, second).expect()

    crossed = (two.old_says("backup", "verify", second), two.restored_says("backup", "verify", first))
    written = (
        two.old_says(*RUN, second),
        two.restored_says(*RUN, first),
    )

    assert [one.code for one in (*crossed, *written)] == [54, 54, 54, 54]
    assert all("forked" in {d["kind"] for d in one.json["defects"]} for one in crossed)


def test_the_others_checkpoint_is_no_anchor_of_ours(two: Two) -> None:
    usb = two.sticks[0]
    two.old_says(*RUN, usb).expect()
    note = next(usb.glob("securedoc-*/snapshot-0002/data/checkpoint.txt"))
    for _ in range(6):  # more entries than the other has: not only behind
        two.restored_says("backup", "verify", two.sticks[1]).expect()

    held = two.restored_says("ledger", "verify", "--anchor", note, who="phuc")

    assert held.code == 54


def test_the_audit_names_the_fork_when_it_sees_the_others_stick(two: Two) -> None:
    usb = two.sticks[0]
    two.old_says(*RUN, usb).expect()

    audited = two.restored_says("audit", "run", "--media", usb, who="phuc")

    found = [one for one in audited.json["findings"] if one["check"] == "backup.medium" and one["about"]]
    assert any("another vault that went on" in one["detail"] for one in found), found
    assert audited.code == 54


def test_a_ledger_that_was_only_rolled_back_is_told_from_a_fork(root: Path) -> None:
    office = make_world(root)
    usb = office.stick()
    office.world.ok("em", *RUN, usb)
    kept = root / "kept"
    shutil.copytree(office.place.root, kept)
    office.draft()
    office.world.ok("em", *RUN, usb)
    shutil.rmtree(office.place.root)
    kept.rename(office.place.root)

    refused = office.world.run("em", *RUN, usb)
    verified = office.world.run("em", "backup", "verify", usb)

    assert (refused.code, verified.code) == (55, 55)
    assert "rolled back" in verified.error["hint"]
    assert ("ahead", "snapshot-0002") in {(one["kind"], one["path"]) for one in verified.json["defects"]}


def test_an_older_snapshot_is_restored_with_a_loud_word_about_what_is_newer(root: Path) -> None:
    office: BackupWorld = make_world(root)
    world: World = office.world
    usb = office.stick()
    office.world.ok("em", *RUN, usb)
    office.draft()
    office.world.ok("em", *RUN, usb)
    shares = [word for n in (1, 3) for word in ("--share", world.shares / f"share-{n}.txt")]
    words = ("backup", "restore", usb, *shares, "--snapshot", "1")

    older = run("--json", *words, "--into", root / "older").expect().json
    spoken = run("--lang", "vi", *words, "--into", root / "spoken").expect()
    newest = run("--json", "backup", "restore", usb, *shares, "--into", root / "newest").expect().json

    assert [(one["snapshot"], one["entries"] > 0) for one in older["newer"]] == [(2, True)]
    assert newest["newer"] == []
    assert "CẢNH BÁO" in spoken.out
