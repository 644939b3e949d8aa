"""From a vault to a stick, and back into an empty place, as a person would type it."""

import json
import os
import shutil
from pathlib import Path

import pytest

from securedoc.backup import layout
from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.keyring import words
from securedoc.system import par2
from tests.support.backup import BackupWorld, copy_of, make_world
from tests.support.cli import Ran, run


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    """A vault with one backup on one stick; nobody changes it."""
    return make_world(tmp_path_factory.mktemp("backup"))


@pytest.fixture
def office(made: BackupWorld, root: Path) -> BackupWorld:
    return copy_of(made, root)


def stick(office: BackupWorld, name: str = "usb", label: str = "USB 1") -> Path:
    path = office.world.root / name
    path.mkdir()
    office.world.ok("em", "media", "register", path, "--label", label, "--keeper", "Đỗ Thị Em")
    return path


def set_of(path: Path) -> Path:
    return next(path.glob("securedoc-*"))


def restore(office: BackupWorld, path: Path, into: Path, *extra: str | Path) -> Ran:
    shares = [word for share in (1, 3) for word in ("--share", office.world.shares / f"share-{share}.txt")]
    return run("--json", "backup", "restore", path, "--into", into, *shares, *extra)


def test_a_backup_is_written_verified_without_keys_and_restored_with_two_shares(
    office: BackupWorld, root: Path
) -> None:
    usb = stick(office)
    written = office.world.ok("em", "backup", "run", "--to", usb)
    trust = root / "authority.der"
    shutil.copy(office.place.keyring / "certificates/authority.der", trust)

    verified = run("--json", "backup", "verify", usb, "--trust", trust).expect().json
    restored = restore(office, usb, root / "again").expect().json

    assert written["snapshot"] == 1
    assert written["objects"] == written["new_objects"] == 4
    assert written["read_back"] is True
    assert verified["signature"] == "trusted"
    assert verified["defects"] == []
    assert verified["checked_files"] == verified["files"]
    assert restored["documents"] == 2
    assert restored["verified"] == restored["opened"] == 4
    assert restored["vault_id"] == verified["vault"]
    entries = run(
        *("--vault", root / "again", "--as", "em", "--passphrase-file", office.world.passphrase_file("em")),
        *("--json", "backup", "list"),
    ).expect()
    assert entries.json["snapshots"] == []  # the entry about a snapshot comes after it


def test_a_restored_vault_goes_on_and_backs_up_to_the_same_stick(office: BackupWorld, root: Path) -> None:
    usb = stick(office)
    office.world.ok("em", "backup", "run", "--to", usb)
    restore(office, usb, root / "again").expect()
    shutil.rmtree(office.place.root)
    (root / "again").rename(office.place.root)

    done = office.world.ok("em", "backup", "run", "--to", usb)

    assert done["snapshot"] == 2
    assert done["adopted"] == [1]
    assert done["new_objects"] == 0
    assert office.world.ok("em", "backup", "verify", usb)["defects"] == []


def test_two_vaults_that_go_on_from_one_backup_are_told_apart_by_the_stick(
    office: BackupWorld, root: Path
) -> None:
    usb = stick(office)
    office.world.ok("em", "backup", "run", "--to", usb)
    restore(office, usb, root / "again").expect()
    office.draft()
    office.world.ok("em", "backup", "run", "--to", usb)

    fork = run(
        *("--vault", root / "again", "--as", "em", "--passphrase-file", office.world.passphrase_file("em")),
        *("--json", "backup", "run", "--to", usb),
    )

    assert fork.code in (54, 55)
    assert office.world.ok("em", "backup", "verify", usb)["defects"] == []


def test_a_ledger_rolled_back_to_before_the_last_backup_is_refused(office: BackupWorld, root: Path) -> None:
    usb = stick(office)
    office.world.ok("em", "backup", "run", "--to", usb)
    shutil.copytree(office.place.root, root / "old")
    office.draft()
    office.world.ok("em", "backup", "run", "--to", usb)
    shutil.rmtree(office.place.root)
    (root / "old").rename(office.place.root)

    assert office.world.run("em", "backup", "run", "--to", usb).expect(55).error["what"] == "stale"


