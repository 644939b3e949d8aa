"""A restore rehearsed in memory: everything comes back, or what does not is named; nothing is left."""

import errno
import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from securedoc.backup import drill, drillspace, layout, media_set, packing
from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.crypto import objects
from securedoc.office import opening
from securedoc.system import process, workspace
from tests.support.backup import BackupWorld, copy_of, make_world
from tests.support.cli import Ran, run, spawn
from tests.support.office import World, found_world

PLAIN = ("Kết quả công tác".encode(), "thực hiện chương trình".encode(), b"word/document.xml")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    """A vault of three drafts, two of them in a first snapshot."""
    made = make_world(tmp_path_factory.mktemp("drill"))
    usb = made.stick()
    made.backup(usb)
    made.draft()
    made.backup(usb)
    return made


@pytest.fixture
def office(made: BackupWorld, root: Path) -> BackupWorld:
    # A directory that stands for a stick is known by its inode: the copy is another one, and a drill
    # does not mind, since it writes nothing to it.
    return copy_of(made, root)


def usb(office: BackupWorld) -> Path:
    return office.world.root / "usb"


def bags(office: BackupWorld) -> Path:
    return media_set.find(usb(office))


def shares(office: BackupWorld, *numbers: int) -> list[str | Path]:
    return [word for one in numbers for word in ("--share", office.world.shares / f"share-{one}.txt")]


def by_shares(office: BackupWorld, *words: str | Path, vault: bool = True) -> Ran:
    where = ("--vault", office.world.vault) if vault else ()
    return run(*where, "--json", "backup", "drill", usb(office), *shares(office, 1, 3), *words)


def drills(office: BackupWorld) -> list[dict[str, object]]:
    with office.opened() as opened:
        return [dict(entry.facts) for entry in opened.ledger.newest(Act.BACKUP_DRILLED)]


def pack(office: BackupWorld, number: int = 1) -> Path:
    return bags(office) / f"objects-{number:04d}" / layout.pack_path(1)


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def everything(place: Path) -> dict[str, Digest]:
    return {
        str(path.relative_to(place)): Digest.of(path.read_bytes())
        for path in place.rglob("*")
        if path.is_file()
    }


def ours() -> str:
    return f"drill{os.getpid()}x{process.started(os.getpid())}"


def test_a_drill_opens_everything_and_is_an_entry(office: BackupWorld) -> None:
    done = office.world.ok("an", "backup", "drill", usb(office))

    assert (done["documents"], done["objects"], done["opened"]) == (3, 6, 6)
    assert done["failures"] == []
    assert done["seconds"] >= 1
    assert done["recorded"] is True
    (facts,) = drills(office)
    assert facts == {
        "medium": done["medium"],
        "snapshot": 2,
        "manifest": facts["manifest"],
        "documents": 3,
        "objects": 6,
        "failures": 0,
        "seconds": done["seconds"],
        "opened_by": "officer",
        "kit": None,
    }


def test_an_earlier_snapshot_is_drilled_when_it_is_named(office: BackupWorld) -> None:
    done = office.world.ok("binh", "backup", "drill", usb(office), "--snapshot", "1")

    assert (done["snapshot"], done["documents"], done["opened"]) == (1, 2, 4)


def test_the_recovery_shares_rehearse_the_emergency(office: BackupWorld) -> None:
    done = by_shares(office).expect().json
    due = office.world.ok("em", "backup", "due")

    assert (done["opened"], done["recorded"]) == (6, True)
    assert drills(office)[0]["opened_by"] == "shares"
    assert due["drill"]["overdue"] is False
    assert due["rehearsal"]["overdue"] is False


def test_an_officers_drill_is_no_rehearsal_of_the_emergency(office: BackupWorld) -> None:
    office.world.ok("an", "backup", "drill", usb(office))
    due = office.world.ok("em", "status")["backup"]

    assert due["drill"]["overdue"] is False
    assert (due["rehearsal"]["overdue"], due["rehearsal"]["last"]) == (True, None)


def test_on_a_machine_without_the_vault_shares_suffice_and_nothing_is_recorded(office: BackupWorld) -> None:
    done = by_shares(office, vault=False).expect().json

    assert (done["opened"], done["recorded"]) == (6, False)
    assert drills(office) == []


def test_too_few_shares_open_nothing(office: BackupWorld) -> None:
    run("--json", "backup", "drill", usb(office), *shares(office, 1)).expect(22)


@pytest.mark.parametrize("who", ["em", "phuc", "dung", "chi"])
def test_who_may_not_open_documents_may_not_hold_a_drill(office: BackupWorld, who: str) -> None:
    office.world.run(who, "backup", "drill", usb(office)).expect(12)

    assert drills(office) == []


