"""Backups still open what was destroyed: they are named, refreshed at their next backup, and then do not."""

import errno
import functools
import os
import shutil
import tarfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from securedoc.backup import adopt, media, protect, pruning, run, state
from securedoc.backup.layout import BagKind
from securedoc.backup.writing import BagWriter
from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, SealedObject
from securedoc.office import residue, unrecorded
from securedoc.system import volumes
from tests.faults.crash import STEPS, PowerCut, cut_before
from tests.support import cli
from tests.support.backup import BackupWorld
from tests.support.destroying import (
    Loot,
    all_keys,
    carry_out,
    decided,
    ledger_key,
    opens,
    pages,
    pieces,
    second,
)
from tests.support.office import World, found_world

FIRST, OTHER = "D-2026-000001", "D-2026-000002"

pytestmark = pytest.mark.usefixtures("no_trim")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> World:
    """An office with two documents, two sticks with a snapshot each, and the first document decided on."""
    root = tmp_path_factory.mktemp("residue")
    root.chmod(0o700)
    world = found_world(root)
    world.issued()
    world.issued()
    made = BackupWorld(world)
    for name, label, parity in (("usb", "USB 1", None), ("away", "USB 2", 0)):
        stick = made.stick(name, label)
        with made.opened("em") as office:
            run.run(office, stick, parity_percent=parity)
    world.write("request", decided(world, FIRST).encode())
    return world