def test_only_new_objects_are_written_the_second_time(office: BackupWorld) -> None:
    usb = stick(office)
    office.world.ok("em", "backup", "run", "--to", usb)
    office.draft()

    second = office.world.ok("em", "backup", "run", "--to", usb)

    assert (second["objects"], second["new_objects"]) == (6, 2)
    listed = run("--json", "backup", "list", "--from", usb).expect().json
    assert [one["objects"] for one in listed["snapshots"]] == [4, 6]
    known = office.world.ok("em", "backup", "list")["snapshots"]
    assert [one["snapshot"] for one in known] == [2, 1]


def test_an_older_snapshot_can_be_restored(office: BackupWorld, root: Path) -> None:
    usb = stick(office)
    office.world.ok("em", "backup", "run", "--to", usb)
    office.draft()
    office.world.ok("em", "backup", "run", "--to", usb)

    restored = restore(office, usb, root / "older", "--snapshot", "1").expect().json

    assert (restored["snapshot"], restored["documents"]) == (1, 2)


def test_a_flipped_bit_is_named_and_ends_with_74(office: BackupWorld) -> None:
    usb = stick(office)
    office.world.ok("em", "backup", "run", "--to", usb)
    pack = set_of(usb) / "objects-0001/data/pack-0001.tar"
    data = bytearray(pack.read_bytes())
    data[2000] ^= 4
    pack.write_bytes(data)

    ran = run("--json", "--vault", office.place.root, "backup", "verify", usb).expect(74)

    assert [defect["path"] for defect in ran.json["defects"]] == ["objects-0001/data/pack-0001.tar"]
    assert ran.json["defects"][0]["kind"] == "mismatch"
    assert ran.error["code"] == 74


def test_an_older_state_of_the_stick_is_stale_for_who_has_the_ledger(office: BackupWorld, root: Path) -> None:
    usb = stick(office)
    office.world.ok("em", "backup", "run", "--to", usb)
    kept = root / "kept"
    shutil.copytree(usb, kept)
    office.world.ok("em", "backup", "run", "--to", usb)
    shutil.rmtree(set_of(usb))
    shutil.copytree(set_of(kept), usb / set_of(kept).name)

    office.world.run("em", "backup", "verify", usb).expect(75)
    office.world.run("em", "backup", "run", "--to", usb).expect(75)


def test_a_verification_with_the_vault_open_is_recorded(office: BackupWorld) -> None:
    usb = stick(office)
    office.world.ok("em", "backup", "run", "--to", usb)

    assert office.world.ok("phuc", "backup", "verify", usb, "--quick")["recorded"] is True
    assert office.world.ok("em", "backup", "list")["snapshots"][0]["defects"] == 0


def test_no_medium_and_a_medium_of_nobody_end_with_71(office: BackupWorld, root: Path) -> None:
    (root / "blank").mkdir()

    office.world.run("em", "backup", "run", "--to", root / "nowhere").expect(71)
    office.world.run("em", "backup", "run", "--to", root / "blank").expect(71)
    office.world.run("em", "backup", "run").expect(71)
    run("--json", "backup", "verify", root / "nowhere", "--trust", office.place.keyring).expect(41)


def test_an_identity_copied_to_another_stick_is_refused(office: BackupWorld, root: Path) -> None:
    usb = stick(office)
    office.world.ok("em", "backup", "run", "--to", usb)
    shutil.copytree(usb, root / "clone")

    refused = office.world.run("em", "backup", "run", "--to", root / "clone").expect(72)

    assert "USB 1" in refused.error["message"]


def test_a_stick_of_another_vault_is_refused(office: BackupWorld, root: Path) -> None:
    other = root / "other"
    other.mkdir()
    stranger = make_world(other)
    theirs = stick(stranger)
    stranger.world.ok("em", "backup", "run", "--to", theirs)

    office.world.run("em", "backup", "run", "--to", theirs).expect(71)
    office.world.run("em", "backup", "run", "--to", set_of(theirs)).expect(72)
    forged = root / "forged"
    shutil.copytree(set_of(theirs), forged / layout.set_name(vault_id(office)))
    office.world.run("em", "backup", "run", "--to", forged).expect(74)


def vault_id(office: BackupWorld) -> str:
    return str(json.loads(office.place.vault_file.read_bytes())["vault"])