def test_a_drill_changes_nothing_but_the_ledger_and_leaves_nothing_in_memory(office: BackupWorld) -> None:
    medium, vault = everything(usb(office)), everything(office.place.root)

    office.world.ok("an", "backup", "drill", usb(office))

    after = everything(office.place.root)
    changed = {name for name in after.keys() | vault.keys() if after.get(name) != vault.get(name)}
    assert everything(usb(office)) == medium
    assert {name.split("-")[0] for name in changed} <= {"ledger.db", "due.json", "anchors/head.txt"}
    assert workspace.find(ours()) is None


def test_a_damaged_object_is_named_the_others_are_opened_and_the_drill_is_due_again(
    office: BackupWorld,
) -> None:
    flip(pack(office), 512 + 100)

    said = office.world.run("an", "backup", "drill", usb(office)).expect(74)
    due = office.world.ok("em", "backup", "due")

    (failure,) = said.json["failures"]
    assert (said.json["opened"], said.json["failed"]) == (5, 1)
    assert failure["document"].startswith("D-")
    assert failure["code"] == 74
    assert drills(office)[0]["failures"] == 1
    assert due["drill"]["overdue"] is True
    assert due["rehearsal"]["overdue"] is True


def test_a_failed_drill_is_reminded_of_without_a_key(office: BackupWorld) -> None:
    flip(pack(office), 512 + 100)
    office.world.run("an", "backup", "drill", usb(office)).expect(74)

    said = run("--vault", office.world.vault, "--json", "backup", "due", "--remind").expect().json["said"]

    assert any("drill" in line for line in said)


def test_a_pack_that_is_cut_off_names_every_object_that_it_should_hold(office: BackupWorld) -> None:
    os.truncate(pack(office, 2), 700)

    said = office.world.run("an", "backup", "drill", usb(office))

    # Its size is wrong, and sizes are looked at before anything is opened.
    assert said.code == 74
    assert drills(office)[0]["failures"] == 1


def test_a_pack_that_does_not_end_as_one_is_a_failure(office: BackupWorld) -> None:
    flip(pack(office), pack(office).stat().st_size - 1)

    said = office.world.run("an", "backup", "drill", usb(office)).expect(74)

    assert [one["digest"] for one in said.json["failures"]] == [None]
    assert said.json["opened"] == 6


def test_a_pack_with_a_forged_header_fails_for_all_that_follows(office: BackupWorld) -> None:
    flip(pack(office), 0)

    said = office.world.run("an", "backup", "drill", usb(office)).expect(74)

    assert said.json["failed"] == 4
    assert said.json["opened"] == 2


def test_a_damaged_ledger_copy_is_found_and_goes_on_record(office: BackupWorld) -> None:
    path = bags(office) / "snapshot-0002" / layout.LEDGER
    flip(path, path.stat().st_size // 2)

    office.world.run("an", "backup", "drill", usb(office)).expect(74)

    assert drills(office)[0]["failures"] == 1
    assert drills(office)[0]["documents"] == 0


def test_a_medium_whose_newest_snapshot_was_taken_away_is_refused_and_recorded(office: BackupWorld) -> None:
    shutil.rmtree(bags(office) / "snapshot-0002")

    said = office.world.run("an", "backup", "drill", usb(office)).expect(75)

    assert "number 2" in said.error["message"]
    assert drills(office)[0]["failures"] == 1


def test_a_medium_of_another_vault_is_refused(office: BackupWorld, root: Path) -> None:
    other_root = root / "other"
    other_root.mkdir()
    other = BackupWorld(found_world(other_root))
    other.draft()
    stick = other.stick()
    other.backup(stick)

    office.world.run("an", "backup", "drill", stick).expect(71)

    assert drills(office) == []


def test_a_vault_that_went_another_way_is_not_confirmed(office: BackupWorld, root: Path) -> None:
    stick = office.stick("usb3", "USB 3")
    fork = BackupWorld(World(root / "fork"))
    shutil.copytree(office.place.root, fork.place.root)
    fork.draft(2)
    fork.backup(stick)
    behind = office.world.run("an", "backup", "drill", stick)
    office.draft(5)

    said = office.world.run("an", "backup", "drill", stick).expect(54)

    assert "USB 3" in said.error["message"]
    assert behind.code == 55  # as long as it has fewer entries, it looks as if it were put back
    assert [one["failures"] for one in drills(office)] == [1, 1]


def test_a_kit_that_was_never_made_is_refused(office: BackupWorld) -> None:
    assert "number 7" in by_shares(office, "--kit", "7").expect(72).error["message"]
    by_shares(office, "--kit", "7", vault=False).expect(2)


def killed_at(office: BackupWorld, moment: str) -> int:
    """Hold a drill in a process that dies, by SIGKILL, when it comes to `moment`; return its id."""
    child = os.fork()
    if child == 0:
        try:
            module, name = {
                "laid out": (drill, "unpack_head"),
                "opened": (opening, "read"),
                "decrypting": (objects, "decrypt"),
                "shredding": (workspace, "dissolve"),
            }[moment]
            real: Callable[..., object] = getattr(module, name)

            def die(*words: object, **options: object) -> object:
                if moment == "laid out":
                    real(*words, **options)
                if moment != "opened" or "drill" in str(words[0]):
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*words, **options)

            setattr(module, name, die)
            run("--json", "backup", "drill", usb(office), *shares(office, 1, 3))
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), moment
    return child