@pytest.fixture
def world(original: World, root: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    shutil.copytree(original.root, root, dirs_exist_ok=True)
    # The directories that stand for sticks are copies: what tells their volumes apart is taken as it was.
    facts = {
        name: media.volume_facts(original.root / name, volumes.volume(original.root / name))
        for name in ("usb", "away")
    }
    monkeypatch.setattr(media, "volume_facts", lambda path, _volume: facts.get(path.name, facts["usb"]))
    return World(root)


def destroy(world: World) -> dict[str, object]:
    done: dict[str, object] = carry_out(world, (world.root / "request").read_text()).expect().json
    return done


def everything_on(world: World, stick: Path) -> list[tuple[str, Loot]]:
    """Take what a thief with all keys takes: each ledger on the stick, whole or half, and every object."""
    with BackupWorld(world).opened("an") as office:
        vault, mine = office.vault_id, list(office.ledger.objects(DocumentId(FIRST)))
    objects = {one.digest: one for one in mine}
    found: list[tuple[SealedObject, bytes]] = []
    for pack in stick.rglob("*.tar*"):
        with tarfile.open(pack) as tar:
            for member in tar:
                file = tar.extractfile(member)
                data = b"" if file is None else file.read()
                if Digest.of(data) in objects:
                    found.append((objects[Digest.of(data)], data))
    assert len(found) == len(mine), "the sealed objects lie on the stick"
    key = ledger_key(world)
    return [
        (path.parents[1].name, Loot(vault, tuple(found), all_keys(path, key)))
        for path in sorted(stick.rglob("ledger.db"))
    ]


def test_with_the_stick_and_everybodys_keys_it_opens_before_the_refresh_and_not_after(world: World) -> None:
    usb = world.root / "usb"
    destroy(world)
    before = everything_on(world, usb)
    key = ledger_key(world)
    sealed = [blob for document, _, blob in before[0][1].keys if document == FIRST]

    done = world.ok("em", "backup", "run", "--to", usb)
    after = everything_on(world, usb)

    assert set(opens(world, before[0][1])) == {"an", "binh", "dung", "recovery"}
    assert [name for name, _ in before] != [name for name, _ in after]
    assert done["refreshed"]["snapshots"] == [1]
    assert [opens(world, loot) for _, loot in after] == [[]]
    everything = [path for path in usb.rglob("*") if path.is_file()]
    assert everything
    for path in everything:
        raw = path.read_bytes()
        plain = pages(path, key) if path.name == "ledger.db" else b""
        assert not [
            piece for blob in sealed for piece in pieces(blob, 16) if piece in raw or piece in plain
        ], path


def test_a_stick_without_room_for_recovery_data_keeps_no_key_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    usb = world.root / "usb"
    destroy(world)

    def full(*_what: object, **_how: object) -> int:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(protect, "protect", full)
    world.run("em", "backup", "run", "--to", usb).expect(76)
    after = everything_on(world, usb)

    assert [opens(world, loot) for _, loot in after] == [[]]
    assert world.ok("em", "backup", "residue")["media"] != []  # the other stick is still to be brought in


def test_the_refreshed_stick_verifies_drills_repairs_and_restores_what_is_left(world: World) -> None:
    usb, into = world.root / "usb", world.root / "again"
    destroy(world)
    world.ok("em", "backup", "run", "--to", usb)

    repaired = world.ok("em", "backup", "repair", usb)
    verified = world.ok("em", "backup", "verify", usb, "--full")
    drilled = world.ok("an", "backup", "drill", usb)
    world.ok("chi", "backup", "restore", usb, "--into", into, *second(world, "binh"))
    words = (*("--vault", into), "--json")
    back = World(world.root)

    assert (repaired["repaired"], verified["defects"], drilled["failures"]) == ([], [], [])
    assert not [path for path in usb.rglob("*") if "partial" in path.name]
    assert [one["snapshot"] for one in verified["snapshots"]] == [2]
    passphrase = ("--as", "an", "--passphrase-file", back.passphrase_file("an"))
    shown = cli.run(*words, *passphrase, "show", FIRST).expect().json
    assert shown["state"] == "destroyed"
    assert cli.run(*words, *passphrase, "verify", FIRST).code == 31
    assert cli.run(*words, *passphrase, "verify", OTHER).expect().json["verdict"] == "trusted"
    assert cli.run(*words, *passphrase, "ledger", "verify").expect().json["holds"] is True


def test_a_drill_of_an_older_snapshot_is_no_failure(world: World) -> None:
    destroy(world)

    drilled = world.ok("an", "backup", "drill", world.root / "usb", "--snapshot", "1")

    assert drilled["failures"] == []


def test_media_that_still_open_it_are_named_with_keeper_and_day(world: World) -> None:
    done = destroy(world)
    named = world.ok("em", "backup", "residue")["media"]

    assert done["media"] == named
    assert [(one["label"], one["keeper"], one["snapshots"], one["documents"]) for one in named] == [
        ("USB 1", "Đỗ Thị Em", [1], [FIRST]),
        ("USB 2", "Đỗ Thị Em", [1], [FIRST]),
    ]
    assert [one["overdue"] for one in named] == [False, False]
    assert world.ok("an", "status")["backup"]["bring_in"] == named
    assert world.ok("em", "backup", "due")["bring_in"] == named


@pytest.mark.parametrize("written", [True, False], ids=["whole", "in-part"])
def test_a_stick_whose_backup_was_cut_off_is_named_until_it_comes_again(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    written: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    usb = world.root / "spare"
    usb.mkdir()
    facts = media.volume_facts(usb, volumes.volume(usb))
    monkeypatch.setattr(media, "volume_facts", lambda _path, _volume: facts)
    made = BackupWorld(world)

    publish = BagWriter.publish

    def cut(*_: object) -> None:
        raise PowerCut

    def cut_at_snapshot(bag: BagWriter) -> None:
        publish(bag) if bag.name.kind is BagKind.OBJECTS else cut()

    with made.opened("em") as office, monkeypatch.context() as patch:
        media.register(office, usb, label="USB 3", keeper="Đỗ Thị Em")
        patch.setattr(state, "clean", lambda _medium: ())  # with the power gone, nobody cleans up
        # Before the rename that is the backup, or between that and the entry.
        if written:
            patch.setattr(adopt, "append", cut)
        else:
            patch.setattr(BagWriter, "publish", cut_at_snapshot)
        with pytest.raises(PowerCut):
            run.run(office, usb, parity_percent=0)
    destroy(world)

    assert [key for _, loot in everything_on(world, usb) if opens(world, loot) for key in loot.keys]
    assert [one["label"] for one in world.ok("em", "backup", "residue")["media"]] == [
        "USB 1",
        "USB 2",
        "USB 3",
    ]
    audited = world.run("phuc", "audit", "run").json["findings"]
    assert {one["state"] for one in audited if one["check"] == "vault.strange"} == {"pass"}
    done = world.ok("em", "backup", "run", "--to", usb)
    assert [one["label"] for one in world.ok("em", "backup", "residue")["media"]] == ["USB 1", "USB 2"]
    assert (done["refreshed"]["snapshots"] == [1]) is written
    assert not [1 for _, loot in everything_on(world, usb) if opens(world, loot)]


def test_a_note_of_a_cut_off_backup_that_was_tampered_with_names_the_stick_all_the_same(world: World) -> None:
    destroy(world)
    with BackupWorld(world).opened("em") as office:
        run.run(office, world.root / "usb", parity_percent=0)
        usb = media.by_id(office, "USB 1").medium
        unrecorded.note(office.place, usb, unrecorded.Unrecorded(3, 1))
        assert residue.of_medium(office, usb) is None, "a ledger of one entry has no key"

        (office.place.unrecorded / usb).write_bytes(b"\xff" * 4096)

        held = residue.of_medium(office, usb)
    assert held is not None
    assert (held.snapshots, held.documents) == ((0,), (FIRST,))


def test_a_retired_medium_stays_named_until_it_is_sanitised_and_a_late_one_is_grave(world: World) -> None:
    destroy(world)
    done = world.ok("em", "backup", "run", "--to", world.root / "usb", "--parity", "0", "--keep-all")
    away = world.ok("em", "backup", "residue")["media"][0]["medium"]
    world.ok("em", "media", "retire", away, "--why", "mất (MẪU)")

    named = world.ok("em", "backup", "residue")["media"]
    late = (datetime.fromisoformat(named[0]["since"]) + timedelta(days=31)).isoformat()
    audited = world.run("phuc", "--now", late, "audit", "run").json["findings"]
    grave = {one["about"]: one["severity"] for one in audited if one["check"] == "destruction.media"}

    assert done["refreshed"]["snapshots"] == [1], "whatever else is kept"
    assert [(one["label"], one["state"]) for one in named] == [("USB 2", "retired")]
    assert "sanitise" in named[0]["advice"]
    assert grave == {"USB 2": "high"}


def test_a_medium_that_was_destroyed_before_witnesses_is_named_no_more(world: World) -> None:
    destroy(world)
    away = world.ok("em", "backup", "residue")["media"][1]["medium"]
    words = ("media", "destroyed", away, "--method", "nghiền (MẪU)", "--witness", "A", "--witness", "B")

    in_use = world.run("em", *words, *second(world, "chi"))
    world.ok("em", "media", "retire", away, "--why", "hỏng (MẪU)")
    refused = [world.run("em", *words).code, world.run("em", *words[:-2], *second(world, "chi")).code]
    done = world.run("em", *words, *second(world, "chi")).expect().json

    assert (in_use.code, refused, done["state"]) == (72, [12, 12], "destroyed")
    assert [one["label"] for one in world.ok("em", "backup", "residue")["media"]] == ["USB 1"]
    assert world.run("em", *words, *second(world, "chi")).code == 72
    assert world.ok("phuc", "ledger", "verify")["holds"] is True


def test_a_snapshot_removed_in_the_name_of_a_destruction_it_had_nothing_to_do_with_is_found(
    world: World,
) -> None:
    usb = world.root / "usb"
    with BackupWorld(world).opened("em") as office:
        run.run(office, usb, parity_percent=0)
        medium = media.choose(office, usb)
        pruning.prune(office, medium, frozenset({2}), why="destruction", parity_percent=0)

    audited = world.run("phuc", "audit", "run").json["findings"]

    assert [one["state"] for one in audited if one["check"] == "destruction.removals"] == ["fail"]


def _refresh(world: World) -> None:
    with BackupWorld(world).opened("em") as office:
        run.run(office, world.root / "usb", parity_percent=0, read_back=False)


@pytest.mark.slow
@pytest.mark.parametrize("cuts", [12])
def test_power_cut_in_a_refreshing_backup_leaves_a_whole_snapshot_and_the_next_run_finishes(
    world: World, root: Path, monkeypatch: pytest.MonkeyPatch, cuts: int
) -> None:
    destroy(world)
    steps = _steps(world, root, monkeypatch)
    for cut in (steps - 1 - number * max(1, steps // cuts // 2) for number in range(cuts)):
        place = World(root / f"cut-{cut}")
        shutil.copytree(world.root, place.root, ignore=shutil.ignore_patterns("cut-*", "count"))

        assert cut_before(cut, monkeypatch, functools.partial(_refresh, place)), cut
        assert place.ok("em", "backup", "verify", place.root / "usb", "--quick")["defects"] == []
        _refresh(place)

        assert [one["label"] for one in place.ok("em", "backup", "residue")["media"]] == ["USB 2"], cut
        held = [key for _, loot in everything_on(place, place.root / "usb") for key in loot.keys]
        assert held
        assert FIRST not in {document for document, _, _ in held}, cut
        shutil.rmtree(place.root)


def _steps(world: World, root: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Count the durable steps of the backup."""
    place = World(root / "count")
    shutil.copytree(world.root, place.root, ignore=shutil.ignore_patterns("count"))
    steps = [0]

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def step(*args: object, **options: object) -> object:
            steps[0] += 1
            return real(*args, **options)

        return step

    with monkeypatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, counted(getattr(os, name)))
        _refresh(place)
    return steps[0]