def test_a_stick_is_registered_once_and_a_label_is_given_once(office: BackupWorld, root: Path) -> None:
    usb = stick(office)
    (root / "usb2").mkdir()

    again = ("--label", "USB 2", "--keeper", "Đỗ Thị Em")
    office.world.run("em", "media", "register", usb, *again).expect(72)
    same = ("--label", "USB 1", "--keeper", "Đỗ Thị Em")
    office.world.run("em", "media", "register", root / "usb2", *same).expect(72)
    office.world.run("em", "media", "register", root / "usb2", "--label", "a\nb", "--keeper", "x").expect(72)
    office.world.run("em", "media", "register", root / "nowhere", *again).expect(71)
    office.world.run("phuc", "media", "register", root / "usb2", *again).expect(12)
    listed = office.world.ok("em", "media", "list")["media"]
    assert [(one["label"], one["snapshots"]) for one in listed] == [("USB 1", 0)]


def test_a_damaged_or_missing_object_in_the_vault_stops_the_backup_by_name(office: BackupWorld) -> None:
    usb = stick(office)
    victim = next(path for path in sorted(office.place.objects.rglob("*")) if path.is_file())
    good = victim.read_bytes()

    victim.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    damaged = office.world.run("em", "backup", "run", "--to", usb).expect(34)
    victim.unlink()
    missing = office.world.run("em", "backup", "run", "--to", usb).expect(31)

    assert victim.name in damaged.error["message"]
    assert victim.name in missing.error["message"]
    assert not [path for path in set_of(usb).iterdir() if path.is_dir()]
    victim.parent.mkdir(exist_ok=True)
    victim.write_bytes(good)
    office.world.ok("em", "backup", "run", "--to", usb)


def test_restoring_refuses_an_occupied_place_and_leaves_nothing_after_a_failure(
    office: BackupWorld, root: Path
) -> None:
    usb = stick(office)
    office.world.ok("em", "backup", "run", "--to", usb)
    into = root / "into"
    into.mkdir()
    (into / "file").write_bytes(b"x")
    before = sorted(path.name for path in root.iterdir())

    restore(office, usb, into).expect(72)
    restore(office, usb, root / "no/such").expect(72)
    one = run(
        *("--json", "backup", "restore", usb, "--into", root / "new"),
        *("--share", office.world.shares / "share-1.txt"),
    )
    one.expect(22)
    pack = set_of(usb) / "objects-0001/data/pack-0001.tar"
    data = bytearray(pack.read_bytes())
    data[700] ^= 1
    pack.write_bytes(data)
    restore(office, usb, root / "new").expect(74)

    assert sorted(path.name for path in root.iterdir()) == before


def test_a_place_that_could_not_get_the_vaults_name_is_refused_before_any_work(
    office: BackupWorld, root: Path
) -> None:
    usb = stick(office)
    office.world.ok("em", "backup", "run", "--to", usb)
    (root / "real").mkdir()
    (root / "link").symlink_to("real")
    (root / "dangling").symlink_to("nowhere")

    for into in (root / "link", root / "dangling", Path("/proc"), Path("/")):
        restore(office, usb, into).expect(72)
    restore(office, usb, root / "real" / ".." / "real").expect()

    assert (root / "real/ledger.db").exists()


def test_damage_to_an_older_snapshot_does_not_take_the_newest_away(office: BackupWorld, root: Path) -> None:
    usb = stick(office)
    office.world.ok("em", "backup", "run", "--to", usb)
    office.draft()
    office.world.ok("em", "backup", "run", "--to", usb)
    (set_of(usb) / "snapshot-0001/bag-info.txt").write_bytes(b"x")

    refused = restore(office, usb, root / "new").expect(74)
    restore(office, usb, root / "new", "--snapshot", "2").expect()

    assert "--snapshot 2" in refused.error["hint"]


def test_an_officer_restores_with_a_second_one_and_not_alone(office: BackupWorld, root: Path) -> None:
    usb = stick(office)
    office.world.ok("em", "backup", "run", "--to", usb)
    who = ("--as", "binh", "--passphrase-file", office.world.passphrase_file("binh"), "--json")
    second = ("--second", "phuc", "--second-passphrase-file", office.world.passphrase_file("phuc"))

    run(*who, "backup", "restore", usb, "--into", root / "alone").expect(12)
    both = run(*who, "backup", "restore", usb, "--into", root / "both", *second).expect().json

    assert both["opened"] == 4
    assert not (root / "alone").exists()