@pytest.mark.parametrize("moment", ["laid out", "opened", "decrypting", "shredding"])
def test_what_a_killed_drill_leaves_is_sealed_and_gone_after_the_next_start(
    office: BackupWorld, moment: str
) -> None:
    child = killed_at(office, moment)
    (left,) = workspace.named(f"drill{child}x")
    for path in left.rglob("*"):
        if path.is_file():
            assert not any(words in path.read_bytes() for words in PLAIN)

    office.world.ok("em", "backup", "run", "--to", office.stick("usb2", "USB 2"))

    assert workspace.named(f"drill{child}x") == ()
    assert not left.exists()


def test_a_drill_that_is_interrupted_cleans_up_itself(
    office: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(objects, "decrypt", interrupted)

    by_shares(office).expect(130)

    assert workspace.find(ours()) is None
    assert drills(office) == []


def test_without_enough_memory_nothing_is_begun(office: BackupWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drill, "MARGIN_BYTES", 1 << 50)

    office.world.run("an", "backup", "drill", usb(office)).expect(62)

    assert workspace.find(ours()) is None
    assert drills(office) == []


def test_a_pack_that_cannot_be_read_is_not_called_wrong(
    office: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(packing, "read_pack", broken)

    said = office.world.run("an", "backup", "drill", usb(office)).expect(70)

    assert (said.json["failed"], said.json["opened"]) == (6, 0)
    assert {one["code"] for one in said.json["failures"]} == {70}
    assert drills(office)[0]["failures"] == 6


def test_a_wrapped_key_that_was_exchanged_in_the_copy_is_found_by_what_does_not_open(
    office: BackupWorld,
) -> None:
    with office.opened() as opened:
        run_sql = opened.ledger._store.run
        run_sql(
            "UPDATE document_keys SET wrapped = (SELECT wrapped FROM document_keys"
            " WHERE document = 'D-2026-000001') WHERE document = 'D-2026-000002'"
        )
    stick = office.stick("usb3", "USB 3")
    office.backup(stick)

    said = office.world.run("an", "backup", "drill", stick).expect(74)

    assert {one["document"] for one in said.json["failures"]} == {"D-2026-000002"}
    assert said.json["opened"] == 4


def test_a_key_that_is_gone_without_a_destruction_is_missed_by_name(office: BackupWorld) -> None:
    with office.opened() as opened:
        opened.ledger._store.run("DELETE FROM document_keys WHERE document = 'D-2026-000003'")
    stick = office.stick("usb3", "USB 3")
    office.backup(stick)

    said = office.world.run("an", "backup", "drill", stick)

    assert said.code == 54
    assert "the key of D-2026-000003 is gone" in said.error["message"]


def test_recover_says_what_a_killed_drill_left(office: BackupWorld) -> None:
    killed_at(office, "decrypting")

    assert office.world.ok("an", "recover")["drills"] == 1
    assert office.world.ok("an", "recover")["drills"] == 0


def test_what_cannot_be_swept_stops_nobody(office: BackupWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    child = killed_at(office, "decrypting")

    def stuck(_: Path) -> None:
        raise OSError(errno.EBUSY, "busy")

    with monkeypatch.context() as patch:
        patch.setattr(workspace, "dissolve", stuck)
        assert office.world.ok("an", "recover")["drills"] == 0
        assert len(workspace.named(f"drill{child}x")) == 1
    assert office.world.ok("an", "recover")["drills"] == 1


def test_a_drill_that_runs_is_not_swept_by_another_start() -> None:
    with drillspace.in_memory(1 << 20) as place:
        (path,) = workspace.named(ours())
        drillspace.sweep()
        assert path.is_dir()
        assert place.root.parent == path

    assert not path.exists()


def test_a_name_that_is_not_ours_is_never_swept() -> None:
    space = workspace.create("drillfoo", budget_bytes=1 << 20)
    try:
        assert drillspace.sweep() == 0
        assert space.path.is_dir()
    finally:
        workspace.dissolve(space.path).check()


def test_a_drill_as_a_person_starts_it(office: BackupWorld) -> None:
    done = spawn(*office.world.words("an", "backup", "drill", usb(office))).expect()

    assert json.loads(done.out)["opened"] == 6