def test_the_next_backup_is_due_by_the_policy(office: BackupWorld) -> None:
    usb = stick(office)

    before = office.world.ok("em", "backup", "due")
    office.world.ok("em", "backup", "run", "--to", usb)
    after = office.world.ok("em", "backup", "due")

    assert before["overdue"] is True
    assert before["last"] is None
    assert after["overdue"] is False
    assert after["last"] is not None


def flip(path: Path, at: int = 520) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_a_damaged_stick_is_repaired_without_vault_or_keys_and_restores(
    office: BackupWorld, root: Path
) -> None:
    usb = stick(office)
    written = office.world.ok("em", "backup", "run", "--to", usb)
    trust = root / "authority.der"
    shutil.copy(office.place.keyring / "certificates/authority.der", trust)
    damaged = set_of(usb) / "objects-0001/data/pack-0001.tar"
    flip(damaged)

    found = run("--json", "backup", "verify", usb, "--trust", trust).expect(74)
    refused = restore(office, usb, root / "again").expect(74)
    mended = run("--json", "backup", "repair", usb, "--trust", trust).expect().json
    after = run("--json", "backup", "verify", usb, "--trust", trust).expect().json
    restore(office, usb, root / "again").expect()

    assert written["parity"]["bags"] == 2
    assert written["parity"]["bytes"] > 0
    assert [(one["path"], one["repairable"]) for one in found.json["defects"]] == [
        ("objects-0001/data/pack-0001.tar", True)
    ]
    assert "securedoc backup repair" in refused.error["hint"]
    assert mended["repaired"] == [{"path": "objects-0001/data/pack-0001.tar", "how": "parity", "blocks": 1}]
    assert (mended["beyond"], mended["defects"], mended["signature"]) == ([], [], "trusted")
    assert after["parity"] == {"protected": 2, "bags": 2, "percent": 10}


def test_damage_beyond_the_recovery_data_ends_with_74_and_says_how_much(office: BackupWorld) -> None:
    usb = stick(office)
    office.world.ok("em", "backup", "run", "--to", usb, "--parity", "1")
    ledger = set_of(usb) / "snapshot-0001/data/ledger.db"
    damaged = bytes(ledger.stat().st_size)
    ledger.write_bytes(damaged)

    refused = office.world.run("em", "backup", "repair", usb).expect(74)

    (beyond,) = refused.json["beyond"]
    assert beyond["paths"] == ["snapshot-0001/data/ledger.db"]
    assert 0 < beyond["available"] < beyond["needed"]
    assert str(beyond["needed"]) in refused.error["message"]
    assert ledger.read_bytes() == damaged


def test_a_repair_by_an_officer_is_recorded_and_needs_the_right_to_write_backups(office: BackupWorld) -> None:
    usb = stick(office)
    office.world.ok("em", "backup", "run", "--to", usb)
    flip(set_of(usb) / "snapshot-0001/data/ledger.db")

    office.world.run("dung", "backup", "repair", usb).expect(12)
    mended = office.world.ok("em", "backup", "repair", usb)
    again = office.world.ok("em", "backup", "repair", usb)
    office.world.run("phuc", "audit", "run", "--media", usb)

    assert (mended["recorded"], len(mended["repaired"])) == (True, 1)
    assert (again["recorded"], again["repaired"]) == (False, [])
    with office.opened() as opened:
        entry = opened.ledger.last(Act.BACKUP_REPAIRED)
        assert entry is not None
        assert (entry.facts["repaired"], entry.facts["defects"]) == (1, 0)
        assert opened.ledger.check(opened.session.genesis_pin).defects == ()


def test_without_parity_nothing_is_made_and_the_next_backup_makes_it(office: BackupWorld) -> None:
    usb = stick(office)

    none = office.world.ok("em", "backup", "run", "--to", usb, "--parity", "0")
    bare = office.world.ok("phuc", "backup", "verify", usb)
    some = office.world.ok("em", "backup", "run", "--to", usb, "--parity", "20")
    full = office.world.ok("phuc", "backup", "verify", usb)

    assert none["parity"] == {"bags": 0, "bytes": 0}
    assert bare["parity"] == {"protected": 0, "bags": 2, "percent": None}
    assert some["parity"]["bags"] == 3
    assert full["parity"] == {"protected": 3, "bags": 3, "percent": 20}


def test_a_machine_without_par2_says_so_before_anything_is_written(
    office: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    usb = stick(office)
    monkeypatch.setattr(par2, "program", lambda: None)

    refused = office.world.run("em", "backup", "run", "--to", usb).expect(72)
    office.world.ok("em", "backup", "run", "--to", usb, "--parity", "0")
    mend = office.world.run("em", "backup", "repair", usb).expect(72)

    assert "par2" in refused.error["message"]
    assert "--parity 0" in refused.error["hint"]
    assert "par2" in mend.error["message"]


def test_a_role_without_the_right_may_not_back_up(office: BackupWorld) -> None:
    usb = stick(office)

    office.world.run("phuc", "backup", "run", "--to", usb).expect(12)


def test_what_people_read_names_the_stick_and_what_was_checked(office: BackupWorld) -> None:
    usb = stick(office)
    words = [word for word in office.world.words("em", "backup", "run", "--to", usb) if word != "--json"]

    written = run(*words).expect()
    checked = run("--vault", office.place.root, "backup", "verify", usb).expect()

    assert "snapshot 1 is on USB 1" in written.out
    assert "no defects" in checked.out
    assert "Đỗ Thị Em" in checked.out


def test_a_medium_that_vouches_for_itself_is_never_called_trusted(office: BackupWorld) -> None:
    usb = stick(office)
    office.world.ok("em", "backup", "run", "--to", usb)

    alone = run("--json", "backup", "verify", usb).expect()
    listed = run("--json", "backup", "list", "--from", usb).expect()

    assert (alone.json["signature"], listed.json["signature"]) == ("unknown", "unknown")
    assert alone.json["defects"] == []
    assert "--trust" in alone.err


def test_a_pipe_in_place_of_the_certificate_does_not_hang_its_reader(office: BackupWorld) -> None:
    usb = stick(office)
    office.world.ok("em", "backup", "run", "--to", usb)
    (set_of(usb) / layout.AUTHORITY).unlink()
    os.mkfifo(set_of(usb) / layout.AUTHORITY)

    run("--json", "backup", "verify", usb).expect(70)
    assert run("--vault", office.place.root, "backup", "verify", usb).code in (70, 74)


def test_the_manifest_is_read_out_by_one_and_typed_in_by_another(office: BackupWorld, root: Path) -> None:
    usb = stick(office)
    first = office.world.ok("em", "backup", "run", "--to", usb)
    trust = root / "authority.der"
    shutil.copy(office.place.keyring / "certificates/authority.der", trust)
    verify = ("--json", "backup", "verify", usb, "--trust", trust, "--manifest")

    listed = office.world.ok("em", "backup", "list")["snapshots"][0]
    on_stick = run("--json", "backup", "list", "--from", usb).expect().json["snapshots"][0]
    agreed = run(*verify, first["manifest_words"].upper()).expect().json
    second = office.world.ok("em", "backup", "run", "--to", usb)
    older = run(*verify, str(first["manifest_digest"])).expect(75)

    assert Digest.parse(first["manifest_digest"]) == words.parse(first["manifest_words"])
    assert listed["manifest_words"] == on_stick["manifest_words"] == first["manifest_words"]
    assert agreed["snapshots"][0]["manifest_words"] == first["manifest_words"]
    assert older.json["defects"][0]["kind"] == "stale"
    assert older.json["defects"][0]["found"] == second["manifest_digest"]


@pytest.mark.parametrize("said", ["", "abc", "academic academic", "sha256:" + "0" * 63])
def test_what_is_no_manifest_in_words_is_refused_before_anything_is_read(root: Path, said: str) -> None:
    run("backup", "verify", root / "nowhere", "--manifest", said).expect(2)


def test_the_root_of_the_ledger_is_read_out_beside_the_note_not_in_it(office: BackupWorld) -> None:
    told = office.world.ok("phuc", "ledger", "checkpoint")
    plain = run(
        *(word for word in office.world.words("phuc", "ledger", "checkpoint") if word != "--json")
    ).expect()

    assert words.parse(told["words"]) == Digest.parse(told["root"])
    assert plain.out == told["note"].rstrip("\n") + "\n" or plain.out.startswith("securedoc/")
    assert told["words"] not in plain.out
    assert told["words"] in plain.err
